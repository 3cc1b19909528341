"""Every printed cell against the runs' files, from which all numbers are computed a second time.

Nothing of the product's statistics, comparisons or formats is used for what is expected: the
scores are read by pyarrow, the records as JSON, the paper's numbers by pandas; each of the four
forms is read back by a small parser of its own.
"""

import csv
import dataclasses
import functools
import html
import html.parser
import io
import itertools
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import stats

from romnet_bench.bench import results
from romnet_bench.files import resource
from romnet_bench.protocol import DEFAULT
from romnet_bench.report import ablation_formats, formats, paper_formats, significance
from romnet_bench.report.ablations import make_ablation_table
from romnet_bench.report.paper import BesidePaper, make_beside_paper
from romnet_bench.report.runs import compare_runs
from romnet_bench.report.sheet import Sheet
from romnet_bench.report.tables import Table, make_tables
from romnet_bench.report.write import write_sheet
from romnet_bench.romnet.ablations import TABLES as ABLATION_TABLES

DIGITS = {"psnr": 2, "ssim": 3, "lpips": 3}
HEADINGS = {"psnr": "PSNR ↑", "ssim": "SSIM ↑", "lpips": "LPIPS ↓"}
HOSTILE = "50% _all_ & #1 {x} $y^2~z\\\\ <b>|`a` [*] \"q\" 'r' --w – −\n\r\x00&amp; end"
HOSTILE_IDS = [
    "a/b",
    "../c",
    "<i>",
    "d|e",
    "\\textbf{f}",
    "é ö",
    "g,h",
    '"j"',
    "k\nl",
    "0",
    "%",
    "",
]

# ---------------------------------------------------------------------------------------------
# Invented runs


@dataclasses.dataclass(frozen=True)
class Invented:
    """One run: how good it is, and what is odd about it."""

    method: str
    label: str
    level: float
    restores: bool = True
    colorizes: bool = True
    rank: str = "1"
    notes: tuple[str, ...] = ()
    protocol: str = ""
    rows: int = 99  # how many photos it has rows for, at most
    empty: tuple[tuple[str, int], ...] = ()  # metric → on how many photos it is missing
    folder: str = ""


@dataclasses.dataclass(frozen=True)
class Photos:
    """A dataset: how easy each of its photos is, and of how many variants an original has."""

    name: str
    recipe: str
    ease: npt.NDArray[np.float64]
    variants: int


INPUT = Invented("input", "Input", 0, restores=False, colorizes=False)
ROMNET = Invented("romnet", "ROMNet", 3)
GREY = Invented("romnet-grey", "ROMNet, lightness only", 0.5, colorizes=False)
RANK_5 = Invented("romnet", "ROMNet, rank 5", 9, rank="5", folder="romnet-rank-05")
PIX2PIX = Invented("pix2pix", "Pix2pix", 2.9)
RANDOM = Invented("pix2pix", "Pix2pix", 8, notes=("random weights",))
DEOLDIFY = Invented("deoldify-artistic", "DeOldify, artistic", 1.5, restores=False)
HE = Invented("he", "He et al.", 2, restores=False, empty=(("lpips", 3),))
INST = Invented("instcolorization", "InstColorization", 7, restores=False, protocol="luma-ssim")
WAN = Invented("wan", "Wan et al.", 1, colorizes=False)
DDCOLOR = Invented("ddcolor", HOSTILE, 2.5, restores=False)
MINE = Invented("mine", "Mi\rne", 6, rows=5)
NO_LPIPS = Invented("theirs", "Theirs", 1.4, empty=(("lpips", 99),))
TWIN = dataclasses.replace(NO_LPIPS, folder="theirs-again")

# name → recipe, photos, variants of each original, runs
WORLD: dict[str, tuple[str, int, int, list[Invented]]] = {
    "DIV2K & <co>": (
        "div2k", 12, 1, [INPUT, ROMNET, GREY, RANK_5, RANDOM, DEOLDIFY, HE, INST, DDCOLOR, MINE],
    ),
    "pascal": ("pascal", 9, 1, [ROMNET, PIX2PIX, DEOLDIFY, WAN]),
    "pascal_old": ("pascal-degraded", 16, 2, [ROMNET, PIX2PIX, DEOLDIFY, HE, DDCOLOR, WAN]),
    "RealOld": ("realold", 10, 1, [ROMNET, WAN, INPUT, GREY, RANK_5, INST]),
    "album": ("", 6, 3, [NO_LPIPS, TWIN, HE]),
}  # fmt: skip


def invent(root: Path) -> None:
    """Writes the runs of `WORLD` below `root`, and those of an ablation study beside it."""
    generator = np.random.default_rng(20)
    for name, (recipe, count, variants, runs) in WORLD.items():
        photos = Photos(name, recipe, generator.normal(0, 2.5, count), variants)
        for run in runs:
            folder = root / "runs" / name / (run.folder or run.method)
            write_run(folder, photos, run, generator)
    photos = Photos("clean", "div2k", generator.normal(0, 2.5, 7), 1)
    for key, level in (("full-clean", 2.0), ("no-similarity", 0.0)):
        run = Invented("romnet", key, level, notes=("trained for a day",))
        write_run(root / "study" / key, photos, run, generator)


def write_run(folder: Path, photos: Photos, run: Invented, generator: np.random.Generator) -> None:
    count = len(photos.ease)
    rows: list[dict[str, object]] = []
    for index, base in enumerate(photos.ease[: run.rows]):
        level = run.level
        row: dict[str, object] = {
            "id": f"{index:02}" if photos.variants > 1 else HOSTILE_IDS[index],
            "psnr": 20 + base + level + generator.normal(0, 0.7),
            "ssim": 0.7 + base / 50 + level / 40 + generator.normal(0, 0.02),
            "lpips": 0.4 - base / 90 - level / 40 + generator.normal(0, 0.02),
            "seconds": generator.exponential(0.003 if run.method == "input" else 7),
            "original": f"o{index // photos.variants}",
            "note": "",
        }
        if run.method == "romnet" and index in (1, 2):
            row["psnr"] = 25.125  # ties with itself; rounded to even
        for metric, missing in run.empty:
            row[metric] = [None, math.inf, math.nan][index % 3] if index < missing else row[metric]
        rows.append({key: row.get(key, "") for key in results.SCORE_COLUMNS})
        rows[-1]["reference_rank"] = int(run.rank)
    if run.method == "he":
        rows[0]["seconds"] = None
    protocol = {"name": DEFAULT.name, "hash": DEFAULT.hash}
    fields: dict[str, object] = {
        "made_by": "run",
        "dataset": {
            "name": photos.name, "path": photos.name, "split": "test", "recipe": photos.recipe,
            "fingerprint": f"f-{photos.recipe}-{count}", "photos": count,
            "originals": count // photos.variants,
        },
        "method": {
            "name": run.method, "label": run.label, "restores": run.restores,
            "colorizes": run.colorizes, "needs_reference": False, "fingerprint": {},
            "notes": list(run.notes),
        },
        "protocol": {"name": run.protocol, "hash": "deadbeef"} if run.protocol else protocol,
        "references": {"rank": run.rank},
        "device": "cpu", "command": "", "commit": "", "packages": {},
        "started": "2026-01-01T00:00:00Z", "finished": "2026-01-01T00:01:00Z",
        "unavailable": {}, "failed": {},
    }  # fmt: skip
    results.write_run(folder, results.RunRecord.model_validate(fields))
    results.write_scores(folder, rows)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("invented")
    invent(folder)
    return folder


@pytest.fixture(scope="module")
def tables(root: Path) -> dict[str, Table]:
    return {table.dataset: table for table in make_tables(compare_runs([root / "runs"]))}


@pytest.fixture(scope="module")
def beside(root: Path) -> dict[str, BesidePaper]:
    return {made.table.key: made for made in make_beside_paper(compare_runs([root / "runs"]))}


# ---------------------------------------------------------------------------------------------
# The same numbers once more, from the files alone


@dataclasses.dataclass
class Seen:
    """A run as its files have it."""

    label: str
    record: dict  # type: ignore[type-arg]
    scores: dict[str, dict[str, float]]  # metric → photo → value, known ones only
    originals: dict[str, str]

    @property
    def method(self) -> str:
        return str(self.record["method"]["name"])

    @property
    def is_rank_one(self) -> bool:
        return bool(self.record["references"]["rank"] == "1")

    @property
    def warned(self) -> bool:
        some = [len(known) for known in self.scores.values()]
        rows = len(self.originals)
        return bool(
            self.record["method"]["notes"]
            or self.record["protocol"]["hash"] != DEFAULT.hash
            or rows < self.record["dataset"]["photos"]
            or any(0 < count < rows for count in some[:3])
        )


def see(folder: Path, label: str = "") -> Seen:
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    columns = pq.read_table(folder / "scores.parquet").to_pydict()
    scores = {
        metric: {
            identity: value
            for identity, value in zip(columns["id"], columns[metric], strict=True)
            if value is not None and math.isfinite(value)
        }
        for metric in (*DIGITS, "seconds")
    }
    untrained = "random weights" in record["method"]["notes"]
    own = record["method"]["label"] + (" (random weights)" if untrained else "")
    originals = dict(zip(columns["id"], columns["original"], strict=True))
    return Seen(label or own, record, scores, originals)


def see_dataset(root: Path, name: str) -> list[Seen]:
    """The runs of a dataset in the order of their folders; twins told apart by these."""
    folders = sorted(path.parent for path in (root / "runs" / name).glob("*/run.json"))
    seen = [see(folder) for folder in folders]
    labels = [run.label for run in seen]
    return [
        see(folder, f"{run.label} ({folder.name})") if labels.count(run.label) > 1 else run
        for folder, run in zip(folders, seen, strict=True)
    ]


def interval(values: dict[str, float], originals: dict[str, str]) -> tuple[float, float, float]:
    """Mean and 95 % percentile bootstrap: 10,000 draws of whole originals by PCG64 of seed 0."""
    if not values:
        return math.nan, math.nan, math.nan
    mean = math.fsum(values.values()) / len(values)
    if len(set(values.values())) == 1:
        return mean, mean, mean
    groups: dict[str, list[float]] = {}
    for identity, value in values.items():
        groups.setdefault(originals[identity], []).append(value)
    sums = np.array([sum(groups[name]) for name in sorted(groups)])
    counts = np.array([len(groups[name]) for name in sorted(groups)])
    drawn = np.random.default_rng(0).integers(0, len(groups), (10_000, len(groups)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return mean, float(low), float(high)


@dataclasses.dataclass(frozen=True)
class Duel:
    """Two runs in one metric, recomputed."""

    first: str
    second: str
    n: int
    mean: float
    low: float
    high: float
    p: float
    effect: float
    higher: int
    lower: int
    holm: float = math.nan

    def better(self, metric: str) -> str:
        if not (self.holm < 0.05 and self.mean * self.effect > 0):
            return ""
        return self.first if (self.effect > 0) == (metric != "lpips") else self.second


def duel(one: Seen, other: Seen, metric: str) -> Duel:
    a, b = one.scores[metric], other.scores[metric]
    gaps = {identity: a[identity] - b[identity] for identity in a if identity in b}
    of_original: dict[str, list[float]] = {}
    for identity, gap in gaps.items():
        of_original.setdefault(one.originals[identity], []).append(gap)
    each = np.array([np.mean(own) for own in of_original.values()])
    p, effect = 1.0, 0.0
    if each.any():
        p = float(stats.wilcoxon(each, zero_method="pratt").pvalue)
        # For each pair of differences and each alone, the sign of the larger: its rank sum.
        ranks = [sum(abs(x) > abs(y) for y in each) + (sum(abs(x) == abs(y) for y in each) + 1) / 2
                 for x in each]  # fmt: skip
        up = sum(rank for rank, x in zip(ranks, each, strict=True) if x > 0)
        down = sum(rank for rank, x in zip(ranks, each, strict=True) if x < 0)
        effect = (up - down) / (up + down)
    signs = [sum(gap > 0 for gap in gaps.values()), sum(gap < 0 for gap in gaps.values())]
    return Duel(one.label, other.label, len(gaps), *interval(gaps, one.originals),
                p, effect, *signs)  # fmt: skip


def adjust(duels: list[Duel]) -> list[Duel]:
    """Holm: the k-th smallest of m p-values times m − k, no smaller than those before it."""
    order = sorted(range(len(duels)), key=lambda index: duels[index].p)
    steps = [min(1.0, (len(duels) - k) * duels[index].p) for k, index in enumerate(order)]
    return [
        dataclasses.replace(one, holm=max(steps[: order.index(index) + 1]))
        for index, one in enumerate(duels)
    ]


@dataclasses.dataclass
class Recount:
    """A table computed again: label → metric → numbers; `duels` by metric."""

    runs: list[Seen]
    intervals: dict[str, dict[str, tuple[float, float, float]]]
    best: dict[str, set[str]]
    places: dict[str, dict[str, int]]
    duels: dict[str, list[Duel]]


def recount(runs: list[Seen]) -> Recount:
    intervals = {
        run.label: {metric: interval(run.scores[metric], run.originals) for metric in DIGITS}
        for run in runs
    }
    best: dict[str, set[str]] = {}
    places: dict[str, dict[str, int]] = {}
    duels: dict[str, list[Duel]] = {}
    for metric, digits in DIGITS.items():
        fair = [
            run
            for run in runs
            if run.record["protocol"]["hash"] == DEFAULT.hash
            and "random weights" not in run.record["method"]["notes"]
            and run.is_rank_one
        ]
        photos = {identity for run in fair for identity in run.scores[metric]}
        rivals = [run for run in fair if photos and set(run.scores[metric]) == photos]
        duels[metric] = adjust(
            [duel(one, other, metric) for one, other in itertools.combinations(rivals, 2)]
        )
        wins = {
            (winner, one.second if winner == one.first else one.first)
            for one in duels[metric]
            if (winner := one.better(metric))
        }
        ladder = sorted(
            (run.label for run in rivals),
            key=lambda label, metric=metric: (
                intervals[label][metric][0] * (1 if metric == "lpips" else -1)
            ),
        )
        places[metric] = {}
        for step, label in enumerate(ladder if len(rivals) > 1 else []):
            lead = ladder[max(places[metric].values(), default=1) - 1]
            new = (lead, label) in wins
            places[metric][label] = step + 1 if new else places[metric].get(lead, 1)
        shown = {run.label: round(intervals[run.label][metric][0], digits) for run in rivals}
        top = (min if metric == "lpips" else max)(shown.values(), default=None)
        best[metric] = {label for label in shown if shown[label] == top and len(shown) > 1}
    return Recount(runs, intervals, best, places, duels)


@functools.cache
def recount_dataset(root: Path, name: str) -> Recount:
    return recount(see_dataset(root, name))


# ---------------------------------------------------------------------------------------------
# What must be printed


@dataclasses.dataclass(frozen=True)
class Shown:
    """A cell as a reader sees it."""

    text: str
    small: str = ""
    best: bool = False
    place: int = 0


Printed = list[tuple[str, bool, list[Shown]]]  # label, †, cells


def flat(text: str) -> str:
    """Without control signs and runs of spaces: how a line of text shows `text`."""
    return " ".join(re.sub(r"[\x00-\x1f]", " ", text).split())


def show_interval(numbers: tuple[float, float, float], metric: str) -> tuple[str, str]:
    mean, low, high = (f"{number:.{DIGITS[metric]}f}" for number in numbers)
    return ("–", "") if mean == "nan" else (mean, f"[{low}, {high}]")


def signed(number: float, metric: str) -> str:
    sign = "−" if math.copysign(1, number) < 0 else "+"
    return f"{sign}{abs(number):.{DIGITS[metric]}f}"


def show_metric(made: Recount, label: str, metric: str) -> Shown:
    text, small = show_interval(made.intervals[label][metric], metric)
    place = made.places[metric].get(label, 0)
    return Shown(text, small, label in made.best[metric], place)


def show_photos(run: Seen) -> Shown:
    rows, split = len(run.originals), run.record["dataset"]["photos"]
    return Shown(f"{rows}" if rows == split else f"{rows} of {split}")


def seconds_of(run: Seen) -> float:
    known = run.scores["seconds"].values()
    return math.fsum(known) / len(known)


def show_seconds(run: Seen) -> Shown:
    seconds = seconds_of(run)
    if seconds < 0.01:
        return Shown("<0.01")
    return Shown(f"{seconds:.0f}" if seconds >= 10 else f"{float(f'{seconds:.1e}'):g}")


def expect_plain(made: Recount) -> Printed:
    return [
        (
            flat(run.label),
            run.warned,
            [
                *(show_metric(made, run.label, metric) for metric in DIGITS),
                show_photos(run),
                show_seconds(run),
            ],
        )
        for run in made.runs
    ]


# ---------------------------------------------------------------------------------------------
# The four forms, read back


def read_markdown(text: str) -> tuple[list[str], Printed, list[str]]:
    """Headings, lines and sentences; what is small stands behind the number, in one string."""

    def plain(cell: str) -> str:
        return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", cell))

    rows = [
        [cell.strip() for cell in re.findall(r"\|((?:\\.|[^|\\])*)(?=\|)", line)]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    printed: Printed = []
    for label, *cells in rows[2:]:
        shown = []
        for cell in cells:
            # Below stands the paper's number.
            bare = re.sub(r"(?:<br>)?<sub>(.*)</sub>$", r" \1", cell).strip()
            parts = re.fullmatch(r"(\*\*)?([^*<]*)(?(1)\*\*)(?:<sup>(\d+)</sup>)?( [^*<]*)?", bare)
            assert parts is not None, cell
            number = plain(parts[2] + (parts[4] or ""))
            shown.append(Shown(number, "", bool(parts[1]), int(parts[3] or 0)))
        printed.append((plain(label.removesuffix(" †")), label.endswith(" †"), shown))
    below = [plain(line[2:]) for line in text.splitlines() if line.startswith("- ")]
    return list(map(plain, rows[0])), printed, below


def joined(printed: Printed) -> Printed:
    """As Markdown has it: the number and what is small in one string."""
    return [
        (
            label,
            warned,
            [
                dataclasses.replace(cell, text=f"{cell.text} {cell.small}".strip(), small="")
                for cell in cells
            ],
        )
        for label, warned, cells in printed
    ]


LATEX = {
    r"\textbackslash{}": "\\", r"\{": "{", r"\}": "}", r"\$": "$", r"\&": "&", r"\#": "#",
    r"\%": "%", r"\_": "_", r"\textasciicircum{}": "^", r"\textasciitilde{}": "~",
    r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|", r"\textquotedbl{}": '"',
    r"\textasciigrave{}": "`", r"\textquotesingle{}": "'", "{-}": "-",
    "{*}": "*", "{[}": "[", "{]}": "]",
    r"\textquotedblleft{}": "“", r"\textquotedblright{}": "”",
    r"\textquoteleft{}": "‘", r"\textquoteright{}": "’",
    r"\textendash{}": "–", r"\textemdash{}": "—", "$-$": "−", r"$\times$": "×",
    r"$\uparrow$": "↑", r"$\downarrow$": "↓",
}  # fmt: skip


def plain_latex(text: str) -> str:
    """What LaTeX prints for `text`; no sign that it would obey may be left over."""
    token = re.compile("|".join(map(re.escape, LATEX)) + r"|[^\\{}$&#%_^~\n]")
    pieces = []
    while text:
        piece = token.match(text)
        assert piece is not None, f"LaTeX would obey {text[:20]!r}"
        pieces.append(LATEX.get(piece[0], piece[0]))
        text = text[piece.end() :]
    return "".join(pieces)


def read_latex(text: str) -> tuple[list[str], Printed, list[str]]:
    """Headings, lines and sentences."""

    def split(rows: str) -> Iterator[list[str]]:
        for row in re.split(r" *\\\\\n", rows)[:-1]:
            yield [cell.strip() for cell in re.split(r"(?<!\\)&", row)]

    head, body = re.search(  # type: ignore[union-attr]
        r"\\toprule\n(.*?)\\midrule\n(.*?) *\\bottomrule", text, re.DOTALL
    ).groups()
    headings = list(split(re.sub(r"^ *(\\cmidrule\S*(?:\{[\d-]+\}) *)+\n", "", head, flags=re.M)))
    names = [plain_latex(cell) for cell in headings[-1]]
    if len(headings) == 2:
        spans = [""]
        for cell in headings[0][1:]:
            parts = re.fullmatch(r"\\multicolumn\{(\d+)\}\{c\}\{(.*)\}", cell)
            assert parts is not None, cell
            spans += [plain_latex(parts[2])] * int(parts[1])
        names = [f"{span} {name}".strip() for span, name in zip(spans, names, strict=True)]
    printed: Printed = []
    for label, *cells in split(body):
        if not label:  # what is small, of the line above
            above = printed[-1][2]
            for index, text_below in enumerate(cells):
                small = re.fullmatch(r"(?:\{\\scriptsize (.+)\})?", text_below)
                assert small is not None, text_below
                above[index] = dataclasses.replace(above[index], small=plain_latex(small[1] or ""))
            continue
        shown = []
        for cell in cells:
            parts = re.fullmatch(
                r"(?:\\textbf\{(.+?)\}|(.*?))(?:\\textsuperscript\{(\d+)\})?", cell
            )
            assert parts is not None, cell
            number = plain_latex(parts[1] or parts[2] or "")
            shown.append(Shown(number, "", bool(parts[1]), int(parts[3] or 0)))
        shown += [Shown("")] * (len(names) - 1 - len(shown))
        dagger = r"\,\textdagger"
        printed.append((plain_latex(label.removesuffix(dagger)), label.endswith(dagger), shown))
    below = re.findall(r"^ +(.*)\\par$", text.split(r"\raggedright")[1], re.MULTILINE)
    return names, printed, list(map(plain_latex, below))


class HtmlTable(html.parser.HTMLParser):
    """Collects the cells of a page's one table and the items of its list."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[dict[str, str]]] = []
        self.items: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "b", "i", "textarea"), tag
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append({"": "", "span": dict(attrs).get("colspan") or "1"})
        elif tag == "li":
            self.items.append("")

    def handle_endtag(self, tag: str) -> None:
        while self.open.pop() != tag:  # a void element, such as <meta>, is never closed
            pass

    def handle_data(self, data: str) -> None:
        if "li" in self.open:
            self.items[-1] += data
        elif "td" in self.open or "th" in self.open:
            kind = self.open[-1] if self.open[-1] in ("strong", "sup", "small") else ""
            cell = self.rows[-1][-1]
            cell[kind] = cell.get(kind, "") + data


def read_html(text: str) -> tuple[list[str], Printed, list[str]]:
    """Headings, lines and sentences."""
    table = HtmlTable(text)
    start = 2 if any(cell["span"] != "1" for cell in table.rows[0]) else 1
    names = [cell[""] for cell in table.rows[start - 1]]
    if start == 2:
        spans = [cell[""] for cell in table.rows[0] for _ in range(int(cell["span"]))]
        names = [f"{span} {name}".strip() for span, name in zip(spans, names, strict=True)]
    printed: Printed = []
    for label, *cells in table.rows[start:]:
        shown = [
            Shown(
                (cell[""].strip() + cell.get("strong", "")),
                cell.get("small", ""),
                "strong" in cell,
                int(cell.get("sup", "0")),
            )
            for cell in cells
        ]
        said = flat(label[""])
        printed.append((said.removesuffix(" †"), said.endswith(" †"), shown))
    return names, printed, list(map(flat, table.items))


def check_forms(sheet: Sheet, headings: list[str], expected: Printed, folder: Path) -> None:
    """Writes a sheet in all forms, reads them back, and compares every cell with `expected`."""
    files = dict(write_sheet(sheet, "", folder))
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    below = [flat(sentence) for sentence in sheet.below]
    assert below
    for read, form in ((read_markdown, "Markdown"), (read_latex, "LaTeX"), (read_html, "HTML")):
        names, printed, sentences = read(texts[form])
        assert names == headings, form
        wanted = joined(expected) if form == "Markdown" else expected
        assert [line[:2] for line in printed] == [line[:2] for line in wanted], form
        for found, line in zip(printed, wanted, strict=True):
            assert found == line, form
        assert sentences == below, form


def read_rows(text: str) -> list[dict[str, str]]:
    """A CSV file as any program reads it from the disk."""
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def number(text: str) -> float:
    return float(text) if text else math.nan


def same(*numbers: float) -> object:
    return pytest.approx(numbers, rel=1e-9, abs=1e-12, nan_ok=True)


# ---------------------------------------------------------------------------------------------
# Plain tables


def test_the_invented_runs_hold_every_case(root: Path) -> None:
    made = {name: recount_dataset(root, name) for name in WORLD}
    winners = {one.better(metric) for each in made.values()
               for metric, duels in each.duels.items() for one in duels}  # fmt: skip
    assert {"", "ROMNet", "Pix2pix"} <= winners
    places = [place for each in made.values() for own in each.places.values()
              for place in own.values()]  # fmt: skip
    assert {1, 2, 3} <= set(places)
    assert any(run.warned for run in made["DIV2K & <co>"].runs)
    assert "Theirs (theirs-again)" in made["album"].intervals
    assert made["album"].places["psnr"]


@pytest.mark.parametrize("name", WORLD)
def test_plain_table_in_every_printed_form(
    name: str, root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    made = recount_dataset(root, name)
    sheet = formats.to_sheet(tables[name])
    headings = ["Method", *HEADINGS.values(), "Photos", "Seconds per photo ↓"]
    check_forms(sheet, headings, expect_plain(made), tmp_path)
    photos = made.runs[0].record["dataset"]["fingerprint"]
    assert f"{DEFAULT.name} ({DEFAULT.hash})" in sheet.below[0]
    assert photos in sheet.below[0]
    for run in made.runs:
        said = [sentence for sentence in sheet.below if sentence.startswith(f"{run.label}: ")]
        assert said or not run.warned


@pytest.mark.parametrize("name", WORLD)
def test_plain_csv_number_by_number(name: str, root: Path, tables: dict[str, Table]) -> None:
    made = recount_dataset(root, name)
    rows = read_rows(formats.to_csv(tables[name]))
    for row, run in zip(rows, made.runs, strict=True):
        assert row["dataset"] == name
        assert (row["method"], row["label"]) == (run.method, run.label)
        for metric in DIGITS:
            found = [number(row[f"{metric}_{part}"]) for part in ("mean", "low", "high")]
            assert tuple(found) == same(*made.intervals[run.label][metric])
            assert int(row[f"{metric}_n"]) == len(run.scores[metric])
            assert row[f"{metric}_place"] == str(made.places[metric].get(run.label, ""))
        assert int(row["photos"]) == len(run.originals)
        assert int(row["photos_in_split"]) == run.record["dataset"]["photos"]
        assert (float(row["seconds_per_photo"]),) == same(seconds_of(run))
        assert (row["protocol"], row["protocol_hash"]) == (
            run.record["protocol"]["name"],
            run.record["protocol"]["hash"],
        )
        for note in run.record["method"]["notes"]:
            assert note in row["warnings"]


def test_intervals_agree_with_scipys_bootstrap(root: Path, tables: dict[str, Table]) -> None:
    """Within 8 % of their width: both are of 10,000 draws, of different generators."""
    runs = see_dataset(root, "pascal")
    for row, run in zip(tables["pascal"].rows, runs, strict=True):
        for metric in DIGITS:
            values = list(run.scores[metric].values())
            theirs = stats.bootstrap(
                (values,), np.mean, n_resamples=10_000, method="percentile",
                rng=np.random.default_rng(1),
            ).confidence_interval  # fmt: skip
            ours = row.intervals[metric]
            width = theirs.high - theirs.low
            assert ours.low == pytest.approx(theirs.low, abs=0.08 * width)
            assert ours.high == pytest.approx(theirs.high, abs=0.08 * width)


# ---------------------------------------------------------------------------------------------
# Pairs


@pytest.mark.parametrize("name", WORLD)
def test_pairs_csv_number_by_number(name: str, root: Path, tables: dict[str, Table]) -> None:
    made = recount_dataset(root, name)
    rows = read_rows(significance.to_csv(tables[name].pairs))
    duels = [(metric, one) for metric, own in made.duels.items() for one in own]
    for row, (metric, one) in zip(rows, duels, strict=True):
        assert (row["metric"], row["first"], row["second"]) == (metric, one.first, one.second)
        assert [int(row[key]) for key in ("photos", "higher", "lower")] == [
            one.n,
            one.higher,
            one.lower,
        ]
        keys = ("difference", "low", "high", "p", "p_holm", "effect")
        found = tuple(float(row[key]) for key in keys)
        assert found == same(one.mean, one.low, one.high, one.p, one.holm, one.effect)
        assert row["better"] == one.better(metric)


@pytest.mark.parametrize("name", WORLD)
def test_pairs_in_every_printed_form(
    name: str, root: Path, tables: dict[str, Table], tmp_path: Path
) -> None:
    made = recount_dataset(root, name)
    duels = {metric: own for metric, own in made.duels.items() if own}
    by_label: dict[tuple[str, str], dict[str, Duel]] = {}
    for metric, own in duels.items():
        for one in own:
            by_label.setdefault((one.first, one.second), {})[metric] = one
    expected: Printed = []
    for (first, second), by_metric in by_label.items():
        cells = []
        for metric in duels:
            if metric not in by_metric:
                cells += [Shown("–"), Shown("–")]
                continue
            one = by_metric[metric]
            mean, low, high = (signed(each, metric) for each in (one.mean, one.low, one.high))
            p = "<0.001" if one.holm < 0.001 else f"{one.holm:.3f}"
            cells += [Shown(mean, f"[{low}, {high}]", bool(one.better(metric))), Shown(p)]
        expected.append((flat(f"{first} − {second}"), False, cells))
    short = {metric: heading.split()[0] for metric, heading in HEADINGS.items()}
    headings = ["First − second"]
    headings += [f"{short[metric]} {part}" for metric in duels for part in ("difference", "p")]
    sheet = significance.to_sheet("pairs", "All <pairs>", tables[name].pairs)
    check_forms(sheet, headings, expected, tmp_path)


# ---------------------------------------------------------------------------------------------
# Tables I and II beside the paper

PAPER_NAMES = {
    "romnet": "ROMNet", "pix2pix": "Pix2pix",
    "deoldify-artistic": "DeOldify", "he": "He et al.", "instcolorization": "InstColorization",
    "wan": "Wan et al.",
}  # fmt: skip
SETTINGS = {
    "table1": {
        "DIV2K (w/o degradation)": "DIV2K & <co>",
        "Pascal VOC (w/o degradation)": "pascal",
        "Pascal VOC (w/ degradation)": "pascal_old",
    },
    "table2": {"RealOld": "RealOld"},
}
GREY_OUTPUT = ("romnet-grey", "wan")
ONLY_COLOUR = ("he", "ddcolor", "instcolorization")


def read_paper(key: str) -> dict[tuple[str, str, str], str]:
    """(dataset, method, metric) → as printed, empty for “–”."""
    with resource("reports", "paper", f"{key}.csv").open("rb") as file:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    columns = (frame[name] for name in ("dataset", "method", "metric", "value"))
    return {tuple(names): value for *names, value in zip(*columns, strict=True)}


def is_able(method: str, setting: str) -> bool:
    """By hand: on clean photos colours are needed, on degraded ones of Pascal VOC restoration."""
    if "w/o" in setting:
        return method not in GREY_OUTPUT
    return "w/" not in setting or method not in ONLY_COLOUR


@dataclasses.dataclass
class Group:
    """A column group recomputed: those that can do the task, and those that cannot."""

    able: Recount
    cannot: set[tuple[str, str]]


@functools.cache
def regroup(root: Path, key: str) -> dict[str, Group]:
    groups = {}
    for setting, dataset in SETTINGS[key].items():
        runs = [run for run in see_dataset(root, dataset) if run.is_rank_one]
        able = [run for run in runs if is_able(run.method, setting)]
        cannot = {(run.method, run.label) for run in runs if run not in able}
        groups[setting] = Group(recount(able), cannot)
    return groups


def expect_line(
    groups: dict[str, Group], paper: dict[tuple[str, str, str], str], method: str, label: str
) -> tuple[str, bool, list[Shown]]:
    name = PAPER_NAMES.get(method, "" if method else label)
    cells, warned = [], False
    for setting, group in groups.items():
        run = next(
            (run for run in group.able.runs if (run.method, run.label) == (method, label)), None
        )
        warned |= run is not None and run.warned
        for metric in DIGITS:
            printed = paper.get((setting, name, metric), "")
            if run is None:
                cannot = not is_able(method, setting) if method else not printed
                cells.append(Shown("–" if cannot else "", printed))
                continue
            shown = show_metric(group.able, label, metric)
            mean = group.able.intervals[label][metric][0]
            small = printed
            if printed and not math.isnan(mean):
                small += f" ({signed(mean - float(printed), metric)})"
            text = "n/a" if math.isnan(mean) else shown.text
            cells.append(dataclasses.replace(shown, text=text, small=small))
    return flat(label if name else f"{label} (not in the paper)"), warned, cells


def list_methods(groups: dict[str, Group]) -> set[tuple[str, str]]:
    able = {(run.method, run.label) for group in groups.values() for run in group.able.runs}
    return able.union(*(group.cannot for group in groups.values()))


@pytest.mark.parametrize("key", SETTINGS)
def test_beside_the_paper_in_every_printed_form(
    key: str, root: Path, beside: dict[str, BesidePaper], tmp_path: Path
) -> None:
    groups, paper = regroup(root, key), read_paper(key)
    names = list(dict.fromkeys(method for _, method, _ in paper))
    methods = list_methods(groups)
    there = {PAPER_NAMES.get(method, "") for method, _ in methods}
    methods |= {("", name) for name in names if name not in there}
    lines = [(line.method, line.label) for line in beside[key].lines]
    assert sorted(lines) == sorted(methods)
    order = [PAPER_NAMES.get(method, "" if method else label) for method, label in lines]
    assert order == sorted(order, key=[*names, ""].index)

    expected = [expect_line(groups, paper, *line) for line in lines]
    settings = [setting for setting in groups for _ in DIGITS]
    headings = [f"{setting} {heading}" for setting, heading
                in zip(settings, list(HEADINGS.values()) * len(groups), strict=True)]  # fmt: skip
    sheet = paper_formats.to_sheet(beside[key])
    check_forms(sheet, ["Method", *headings], expected, tmp_path)
    for setting, group in groups.items():
        fingerprint = group.able.runs[0].record["dataset"]["fingerprint"]
        state = f" Protocol {DEFAULT.name} ({DEFAULT.hash})"
        assert any(line.startswith(f"{setting}: ") and state in line and fingerprint in line
                   for line in sheet.below)  # fmt: skip
        for run in group.able.runs:
            said = any(line.startswith(f"{setting}: {run.label}: ") for line in sheet.below)
            assert said or not run.warned


@pytest.mark.parametrize("key", SETTINGS)
def test_beside_the_paper_csv_number_by_number(
    key: str, root: Path, beside: dict[str, BesidePaper]
) -> None:
    groups, paper = regroup(root, key), read_paper(key)
    rows = read_rows(paper_formats.to_csv(beside[key]))
    assert len(rows) == len(beside[key].lines) * len(groups) * len(DIGITS)
    for row in rows:
        setting, metric, label = row["dataset"], row["metric"], row["label"]
        group = groups[setting]
        name = PAPER_NAMES.get(row["method"], "" if row["method"] else label)
        printed = paper.get((setting, name, metric), "")
        assert (row["paper_method"], row["paper"]) == (name, printed)
        assert row["recipe"] == WORLD[SETTINGS[key][setting]][0]
        run = next((run for run in group.able.runs
                    if (run.method, run.label) == (row["method"], label)), None)  # fmt: skip
        found = tuple(number(row[part]) for part in ("mean", "low", "high", "difference"))
        if run is None:
            assert found == same(*[math.nan] * 4)
            assert (row["n"], row["best"], row["place"], row["protocol"]) == ("0", "False", "", "")
            method = row["method"]
            cannot = not is_able(method, setting) if method else not printed
            assert row["cannot"] == str(cannot)
            continue
        numbers = group.able.intervals[label][metric]
        assert found == same(*numbers, numbers[0] - number(printed))
        assert int(row["n"]) == len(run.scores[metric])
        assert row["best"] == str(label in group.able.best[metric])
        assert row["place"] == str(group.able.places[metric].get(label, ""))
        assert row["cannot"] == "False"
        assert row["protocol_hash"] == run.record["protocol"]["hash"]
        assert row["fingerprint"] == run.record["dataset"]["fingerprint"]


# ---------------------------------------------------------------------------------------------
# Ablations


@pytest.fixture(scope="module")
def ablation(root: Path) -> tuple[Recount, dict[tuple[str, str, str], str], Sheet, str]:
    five = next(table for table in ABLATION_TABLES if table.key == "table5")
    folders = {training: root / "study" / training for training in five.rows.values()}
    made = make_ablation_table(five, folders, ["Trained for a while"])
    assert made is not None
    runs = [see(folders[training], label) for label, training in five.rows.items()
            if folders[training].is_dir()]  # fmt: skip
    for run in runs:
        run.record["method"]["notes"] = []  # said once for all networks
    sheet, text = ablation_formats.to_sheet(made), ablation_formats.to_csv(made)
    return recount(runs), read_paper("table5"), sheet, text


def test_ablation_in_every_printed_form(
    ablation: tuple[Recount, dict[tuple[str, str, str], str], Sheet, str], tmp_path: Path
) -> None:
    made, paper, sheet, _ = ablation
    by_label = {run.label: run for run in made.runs}
    expected: Printed = []
    (photos,) = {dataset for dataset, *_ in paper}
    for label in dict.fromkeys(method for _, method, _ in paper):
        cells = []
        for metric in DIGITS:
            printed = paper[photos, label, metric]
            if label not in by_label:
                cells += [Shown("–"), Shown(printed)]
                continue
            gap = made.intervals[label][metric][0] - float(printed)
            small = f"({signed(gap, metric)})"
            cells += [show_metric(made, label, metric), Shown(printed, small)]
        run = by_label.get(label)
        cells.append(show_photos(run) if run else Shown("–"))
        expected.append((label, bool(run and run.warned), cells))
    assert len(by_label) == 2
    headings = ["Method"]
    headings += [part for heading in HEADINGS.values() for part in (heading, "paper")]
    check_forms(sheet, [*headings, "Photos"], expected, tmp_path)
    assert "Trained for a while." in sheet.below


def test_ablation_csv_number_by_number(
    ablation: tuple[Recount, dict[tuple[str, str, str], str], Sheet, str],
) -> None:
    made, paper, _, text = ablation
    by_label = {run.label: run for run in made.runs}
    (photos,) = {dataset for dataset, *_ in paper}
    rows = read_rows(text)
    assert [row["label"] for row in rows] == list(dict.fromkeys(name for _, name, _ in paper))
    for row in rows:
        run = by_label.get(row["label"])
        for metric in DIGITS:
            printed = paper[photos, row["label"], metric]
            assert row[f"{metric}_paper"] == printed
            parts = ("mean", "low", "high", "difference")
            found = tuple(number(row[f"{metric}_{part}"]) for part in parts)
            if run is None:
                assert found == same(*[math.nan] * 4)
                assert (row[f"{metric}_n"], row["photos"]) == ("0", "0")
                continue
            numbers = made.intervals[run.label][metric]
            assert found == same(*numbers, numbers[0] - float(printed))
            assert int(row[f"{metric}_n"]) == len(run.scores[metric])
            assert row[f"{metric}_place"] == str(made.places[metric].get(run.label, ""))


def test_ablation_on_other_photos_is_no_rival(root: Path, tmp_path: Path) -> None:
    """One network scored on photos with another fingerprint: warned of, or not in the table."""
    five = next(table for table in ABLATION_TABLES if table.key == "table5")
    generator = np.random.default_rng(3)
    for key, count in (("full-clean", 7), ("no-similarity", 7), ("single-scale-similarity", 8)):
        photos = Photos("clean", "div2k", generator.normal(0, 2.5, count), 1)
        write_run(tmp_path / key, photos, Invented("mine", key, float(count)), generator)
    folders = {training: tmp_path / training for training in five.rows.values()}
    made = make_ablation_table(five, folders, [])
    assert made is not None
    sheet = ablation_formats.to_sheet(made)
    label = next(name for name, key in five.rows.items() if key == "single-scale-similarity")
    (line,) = (line for line in sheet.lines if line.label == label)
    assert line.warned or line.cells[0].text == "–"
    assert not any(cell.best or cell.place for cell in line.cells)
    assert any(label in sentence for sentence in sheet.below)
