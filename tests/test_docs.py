"""The documentation: every command, name, link, number and example in it is tried."""

import ast
import contextlib
import importlib
import importlib.util
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import click
import pandas as pd
import pytest

from romnet_bench.bench.paired import ALPHA
from romnet_bench.bench.statistics import RESAMPLES
from romnet_bench.cli import cli
from romnet_bench.methods.pix2pix.presets import PRESETS as PIX2PIX_PRESETS
from romnet_bench.methods.registry import list_methods
from romnet_bench.protocol import DEFAULT
from romnet_bench.published.inventory import select_items
from romnet_bench.romnet.presets import PRESETS
from romnet_bench.synthesis.recipe import list_recipes, load_recipe

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
EXAMPLES = {"sepia", "my-own-method"}  # methods that a reader is told to write

FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.S | re.M)


@pytest.fixture(scope="module")
def refresh() -> ModuleType:
    """`docs/refresh.py`, imported from where it lies."""
    spec = importlib.util.spec_from_file_location("docs_refresh", DOCS / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def blocks(page: Path, language: str) -> list[str]:
    """The contents of a page's fenced blocks of one language."""
    found = FENCE.findall(page.read_text("utf-8"))
    return [body for _, name, body in found if name == language]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


def command_lines(page: Path) -> list[str]:
    """What a reader may type: lines of `romnet-bench` in blocks of shell, fenced or indented."""
    indented = re.findall(r"^    (?! )(.*(?:\\\n.*)*)$", prose(page), re.M)
    text = "\n".join([*blocks(page, "sh"), *blocks(page, "bash"), *indented])
    joined = re.sub(r"\\\n\s*", "", text)
    lines = (line.partition("  #")[0].strip() for line in joined.splitlines())
    return [line for line in lines if re.match(r"romnet-bench |accelerate launch", line)]


def mentions(page: Path) -> list[str]:
    """What the running text calls `romnet-bench …`."""
    return re.findall(r"`(romnet-bench [^`]+)`", prose(page))


def parse(line: str) -> tuple[str, dict[str, object]]:
    """The command that a line names, and its parameters, as click reads them.

    Raises:
        click.UsageError: there is no such command or option, or its value is none.
    """
    words = shlex.split(line)
    words = words[words.index("romnet_bench") + 1 :] if words[0] == "accelerate" else words[1:]
    command: click.Command = cli
    path: list[str] = []
    context = None
    while isinstance(command, click.Group):
        if not words or words[0].startswith("-"):
            break
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            raise click.UsageError(f"{line}: there is no command {words[0]}")
        path.append(words.pop(0))
        command = found
    context = command.make_context(path[-1] if path else "romnet-bench", words)
    return " ".join(path), context.params


def option_names(line: str) -> set[str]:
    """The options of the command that a line names, however incomplete the line."""
    command: click.Command = cli
    for word in line.split()[1:]:
        if not isinstance(command, click.Group) or word not in command.commands:
            break
        command = command.commands[word]
    if command is cli:
        raise click.UsageError(f"{line} names no command")
    return {name for param in command.params for name in (*param.opts, *param.secondary_opts)}


def all_lines() -> list[object]:
    """Every command line of every page, as pytest's parameters."""
    return [
        pytest.param(line, id=f"{page.name}: {line}"[:90])
        for page in PAGES
        for line in dict.fromkeys(command_lines(page))
    ]


@pytest.mark.parametrize("line", all_lines())
def test_every_command_line_is_one(line):
    try:
        path, given = parse(line)
    except click.exceptions.Exit:
        return  # --help and --version
    names = given.get("method"), *(given.get("methods") or ())
    if path == "methods check":
        names = given["names"]
    known = {*list_methods(), *EXAMPLES}
    assert {name for name in names if name} <= known
    if path.startswith("weights ") and given["names"]:
        select_items(tuple(name for name in given["names"] if name != "NAME"))
    if isinstance(recipe := given.get("recipe"), str) and not recipe.endswith(".yaml"):
        assert recipe in list_recipes()
    preset = given.get("preset")
    assert preset is None or preset in {*PRESETS, *PIX2PIX_PRESETS}


def test_the_pages_name_many_commands():
    assert len(all_lines()) > 60


@pytest.mark.parametrize(
    "line",
    [
        "romnet-bench rn --data data/mine",
        "romnet-bench run --method input",
        "romnet-bench run --metod input --data data/mine",
        "romnet-bench train --data data/mine --steps none",
        "romnet-bench weights fetsch ddcolor",
    ],
)
def test_a_wrong_line_is_found(line):
    with pytest.raises(click.UsageError):
        parse(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_text_have_their_options(page):
    for mention in mentions(page):
        if mention.split()[1] in ("…", "COMMAND"):
            continue
        options = re.findall(r"(?<!\S)--[a-z-]+", mention)
        assert set(options) <= option_names(mention) | {"--help", "--version"}, mention


def test_options_in_the_text_exist_somewhere():
    known = {"--editable", "--help", "--version"}
    stack: list[click.Command] = [cli]
    while stack:
        command = stack.pop()
        known |= {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
        stack += command.commands.values() if isinstance(command, click.Group) else ()
    for page in sorted(DOCS.rglob("*.md")):
        said = re.findall(r"`(?:[^`\n]*\s)?(--[a-z][a-z-]*)", prose(page))
        assert set(said) <= known, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_is_of_its_language(page):
    for code in blocks(page, "python"):
        if "--8<--" not in code:
            ast.parse(code)
    for code in blocks(page, "toml"):
        tomllib.loads(code)


def test_the_recipe_can_be_built_from(tmp_path):
    (recipe,) = blocks(DOCS / "add-a-dataset.md", "yaml")
    path = tmp_path / "mine.yaml"
    path.write_text(recipe, encoding="utf-8")
    assert load_recipe(str(path)).splits == {"train": 0.6, "test": 0.4}


def test_the_packaging_example_makes_a_dataset(tmp_path, monkeypatch, tiny_photos):
    from romnet_bench.data.records import PhotoSet
    from romnet_bench.images import encode_png

    for folder in ("scans", "retouched"):
        (tmp_path / folder).mkdir()
    for photo in tiny_photos:
        (tmp_path / "scans" / f"{photo.id}.png").write_bytes(encode_png(photo.input))
        (tmp_path / "retouched" / f"{photo.id}.png").write_bytes(encode_png(photo.target))
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(DOCS / "add-a-dataset.md", "python")
    exec(compile(code, "add-a-dataset.md", "exec"), {})
    photos = PhotoSet(tmp_path / "data" / "scans", "test")
    for photo in tiny_photos:
        assert (photos[photo.id].input == photo.input).all()
        assert (photos[photo.id].target == photo.target).all()


def test_the_training_curves_example_draws_them(tmp_path, monkeypatch):
    log = tmp_path / "checkpoints" / "romnet" / "log.csv"
    log.parent.mkdir(parents=True)
    shutil.copy(ROOT / "reports" / "kodak24" / "log.csv", log)
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(DOCS / "figures.md", "python")
    exec(compile(code, "figures.md", "exec"), {})
    assert {path.suffix for path in (tmp_path / "figures").iterdir()} == {".svg", ".pdf", ".png"}


def test_the_keys_are_those_of_the_reports_page():
    (template,) = (ROOT / "romnet_bench" / "report").rglob("compare.html.j2")
    said = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", template.read_text("utf-8"))
    keys = [tuple(re.sub(r"<[^>]+>", "", part) for part in pair) for pair in said]
    page = (DOCS / "reading-the-report.md").read_text("utf-8").replace("\\", "")
    shown = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", page.split("\n## The page\n")[1], re.M)
    assert [pair for pair in shown if pair[0] != "---"] == keys


def test_functions_stand_where_the_page_says():
    rows = re.findall(r"\| `(\w+)` \| `(\w+)\.py` \|", (DOCS / "figures.md").read_text("utf-8"))
    assert len(rows) > 5
    for function, module in rows:
        found = importlib.import_module(f"romnet_bench.report.figures.{module}")
        assert callable(getattr(found, function))


def test_the_thirty_lines_are_those_of_the_readme():
    for language in ("python", "toml"):
        (readme,) = blocks(ROOT / "README.md", language)
        assert blocks(DOCS / "add-a-method.md", language)[0] == readme


def test_the_example_of_named_files_keeps_the_contract(tmp_path):
    import numpy as np

    from romnet_bench.errors import UserError
    from romnet_bench.methods.contract import NamedMethod, check_facts, fingerprint_of, restore_one

    space: dict[str, object] = {}
    exec(compile(blocks(DOCS / "add-a-method.md", "python")[1], "add-a-method.md", "exec"), space)
    method = space["Prompted"](tmp_path)
    assert isinstance(method, NamedMethod)
    check_facts(method)
    fingerprint_of(method)
    photo = np.zeros((4, 6), np.uint8)
    with pytest.raises(UserError, match="write a prompt"):
        restore_one(method, "one", photo, None)
    (tmp_path / "one.txt").write_text("a street")
    assert restore_one(method, "one", photo, None).shape == (4, 6, 3)


def test_what_is_taken_from_elsewhere_is_current(refresh):
    stale = [
        path.relative_to(ROOT)
        for path, content in refresh.wanted().items()
        if not path.exists() or path.read_bytes() != content
    ]
    assert not stale, f"run python docs/refresh.py: {stale}"


def test_the_page_of_commands_names_every_option(refresh):
    page = refresh.commands_page()
    stack = [("", cli)]
    while stack:
        path, command = stack.pop()
        if path:
            assert f"# {path.strip()}\n" in page
        for param in command.params:
            if isinstance(param, click.Option) and path:
                assert param.opts[0] in page
        if isinstance(command, click.Group):
            stack += [(f"{path} {name}", below) for name, below in command.commands.items()]


def test_the_definitions_print_what_the_page_shows(capsys, monkeypatch, shared):
    monkeypatch.setenv("ROMNET_BENCH_WEIGHTS", str(shared / "weights"))
    runpy.run_path(str(DOCS / "examples" / "definitions.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert printed in blocks(DOCS / "protocol.md", "text")
    assert len(printed.splitlines()) == 10


def test_the_protocol_page_is_of_this_protocol():
    page = (DOCS / "protocol.md").read_text("utf-8")
    assert f"`{DEFAULT.name}`" in page
    assert f"`{DEFAULT.hash}`" in page
    assert f"{RESAMPLES:,} resamples" in page
    assert f"below {ALPHA:g}" in page
    for page in ("citing.md", "compared-with-the-paper.md"):
        for found in re.findall(r"\(([0-9a-f]{8})\)", (DOCS / page).read_text("utf-8")):
            assert found == DEFAULT.hash


def test_kodaks_numbers_are_those_that_were_measured():
    rows = re.findall(
        r"^\| (Input|Pix2pix|ROMNet `lite`, light|ROMNet `lite`, best)[^|]*\|(.*)\|$",
        (DOCS / "compared-with-the-paper.md").read_text("utf-8"),
        re.M,
    )
    files = ("input", "pix2pix", "romnet-grey", "romnet")
    assert len(rows) == len(files)
    for (_, cells), file in zip(rows, files, strict=True):
        scores = pd.read_csv(ROOT / "reports" / "kodak24" / f"{file}.csv")
        said = [cell.strip(" *") for cell in cells.split("|")]
        means = scores.psnr.mean(), scores.ssim.mean(), scores.lpips.mean()
        assert said == [f"{means[0]:.2f}", f"{means[1]:.3f}", f"{means[2]:.3f}"]


def slugs(page: Path) -> set[str]:
    """The anchors of a page's headings, as Python-Markdown and GitHub make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+?)(?: \{.*\})?$", prose(page), re.M):
        plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading)
        ascii_only = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
        for text in (plain, ascii_only):
            kept = re.sub(r"[^\w\s-]", "", text).strip().lower()
            found |= {re.sub(r"[-\s]+", "-", kept), kept.replace(" ", "-")}
    return found


@pytest.mark.parametrize("page", [*PAGES, ROOT / "baselines/README.md"], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    text = re.sub(r"`[^`\n]*`", "", prose(page))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme == "https", target
            continue
        path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert path.exists(), target
        assert not page.is_relative_to(DOCS) or path.is_relative_to(DOCS), target
        assert not parts.fragment or parts.fragment in slugs(path), target


def test_files_that_the_pages_name_are_there():
    places = ("romnet_bench", "reports", "datasets", "baselines", "docs", "tests")
    pattern = re.compile(rf"`((?:{'|'.join(places)})/[\w./*-]+)`")
    for page in sorted(DOCS.rglob("*.md")):
        for name in pattern.findall(prose(page)):
            assert list(ROOT.glob(name.rstrip("/"))), f"{page.name}: {name}"


class Links(HTMLParser):
    """Collects what a page of HTML loads, links to, and can be linked to by."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])
        elif tag == "link" and given.get("rel") not in ("prev", "next", "canonical"):
            self.loads.append(given["href"])
        for name in ("src", "srcset", "data", "poster"):
            if given.get(name) and tag not in ("form",):
                self.loads.append(given[name])


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Builds the site of the checkout's copy in `folder`, strictly."""
    return subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextlib.contextmanager
def changed(path: Path, text: str) -> Iterator[None]:
    """Another text in a file, for a while."""
    before = path.read_text("utf-8")
    path.write_text(text, encoding="utf-8")
    yield
    path.write_text(before, encoding="utf-8")


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    """A copy of what the site is built from."""
    pytest.importorskip("zensical", reason="needs the extra `docs`")
    folder = tmp_path_factory.mktemp("docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(DOCS, folder / "docs")
    return folder


@pytest.fixture(scope="module")
def site(sources) -> Path:
    """The site, built."""
    done = build(sources)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout + done.stderr
    return sources / "build" / "docs"


def test_the_site_is_whole(site):
    pages = {path: Links() for path in site.glob("*.html") if path.name != "404.html"}
    assert len(pages) == len(list(DOCS.glob("*.md")))
    for path, links in pages.items():
        links.feed(path.read_text("utf-8"))
    for path, links in pages.items():
        for target in links.loads:
            assert not urlsplit(target).scheme, f"{path.name} loads {target}"
            assert (path.parent / unquote(urlsplit(target).path)).exists(), target
        for target in links.leads:
            parts = urlsplit(target)
            if parts.scheme:
                assert parts.scheme == "https", target
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = there / "index.html" if there.is_dir() else there
            assert there.exists(), f"{path.name} → {target}"
            if parts.fragment and there in pages:
                assert unquote(parts.fragment) in pages[there].ids, f"{path.name} → {target}"


def test_the_site_loads_nothing_from_elsewhere(site):
    assert "refresh.py" not in {path.name for path in site.rglob("*")}
    for path in site.rglob("*.css"):
        addresses = re.findall(r"(?:@import|url\()\s*['\"]?([^'\")]+)", path.read_text("utf-8"))
        outside = [address for address in addresses if re.match(r"(https?:)?//", address)]
        assert not outside, path.name
    for path in site.glob("*.html"):
        text = path.read_text("utf-8")
        assert "fonts.g" not in text
        assert not re.search(r"analytics|gtag|unpkg|cdn\.", text), path.name


def test_every_page_is_in_the_menu_and_can_be_searched_for(site):
    names = {path.stem for path in DOCS.glob("*.md")}
    menu = (ROOT / "zensical.toml").read_text("utf-8")
    assert {name for name in names if f'"{name}.md"' in menu} == names
    index = (site / "search.json").read_text("utf-8")
    assert {name for name in names if f"{name}.html" in index} == names
    assert "__index" in (site / "search.js").read_text("utf-8")[:20]


@pytest.mark.parametrize(
    "broken",
    ["[x](nowhere.md)", "[x](protocol.md#nowhere)", "[x](#nowhere)", '--8<-- "docs/nowhere.py"'],
)
def test_a_broken_page_is_not_built(sources, site, broken):
    page = sources / "docs" / "citing.md"
    with changed(page, f"{page.read_text('utf-8')}\n{broken}\n"):
        assert build(sources).returncode != 0
