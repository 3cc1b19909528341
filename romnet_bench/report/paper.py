"""The paper's tables of methods (I and II) with our numbers beside its own."""

import collections
import dataclasses
import math

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.published.manifest import list_manifests
from romnet_bench.report.published import Published, read_published
from romnet_bench.report.runs import Comparison, relabel
from romnet_bench.report.tables import Row, Table, make_tables

NOT_COMPARABLE = (
    "The paper trained its own networks and measured by a protocol that it does not state: its "
    "numbers and ours differ for more reasons than one"
)


@dataclasses.dataclass(frozen=True)
class Setting:
    """What one column group of a paper's table was measured on.

    Attributes:
        dataset: as the paper calls it.
        recipe: the dataset of ours that stands for it.
        photos: how many the paper tested on (section IV-A; RealOld: 200 pairs).
        restores: whether a method must restore to be measured there.
        colorizes: whether it must colourise.
    """

    dataset: str
    recipe: str
    photos: int
    restores: bool = False
    colorizes: bool = False


@dataclasses.dataclass(frozen=True)
class PaperTable:
    """A table of the paper: its file in reports/paper, its caption, its column groups."""

    key: str
    title: str
    settings: tuple[Setting, ...]


TABLES = (
    PaperTable(
        "table1",
        "Quantitative comparison on DIV2K and Pascal VOC (the paper's Table I)",
        (
            Setting("DIV2K (w/o degradation)", "div2k", 100, colorizes=True),
            Setting("Pascal VOC (w/o degradation)", "pascal", 1000, colorizes=True),
            Setting("Pascal VOC (w/ degradation)", "pascal-degraded", 1000, restores=True),
        ),
    ),
    PaperTable(
        "table2",
        "Quantitative comparison on RealOld (the paper's Table II)",
        (Setting("RealOld", "realold", 200),),
    ),
)


@dataclasses.dataclass(frozen=True)
class Place:
    """One method in one column group.

    Attributes:
        row: our numbers; None where we have none.
        cannot: whether the method cannot do that task: "–", as in the paper.
        elsewhere: where our numbers are of other photos than the group's, their fingerprint.
        remarks: what is to be said of the row where it is from elsewhere.
    """

    row: Row | None
    cannot: bool
    elsewhere: str = ""
    remarks: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class PaperLine:
    """A row: a method of ours or of the paper; `published` is the paper's name for it, or ""."""

    label: str
    method: str
    published: str
    places: tuple[Place, ...]


@dataclasses.dataclass(frozen=True)
class BesidePaper:
    """A table of the paper with our numbers; `measured` has our table for each column group."""

    table: PaperTable
    paper: Published
    measured: tuple[Table | None, ...]
    lines: list[PaperLine]

    def difference(self, line: PaperLine, index: int, metric: Metric) -> float:
        """Ours less the paper's, NaN where one is not known."""
        row = line.places[index].row
        setting = self.table.settings[index]
        if row is None or not line.published:
            return math.nan
        printed = self.paper.value(setting.dataset, line.published, metric.key)
        return row.intervals[metric.key].mean - printed


@dataclasses.dataclass(frozen=True)
class _Known:
    """What is known of a method: its name in the paper, or "", and what it does."""

    published: str
    restores: bool
    colorizes: bool
    is_floor: bool = False
    system_restores: bool = True  # whether the system that it is a variant of does

    def can(self, setting: Setting, paper: Published) -> bool:
        """Whether it does the task, or the paper has a number for a system that does no more.

        The paper lets DeOldify stand on degraded photos, though it only colourises.
        """
        if self.is_floor:
            return True
        printed = paper.text(setting.dataset, self.published, METRICS[0].key)
        restores = self.restores or (bool(printed) and not self.system_restores)
        return (restores or not setting.restores) and (self.colorizes or not setting.colorizes)


def make_beside_paper(comparisons: list[Comparison]) -> list[BesidePaper]:
    """Those of Tables I and II for which a run on one of their datasets is there.

    A dataset is known by the recipe that built it, whatever its folder is called. Where that stands
    for several sets of photos, the one with the most runs is the column group's, and a method that
    was run on another set alone stands there with that said. Runs with a worse reference on purpose
    (Fig. 6) take no part.
    """
    known = _learn(comparisons)
    made = []
    for table in TABLES:
        paper = read_published(table.key)
        groups = [_find_groups(setting, comparisons, known, paper) for setting in table.settings]
        if any(groups):
            made.append(_make(table, paper, groups, known))
    return made


def _learn(comparisons: list[Comparison]) -> dict[str, _Known]:
    """Method → what is known of it, from the manifests and from the runs themselves.

    A variant counts as the paper's system if it colourises as that does: "DeOldify, stable" is the
    paper's DeOldify, "ROMNet, lightness only" is not its ROMNet. (Table III asks for more, that it
    restores likewise; here one that colourises alone is what the paper ran on clean photos.)
    """
    known = {}
    for comparison in comparisons:
        for run in comparison.runs:
            method = run.record.method
            known[method.name] = _Known("", method.restores, method.colorizes, run.is_floor)
    for manifest in list_manifests():
        if manifest.used_by_the_paper_in:
            system = manifest.methods[0]
            for facts in manifest.methods:
                name = manifest.label if facts.colorizes == system.colorizes else ""
                known[facts.name] = _Known(
                    name, facts.restores, facts.colorizes, system_restores=system.restores
                )
    return known


def _find_groups(
    setting: Setting, comparisons: list[Comparison], known: dict[str, _Known], paper: Published
) -> list[Comparison]:
    """The runs on that dataset, one comparison a fingerprint; first that with most able methods."""
    sets: dict[str, Comparison] = {}
    for comparison in comparisons:
        if any(run.record.dataset.recipe == setting.recipe for run in comparison.runs):
            # Photos with one fingerprint are the same under any name.
            same = sets.get(comparison.fingerprint, dataclasses.replace(comparison, runs=[]))
            runs = [*same.runs, *(run for run in comparison.runs if not run.is_sensitivity)]
            sets[comparison.fingerprint] = dataclasses.replace(same, runs=runs)

    def count_able(comparison: Comparison) -> int:
        methods = (run.record.method.name for run in comparison.runs)
        return sum(known[method].can(setting, paper) for method in methods)

    groups = [dataclasses.replace(each, runs=relabel(each.runs)) for each in sets.values()]
    return sorted((each for each in groups if each.runs), key=lambda each: -count_able(each))


def _make(
    table: PaperTable,
    paper: Published,
    groups: list[list[Comparison]],
    known: dict[str, _Known],
) -> BesidePaper:
    measured: list[Table | None] = []
    found: list[dict[tuple[str, str], Place]] = []
    for setting, group in zip(table.settings, groups, strict=True):
        main, own = _place_runs(setting, group, paper, known)
        measured.append(main)
        found.append(own)
    keys = dict.fromkeys(key for own in found for key in own)
    by_paper = collections.defaultdict(list)
    for key in keys:
        by_paper[known[key[0]].published].append(key)
    lines = []
    for name in (*paper.methods, ""):
        for method, label in by_paper[name]:
            places = _collect(table.settings, found, (method, label), known[method], paper)
            lines.append(PaperLine(label, method, name, places))
        if name and not by_paper[name]:
            empty = tuple(
                Place(None, cannot=not paper.text(setting.dataset, name, METRICS[0].key))
                for setting in table.settings
            )
            lines.append(PaperLine(name, "", name, empty))
    return BesidePaper(table, paper, tuple(measured), lines)


def _place_runs(
    setting: Setting, group: list[Comparison], paper: Published, known: dict[str, _Known]
) -> tuple[Table | None, dict[tuple[str, str], Place]]:
    """Our table of those that can do the task, and where every method stands."""
    places: dict[tuple[str, str], Place] = {}
    main: Table | None = None
    for comparison in group:
        able = [run for run in comparison.runs if known[run.record.method.name].can(setting, paper)]
        for run in comparison.runs:
            if run not in able:
                places.setdefault((run.record.method.name, run.label), Place(None, cannot=True))
        if not able:
            continue
        if main is None:
            (main,) = make_tables([dataclasses.replace(comparison, runs=able)])
            for row in main.rows:
                places[row.method, row.label] = Place(row, cannot=False)
            continue
        for run in able:
            (alone,) = make_tables([dataclasses.replace(comparison, runs=[run], unscored=[])])
            (row,) = alone.rows
            remarks = (
                f"measured on other photos (fingerprint {comparison.fingerprint})",
                *row.warnings,
                *row.notes,
                *alone.footnotes,
            )
            place = Place(row, False, comparison.fingerprint, remarks)
            places.setdefault((row.method, row.label), place)
    return main, places


def _collect(
    settings: tuple[Setting, ...],
    found: list[dict[tuple[str, str], Place]],
    key: tuple[str, str],
    method: _Known,
    paper: Published,
) -> tuple[Place, ...]:
    return tuple(
        places.get(key, Place(None, cannot=not method.can(setting, paper)))
        for setting, places in zip(settings, found, strict=True)
    )
