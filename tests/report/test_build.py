"""The whole report: its links, its escapes, what it says when something is missing."""

import shutil
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.files import locked
from romnet_bench.report.ablations import write_about
from romnet_bench.report.build import build_report
from romnet_bench.report.figures.style import FORMATS, Look
from romnet_bench.report.page.section import Section
from romnet_bench.report.pictures import find_photos
from romnet_bench.report.runs import compare_runs


class Page(HTMLParser):
    """Tags, links and text of a page, as a browser would read them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def links(self) -> list[str]:
        found = [tag.get(name, "") for _, tag in self.tags for name in ("href", "src")]
        return [link for link in found if link]


def read_page(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def count_thumbs(page: Page) -> int:
    return sum(image.get("src", "").startswith("data:") for image in page.all("img"))


@pytest.fixture
def few_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one file a figure: they take most of a report's time."""
    monkeypatch.setattr("romnet_bench.report.figures.style.FORMATS", ("svg",))


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def test_every_link_is_a_file(made_report: Any) -> None:
    out = made_report.root / "out"
    page = read_page(out / "index.html")
    anchors = {tag["id"] for _, tag in page.tags if "id" in tag}
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in anchors
        elif not link.startswith("data:"):
            assert (out / link).is_file(), link
    # Six photos: input, two systems, target.
    assert count_thumbs(page) == 6 * 4
    for stem in ("drawn-test", "drawn-test-pairs"):
        for form in ("csv", "md", "tex", "html"):
            assert f"tables/{stem}.{form}" in page.links
    for figure in ("distribution", "heat-map", "speed", "photos"):
        assert all(f"figures/drawn-test-{figure}.{form}" in page.links for form in FORMATS)


@pytest.mark.usefixtures("few_figures")
def test_everything_that_belongs_to_it_is_on_the_page(
    full_bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ablations, another part, training curves, several ranks of references; all in one file."""
    photos = PhotoSet(full_bench.root / "drawn", "test")
    for rank in (1, 4):
        full_bench.add_run(
            photos, "blur", folder=f"drawn/rank{rank}", method__label=f"rank {rank}",
            method__name="blur" if rank == 1 else "blur-rank-04",
            references={"rank": str(rank), "features": "f"},
        )  # fmt: skip
    study = tmp_path / "study"
    training = "../study/runs/degraded/mine/romnet-single-level-rdn"
    full_bench.add_run(photos, "blur", folder=training)
    write_about(study, {"table6": ["Trained for a minute"]})
    log = tmp_path / "checkpoints" / "log.csv"
    log.parent.mkdir()
    log.write_text("step,epoch,rec_L\n1,0,0.5\n2,0,0.25\n")

    def write_more(out: Path, looks: Mapping[str, Look]) -> Section:
        assert out.is_dir()
        assert {"blur", "noise", "rank 1"} <= looks.keys()
        return Section("more", "What people said")

    page = build_report(
        [full_bench.runs], tmp_path / "out", ablations=study, trainings=[log.parent],
        more=[write_more], inline=True, grid_photos=2,
    )  # fmt: skip
    read = read_page(page)
    for text in ("Beside the paper", "Table VI", "Trained for a minute", "What people said",
                 "Losses by step", "Sensitivity to the reference"):  # fmt: skip
        assert text in read.text
    assert all(link.startswith(("data:", "#")) for link in read.links)
    # The other figures show one run a method, and the table all of them.
    curves = (tmp_path / "out" / "figures" / "drawn-test-reference-rank.csv").read_text()
    assert "blur-rank-04" not in curves
    assert {line.split(",")[1] for line in curves.splitlines()[1:]} == {"1", "4"}
    assert "rank 4" in (tmp_path / "out" / "tables" / "drawn-test.md").read_text()


@pytest.mark.parametrize("wrong", [{"ablations": "none"}, {"trainings": ["none"]}])
def test_a_wrong_part_is_a_sentence_before_anything_is_drawn(
    full_bench: Any, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    given = {
        name: [tmp_path / "none"] if name == "trainings" else tmp_path / "none" for name in wrong
    }
    with pytest.raises(UserError, match="none"):
        build_report([full_bench.runs], tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()


def test_two_builds_are_the_same_bytes(made_report: Any, tmp_path: Path) -> None:
    assert build_report([made_report.runs], tmp_path / "b") == tmp_path / "b" / "index.html"
    assert files_below(made_report.root / "out") == files_below(tmp_path / "b")


@pytest.mark.usefixtures("few_figures")
def test_a_second_report_replaces_the_first(full_bench: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_report([full_bench.runs], out)
    shutil.rmtree(full_bench.runs / "drawn" / "noise")
    (out / "notes.txt").write_text("mine")
    build_report([full_bench.runs], out)
    assert (out / "notes.txt").read_text() == "mine"
    assert "noise" not in " ".join(files_below(out))
    assert "noise" not in read_page(out / "index.html").text.replace("denoise", "")
    assert not [path.name for path in out.iterdir() if path.name.endswith(".part")]


@pytest.mark.usefixtures("few_figures")
def test_a_failed_report_leaves_the_first(
    full_bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    build_report([full_bench.runs], out)
    before = files_below(out)

    def fail(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("romnet_bench.report.build.render_page", fail)
    with pytest.raises(KeyboardInterrupt):
        build_report([full_bench.runs], out)
    assert files_below(out) == before
    assert not list(out.glob("*.part"))


def test_a_runs_own_folder_is_never_replaced(full_bench: Any) -> None:
    run = full_bench.runs / "drawn" / "blur"
    before = files_below(run)
    with pytest.raises(UserError, match="holds images that no report made"):
        build_report([full_bench.runs], run)
    assert files_below(run) == before


def test_two_reports_at_once_never_mix(full_bench: Any, tmp_path: Path) -> None:
    with locked(tmp_path / "out"), pytest.raises(UserError, match="Another romnet-bench"):
        build_report([full_bench.runs], tmp_path / "out")


@pytest.mark.usefixtures("few_figures")
def test_missing_dataset_is_said_and_can_be_given(full_bench: Any, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "renamed"
    moved.parent.mkdir()
    (tmp_path / "drawn").rename(moved)
    out = tmp_path / "out"
    page = read_page(build_report([full_bench.runs], out))
    assert "was not found at" in page.text
    assert "--data DIR" in page.text
    assert count_thumbs(page) == 0
    assert (out / "tables" / "drawn-test.csv").is_file()
    assert not (out / "images").exists()

    page = read_page(build_report([full_bench.runs], out, data=moved))
    assert "was not found" not in page.text
    assert "fingerprint of" not in page.text
    assert count_thumbs(page) == 6 * 4


@pytest.mark.usefixtures("few_figures")
def test_changed_dataset_is_shown_with_a_warning(full_bench: Any, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "drawn")
    full_bench.add_dataset("drawn", ids=("p0", "p1"))
    (comparison,) = compare_runs([full_bench.runs])
    photos, trouble = find_photos(comparison, None)
    assert photos is not None
    assert comparison.fingerprint in trouble
    page = read_page(build_report([full_bench.runs], tmp_path / "out"))
    assert "may not be those that were scored" in page.text
    assert "this id is not in the dataset" in page.text


def test_other_photos_are_never_shown(full_bench: Any, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "drawn")
    full_bench.add_dataset("other", ids=("x", "y"))
    (comparison,) = compare_runs([full_bench.runs])
    photos, trouble = find_photos(comparison, tmp_path / "other")
    assert photos is None
    assert "was not found" in trouble


@pytest.mark.usefixtures("few_figures")
def test_the_floor_alone_makes_a_report(bench: Any, tmp_path: Path) -> None:
    bench.add_run(bench.add_dataset(), "grey")
    page = read_page(build_report([bench.runs], tmp_path / "out"))
    assert "what every method must beat" in page.text
    assert not (tmp_path / "out" / "figures" / "drawn-test-photos.svg").exists()


def test_no_runs_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no run"):
        build_report([tmp_path / "empty"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_trainings_of_one_name_are_told_apart(full_bench: Any, tmp_path: Path) -> None:
    logs = [tmp_path / name / "romnet" / "log.csv" for name in ("one", "two")]
    for log in logs:
        log.parent.mkdir(parents=True)
        log.write_text("step,epoch,rec_L\n1,0,0.5\n2,0,0.25\n")
    page = build_report([full_bench.runs], tmp_path / "out", trainings=[log.parent for log in logs])
    alts = " ".join(tag.get("alt", "") for tag in read_page(page).all("img"))
    assert all(f"romnet ({log})" in alts for log in logs)
