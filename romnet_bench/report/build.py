"""A report from runs: tables, figures and a page with every photograph."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from romnet_bench.errors import UserError
from romnet_bench.files import locked, require_writable, write_text
from romnet_bench.report import formats, latex
from romnet_bench.report.figures import draw_distributions, save_figure
from romnet_bench.report.gallery import choose_telling, make_gallery
from romnet_bench.report.grid import draw_grid
from romnet_bench.report.page import Section, render_page
from romnet_bench.report.pictures import find_photos, list_shown
from romnet_bench.report.runs import Comparison, compare_runs
from romnet_bench.report.tables import Table, make_tables

_PARTS = ("images", "figures", "tables", "index.html")  # the page last: it links to the others
_MARK = ".romnet-bench-report"
_WRITERS: tuple[tuple[str, str, Callable[[Table], str]], ...] = (
    ("CSV", "csv", formats.to_csv),
    ("Markdown", "md", formats.to_markdown),
    ("LaTeX", "tex", latex.to_latex),
)


def build_report(
    runs: list[Path], out: Path, data: Path | None = None, grid_photos: int = 6
) -> Path:
    """Makes `out/index.html`, with `tables/`, `figures/` and `images/` beside it.

    A second report into the same folder replaces the first, once it is whole.

    Args:
        runs: folders of runs, or folders that hold such folders.
        out: where the report goes: a new or empty folder, or one with an earlier report.
        data: where the dataset stands now, if it is no longer where the runs found it.
        grid_photos: how many photos the qualitative figure shows.

    Returns:
        The page.

    Raises:
        UserError: no run, a damaged run, or a folder that cannot or must not be written to.
    """
    comparisons = compare_runs(runs)
    tables = make_tables(comparisons)
    with _replaced(out) as stage:
        sections = [
            _write_section(comparison, table, stage, data, grid_photos)
            for comparison, table in zip(comparisons, tables, strict=True)
        ]
        write_text(stage / "index.html", render_page(sections))
    return out / "index.html"


def _write_section(
    comparison: Comparison, table: Table, out: Path, data: Path | None, grid_photos: int
) -> Section:
    key = comparison.key
    table_files = []
    for name, ending, write in _WRITERS:
        write_text(out / "tables" / f"{key}.{ending}", write(table))
        table_files.append((name, f"tables/{key}.{ending}"))
    figure = draw_distributions(comparison, np.random.default_rng(0))
    plots = save_figure(figure, out / "figures" / f"{key}-distribution")
    photos, trouble = find_photos(comparison, data)
    entries = make_gallery(comparison, photos, out) if photos else []
    telling = choose_telling(entries, grid_photos)
    grids: list[Path] = []
    if photos and telling:
        grid = draw_grid(photos, list_shown(comparison), telling)
        grids = save_figure(grid, out / "figures" / f"{key}-photos")
    return Section(
        table=table,
        runs=comparison.runs,
        table_files=table_files,
        distribution=f"figures/{key}-distribution.svg",
        distribution_files=_link_figures(plots),
        grid_files=_link_figures(grids),
        telling=telling,
        entries=entries,
        trouble=trouble,
    )


def _link_figures(paths: list[Path]) -> list[tuple[str, str]]:
    return [(path.suffix[1:].upper(), f"figures/{path.name}") for path in paths]


@contextlib.contextmanager
def _replaced(out: Path) -> Iterator[Path]:
    """Yields a folder to build in; when all went well its parts take the place of `out`'s.

    Raises:
        UserError: `out` holds folders of such names that no report made, such as a run's images.
    """
    require_writable(out)
    with locked(out):
        taken = [name for name in _PARTS if (out / name).exists()]
        if taken and not (out / _MARK).exists():
            raise UserError(
                f"{out} holds {', '.join(taken)} that no report made: choose an empty folder for "
                "--out."
            )
        (out / _MARK).touch()
        stage = out / ".report.part"
        shutil.rmtree(stage, ignore_errors=True)  # of a report that was killed
        try:
            stage.mkdir()
            yield stage
            for name in _PARTS:
                _swap(stage / name, out / name)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _swap(new: Path, old: Path) -> None:
    """Puts `new` where `old` stands; without a `new` the `old` goes too."""
    if old.is_dir() and not old.is_symlink():
        old.rename(new.with_name(f"{new.name}.old"))
    if new.exists():
        new.replace(old)
