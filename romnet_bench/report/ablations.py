"""The paper's ablation tables with our numbers beside its own."""

import csv
import dataclasses
import itertools
import math
from pathlib import Path

from romnet_bench.bench.results import has_scores
from romnet_bench.files import resource
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.runs import Comparison, Run, load_run
from romnet_bench.report.tables import Row, Table, make_tables
from romnet_bench.romnet.ablations import PaperTable

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
    published, photos = _read_paper(paper.key)
    finished = {
        label: run
        for label, training in paper.rows.items()
        if (run := _finished_run(runs[training], label)) is not None
    }
    if not finished:
        return None
    data = next(iter(finished.values())).record.dataset
    compared = Comparison(
        paper.key, data.name, data.split, data.fingerprint, list(finished.values()), unscored=[]
    )
    (measured,) = make_tables([compared])
    ours = {row.label: row for row in measured.rows}
    rows = [AblationRow(label, ours.get(label), published[label]) for label in paper.rows]
    remarks = [
        *about,
        *(f"{row.label}: not trained and scored yet" for row in rows if row.ours is None),
        f"Paper: its values on {photos}; difference: ours less the paper's",
        NOT_COMPARABLE,
        *_compare_order(rows),
    ]
    remarks = [line.rstrip(".") + "." for line in remarks]
    return AblationTable(paper.key, paper.title, rows, measured, remarks)


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


def _read_paper(key: str) -> tuple[dict[str, dict[str, str]], str]:
    """The published values, method → metric → as printed, and what they were measured on."""
    values: dict[str, dict[str, str]] = {}
    path = resource("reports", "paper", f"{key}.csv")
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            values.setdefault(row["method"], {})[row["metric"]] = row["value"]
            photos = row["dataset"]
    return values, photos
