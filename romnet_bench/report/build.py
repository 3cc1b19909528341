"""A report from runs: tables, figures and a page with every photograph."""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from romnet_bench.errors import UserError
from romnet_bench.files import locked, require_writable, write_text
from romnet_bench.report.ablations import read_ablations
from romnet_bench.report.figures.curves import read_training
from romnet_bench.report.figures.looks import looks_of
from romnet_bench.report.figures.style import Look
from romnet_bench.report.page.inline import inline_sections
from romnet_bench.report.page.render import render_page
from romnet_bench.report.page.section import Section
from romnet_bench.report.paper import make_beside_paper
from romnet_bench.report.parts import write_dataset_part, write_paper_part, write_training_part
from romnet_bench.report.runs import compare_runs
from romnet_bench.report.tables import make_tables

_PARTS = ("images", "figures", "tables", "index.html")  # the page last: it links to the others
_MARK = ".romnet-bench-report"


def build_report(
    runs: list[Path],
    out: Path,
    data: Path | None = None,
    *,
    ablations: Path | None = None,
    trainings: Sequence[Path] = (),
    more: Sequence[Callable[[Path, Mapping[str, Look]], Section]] = (),
    inline: bool = False,
    grid_photos: int = 6,
) -> Path:
    """Makes `out/index.html`, with `tables/`, `figures/` and `images/` beside it.

    A second report into the same folder replaces the first, once it is whole.

    Args:
        runs: folders of runs, or folders that hold such folders.
        out: where the report goes: a new or empty folder, or one with an earlier report.
        data: where the dataset stands now, if it is no longer where the runs found it.
        ablations: a folder that `ablate` made, for Tables IV, V and VI.
        trainings: folders of checkpoints, or their logs, for curves.
        more: further parts, such as a ranking study's; each writes its files into the folder that
            it is given, and draws methods as the looks say.
        inline: whether the page holds all that it links to, so that it may be sent alone.
        grid_photos: how many photos the qualitative figure shows.

    Returns:
        The page.

    Raises:
        UserError: no run, a damaged one, another part that cannot be read, or a folder that cannot
            or must not be written to.
    """
    # What cannot be read is found before anything is drawn.
    comparisons = compare_runs(runs)
    tables = read_ablations(ablations) if ablations else []
    names = _name_logs([_find_log(path) for path in trainings])
    logs = [
        read_training(_find_log(path), name) for path, name in zip(trainings, names, strict=True)
    ]
    with _replaced(out) as stage:
        sections: list[Section] = []
        looks = looks_of(comparisons)
        beside = make_beside_paper(comparisons)
        if beside or tables:
            sections.append(write_paper_part(beside, tables, stage))
        sections += [
            write_dataset_part(comparison, table, stage, data, looks=looks, grid_photos=grid_photos)
            for comparison, table in zip(comparisons, make_tables(comparisons), strict=True)
        ]
        sections += [write(stage, looks) for write in more]
        if logs:
            sections.append(write_training_part(logs, stage))
        shown = inline_sections(sections, stage) if inline else sections
        write_text(stage / "index.html", render_page(shown))
    return out / "index.html"


def _find_log(path: Path) -> Path:
    """The log of a training in a folder of checkpoints, or `path` where that is the log."""
    return path / "log.csv" if path.is_dir() else path


def _name_logs(logs: list[Path]) -> list[str]:
    """What trainings are called: by their folders, such as "romnet", or paths where these agree."""
    names = [log.resolve().parent.name if log.name == "log.csv" else log.stem for log in logs]
    return [
        f"{name} ({log})" if names.count(name) > 1 else name
        for name, log in zip(names, logs, strict=True)
    ]


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
