"""The whole report: its links, its escapes, what it says when something is missing."""

import base64
import hashlib
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.files import locked
from romnet_bench.images import limit_side, to_rgb
from romnet_bench.report.build import build_report
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


@pytest.fixture
def few_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one file a figure: they take most of a report's time."""
    monkeypatch.setattr("romnet_bench.report.figures.FORMATS", ("svg",))


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
        elif link != "data:,":
            assert (out / link).is_file(), link
    # Six photos, and as many again as telling ones: input, two systems, target.
    assert len(page.all("img")) == 6 * 4 * 2 + 1 + 2
    text = (out / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//[a-z]", text.replace("// ", ""))
    assert all(image.get("alt") or image.get("id") for image in page.all("img"))
    assert page.all("html") == [{"lang": "en"}]
    for name in ("drawn-test.csv", "drawn-test.md", "drawn-test.tex"):
        assert (out / "tables" / name).is_file()
    for stem in ("drawn-test-distribution", "drawn-test-photos"):
        assert all((out / "figures" / f"{stem}.{form}").is_file() for form in ("png", "svg", "pdf"))


def test_pictures_are_the_runs_own(made_report: Any) -> None:
    photos = PhotoSet(made_report.root / "drawn", "test")
    for identity in photos.ids:
        folder = made_report.root / "out" / "images" / "drawn-test" / identity
        photo = photos[identity]
        for name, expected in (("input", to_rgb(photo.input)), ("target", photo.target)):
            shown = np.asarray(Image.open(folder / f"{name}.jpg"))
            assert peak_signal_noise_ratio(expected, shown) > 32
            small = np.asarray(Image.open(folder / f"{name}-thumb.jpg"))
            assert small.shape == limit_side(expected, 320).shape


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


HOSTILE_LABEL = "<script>alert(1)</script>"
HOSTILE_ID = "a\"b'><img src=x onerror=alert(1)>"


@pytest.mark.usefixtures("few_figures")
def test_hostile_names_stay_text(bench: Any, tmp_path: Path) -> None:
    ids = (HOSTILE_ID, "../../escape", "a/b", "a b", "</script><b>", "p{{ 7 * 7 }}")
    photos = bench.add_dataset(ids=ids)
    bench.add_run(
        photos, "blur", folder="runs/one", method__label=HOSTILE_LABEL,
        dataset__name="../<i>&\"'", command="run '\"><script>alert(2)</script>",
        unavailable={"lpips": "<b onclick=x>"}, method__notes=["javascript:alert(3)"],
    )  # fmt: skip
    bench.add_run(
        photos, "noise", folder="runs/two", method__label="input", dataset__name="../<i>&\"'"
    )
    out = tmp_path / "reports" / "out"
    page = read_page(build_report([bench.runs], out))
    assert len(page.all("script")) == 1
    assert not page.all("i")
    assert {name for _, tag in page.tags for name in tag if name.startswith("on")} == set()
    for hostile in (HOSTILE_LABEL, HOSTILE_ID, "../../escape", "<b onclick=x>", "p{{ 7 * 7 }}"):
        assert hostile in page.text
    assert HOSTILE_ID in {tag.get("data-id") for tag in page.all("article")}
    assert {tag["data-title"] for tag in page.all("a") if "data-title" in tag} == {
        "Input", HOSTILE_LABEL, "input", "Target",
    }  # fmt: skip
    for link in page.links:
        assert re.fullmatch(r"data:,|#[\w.-]+|[\w./-]+", link), link
        assert ".." not in link
    # Nothing was written outside the report, and no two photos share a file.
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["out"]
    shots = [tag["href"] for tag in page.all("a") if "data-title" in tag]
    assert len(set(shots)) == len(ids) * 4


def test_only_the_pages_own_script_may_run(made_report: Any) -> None:
    text = (made_report.root / "out" / "index.html").read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    for tag in ("script", "style"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert " style=" not in text


@pytest.mark.usefixtures("few_figures")
def test_missing_dataset_is_said_and_can_be_given(full_bench: Any, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "renamed"
    moved.parent.mkdir()
    (tmp_path / "drawn").rename(moved)
    out = tmp_path / "out"
    page = read_page(build_report([full_bench.runs], out))
    assert "was not found at" in page.text
    assert "--data DIR" in page.text
    assert len(page.all("img")) == 1 + 2  # the distribution, and the empty comparison
    assert (out / "tables" / "drawn-test.csv").is_file()
    assert not (out / "images").exists()

    page = read_page(build_report([full_bench.runs], out, data=moved))
    assert "was not found" not in page.text
    assert "fingerprint of" not in page.text
    assert len(page.all("img")) == 6 * 4 * 2 + 1 + 2


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
def test_missing_and_damaged_outputs_leave_a_blank(full_bench: Any, tmp_path: Path) -> None:
    images = full_bench.runs / "drawn" / "blur" / "images"
    (images / "p0.png").unlink()
    (images / "p1.png").write_bytes(b"\x89PNG, cut short")
    page = read_page(build_report([full_bench.runs], tmp_path / "out"))
    assert len(page.all("svg")) == 2 * 2
    assert "no picture" in page.text


def test_gain_is_over_the_input(made_report: Any) -> None:
    page = read_page(made_report.root / "out" / "index.html")
    gains = {
        tag["data-id"]: float(tag["data-gain"]) for tag in page.all("article") if "data-gain" in tag
    }
    photos = PhotoSet(made_report.root / "drawn", "test")
    runs = {run.label: run for run in compare_runs([made_report.runs])[0].runs}
    for photo in photos:
        floor = peak_signal_noise_ratio(photo.target, to_rgb(photo.input), data_range=255)
        outputs = [runs[label].score(photo.id, "psnr") for label in ("blur", "noise")]
        assert gains[photo.id] == pytest.approx(np.mean(outputs) - floor, abs=1e-6)


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
