"""Which look each method has: the same in all figures of a report, whatever else stands in them."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from romnet_bench.report.figures.style import HOUSE, NEUTRAL, Look, Style, look
from romnet_bench.report.runs import Comparison

_RANK = re.compile(r", reference of rank \d+")


def base_label(label: str) -> str:
    """A method's label without the rank of its reference: all ranks are one method."""
    return _RANK.sub("", label)


def assign_looks(
    labels: Iterable[str], floors: Collection[str] = (), style: Style = HOUSE
) -> dict[str, Look]:
    """A look for each label and for each label's method, by its place among all methods.

    Args:
        labels: all that any figure of the report shows, in the tables' order.
        floors: those of them that are the input itself; they look neutral and take no place.
        style: whose palette.
    """
    known = list(dict.fromkeys(labels))
    methods = dict.fromkeys(base_label(name) for name in known if name not in floors)
    looks = {name: look(index, style) for index, name in enumerate(methods)}
    return looks | {name: NEUTRAL if name in floors else looks[base_label(name)] for name in known}


def extend_looks(
    looks: Mapping[str, Look], labels: Iterable[str], style: Style = HOUSE
) -> dict[str, Look]:
    """The same looks, with others for further labels, such as those of a study's methods."""
    floors = {name for name, one in looks.items() if one == NEUTRAL}
    return assign_looks([*looks, *labels], floors, style) | dict(looks)


def looks_of(comparisons: Sequence[Comparison], style: Style = HOUSE) -> dict[str, Look]:
    """The looks of all runs of a report: what each of its figures is to be given."""
    runs = [run for comparison in comparisons for run in comparison.runs]
    floors = {run.label for run in runs if run.is_floor}
    return assign_looks([run.label for run in runs], floors, style)
