"""The documentation's site in a browser, opened from the disk: a reader needs no server."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> str:
    """The site's address, built from a copy of its sources."""
    pytest.importorskip("zensical", reason="needs the extra `docs`")
    folder = tmp_path_factory.mktemp("docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=True,
    )
    return (folder / "build" / "docs").as_uri()


def typed(page: Any) -> str:
    """What stands in the field of the search, which lies in a shadow root."""
    return str(
        page.evaluate(
            "[...document.querySelectorAll('*')].filter(e => e.shadowRoot)"
            ".flatMap(e => [...e.shadowRoot.querySelectorAll('input')]).map(i => i.value).join()"
        )
    )


def test_search_works_from_the_disk(site, open_page):
    page = open_page(f"{site}/index.html")
    page.click(".md-search__button")
    page.get_by_placeholder("Search").wait_for()
    page.keyboard.type("bonferroni", delay=30)
    result = page.get_by_role("option", name="How differences are judged")
    result.wait_for(timeout=10_000)
    assert typed(page) == "bonferroni"
    result.click()
    page.wait_for_url("**/protocol.html*")
    assert "how-differences-are-judged" in page.url


@pytest.mark.parametrize(("width", "dark"), [(320, True), (1440, False)])
def test_pages_fit_the_screen(site, open_page, width, dark):
    page = open_page(f"{site}/index.html", width=width, dark=dark)
    for name in ("index", "commands", "reading-the-report"):
        page.goto(f"{site}/{name}.html")
        room = page.evaluate("document.documentElement.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth") <= room, name
        missing = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
        assert page.evaluate(missing) == 0
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, shade.strip("rgb()").split(",")[:3])) < 200) == dark
