"""A study from runs to a running server, and its end."""

import contextlib
import dataclasses
import ipaddress
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from romnet_bench.errors import UserError
from romnet_bench.files import human_path, printable
from romnet_bench.study.app import make_app
from romnet_bench.study.bucket import Bucket
from romnet_bench.study.database import explained, open_database
from romnet_bench.study.gather import Gathered, Settings, gather_study
from romnet_bench.study.pages import StudyText
from romnet_bench.study.pictures import prepare_pictures
from romnet_bench.study.service import Service
from romnet_bench.study.store import begin_study, read_progress

if TYPE_CHECKING:
    import uvicorn

SHORTEST_TOKEN = 16  # signs
_JOINS_PER_MINUTE = 10.0
_WAITING = 256  # connections that the system holds until they are taken
_IDLE = 5  # seconds between two requests on one connection


@dataclasses.dataclass(frozen=True)
class Words:
    """What people read about the study, as plain text."""

    title: str
    consent: str
    contact: str


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a study is kept and served.

    Args:
        database: a SQLite file's path or an SQLAlchemy URL.
        pictures: the folder for its pictures.
        at_most: how many people may join.
        token: the admin's; empty: a new one, which is shown once.
        host: the address to listen on.
        port: 0 takes any free one.
    """

    database: str
    pictures: Path
    at_most: int
    token: str = ""
    host: str = "127.0.0.1"
    port: int = 8000


def serve_study(
    folders: list[Path],
    data: Path | None,
    settings: Settings,
    *,
    words: Words,
    place: Place,
    tell: Callable[[str], None],
) -> None:
    """Serves a study of all runs at or below `folders` until Ctrl-C or SIGTERM.

    Args:
        folders: runs on the same photos.
        data: their dataset, if it moved.
        settings: what is asked of people.
        words: what people read about it.
        place: where it is kept and served.
        tell: shows a line to the study's owner.

    Raises:
        UserError: the runs make no study, the database holds another one, the port is taken, …
    """
    token = place.token or secrets.token_urlsafe(24)
    _require_strong(token)
    _require_room(settings.people, place.at_most)
    with _ending_alike(), listening(place.host, place.port) as listener:
        gathered = gather_study(folders, data, settings)
        for note in gathered.notes:
            tell(note)
        service = open_service(gathered, words, dataclasses.replace(place, token=token))
        kept = printable(service.database.name)
        with contextlib.suppress(KeyboardInterrupt):
            tell(f"The study is at {_address(place.host, listener)} – share this; Ctrl-C ends it.")
            pictures = printable(human_path(place.pictures))
            tell(f"Answers go to {kept}, pictures are in {pictures}.")
            if not place.token:
                tell(f"The admin's token, shown only here: {token}")
            run_server(service, listener)
    with contextlib.closing(service.database), explained(service.database):
        progress = read_progress(service.database, service.trials)
    tell(
        f"Stopped. {progress.answers} answers of {progress.people} people are in {kept}; the same "
        "command goes on."
    )


def open_service(gathered: Gathered, words: Words, place: Place) -> Service:
    """A study ready to be served: its database begun or gone on with, its pictures made.

    Raises:
        UserError: the database holds another study or cannot be used, or an output is no picture.
    """
    definition = gathered.definition
    database = open_database(place.database)
    with explained(database):
        secret = begin_study(database, definition, words.title, place.database)
    shelf = prepare_pictures(gathered, place.pictures)
    trials = definition.per_person + definition.checks
    text = StudyText(words.title, trials, words.consent, words.contact)
    joins = Bucket(max(definition.people, _JOINS_PER_MINUTE), _JOINS_PER_MINUTE)
    return Service(database, definition, shelf, secret, text, place.at_most, joins, place.token)


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens, so that a port in use is found before anything is prepared.

    Raises:
        UserError: it cannot; the sentence says why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_WAITING)
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UserError(
            f"Cannot listen on {host}, port {port} ({reason}): choose another --host or --port."
        ) from None
    with listener:
        yield listener


def run_server(service: Service, listener: socket.socket) -> None:
    """Serves until Ctrl-C; requests that have begun are answered first.

    Raises:
        KeyboardInterrupt: it was asked to end, and has ended.
    """
    make_server(service).run(sockets=[listener])


def make_server(service: Service) -> "uvicorn.Server":
    """The server of a study, which listens to nothing yet."""
    import uvicorn

    from romnet_bench.study.connections import Connection

    config = uvicorn.Config(
        make_app(service),
        access_log=False,  # it would hold addresses, of people and of their pages
        log_level="error",  # warnings are of requests that no browser sends
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        http=Connection,
        h11_max_incomplete_event_size=16 * 1024,
        backlog=_WAITING,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


@contextlib.contextmanager
def _ending_alike() -> Iterator[None]:
    """Within it a request to terminate is what Ctrl-C is; uvicorn passes both on when it ended."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _require_strong(token: str) -> None:
    if len(token) < SHORTEST_TOKEN or not (token.isascii() and token.isprintable()):
        raise UserError(
            f"The admin's token must have at least {SHORTEST_TOKEN} plain signs: leave it out, and "
            "one is made."
        )


def _require_room(people: int, at_most: int) -> None:
    if at_most < people:
        raise UserError(
            f"--at-most {at_most} keeps out some of the {people} people that are planned: make "
            "it larger, or --people smaller."
        )


def _address(host: str, listener: socket.socket) -> str:
    """What people open: this machine's name where it listens on all of its addresses."""
    bound, port = listener.getsockname()[:2]
    if ipaddress.ip_address(bound).is_unspecified:
        host = socket.gethostname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
