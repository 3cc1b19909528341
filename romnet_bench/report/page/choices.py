"""What the reader of the page can choose to see: methods, and one of the metrics."""

from collections.abc import Sequence

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.page.section import Section
from romnet_bench.report.sheet import Column


def list_methods(sections: Sequence[Section]) -> list[str]:
    """The labels of all methods that can be hidden, each once: first those with pictures."""
    with_pictures = (label for section in sections for label in list_outputs(section))
    in_tables = (
        label
        for section in sections
        for sheet, _ in section.sheets
        for line in sheet.lines
        for label in line.methods
    )
    return list(dict.fromkeys((*with_pictures, *in_tables)))


def list_outputs(section: Section) -> list[str]:
    """The labels of the outputs in the order of every entry's shots."""
    shown = next((entry.shots[1:-1] for entry in section.entries if entry.shots), None)
    if shown is not None:
        return [shot.title for shot in shown]
    return [run.label for run in section.runs if not run.is_floor]


def list_metrics(sections: Sequence[Section]) -> list[Metric]:
    """The metrics that a table of the page has columns of, or a photo has numbers in."""
    keys = {
        find_metric(column)
        for section in sections
        for sheet, _ in section.sheets
        for column in sheet.columns
    }
    shots = (shot for section in sections for entry in section.entries for shot in entry.shots)
    keys.update(key for shot in shots for key in shot.scores)
    return [metric for metric in METRICS if metric.key in keys]


def find_metric(column: Column) -> str:
    """The key of the metric that a column is about, by its label, heading or note; "" if none.

    The note counts where it begins with the metric, as "PSNR as the paper prints it" does.
    """
    names = {metric.label: metric.key for metric in METRICS}
    first_word = column.note.partition(" ")[0]
    known = (names.get(name, "") for name in (column.label, column.group, first_word))
    return next(filter(None, known), "")


def find_metric_of_fact(fact: str) -> str:
    """The key of the metric that a fact such as "PSNR 24.10" gives, "" if it is about another."""
    word = fact.partition(" ")[0]
    return next((metric.key for metric in METRICS if metric.label == word), "")
