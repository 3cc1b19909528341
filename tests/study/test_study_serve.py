"""The command as its owner meets it, and what reaches a real server that no browser sends."""

import contextlib
import re
import signal
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from romnet_bench.cli.study import CONSENT, study
from romnet_bench.errors import UserError
from romnet_bench.study import extra
from romnet_bench.study import serve as serving
from romnet_bench.study.answers import read_answers
from romnet_bench.study.service import Service

TOKEN = "a token of the tests"


def send(url: str, content: bytes) -> bytes:
    """What a server answers to these very bytes until it closes the connection."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(content)
        answer = b""
        with contextlib.suppress(ConnectionResetError):  # it does not read what is too long
            while part := connection.recv(65536):
                answer += part
        return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 400


def request(line: str, *headers: str) -> bytes:
    return "\r\n".join([line, *headers, "Connection: close", "", ""]).encode("latin-1")


def refuse_raw_requests(url: str, link: str) -> None:
    """Sends what no browser sends; nothing of it may be served, or end the server."""
    host = "Host: study"
    for path in (
        "/static/../app.py",
        "/static/../../../../etc/passwd",
        f"{link}/p/../../../etc/passwd",
        "/s/../admin/../study.sqlite",
        "//",
        "/./",
        "/static//study.css",
        "/\\..\\study.sqlite",
    ):
        assert status(send(url, request(f"GET {path} HTTP/1.1", host))) == 404, path
    for refused in (
        request("GET / HTTP/1.1"),
        request("GET / HTTP/1.1", host, "Host: other"),
        request("GET / HTTP/1.1", "Host: a b"),
        request("GET / HTTP/1.1", host, "X-Long: " + "x" * 200_000),
        request("nonsense"),
        request("POST /join HTTP/1.1", host, "Content-Length: -1"),
        request("POST /join HTTP/1.1", host, "Content-Length: x"),
    ):
        assert status(send(url, refused)) in (400, 431), refused[:60]
    too_large = request(f"POST {link}/answers HTTP/1.1", host, "Content-Length: 999999999999")
    assert status(send(url, too_large)) == 413


def stop_reading_an_endless_body(url: str, line: str) -> None:
    """A body in pieces, without a length: the connection ends soon after the bound."""
    head = f"{line} HTTP/1.1\r\nHost: study\r\nTransfer-Encoding: chunked\r\n\r\n"
    host, port = url.removeprefix("http://").split(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode())
        with contextlib.suppress(ConnectionError):
            while sent < 64 << 20:
                connection.sendall(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
                sent += 0x1000
    assert sent < 16 << 20  # what the system's own buffers take, and no more


def test_a_server_from_start_to_end(
    start_server: Callable[..., Any], visit: Callable[..., Any], place: Any, tmp_path: Path
) -> None:
    consent = tmp_path / "consent.txt"
    consent.write_text("Mine <b>alone</b>.\n\nAgreed?", encoding="utf-8")
    server = start_server("--photos", "3", "--checks", "0", "--consent", str(consent))
    with httpx.Client(base_url=server.url, verify=False) as client:
        assert "Mine &lt;b&gt;alone&lt;/b&gt;." in client.get("/").text
        person = visit(client)
        seen = person.look()
        refuse_raw_requests(server.url, person.link)
        for line in (f"POST {person.link}/answers", "POST /join", "POST /nowhere", "GET /"):
            stop_reading_an_endless_body(server.url, line)
        assert person.look() == seen
        assert person.rank(seen.trial, list(seen.shown)).status_code == 200

        same_port = CliRunner().invoke(
            study, ["serve", str(tmp_path), "--port", server.url.rsplit(":")[-1]]
        )
        assert "choose another --host or --port" in str(same_port.exception)

        exported = CliRunner().invoke(
            study, ["export", place.database, "--out", str(tmp_path / "answers.csv")]
        )
        assert exported.output.startswith("1 answers of 1 people: ")
        assert read_answers(str(tmp_path / "answers.csv")) == read_answers(place.database)

    server.process.send_signal(signal.SIGINT)
    _, rest = server.process.communicate(timeout=20)
    assert server.process.returncode == 0
    said = "".join(server.lines) + rest
    assert re.search(
        r"Stopped\. 1 answers of 1 people are in .*; the same command goes on\.$", said
    )
    assert "Traceback" not in said
    # Nothing that the server says or keeps holds an address of a person, or a link.
    assert said.count("127.0.0.1") == 1
    assert person.link not in said
    assert not list(Path(place.database).parent.glob("*-wal"))
    with sqlite3.connect(place.database) as connection:
        kept = "\n".join(connection.iterdump())
    assert "127.0.0.1" not in kept
    assert person.link.removeprefix("/s/") not in kept
    assert "testclient" not in kept
    assert "python-httpx" not in kept


def serve(study_runs: Any, place: Any, *options: str) -> Result:
    fixed = ["--db", place.database, "--pictures", str(place.pictures), "--port", "0"]
    return CliRunner().invoke(study, ["serve", str(study_runs.runs), *fixed, *options])


@pytest.mark.parametrize("token", ["short", "x" * 15, "ä" * 20, "with\nline" * 4])
def test_a_weak_token_is_refused(study_runs: Any, place: Any, token: str) -> None:
    result = serve(study_runs, place, "--admin-token", token)
    assert isinstance(result.exception, UserError)
    assert "at least 16 plain signs" in str(result.exception)


def test_the_token_comes_from_the_environment(
    study_runs: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROMNET_BENCH_STUDY_TOKEN", "short")
    assert "plain signs" in str(serve(study_runs, place).exception)


def test_a_host_that_is_not_ours_is_refused(study_runs: Any, place: Any) -> None:
    for host in ("203.0.113.7", "no such host", "x" * 300):
        result = serve(study_runs, place, "--host", host)
        assert "choose another --host or --port" in str(result.exception)


def test_a_consent_that_cannot_be_read_is_refused(
    study_runs: Any, place: Any, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.txt"
    broken.write_bytes(b"\xff\xfe")
    for path, why in (
        (broken, "it is not UTF-8"),
        (tmp_path / "none.txt", "no such file or directory"),
    ):
        result = serve(study_runs, place, "--consent", str(path))
        assert isinstance(result.exception, UserError)
        said = f"{path} is no text that can be read ({why}): mend --consent."
        assert str(result.exception) == said


def test_a_database_that_is_none_is_refused(study_runs: Any, place: Any, tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("These are notes, long enough to be taken for a database's first page.\n" * 9)
    result = serve(study_runs, place, "--db", str(other))
    assert "cannot be used as a study's database" in str(result.exception)
    assert other.read_text().startswith("These are notes")


def test_a_database_that_goes_while_it_serves_is_explained(
    study_runs: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(service: Service, listener: socket.socket) -> None:
        with service.database.writer.begin() as connection:
            connection.exec_driver_sql("DROP TABLE study_answer")
        raise KeyboardInterrupt

    monkeypatch.setattr(serving, "run_server", lose)
    result = serve(study_runs, place, "--photos", "3", "--checks", "0")
    assert isinstance(result.exception, UserError)
    assert "cannot be used as a study's database (no such table: study_answer)" in str(
        result.exception
    )


def test_what_is_told_is_one_line_each(
    study_runs: Any, place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(service: Service, listener: socket.socket) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(serving, "run_server", end)
    odd = tmp_path / "odd\x1b[2J\nThe study is at http://evil/"
    odd.mkdir(parents=True)
    options = ("--db", str(odd / "s.sqlite"), "--pictures", str(odd), "--admin-token", TOKEN)
    result = serve(study_runs, place, "--photos", "3", "--checks", "0", *options)
    assert result.exception is None
    said = [line for line in result.stderr.split("\n") if not line.startswith("preparing")]
    assert [line.partition(" ")[0] for line in said] == ["The", "Answers", "Stopped.", ""]
    assert all(line.isprintable() for line in said)


def test_the_text_to_agree_to_repeats_nothing_of_the_welcome() -> None:
    assert CONSENT.startswith("Taking part is voluntary.")
    assert "old photo" not in CONSENT


def test_without_the_extra_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "PACKAGES", ("fastapi", "no_such_package"))
    with pytest.raises(
        UserError, match=r"needs no_such_package: pip install 'romnet-bench\[study\]'"
    ):
        extra.require_extra()
