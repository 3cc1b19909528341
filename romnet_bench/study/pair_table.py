"""Method against method, as printed and as CSV."""

from romnet_bench.bench.paired import ALPHA
from romnet_bench.report.csv_text import to_csv_text
from romnet_bench.report.formats import format_number
from romnet_bench.report.sheet import Cell, Column, Line, Sheet
from romnet_bench.report.significance import format_p
from romnet_bench.study.share_table import format_range
from romnet_bench.study.statistics.pairs import Pair

KEY = "pairs"
HOW = (
    "Above: the share of rankings that put the first method above the second, with its 95 % "
    "interval (crossed bootstrap over people and photos).",
    "People: how many put the first, and behind the colon the second, above the other on more than "
    "half of their photos; who is undecided is in neither. p: exact sign test over these people, "
    f"two-sided, Holm’s correction over all pairs; bold: p < {ALPHA:g}.",
)


def to_sheet(pairs: list[Pair]) -> Sheet:
    """A line a pair."""
    columns = (
        Column("Above, %"),
        Column("People", note="For the first : for the second."),
        Column("p"),
    )
    lines = tuple(
        Line(
            f"{pair.first} > {pair.second}",
            (
                Cell(
                    f"{pair.above:.1f}",
                    pair.above,
                    format_range(pair.low, pair.high),
                    best=pair.p < ALPHA,
                ),
                Cell(f"{pair.for_first} : {pair.for_second}", pair.for_first - pair.for_second),
                Cell(format_p(pair.p), pair.p),
            ),
        )
        for pair in pairs
    )
    return Sheet(KEY, "Method against method", columns, lines, HOW, head="First > second")


def to_csv(pairs: list[Pair]) -> str:
    """A row a pair, in full precision."""
    header = ["first", "second", "above", "low", "high", "people_for_first", "people_for_second"]
    rows: list[list[object]] = [[*header, "p_holm"]]
    for pair in pairs:
        shares = map(format_number, (pair.above, pair.low, pair.high))
        people = (pair.for_first, pair.for_second)
        rows.append([pair.first, pair.second, *shares, *people, format_number(pair.p)])
    return to_csv_text(rows)
