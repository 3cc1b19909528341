"""A browser for the tests of the pages, and a watch over what the pages do in it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OWN_SCHEMES = ("file", "data", "blob", "about")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the browser's tests last: Playwright keeps an event loop running from then on.

    A later test that calls `asyncio.run` in this thread would fail.
    """
    here = Path(__file__).parent
    items.sort(key=lambda item: here in item.path.parents)


class OpenPage(Protocol):
    """Opens an address in a fresh profile and gives Playwright's `Page`."""

    def __call__(
        self,
        url: str,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        expected: str = "",
        **options: Any,
    ) -> Any:
        """`expected`: a regular expression of the errors on the console that may happen.

        `options` are those of Playwright's `new_context`.
        """


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Playwright's `Browser`: the Chromium or Chrome of this machine; skips where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"needs a browser on PATH: {', '.join(_NAMES)}")
    with api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[OpenPage]:
    """Opens pages, and fails at the end for errors on them and requests to other machines."""
    contexts = []
    trouble: list[str] = []

    def open_url(
        url: str,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        expected: str = "",
        **options: Any,
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            **options,
        )
        contexts.append(context)

        def on_console(message: Any) -> None:
            if message.type == "error" and not (expected and re.search(expected, message.text)):
                trouble.append(f"console: {message.text}")

        def on_request(request: Any) -> None:
            address = urlsplit(request.url)
            if address.scheme not in _OWN_SCHEMES and address.hostname != "127.0.0.1":
                trouble.append(f"request to {request.url[:200]}")

        context.on("console", on_console)
        context.on("weberror", lambda error: trouble.append(f"page error: {error.error}"))
        context.on("request", on_request)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_url
    for context in contexts:
        context.close()
    assert not trouble, "\n".join(trouble)
