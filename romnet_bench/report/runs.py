"""Runs as a report needs them: read once, checked, set side by side where they may be compared."""

import dataclasses
import math
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from romnet_bench.bench.results import RunRecord, find_runs, has_scores, read_run, read_scores
from romnet_bench.errors import UserError
from romnet_bench.files import slug
from romnet_bench.methods.contract import UNTRAINED
from romnet_bench.protocol import METRICS

FLOOR = "input"  # the method that gives back what it gets
NUMBERS = (*(metric.key for metric in METRICS), "seconds")


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """One system on one set of photos; `scores` is indexed by photo id, finite or NaN."""

    folder: Path
    record: RunRecord
    scores: pd.DataFrame
    label: str  # how this report calls it, different for every run of a comparison

    @property
    def is_floor(self) -> bool:
        """Whether the outputs are the grey inputs: what every method must beat."""
        method = self.record.method
        return method.name == FLOOR or not (method.restores or method.colorizes)

    @property
    def is_sensitivity(self) -> bool:
        """Whether it took a worse reference on purpose (Fig. 6): no rival to the other methods."""
        rank = self.record.references.get("rank", "1")
        return rank.isdecimal() and int(rank) > 1

    def score(self, identity: str, key: str) -> float:
        """One number of one photo, NaN if it was not measured."""
        if identity not in self.scores.index:
            return math.nan
        return cast(float, self.scores.loc[identity, key])


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """Runs on the same photos; `key` names its files, `unscored` the folders of those left out."""

    key: str
    dataset: str
    split: str
    fingerprint: str
    runs: list[Run]
    unscored: list[Path]

    @property
    def ids(self) -> list[str]:
        """The ids of all photos that any run has a row for, sorted."""
        return sorted({identity for run in self.runs for identity in run.scores.index})


def load_run(folder: Path) -> Run:
    """Reads a run's record and scores.

    Raises:
        UserError: one of them is missing or damaged, or a photo has two rows.
    """
    record = read_run(folder)
    scores = read_scores(folder)
    try:
        numbers = scores[list(NUMBERS)].astype("float64")
    except (TypeError, ValueError) as error:
        raise UserError(f"{folder}: the scores are no numbers ({error}): run it again.") from None
    scores[list(NUMBERS)] = numbers.where(np.isfinite(numbers))
    texts = {column: scores[column].astype(str) for column in ("id", "original")}
    scores = scores.assign(**texts).set_index("id")
    if not scores.index.is_unique:
        twice = scores.index[scores.index.duplicated()][0]
        raise UserError(f"{folder}: the photo {twice} has two rows of scores: run it again.")
    return Run(folder, record, scores, _label(record))


def compare_runs(folders: list[Path]) -> list[Comparison]:
    """The runs at or below `folders`, one comparison for each (dataset, split, fingerprint).

    Runs on other photos of the same name are never mixed: they get a comparison of their own. A
    run without scores, such as one that has just begun, is left out.

    Raises:
        UserError: no run, none with scores, or a damaged one.
    """
    groups: dict[tuple[str, str, str], list[Run]] = {}
    unscored: dict[tuple[str, str], list[Path]] = {}
    found = find_runs(folders)
    for folder in found:
        if not has_scores(folder) and any(map(has_scores, found)):
            waiting = read_run(folder).dataset
            unscored.setdefault((waiting.name, waiting.split), []).append(folder)
            continue
        run = load_run(folder)
        data = run.record.dataset
        groups.setdefault((data.name, data.split, data.fingerprint), []).append(run)
    if not any(
        run.scores[metric.key].notna().any()
        for runs in groups.values()
        for run in runs
        for metric in METRICS
    ):
        raise UserError("No photo of any run has a score: run or score them again.")
    keys = unique_slugs([f"{name}-{split}" for name, split, _ in groups])
    return [
        Comparison(key, name, split, fingerprint, relabel(runs), unscored.get((name, split), []))
        for key, ((name, split, fingerprint), runs) in zip(keys, groups.items(), strict=True)
    ]


def unique_slugs(names: list[str]) -> list[str]:
    """A safe file name for each of `names`, different even where the case of letters is lost."""
    taken: set[str] = set()
    result = []
    for name in names:
        base = candidate = slug(name)
        number = 2
        while candidate.lower() in taken:
            candidate = f"{base}-{number}"
            number += 1
        taken.add(candidate.lower())
        result.append(candidate)
    return result


def _label(record: RunRecord) -> str:
    label = record.method.label or record.method.name
    return f"{label} ({UNTRAINED})" if UNTRAINED in record.method.notes else label


def relabel(runs: list[Run]) -> list[Run]:
    """`runs` under their methods' labels; those of one label are told apart by their folders."""
    labels = [_label(run.record) for run in runs]
    folders = [run.folder.name for run in runs]
    told_apart = len(set(zip(labels, folders, strict=True))) == len(runs)
    named = [
        f"{label} ({run.folder.name if told_apart else run.folder})"
        if labels.count(label) > 1
        else label
        for run, label in zip(runs, labels, strict=True)
    ]
    return [
        dataclasses.replace(run, label=label)
        for run, label in zip(runs, _numbered(named), strict=True)
    ]


def _numbered(labels: list[str]) -> list[str]:
    """`labels` with numbers behind those that another has taken."""
    taken: set[str] = set()
    result = []
    for label in labels:
        candidate, number = label, 2
        while candidate in taken:
            candidate, number = f"{label} ({number})", number + 1
        taken.add(candidate)
        result.append(candidate)
    return result
