"""The parts of a report: each writes its tables and figures, and says what the page shows."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from romnet_bench.data.records import PhotoSet
from romnet_bench.files import write_text
from romnet_bench.report import ablation_formats, formats, paper_formats, significance
from romnet_bench.report.ablations import AblationTable
from romnet_bench.report.figures.ablations import describe_ablations, draw_ablations
from romnet_bench.report.figures.costs import measure_costs
from romnet_bench.report.figures.curves import Training, describe_curves, draw_curves
from romnet_bench.report.figures.distributions import describe_distributions, draw_distributions
from romnet_bench.report.figures.grid import describe_grid, draw_grid, split_sheets
from romnet_bench.report.figures.heat_map import describe_heat_map, draw_heat_map, make_heat_map
from romnet_bench.report.figures.quality_speed import describe_quality_speed, draw_quality_speed
from romnet_bench.report.figures.rank_curves import find_rank_curves, keep_first_ranks
from romnet_bench.report.figures.rank_curves import to_csv as rank_curves_to_csv
from romnet_bench.report.figures.sensitivity import describe_sensitivity, draw_sensitivity
from romnet_bench.report.figures.style import Look, save_figure
from romnet_bench.report.page.gallery import make_gallery
from romnet_bench.report.page.section import Link, Plot, Section
from romnet_bench.report.paper import BesidePaper
from romnet_bench.report.pictures import find_photos, list_shown
from romnet_bench.report.runs import Comparison
from romnet_bench.report.sheet import Sheet
from romnet_bench.report.summary import summarise
from romnet_bench.report.tables import Table, find_incomparable
from romnet_bench.report.telling import Entry, choose_telling
from romnet_bench.report.write import write_sheet

FIGURE_6_RECIPE = "div2k"
"""The recipe of the photos on which the paper measured its sensitivity to the reference."""


def write_paper_part(
    beside: Sequence[BesidePaper], ablations: Sequence[AblationTable], out: Path
) -> Section:
    """The paper's tables with our numbers beside its own."""
    sheets = [
        write_table(paper_formats.to_sheet(table), paper_formats.to_csv(table), out)
        for table in beside
    ]
    sheets += [
        write_table(ablation_formats.to_sheet(table), ablation_formats.to_csv(table), out)
        for table in ablations
    ]
    plots = [
        write_figure(
            out,
            f"{table.key}-bars",
            draw_ablations(table),
            title=table.title,
            alt=describe_ablations(table),
            caption="Bars: ours, with 95 % intervals; open marks: the paper's, on its own photos.",
        )
        for table in ablations
    ]
    return Section("paper", "Beside the paper", sheets=tuple(sheets), plots=tuple(plots))


def write_dataset_part(
    comparison: Comparison,
    table: Table,
    out: Path,
    data: Path | None,
    *,
    looks: Mapping[str, Look],
    grid_photos: int,
) -> Section:
    """One dataset: its table and pairs, its figures, every photograph.

    Runs with a worse reference on purpose stand in the table and in the figure of their own.
    `looks` are those of the whole report's methods.
    """
    key = comparison.key
    scores = formats.to_sheet(table)
    sheets = [write_table(scores, formats.to_csv(table), out, title="Scores")]
    if table.pairs:
        title = f"{scores.title}: every pair of methods"
        pairs = significance.to_sheet(f"{key}-pairs", title, table.pairs)
        numbers = significance.to_csv(table.pairs)
        sheets.append(write_table(pairs, numbers, out, title="Every pair of methods"))
    rivals = keep_first_ranks(comparison)
    plots = _draw_scores(rivals, looks, out)
    plots += _draw_ranks(comparison, looks, out)
    photos, trouble = find_photos(comparison, data)
    entries = make_gallery(rivals, photos, out) if photos else []
    telling = choose_telling(entries, grid_photos)
    if photos and telling:
        plots += _draw_photos(rivals, photos, telling, out)
    return Section(
        key=key,
        dataset=comparison.dataset,
        split=comparison.split,
        summary=summarise(table),
        sheets=tuple(sheets),
        plots=tuple(plots),
        runs=tuple(comparison.runs),
        entries=tuple(entries),
        telling=tuple(telling),
        incomparable=find_incomparable(comparison),
        trouble=trouble,
    )


def write_training_part(trainings: list[Training], out: Path) -> Section:
    """How the networks were trained."""
    caption = "Faint: every step; strong: smoothed."
    if len({tuple(one.losses.columns) for one in trainings}) > 1:
        caption += " Systems define their losses differently: levels cannot be compared."
    plot = write_figure(
        out,
        "training",
        draw_curves(trainings),
        title="Losses by step",
        alt=describe_curves(trainings),
        caption=caption,
    )
    return Section("training", "Training", plots=(plot,))


def _draw_scores(comparison: Comparison, looks: Mapping[str, Look], out: Path) -> list[Plot]:
    """Three views of the same scores."""
    key = comparison.key
    plots = [
        write_figure(
            out,
            f"{key}-distribution",
            draw_distributions(comparison, np.random.default_rng(0), looks=looks),
            title="Every photo's score",
            alt=describe_distributions(comparison),
            caption="Box: quartiles and median; whiskers: 1.5 interquartile ranges; small "
            "marks: photos; white diamond: mean.",
        )
    ]
    heat = make_heat_map(comparison)
    plots.append(
        write_figure(
            out,
            f"{key}-heat-map",
            draw_heat_map(heat),
            title="Methods and photos",
            alt=describe_heat_map(heat),
            caption="Bright is good in every panel; hatched: not measured.",
        )
    )
    costs = measure_costs(comparison)
    figure = draw_quality_speed(costs, looks=looks)
    if figure is not None:
        plots.append(
            write_figure(
                out,
                f"{key}-speed",
                figure,
                title="Quality against speed",
                alt=describe_quality_speed(costs),
                caption="Line: no other method is both as fast and as good; bars: 95 % intervals.",
            )
        )
    return plots


def _draw_ranks(comparison: Comparison, looks: Mapping[str, Look], out: Path) -> list[Plot]:
    """Fig. 6, where a method was run with references of several ranks."""
    curves = find_rank_curves(comparison)
    if not curves:
        return []
    stem = f"{comparison.key}-reference-rank"
    write_text(out / "figures" / f"{stem}.csv", rank_curves_to_csv(curves))
    is_papers = all(run.record.dataset.recipe == FIGURE_6_RECIPE for run in comparison.runs)
    plot = write_figure(
        out,
        stem,
        draw_sensitivity(curves, paper=is_papers, looks=looks),
        title="Sensitivity to the reference (Fig. 6)",
        alt=describe_sensitivity(curves),
        caption="Means over the photos that have a score at every rank, with 95 % intervals; rank "
        "1 is the most similar reference.",
    )
    return [dataclasses.replace(plot, files=(*plot.files, ("CSV", f"figures/{stem}.csv")))]


def _draw_photos(
    comparison: Comparison, photos: PhotoSet, telling: list[tuple[str, Entry]], out: Path
) -> list[Plot]:
    """The qualitative figure, on as many sheets as it takes.

    The page shows it as a JPEG: with photographs a PNG is heavy.
    """
    runs, plots = list_shown(comparison), []
    sheets = split_sheets(telling)
    for number, rows in enumerate(sheets, 1):
        figure = draw_grid(photos, runs, rows)
        stem = f"{comparison.key}-photos" + (f"-{number}" if number > 1 else "")
        title = "Worst, median and best photographs"
        plot = write_figure(
            out,
            stem,
            figure,
            title=title if len(sheets) == 1 else f"{title}, {number} of {len(sheets)}",
            alt=describe_grid(runs, rows),
            caption="By what the outputs gain over the input in PSNR, on average over the methods.",
        )
        save_figure(figure, out / "figures" / stem, ("jpg",))
        plots.append(dataclasses.replace(plot, picture=f"figures/{stem}.jpg"))
    return plots


def write_table(
    sheet: Sheet, numbers: str, out: Path, title: str = ""
) -> tuple[Sheet, tuple[Link, ...]]:
    """Writes a table into `out/tables`; what a section holds of it, there under `title`."""
    files = write_sheet(sheet, numbers, out / "tables")
    shown = dataclasses.replace(sheet, title=title or sheet.title)
    return shown, tuple((name, f"tables/{path.name}") for name, path in files)


def write_figure(
    out: Path, stem: str, figure: Figure, *, title: str, alt: str, caption: str = ""
) -> Plot:
    """Writes a figure into `out/figures`; what a section holds of it."""
    files = save_figure(figure, out / "figures" / stem)
    links = tuple((path.suffix[1:].upper(), f"figures/{path.name}") for path in files)
    return Plot(title, f"figures/{stem}.svg", alt, caption, links)
