"""A server of files on loopback that cuts, lies, refuses, redirects and never ends."""

import contextlib
import dataclasses
import http.server
import threading
from collections.abc import Iterator


@dataclasses.dataclass
class Served:
    """A file and what the server does wrong with it.

    Attributes:
        content: its bytes.
        cut_after: for each request, the bytes before the connection is cut.
        knows_ranges: it sends the part that was asked for.
        shifted: bytes by which it mistakes the part.
        statuses: for each request, an error in the place of an answer.
        kind: its Content-Type.
        etag: its ETag.
        modified: its Last-Modified.
        tells_size: it announces how much will come.
        leads_to: an address to which it redirects.
        endless: it sends the content again and again.
    """

    content: bytes = b""
    cut_after: list[int] = dataclasses.field(default_factory=list)
    knows_ranges: bool = True
    shifted: int = 0
    statuses: list[int] = dataclasses.field(default_factory=list)
    kind: str | None = None
    etag: str | None = None
    modified: str | None = None
    tells_size: bool = True
    leads_to: str | None = None
    endless: bool = False


class FileServer(http.server.ThreadingHTTPServer):
    """Serves `files`, by name; anything else is not found.

    Attributes:
        asked: the name and the range of each request.
        sent: bytes of all answers.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, Served] = {}
        self.asked: list[tuple[str, str]] = []
        self.sent = 0

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"

    def serve(self, name: str, content: bytes) -> str:
        """Puts a file there, without faults; gives its address."""
        self.files[name] = Served(content)
        return self.url(name)

    @property
    def ranges(self) -> list[str]:
        return [asked for _, asked in self.asked]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        name, asked = self.path.removeprefix("/"), self.headers["Range"]
        self.server.asked.append((name, asked))
        served = self.server.files.get(name)
        if served is None:
            self.send_error(404)
        elif served.statuses:
            self.send_error(served.statuses.pop(0))
        elif served.leads_to:
            self.send_response(302)
            self.send_header("Location", served.leads_to)
            self.end_headers()
        else:
            self._send(served, int(asked.removeprefix("bytes=").rstrip("-")))

    def _send(self, served: Served, asked: int) -> None:
        start = asked if served.knows_ranges else 0
        rest = served.content[start:]
        if served.knows_ranges and not rest:
            self.send_error(416)
            return
        self.send_response(206 if served.knows_ranges else 200)
        if served.knows_ranges:
            first, size = start + served.shifted, len(served.content)
            total = size if served.tells_size else "*"
            self.send_header("Content-Range", f"bytes {first}-{size - 1}/{total}")
        if served.tells_size:
            self.send_header("Content-Length", str(len(rest)))
        for header, value in (
            ("Content-Type", served.kind),
            ("ETag", served.etag),
            ("Last-Modified", served.modified),
        ):
            if value:
                self.send_header(header, value)
        self.end_headers()
        part = rest[: served.cut_after.pop(0)] if served.cut_after else rest
        with contextlib.suppress(ConnectionError):  # the other side has had enough
            while True:
                self.server.sent += len(part)  # before: the other side may be done at once
                self.wfile.write(part)
                if not served.endless:
                    break
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serve_files() -> Iterator[FileServer]:
    with FileServer() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()
