"""How soon the report's page can be read, with 200 photos and seven methods: under 3 s."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from romnet_bench.report.page.copies import thumb_side, write_copies
from romnet_bench.report.page.render import render_page
from romnet_bench.report.page.section import Section
from romnet_bench.report.telling import Entry, Shot, choose_telling

PHOTOS, METHODS = 200, 7


def draw(random: np.random.Generator) -> np.ndarray[Any, Any]:
    """A picture that takes as many bytes as a photograph: clouds of every size."""
    picture = np.zeros((512, 768, 3))
    for size in (4, 8, 16, 32, 64, 128):
        noise = random.normal(0, size / 2, (512 // size, 768 // size, 3))
        picture += noise.repeat(size, 0).repeat(size, 1)
    return np.clip(128 + picture, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Section:
    out = tmp_path_factory.mktemp("page")
    random = np.random.default_rng(0)
    labels = ["Input", *(f"Method {number}" for number in range(METHODS)), "Target"]
    side = thumb_side(PHOTOS * len(labels))
    drawn = [write_copies(draw(random), out, str(n), side, inside=True) for n in range(60)]
    entries = []
    for photo in range(PHOTOS):
        shots = [
            Shot(label, ("PSNR 20.00",), {"psnr": 20 + random.random()}, *picture, 768, 512)
            for label, picture in zip(labels, random.permutation(drawn), strict=False)
        ]
        entries.append(Entry(f"photo {photo}", tuple(shots), random.random(), ""))
    return Section("k", str(out), entries=tuple(entries), telling=tuple(choose_telling(entries, 6)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("needs a browser on PATH")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_write_copies(benchmark, tmp_path):
    picture = draw(np.random.default_rng(0))
    benchmark(write_copies, picture, tmp_path, "p", 200, inside=True)


def test_render(benchmark, section):
    assert len(benchmark(render_page, [section])) < 20_000_000


def test_open(benchmark, section, browser):
    path = Path(section.dataset) / "index.html"
    path.write_text(render_page([dataclasses.replace(section, dataset="clouds")]))
    painted = """async () => {
        await document.querySelector(".photo img").decode();
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }"""

    def open_page():
        page = browser.new_page()
        page.goto(path.as_uri())
        page.evaluate(painted)
        page.close()

    benchmark.pedantic(open_page, rounds=5)
    assert benchmark.stats["median"] < 3
