"""Measures case after case; what is measured stands in the files at once."""

from collections.abc import Iterator
from pathlib import Path

from romnet_bench.errors import UserError
from romnet_bench.files import human_path, require_writable, write_text
from romnet_bench.progress import track
from romnet_bench.speed.cases import Case
from romnet_bench.speed.processes import run_case
from romnet_bench.speed.rows import Row, make_row, to_csv
from romnet_bench.speed.table import to_markdown


def measure_speed(cases: list[Case], out: Path, machine: dict[str, str]) -> Iterator[Row]:
    """Measures `cases`, each in a process of its own, and yields the rows as they come.

    After each, `out` with `.csv` and `.md` behind it hold all rows so far: stopping loses only the
    case at hand.

    Args:
        cases: from `plan_cases`, ceilings and loading before what is compared with them.
        out: the files' name; a `.csv` or `.md` at its end is left out.
        machine: from `describe_machine`.

    Raises:
        UserError: the files exist, or cannot be written.
    """
    table, page = output_files(out)
    for path in (table, page):
        if path.exists():
            raise UserError(f"{human_path(path)} exists already: choose another --out.")
    require_writable(table.parent)
    rows: list[Row] = []
    ceilings: dict[tuple[str, str], float | None] = {}
    loading: dict[tuple[int, int], float | None] = {}
    for case in track(cases, "measuring", len(cases)):
        row = make_row(
            case,
            run_case(case),
            matrix=ceilings.get(("matrix", case.precision)),
            convolution=ceilings.get(("convolution", case.precision)),
            loading=loading.get((case.size, case.batch)) if case.work == "training" else None,
        )
        if case.work in ("matrix", "convolution"):
            ceilings[case.work, case.precision] = row.flops_per_second
        if case.work == "loading":
            loading[case.size, case.batch] = row.pictures_per_second
        rows.append(row)
        write_text(table, to_csv(rows))
        write_text(page, to_markdown(rows, machine))
        yield row


def output_files(out: Path) -> tuple[Path, Path]:
    """The CSV and the Markdown file that `--out` names."""
    stem = out.name.removesuffix(".csv").removesuffix(".md")
    return out.with_name(f"{stem}.csv"), out.with_name(f"{stem}.md")
