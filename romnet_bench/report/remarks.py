"""What a reader must be told beside the numbers: warnings, notes, reasons for empty cells."""

from collections.abc import Mapping

from romnet_bench.bench.results import ProtocolRecord
from romnet_bench.bench.statistics import Interval
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.runs import Comparison, Run


def list_notes(run: Run) -> list[str]:
    """What the method does not do."""
    method = run.record.method
    if run.is_floor:
        return ["the grey input itself: what every method must beat"]
    notes = []
    if run.is_sensitivity:
        notes.append("a worse reference on purpose (Fig. 6): it takes no part in the places")
    if not method.colorizes:
        notes.append("does not colourise: its numbers are those of a grey picture")
    if not method.restores:
        notes.append("does not restore damage")
    return notes


def list_warnings(
    run: Run,
    intervals: dict[str, Interval],
    protocol: ProtocolRecord,
    weights: Mapping[str, str],
) -> list[str]:
    """Why a row may not be compared as it stands with one under `protocol` on all photos.

    Args:
        run: whose row it is.
        intervals: metric → its mean.
        protocol: the table's.
        weights: metric → SHA-256 of the weights that most rows were measured with.
    """
    record = run.record
    warnings = list(record.method.notes)
    own = record.protocol
    if own.hash != protocol.hash:
        warnings.append(
            f"measured under another protocol, {own.name} ({own.hash}): not comparable with the "
            "other rows"
        )
    for metric in METRICS:
        used, common = record.weights.get(metric.key, ""), weights[metric.key]
        if used not in ("", common):
            warnings.append(
                f"{metric.label} was measured with other weights ({used[:12]}) than in most rows "
                f"({common[:12]}): not comparable with theirs"
            )
    rows = len(run.scores)
    if rows < record.dataset.photos:
        warnings.append(f"scored on {rows} of {record.dataset.photos} photos")
    if not record.finished:
        warnings.append("the run was cut short or is still going on")
    if record.failed:
        first, reason = min(record.failed.items())
        more = f", and {len(record.failed) - 1} more" if len(record.failed) > 1 else ""
        warnings.append(f"failed on {first} ({reason}){more}")
    for metric in METRICS:
        measured = intervals[metric.key].n
        if 0 < measured < rows:
            reason = _first_note(run, metric)
            warnings.append(f"{metric.label} is known for {measured} of {rows} photos{reason}")
    return warnings


def _first_note(run: Run, metric: Metric) -> str:
    empty = run.scores.loc[run.scores[metric.key].isna(), "note"].dropna()
    reasons = [str(note) for note in empty if str(note)]
    return f" ({reasons[0]})" if reasons else ""


def explain_empty(runs: list[Run], intervals: list[dict[str, Interval]]) -> list[str]:
    """Why a cell is "–": the runs' own reasons in full, each said once."""
    lines = []
    for metric in METRICS:
        reasons: dict[str, list[str]] = {}
        for run, cells in zip(runs, intervals, strict=True):
            if cells[metric.key].n == 0:
                reason = run.record.unavailable.get(metric.key) or "no photo has a value"
                reasons.setdefault(reason, []).append(run.label)
        for reason, labels in reasons.items():
            whose = "" if len(labels) == len(runs) else f" of {', '.join(labels)}"
            lines.append(f"{metric.label}{whose} is empty (–): {reason}")
    return lines


def warn_of_whole(comparison: Comparison, all_of_them: list[Comparison]) -> list[str]:
    """What is left out, how intervals were drawn, and what forbids comparing numbers."""
    lines = []
    others = [
        other.fingerprint
        for other in all_of_them
        if other is not comparison
        and (other.dataset, other.split) == (comparison.dataset, comparison.split)
    ]
    if others:
        lines.append(
            f"Other photos go by the name {comparison.dataset} ({comparison.split}) too, with the "
            f"fingerprint {', '.join(others)}: their rows stand in another table and may not be "
            "compared with these"
        )
    lines += [
        f"The run in {folder.name} is left out: it has no scores yet"
        for folder in comparison.unscored
    ]
    originals = {original for run in comparison.runs for original in run.scores["original"]}
    if len(originals) < len(comparison.ids):
        lines.append(
            f"The intervals are drawn over {len(originals)} photographs, each with all its variants"
        )
    devices = sorted({run.record.device for run in comparison.runs})
    if len(devices) > 1:
        lines.append(f"Seconds were measured on different devices: {', '.join(devices)}")
    return lines
