"""The paper's ablation tables with our numbers beside its own."""

import dataclasses
import itertools
import json
import math
from pathlib import Path

import pydantic

from romnet_bench.bench.results import has_scores
from romnet_bench.errors import UserError
from romnet_bench.files import write_text
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.published import read_published
from romnet_bench.report.runs import Comparison, Run, load_run
from romnet_bench.report.tables import Row, Table, make_tables
from romnet_bench.romnet.ablations import TABLES, TRAININGS, PaperTable, Training, folder_name

_SENTENCES = pydantic.TypeAdapter(dict[str, list[str]])

NOT_COMPARABLE = (
    "The paper measured its own networks, by a protocol that it does not state: numbers on other "
    "photos are not comparable with its own in level, only in the order of the rows."
)


@dataclasses.dataclass(frozen=True)
class AblationRow:
    """One network: our scores (None: not there yet), and the paper's by metric, as printed."""

    label: str
    ours: Row | None
    paper: dict[str, str]

    def mean(self, metric: Metric) -> float:
        """Ours, NaN if it is not known."""
        return math.nan if self.ours is None else self.ours.intervals[metric.key].mean

    def difference(self, metric: Metric) -> float:
        """Ours less the paper's, NaN if ours is not known."""
        return self.mean(metric) - float(self.paper[metric.key])


@dataclasses.dataclass(frozen=True)
class AblationTable:
    """One of Tables IV, V and VI; `measured` holds our rows alone, `remarks` stand below."""

    key: str
    title: str
    rows: list[AblationRow]
    measured: Table
    remarks: list[str]


def make_ablation_table(
    paper: PaperTable, runs: dict[str, Path], about: list[str]
) -> AblationTable | None:
    """Sets the runs of a table's networks beside the paper's rows.

    Args:
        paper: which table.
        runs: training → the folder of its run, which need not be there yet.
        about: how all the networks were trained, sentences for the foot.

    Returns:
        None where no network of the table has a finished run.

    Raises:
        UserError: a run is damaged.
    """
    published = read_published(paper.key)
    ((photos, printed),) = published.values.items()
    finished = {
        label: run
        for label, training in paper.rows.items()
        if (run := _finished_run(runs[training], label)) is not None
    }
    if not finished:
        return None
    measured, *others = _measure(paper.key, list(finished.values()))
    ours = {row.label: row for row in measured.rows}
    for other in others:
        for row in other.rows:
            said = f"measured on other photos (fingerprint {other.fingerprint})"
            ours[row.label] = dataclasses.replace(
                row, best=frozenset(), places={}, warnings=[said, *row.warnings]
            )
    rows = [AblationRow(label, ours.get(label), printed[label]) for label in paper.rows]
    remarks = [
        *about,
        *(f"{row.label}: not trained and scored yet" for row in rows if row.ours is None),
        f"Paper: its values on {photos}; difference: ours less the paper's",
        NOT_COMPARABLE,
        *_compare_order(rows),
        *(
            f"{row.label}: {warning}"
            for other in others
            for row in other.rows
            for warning in ours[row.label].warnings
        ),
    ]
    remarks = [line.rstrip(".") + "." for line in remarks]
    return AblationTable(paper.key, paper.title, rows, measured, remarks)


def write_about(study: Path, about: dict[str, list[str]]) -> None:
    """Keeps with a study what is to be said of its networks; `about`: table → sentences."""
    write_text(study / "tables" / "about.json", json.dumps(about, indent=2) + "\n")


def read_ablations(study: Path) -> list[AblationTable]:
    """Those tables of the study that `ablate` made in a folder of which a network is finished.

    Raises:
        UserError: the folder holds no study, or a damaged one.
    """
    path = study / "tables" / "about.json"
    try:
        about = _SENTENCES.validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise UserError(
            f"{study} holds no study of ablations ({reason}): give a folder that `romnet-bench "
            "ablate` made."
        ) from None
    runs = {name: _run_folder(study / "runs", training) for name, training in TRAININGS.items()}
    tables = (make_ablation_table(paper, runs, about.get(paper.key, [])) for paper in TABLES)
    return [table for table in tables if table is not None]


def count_pairs(rows: list[AblationRow], metric: Metric) -> tuple[int, int]:
    """Of how many pairs of rows the paper's better one is ours too, and how many pairs there are.

    Pairs of which one is not measured are left out; means that are printed alike have no order.
    """
    agree = pairs = 0
    for one, other in itertools.combinations(rows, 2):
        ours = round(one.mean(metric), metric.digits) - round(other.mean(metric), metric.digits)
        if math.isnan(ours):
            continue
        papers = float(one.paper[metric.key]) - float(other.paper[metric.key])
        pairs += 1
        agree += ours * papers > 0
    return agree, pairs


def _compare_order(rows: list[AblationRow]) -> list[str]:
    counts = [(metric, *count_pairs(rows, metric)) for metric in METRICS]
    said = [f"{metric.label} {agree} of {pairs}" for metric, agree, pairs in counts if pairs]
    if not said:
        return []
    return [
        f"Pairs of rows that stand in the paper's order: {', '.join(said)}; each network was "
        "trained once, so what another seed would change is not known"
    ]


def _measure(key: str, runs: list[Run]) -> list[Table]:
    """A table for each fingerprint, first that of the most runs."""
    by_photos: dict[str, list[Run]] = {}
    for run in runs:
        by_photos.setdefault(run.record.dataset.fingerprint, []).append(run)
    return make_tables(
        [
            Comparison(key, data.name, data.split, data.fingerprint, own, unscored=[])
            for own in sorted(by_photos.values(), key=len, reverse=True)
            for data in [own[0].record.dataset]
        ]
    )


def _run_folder(runs: Path, training: Training) -> Path:
    """Where a study keeps the run of a training; it need not be there yet."""
    name = folder_name(training.ablation)
    found = sorted((runs / training.data).glob(f"*/{name}"))
    return found[0] if found else runs / training.data / name


def _finished_run(folder: Path, label: str) -> Run | None:
    """The run under the paper's name; what all networks share is said once, by `about`."""
    if not has_scores(folder):
        return None
    run = load_run(folder)
    if not run.record.finished:
        return None
    method = run.record.method.model_copy(update={"notes": []})
    record = run.record.model_copy(update={"method": method})
    return dataclasses.replace(run, record=record, label=label)
