"""A server on loopback that speaks the Hub's protocol with its real client.

Repositories of datasets: create, information, preupload, Git LFS (in one piece or in parts, with
verification), Xet (through a store on disk, which `hf_xet` itself offers), commits, settings,
trees, and downloads with ranges. Bytes are kept in memory; what clients asked is kept in
`requests`, and `fault` decides which requests go wrong.
"""

import base64
import contextlib
import dataclasses
import hashlib
import json
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

TOKEN = "hf_MARKEDmarkedMARKEDmarkedMARKEDmarked"
PART = 20_000  # bytes of one part of a large upload
LARGE = 50_000  # from here on, uploads go in parts

Fault = int | tuple[int, str] | float | None
"""None: all is well; a status, with words; a float: so much of the body is read, then silence."""


@dataclasses.dataclass
class Request:
    method: str
    path: str
    received: int = 0  # bytes of the body that arrived
    authorised: bool = False


@dataclasses.dataclass
class Repo:
    private: bool
    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    large: set[str] = dataclasses.field(default_factory=set)
    commits: int = 0

    @property
    def sha(self) -> str:
        return hashlib.sha1(f"{self.commits}".encode()).hexdigest()


class Hub:
    """The state of the server."""

    def __init__(self) -> None:
        self.url = ""
        self.repos: dict[str, Repo] = {}
        self.store: dict[str, bytes] = {}  # Git LFS: checksum → bytes
        self.parts: dict[str, dict[int, bytes]] = {}
        self.xet: Path | None = None  # where Xet's store is
        self.xet_hashes: dict[str, str] = {}  # checksum → Xet's hash of the same content
        self.requests: list[Request] = []
        self.fault: Callable[[Request], Fault] = lambda request: None
        self.lock = threading.RLock()

    def uploaded(self) -> int:
        """Bytes that came in by Git LFS."""
        return sum(each.received for each in self.requests if each.method == "PUT")


@contextlib.contextmanager
def serve_hub() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _RefusedError(Exception):
    def __init__(self, status: int, said: str, code: str | None = None) -> None:
        super().__init__(said)
        self.status, self.said, self.code = status, said, code


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement
        wbufsize = 65536

        def log_message(self, *words: object) -> None:
            pass

        def handle_one_request(self) -> None:
            with contextlib.suppress(ConnectionError):
                super().handle_one_request()

        def _go(self) -> None:
            request = Request(self.command, self.path)
            request.authorised = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            hub.requests.append(request)
            fault = hub.fault(request)
            body = self._body(request, fault)
            if isinstance(fault, float):
                self.close_connection = True
                self.connection.close()
                return
            try:
                if isinstance(fault, int):
                    raise _RefusedError(fault, "as the test wants")
                if isinstance(fault, tuple):
                    raise _RefusedError(*fault)
                with hub.lock:
                    answer = _answer(hub, request, body, self.headers.get("Range"))
            except _RefusedError as refused:
                headers = {"X-Error-Message": refused.said}
                if refused.code:
                    headers["X-Error-Code"] = refused.code
                content = json.dumps({"error": refused.said}).encode()
                answer = _Answer(refused.status, content, headers)
            self._send(answer)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _go  # noqa: N815

        def _body(self, request: Request, fault: Fault) -> bytes:
            chunks = []
            share = fault if isinstance(fault, float) else 1.0
            for chunk in self._pieces(share):
                chunks.append(chunk)
                request.received += len(chunk)
            return b"".join(chunks)

        def _pieces(self, share: float) -> Iterator[bytes]:
            """The body as it comes; of a streamed one, `share` tells how many pieces are read."""
            if self.headers.get("Transfer-Encoding") != "chunked":
                left = int(int(self.headers.get("Content-Length", 0)) * share)
                while left > 0 and (piece := self.rfile.read(min(left, 65536))):
                    left -= len(piece)
                    yield piece
                return
            while share > 0 and (size := int(self.rfile.readline() or b"0", 16)):
                yield self.rfile.read(size)
                self.rfile.readline()
                if share < 1:
                    return
            self.rfile.readline()

        def _send(self, answer: "_Answer") -> None:
            self.send_response(answer.status)
            headers = {"Content-Type": "application/json", **answer.headers}
            headers["Content-Length"] = str(len(answer.content))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.content)

    return Handler


@dataclasses.dataclass
class _Answer:
    status: int
    content: bytes
    headers: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class _Call:
    hub: Hub
    request: Request
    match: re.Match[str]
    body: bytes
    query: dict[str, list[str]]
    wanted: str | None  # the Range header


def _json(value: object) -> _Answer:
    return _Answer(200, json.dumps(value).encode())


def _answer(hub: Hub, request: Request, body: bytes, wanted: str | None) -> _Answer:
    split = urlsplit(request.path)
    path, query = unquote(split.path), parse_qs(split.query)
    if re.fullmatch(r"/lfs/\w+(/\d+)?", path) and request.method == "PUT":
        # Like the store behind the Hub: the address itself is the permission.
        return _put(hub, path, body)
    if request.method not in ("GET", "HEAD") and not (
        request.authorised or path.startswith("/complete/")
    ):
        raise _RefusedError(401, "Invalid username or password.")
    for method, pattern, action in _ROUTES:
        if request.method in method and (match := re.fullmatch(pattern, path)):
            return action(_Call(hub, request, match, body, query, wanted))
    raise _RefusedError(404, f"No such page {path}")


def _repo(hub: Hub, name: str, request: Request) -> Repo:
    repo = hub.repos.get(name)
    if repo is None or (repo.private and not request.authorised):
        raise _RefusedError(
            404 if request.authorised else 401, "Repository not found", "RepoNotFound"
        )
    return repo


def _create(call: _Call) -> _Answer:
    asked = json.loads(call.body)
    assert asked["type"] == "dataset"
    name = f"{asked['organization']}/{asked['name']}"
    if name in call.hub.repos:
        raise _RefusedError(409, "You already created this dataset repo")
    call.hub.repos[name] = Repo(private=asked.get("visibility") == "private")
    call.hub.repos[name].files[".gitattributes"] = b"*.parquet filter=lfs\n"
    return _json({"url": f"{call.hub.url}/datasets/{name}"})


def _info(call: _Call) -> _Answer:
    repo = _repo(call.hub, call.match["repo"], call.request)
    card = _front(repo.files.get("README.md", b""))
    return _json(
        {
            "id": call.match["repo"],
            "sha": repo.sha,
            "private": repo.private,
            "tags": list(card.get("tags", [])),
            "cardData": card,
            "siblings": [{"rfilename": name} for name in sorted(repo.files)],
        }
    )


def _front(card: bytes) -> dict[str, Any]:
    match = re.match(r"---\n(.*?)\n---", card.decode(), re.DOTALL)
    return yaml.safe_load(match[1]) if match else {}


def _validate(call: _Call) -> _Answer:
    front = _front(json.loads(call.body)["content"].encode())
    name = front.get("license_name", "x")
    if not front.get("license") or not re.fullmatch(r"[a-z0-9._-]+", str(name)):
        content = json.dumps({"errors": [{"message": '"license_name" is wrong'}]}).encode()
        return _Answer(400, content)
    return _json({"errors": [], "warnings": []})


def _preupload(call: _Call) -> _Answer:
    repo = _repo(call.hub, call.match["repo"], call.request)
    files = []
    for file in json.loads(call.body)["files"]:
        name = file["path"]
        large = name.endswith((".parquet", ".jpg", ".png")) or file["size"] > 10_000_000
        entry = {"path": name, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
        if name in repo.files:
            entry["oid"] = _oid(repo, name)
        files.append(entry)
    return _json({"files": files})


def _oid(repo: Repo, name: str) -> str:
    content = repo.files[name]
    if name in repo.large:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _batch(call: _Call) -> _Answer:
    _repo(call.hub, call.match["repo"], call.request)
    objects = []
    for each in json.loads(call.body)["objects"]:
        oid, size = each["oid"], each["size"]
        entry: dict[str, Any] = {"oid": oid, "size": size}
        if oid not in call.hub.store:
            upload: dict[str, Any] = {"href": f"{call.hub.url}/lfs/{oid}"}
            if size >= LARGE:
                count = -(-size // PART)
                upload["href"] = f"{call.hub.url}/complete/{oid}"
                upload["header"] = {"chunk_size": str(PART)} | {
                    f"{number:05d}": f"{call.hub.url}/lfs/{oid}/{number}"
                    for number in range(1, count + 1)
                }
            verify = {"href": f"{call.hub.url}/verify"}
            entry["actions"] = {"upload": upload, "verify": verify}
        objects.append(entry)
    return _json({"transfer": "basic", "objects": objects})


def _put(hub: Hub, path: str, body: bytes) -> _Answer:
    _, _, oid, *part = path.split("/")
    if part:
        hub.parts.setdefault(oid, {})[int(part[0])] = body
        return _Answer(200, b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'})
    _keep(hub, oid, body)
    return _Answer(200, b"")


def _keep(hub: Hub, oid: str, content: bytes) -> None:
    if hashlib.sha256(content).hexdigest() != oid:
        raise _RefusedError(400, "The checksum is not that of the content")
    hub.store[oid] = content


def _complete(call: _Call) -> _Answer:
    oid = call.match["oid"]
    numbers = [part["partNumber"] for part in json.loads(call.body)["parts"]]
    _keep(call.hub, oid, b"".join(call.hub.parts[oid][number] for number in numbers))
    return _json({})


def _verify(call: _Call) -> _Answer:
    asked = json.loads(call.body)
    if len(call.hub.store.get(asked["oid"], b"")) != asked["size"]:
        raise _RefusedError(404, "Object not found")
    return _json({})


def _commit(call: _Call) -> _Answer:
    repo = _repo(call.hub, call.match["repo"], call.request)
    files, large = dict(repo.files), set(repo.large)
    for line in call.body.splitlines():
        entry = json.loads(line)
        value = entry["value"]
        match entry["key"]:
            case "file":
                files[value["path"]] = base64.b64decode(value["content"])
                large.discard(value["path"])
            case "lfsFile":
                if call.hub.xet and value["oid"] not in call.hub.store:
                    _keep(call.hub, value["oid"], _from_xet(call.hub, value["oid"], value["size"]))
                if value["oid"] not in call.hub.store:
                    raise _RefusedError(400, "LFS pointer points to a file that does not exist")
                files[value["path"]] = call.hub.store[value["oid"]]
                large.add(value["path"])
            case "deletedFile":
                del files[value["path"]]
    repo.files, repo.large, repo.commits = files, large, repo.commits + 1
    url = f"{call.hub.url}/datasets/{call.match['repo']}/commit/{repo.sha}"
    return _json({"commitUrl": url, "commitOid": repo.sha, "success": True})


def _from_xet(hub: Hub, oid: str, size: int) -> bytes:
    """The content out of Xet's store: what was uploaded there, and nothing else."""
    import hf_xet

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "file"
        wanted = hf_xet.PyXetDownloadInfo(str(out), hub.xet_hashes[oid], size)
        until = int(time.time()) + 3600
        hf_xet.download_files([wanted], f"local://{hub.xet}", ("x", until), None, None)
        return out.read_bytes()


def _xet(call: _Call) -> _Answer:
    _repo(call.hub, call.match["repo"], call.request)
    until = int(time.time()) + 3600
    return _json({"casUrl": f"local://{call.hub.xet}", "exp": until, "accessToken": "xet-token"})


def _settings(call: _Call) -> _Answer:
    asked = json.loads(call.body)
    repo = _repo(call.hub, call.match["repo"], call.request)
    repo.private = asked.get("private", asked.get("visibility") == "private")
    return _json({"private": repo.private})


def _entry(repo: Repo, name: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "file",
        "path": name,
        "size": len(repo.files[name]),
        "oid": hashlib.sha1(repo.files[name]).hexdigest(),
    }
    if name in repo.large:
        entry["lfs"] = {"oid": _oid(repo, name), "size": entry["size"], "pointerSize": 134}
    return entry


def _entries(repo: Repo, below: str, recursive: bool) -> list[dict[str, Any]]:
    prefix = f"{below}/" if below else ""
    entries: dict[str, dict[str, Any]] = {}
    for name in sorted(repo.files):
        if not name.startswith(prefix):
            continue
        parts = name.removeprefix(prefix).split("/")
        for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
            folder = prefix + "/".join(parts[:depth])
            entries[folder] = {
                "type": "directory",
                "path": folder,
                "size": 0,
                "oid": hashlib.sha1(folder.encode()).hexdigest(),
            }
        if recursive or len(parts) == 1:
            entries[name] = _entry(repo, name)
    return list(entries.values())


def _tree(call: _Call) -> _Answer:
    repo = _repo(call.hub, call.match["repo"], call.request)
    below = (call.match["path"] or "").strip("/")
    recursive = call.query.get("recursive", ["false"])[0].lower() in ("true", "1")
    entries = _entries(repo, below, recursive)
    if below and not entries:
        raise _RefusedError(404, f"{below} does not exist", "EntryNotFound")
    return _json(entries)


def _paths(call: _Call) -> _Answer:
    repo = _repo(call.hub, call.match["repo"], call.request)
    asked = (
        json.loads(call.body)["paths"]
        if call.body.startswith(b"{")
        else parse_qs(call.body.decode())["paths"]
    )
    known = {entry["path"]: entry for entry in _entries(repo, "", recursive=True)}
    return _json([known[path] for path in asked if path in known])


def _resolve(call: _Call) -> _Answer:
    repo = _repo(call.hub, call.match["repo"], call.request)
    name = call.match["path"]
    if name not in repo.files:
        raise _RefusedError(404, f"{name} does not exist", "EntryNotFound")
    content = repo.files[name]
    headers = {
        "ETag": f'"{_oid(repo, name)}"',
        "X-Repo-Commit": repo.sha,
        "X-Linked-Size": str(len(content)),
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
    }
    if call.wanted and (span := re.fullmatch(r"bytes=(\d+)-(\d*)", call.wanted)):
        first, last = int(span[1]), min(int(span[2] or len(content)), len(content) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return _Answer(206, content[first : last + 1], headers)
    return _Answer(200, content, headers)


_ID = r"(?P<repo>[^/]+/[^/]+)"
_ROUTES: list[tuple[tuple[str, ...], str, Callable[[_Call], _Answer]]] = [
    (("POST",), r"/api/repos/create", _create),
    (("POST",), r"/api/validate-yaml", _validate),
    (("POST",), rf"/api/datasets/{_ID}/preupload/main", _preupload),
    (("POST",), rf"/datasets/{_ID}\.git/info/lfs/objects/batch", _batch),
    (("POST",), r"/complete/(?P<oid>\w+)", _complete),
    (("POST",), r"/verify", _verify),
    (("POST",), rf"/api/datasets/{_ID}/commit/main", _commit),
    (("GET",), rf"/api/datasets/{_ID}/xet-(?:read|write)-token/main", _xet),
    (("PUT",), rf"/api/datasets/{_ID}/settings", _settings),
    (("GET",), rf"/api/datasets/{_ID}/tree/[^/]+(?P<path>/.*)?", _tree),
    (("POST",), rf"/api/datasets/{_ID}/paths-info/[^/]+", _paths),
    (("GET",), rf"/api/datasets/{_ID}(/revision/[^/]+)?", _info),
    (("GET", "HEAD"), rf"/datasets/{_ID}/resolve/[^/]+/(?P<path>.+)", _resolve),
]
