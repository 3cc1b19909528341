"""Connections that send nothing, too slowly or too much, and people who want in beside them."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from romnet_bench.study import connections, people
from romnet_bench.study.serve import listening, make_server
from romnet_bench.study.service import Service


@pytest.fixture
def address(service: Service) -> Iterator[tuple[str, int]]:
    """A study served by a thread of ours, so that its bounds can be made small."""
    with listening("127.0.0.1", 0) as listener:
        server = make_server(service)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join(timeout=20)
    assert not thread.is_alive()


def wait_for_end(connection: socket.socket) -> float:
    """Seconds until the server ends a connection; half a request is sent on and on."""
    began = time.perf_counter()
    connection.settimeout(0.05)
    with contextlib.suppress(ConnectionError):
        while time.perf_counter() - began < 10:
            try:
                connection.sendall(b"x")
                if not connection.recv(1000):
                    break
            except TimeoutError:
                continue
    return time.perf_counter() - began


def test_headers_have_a_deadline_however_they_drip(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SLOWEST_HEAD", 0.5)
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: study\r\nX-Slow: ")
        assert 0.4 < wait_for_end(connection) < 3
    with socket.create_connection(address) as connection:  # after a whole request too
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: study\r\n\r\nGET ")
        answer = b""
        while b'{"ok":true}' not in answer:
            answer += connection.recv(10_000)
        assert 0.3 < wait_for_end(connection) < 3
    with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", verify=False) as client:
        for _ in range(8):  # a connection whose requests are whole goes on
            assert client.get("/health").status_code == 200
            time.sleep(0.1)


def test_half_open_connections_shut_nobody_out(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch, visit: Callable[..., Any]
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 30)
    with contextlib.ExitStack() as stack:
        half_open = []
        for _ in range(100):
            half_open.append(stack.enter_context(socket.create_connection(address)))
            half_open[-1].sendall(b"GET / HTTP/1.1\r\n")
        client = httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", verify=False, timeout=5)
        began = time.perf_counter()
        with client:
            person = visit(client)
            while (seen := person.look()) is not None:
                assert person.rank(seen.trial, list(seen.shown)).status_code == 200
        assert time.perf_counter() - began < connections.SLOWEST_HEAD / 2
        # Those that had waited longest went.
        half_open[0].settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert half_open[0].recv(10) == b""
        half_open[-1].settimeout(0.2)
        with pytest.raises(TimeoutError):
            half_open[-1].recv(10)


def test_too_many_requests_at_once_get_a_sentence(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(3):  # whose bodies do not come
            busy = stack.enter_context(socket.create_connection(address))
            busy.sendall(b"POST /join HTTP/1.1\r\nHost: study\r\nContent-Length: 9\r\n\r\n")
        with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", verify=False) as client:
            assert client.get("/").status_code == 200
            monkeypatch.setattr(connections, "MOST_REQUESTS", 3)
            page, answer = client.get("/"), client.post("/s/x/answers", json={})
            monkeypatch.setattr(connections, "MOST_REQUESTS", 4)
            assert client.get("/").status_code == 200
    for refused in (page, answer):
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert "content-security-policy" in refused.headers
        assert "try again in a moment" in refused.text
    assert page.headers["content-type"].startswith("text/html")
    assert list(answer.json()) == ["error"]


def test_a_slow_reader_gets_all(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch, visit: Callable[..., Any]
) -> None:
    monkeypatch.setattr(connections, "SLOWEST_HEAD", 0.3)
    with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", verify=False) as client:
        person = visit(client)
        key = next(iter(person.look().shown))
    monkeypatch.setattr(people, "read_file", lambda _: bytes(12 << 20))
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address)
        connection.sendall(f"GET {person.link}/p/{key} HTTP/1.1\r\nHost: study\r\n\r\n".encode())
        time.sleep(1)
        read = 0
        connection.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(1 << 20):
                read += len(part)
    assert read > 12 << 20


def ask_without_end(connection: socket.socket, ask: bytes) -> None:
    """Asks again and again and takes nothing, for ten seconds at most."""
    began = time.perf_counter()
    while time.perf_counter() - began < 10:
        connection.sendall(ask * 100)


def test_a_reader_that_stops_is_let_go(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SLOWEST_READER", 0.5)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address)
        ask = b"GET /static/study.js HTTP/1.1\r\nHost: study\r\n\r\n"
        connection.settimeout(5)
        with pytest.raises(ConnectionError):  # a TimeoutError is none
            ask_without_end(connection, ask)


def test_requests_that_no_browser_sends_leave_no_line(
    address: tuple[str, int], capfd: pytest.CaptureFixture[str]
) -> None:
    for odd in (
        b"GET / HTTP/1.1\r\nHost: study\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"nonsense\r\n\r\n",
    ):
        with socket.create_connection(address) as connection:
            connection.sendall(odd)
            assert connection.recv(1000).startswith(b"HTTP/1.1 ")
    assert capfd.readouterr().err == ""
