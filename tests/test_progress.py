"""Progress: plain lines into a file, a bar on a terminal, and the items untouched."""

import io
import itertools
import re
from collections.abc import Iterator

import pytest

from romnet_bench import progress
from romnet_bench.progress import track


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time goes on by four seconds whenever somebody looks."""
    ticks = itertools.count(0, 4)
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(ticks)))


def test_plain_lines_every_ten_seconds_and_at_the_end(clock: None) -> None:
    out = io.StringIO()
    assert list(track("abcdefg", "degrading", total=7, stream=out)) == list("abcdefg")
    assert out.getvalue().splitlines() == [
        "degrading: 3/7, 16 s left",
        "degrading: 6/7, 4 s left",
        "degrading: 7/7, 0 s left",
    ]


def test_what_an_earlier_session_did_counts_but_not_for_the_time(clock: None) -> None:
    out = io.StringIO()
    list(track(range(4), "training", total=10, done=6, stream=out))
    assert out.getvalue().splitlines() == ["training: 9/10, 4 s left", "training: 10/10, 0 s left"]


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_nothing_to_do(stream: type[io.StringIO]) -> None:
    out = stream()
    assert list(track([], "training", total=3, done=3, stream=out)) == []
    assert "0 s left" not in out.getvalue()


def test_bar_on_a_terminal() -> None:
    out = Terminal()
    assert list(track("abc", "degrading", total=5, done=2, stream=out)) == list("abc")
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())
    assert "degrading" in shown
    assert "5/5" in shown
    assert "\x1b[?25h" in out.getvalue()  # the cursor is back


def test_bar_stopped_half_way_gives_the_cursor_back() -> None:
    out = Terminal()
    items = track(range(9), "degrading", total=9, stream=out)
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert "\x1b[?25h" in out.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_items_are_taken_one_at_a_time_and_errors_pass(stream: type[io.StringIO]) -> None:
    taken = []

    def work() -> Iterator[int]:
        for number in range(3):
            taken.append(number)
            yield number
        raise KeyboardInterrupt

    items = track(work(), "training", total=9, stream=stream())
    for number in range(3):
        assert next(items) == number
        assert taken == list(range(number + 1))
    with pytest.raises(KeyboardInterrupt):
        next(items)


def test_standard_error_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    list(track("a", "degrading", total=1))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "degrading: 1/1, 0 s left\n"
