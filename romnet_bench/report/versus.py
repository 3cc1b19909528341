"""Two runs side by side: by how much the second is better, how surely, and whether it is worse."""

import dataclasses
import math
from pathlib import Path

import numpy as np

from romnet_bench.bench.paired import Paired, compare_pairs, holm
from romnet_bench.errors import UserError
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.runs import Run, load_run

SEED = 0


@dataclasses.dataclass(frozen=True)
class Change:
    """What became of one metric, from the first run to the second.

    Attributes:
        metric: which.
        before: the first run's mean over the photos that both scored.
        after: the second's.
        paired: the differences, second − first.
        p: its p-value, adjusted for the number of metrics (Holm).
    """

    metric: Metric
    before: float
    after: float
    paired: Paired
    p: float

    @property
    def worsening(self) -> float:
        """By how much the second is worse in the mean; below 0 where it is better."""
        difference = self.paired.interval.mean
        return -difference if self.metric.higher_is_better else difference


@dataclasses.dataclass(frozen=True)
class Versus:
    """Two runs on the same photos, and every metric that both measured."""

    first: Run
    second: Run
    photos: int
    changes: list[Change]


def compare_two(first: Path, second: Path) -> Versus:
    """Sets the run in `second` beside that in `first`, over the photos that both scored.

    Raises:
        UserError: a run is missing or damaged, they were made on other photos or measured under
            another protocol or with other weights, or they share no score.
    """
    runs = load_run(first), load_run(second)
    _require_comparable(*runs)
    a, b = (run.scores for run in runs)
    common = sorted(set(a.index) & set(b.index))
    a, b = a.loc[common], b.loc[common]
    measured = [
        (metric, compare_pairs(b[metric.key], a[metric.key], _generator(), groups=a["original"]))
        for metric in METRICS
    ]
    measured = [(metric, paired) for metric, paired in measured if paired.interval.n]
    if not measured:
        raise UserError(f"{first} and {second} share no photo with a score: run both on the same.")
    adjusted = holm([paired.p for _, paired in measured])
    changes = []
    for (metric, paired), p in zip(measured, adjusted, strict=True):
        both = a[metric.key].notna() & b[metric.key].notna()
        before, after = (float(scores.loc[both, metric.key].mean()) for scores in (a, b))
        changes.append(Change(metric, before, after, paired, p))
    return Versus(*runs, len(common), changes)


def parse_tolerance(text: str) -> tuple[Metric, float]:
    """`PSNR:0.1` → the metric, and by how much its mean may become worse.

    Raises:
        UserError: no such metric, or no such number.
    """
    name, _, number = text.partition(":")
    known = {metric.key: metric for metric in METRICS}
    try:
        tolerance = float(number or 0)
    except ValueError:
        tolerance = math.nan
    if name.lower() not in known or not 0 <= tolerance < math.inf:
        names = ", ".join(metric.label for metric in METRICS)
        raise UserError(f"{text} is no limit: give one of {names} and a number, such as PSNR:0.1.")
    return known[name.lower()], tolerance


def find_worse(versus: Versus, limits: list[tuple[Metric, float]]) -> list[str]:
    """A sentence for every limit that the second run breaks, and for photos that it left out.

    Raises:
        UserError: a limited metric was not measured in both runs, or not surely with the same
            weights: that must not pass for well.
    """
    changes = {change.metric.key: change for change in versus.changes}
    broken = []
    for metric, tolerance in limits:
        lost = list_lost(versus, metric)
        if lost:
            broken.append(
                f"{metric.label} of {len(lost)} photos that the first run scored is missing in the "
                f"second ({', '.join(lost[:3])}{', …' if len(lost) > 3 else ''})."
            )
        known = [metric.key in run.record.weights for run in (versus.first, versus.second)]
        if any(known) and not all(known):
            raise UserError(
                f"One of the runs does not say with which weights its {metric.label} was measured: "
                "score it again."
            )
        if metric.key not in changes:
            raise UserError(
                f"{metric.label} was not measured in both runs, so its limit cannot be judged: "
                "score both with its weights."
            )
        worsening = changes[metric.key].worsening
        if worsening > tolerance:
            broken.append(
                f"{metric.label} is worse by {worsening:.{metric.digits + 1}f}, more than "
                f"{tolerance:g}."
            )
    return broken


def list_lost(versus: Versus, metric: Metric) -> list[str]:
    """The ids of the photos that the first run has a number for, and the second has not."""
    first, second = (run.scores[metric.key].dropna() for run in (versus.first, versus.second))
    return sorted(set(first.index) - set(second.index))


def to_text(versus: Versus) -> str:
    """The comparison in columns, with how it is to be read."""
    digits = {metric.key: metric.digits for metric in METRICS}
    table = [("", "first", "second", "difference", "p (Holm)", "effect", "higher on", "lower on")]
    for change in versus.changes:
        n, paired = digits[change.metric.key], change.paired
        interval = paired.interval
        table.append(
            (
                f"{change.metric.label} {change.metric.arrow}",
                f"{change.before:.{n}f}",
                f"{change.after:.{n}f}",
                f"{interval.mean:+.{n}f} [{interval.low:+.{n}f}, {interval.high:+.{n}f}]",
                f"{change.p:.3f}" if change.p >= 0.001 else "<0.001",
                f"{paired.effect:+.2f}",
                str(paired.higher),
                str(paired.lower),
            )
        )
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    return "\n".join(
        [
            f"first   {_describe(versus.first)}",
            f"second  {_describe(versus.second)}",
            f"{_count_photos(versus)}; protocol {versus.first.record.protocol.name}",
            "",
            *lines,
            "",
            "difference: second - first, with its 95 % bootstrap interval; p: of Wilcoxon's",
            "signed-rank test, two-sided, adjusted for the metrics; effect: matched-pairs",
            "rank-biserial correlation.",
        ]
    )


def _count_photos(versus: Versus) -> str:
    """How many photos both scored, and of how many where some are missing."""
    whole = versus.first.record.dataset.photos
    if versus.photos == whole:
        return f"{whole} photos"
    missing = [
        f"{whole - len(run.scores)} missing in the {name}"
        for name, run in (("first", versus.first), ("second", versus.second))
        if len(run.scores) < whole
    ]
    return f"{versus.photos} of {whole} photos ({', '.join(missing)})"


def _describe(run: Run) -> str:
    notes = [note for note in run.record.method.notes if note not in run.label]
    return "; ".join([f"{run.label} ({run.folder})", *notes])


def _require_comparable(first: Run, second: Run) -> None:
    one, other = first.record, second.record
    if one.dataset.fingerprint != other.dataset.fingerprint:
        raise UserError(
            f"{first.folder} and {second.folder} were made on other photos ({one.dataset.name}, "
            f"{other.dataset.name}): run both on the same dataset."
        )
    if one.protocol.hash != other.protocol.hash:
        raise UserError(
            f"{first.folder} and {second.folder} were measured under other protocols "
            f"({one.protocol.name}, {other.protocol.name}): score both with the same version."
        )
    for key in set(one.weights) & set(other.weights):
        if one.weights[key] != other.weights[key]:
            raise UserError(
                f"{first.folder} and {second.folder} were measured with other {key} weights: score "
                "both with the same."
            )


def _generator() -> np.random.Generator:
    return np.random.default_rng(SEED)
