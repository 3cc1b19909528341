"""A connection to the study's database: a SQLite file, or anything that SQLAlchemy reaches."""

import contextlib
import dataclasses
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from romnet_bench.errors import UserError

PATIENCE = 10.0
"""Seconds that a writer waits for another process's: fewer than a page waits for its answer."""

_READERS = 8  # connections
_CHECKPOINT_TRIES, _CHECKPOINT_WAIT = 5, 500  # how often, and milliseconds each time

_PRAGMAS = (
    # In this mode readers (the export) never stop the writer. Its log is on the disk before a
    # commit returns, since `synchronous` is FULL: a power cut takes nothing that was answered.
    "journal_mode=WAL",
    "synchronous=FULL",
    "fullfsync=ON",  # macOS tells its disk to write only when asked like this
    "foreign_keys=ON",
    "secure_delete=ON",  # what a person takes back is written over, not only let go
)


class LostDatabaseError(UserError):
    """The study's file is no longer where it was opened."""


@dataclasses.dataclass(frozen=True)
class Opened:
    """Which file a path named when it was opened: its device and its number there."""

    path: Path
    identity: tuple[int, int]

    def require_there(self) -> None:
        """Makes sure that the path still names this file.

        Raises:
            LostDatabaseError: it was removed or replaced, so nobody would find what is written.
        """
        if _identify(self.path) != self.identity:
            raise LostDatabaseError(
                f"{self.path} was removed or replaced while it was open, so nothing more is kept: "
                "put that file back, or start again."
            )


@dataclasses.dataclass(frozen=True, eq=False)
class Database:
    """Connections to read with, and connections to write with."""

    reader: sa.Engine
    writer: sa.Engine
    opened: Opened | None = None  # a SQLite file

    @property
    def name(self) -> str:
        """A file's path, or an address without its password."""
        url = self.writer.url
        if url.get_backend_name() == "sqlite":
            return url.database or ""
        return url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read with.

        Raises:
            LostDatabaseError: the file was removed or replaced.
        """
        self.require_there()
        with self.reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction; what it wrote is on the disk, where others find it, when this ends.

        Raises:
            LostDatabaseError: the file was removed or replaced.
        """
        self.require_there()
        with self.writer.begin() as connection:
            yield connection
        self.require_there()

    def require_there(self) -> None:
        """Makes sure that a SQLite file is still where it was opened.

        Raises:
            LostDatabaseError: it was removed or replaced.
        """
        if self.opened is not None:
            self.opened.require_there()

    def empty_log(self) -> bool:
        """Moves SQLite's log into the file and empties it, so that nothing deleted is left in it.

        Whether it is empty now: another program that reads for long holds it up, and a disk that
        fails, or writers who leave no gap, do too.
        """
        if self.opened is None:
            return True
        try:
            for attempt in range(_CHECKPOINT_TRIES):
                if attempt:
                    time.sleep(_CHECKPOINT_WAIT / 1000)  # others write in between
                if self._checkpoint():
                    return True
        except (sqlite3.Error, sa.exc.TimeoutError):
            return False  # what was deleted is committed all the same
        return False

    def _checkpoint(self) -> bool:
        """Tries once to empty SQLite's log; whether that was possible."""
        with contextlib.closing(self.writer.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={_CHECKPOINT_WAIT}")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                ((busy, *_),) = cursor.fetchall()
            finally:  # it is the only connection that writes
                cursor.execute(f"PRAGMA busy_timeout={PATIENCE * 1000:.0f}")
        return not busy

    def close(self) -> None:
        """Ends all connections; the last one to a SQLite file writes the log into it."""
        self.reader.dispose()
        self.writer.dispose()


def open_database(source: str, read_only: bool = False) -> Database:
    """The database at a SQLite file's path or an SQLAlchemy URL; connects when first used.

    Args:
        source: such as `study.sqlite` or `postgresql+psycopg://host/study`.
        read_only: never creates or changes a SQLite file; else an empty one is made if there is
            none, now and at no later time.

    Raises:
        UserError: it is no address of a database, its driver is not installed, or there is no such
            file and none can be made.
    """
    if "://" not in source:
        return _open_sqlite(Path(source), read_only)
    try:
        url = sa.make_url(source)
        if url.get_backend_name() == "sqlite":
            if not url.database or url.database == ":memory:" or url.query:
                raise UserError("A study is kept in a file: give its path as --db.")
            return _open_sqlite(Path(url.database), read_only)
        engine = sa.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        scheme = source.split(":", maxsplit=1)[0]
        raise UserError(f"{scheme} needs a driver: pip install {error.name}.") from None
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError):
        raise UserError(
            "--db is no address that SQLAlchemy knows: give a file, or one such as "
            "postgresql+psycopg://user@host/study."
        ) from None
    return Database(engine, engine)


@contextmanager
def explained(database: Database) -> Iterator[None]:
    """Turns what a database refuses into one sentence.

    Raises:
        UserError: it cannot be reached, or is no database of a study.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
        raise UserError(
            f"{database.name} cannot be used as a study's database ({reason})."
        ) from None


def _open_sqlite(path: Path, read_only: bool) -> Database:
    opened = _find(path, read_only)
    uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rw'}"
    if read_only and _is_still(path):
        uri += "&immutable=1"

    def connect() -> sqlite3.Connection:
        opened.require_there()
        connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, check_same_thread=False)
        try:
            opened.require_there()
            connection.isolation_level = None  # SQLAlchemy says when transactions begin, below
            for pragma in () if read_only else _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except (sqlite3.Error, LostDatabaseError):
            connection.close()
            raise
        return connection

    def engine(begin: str, connections: int) -> sa.Engine:
        url = sa.URL.create("sqlite", database=str(path))
        made = sa.create_engine(
            url, creator=connect, pool_size=connections, max_overflow=0, pool_timeout=PATIENCE
        )
        sa.event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
        return made

    # SQLite lets one write at a time. Threads of ours wait in line for the one connection, which is
    # fair and quick; another process's is waited for by SQLite. A writer locks at once: one that
    # reads first and writes then is refused where another wrote between, however long it waits.
    return Database(engine("BEGIN", _READERS), engine("BEGIN IMMEDIATE", 1), opened)


def _find(path: Path, read_only: bool) -> Opened:
    """The file at `path`, made if it may be: for SQLite an empty file is an empty database."""
    try:
        if not read_only and not path.exists():
            path.touch()
        found = path.stat()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(
            f"{path} cannot be used as a study's database ({reason}): choose another file."
        ) from None
    return Opened(path, (found.st_dev, found.st_ino))


def _identify(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_still(path: Path) -> bool:
    """Whether nobody writes: a study that ended in order, where nothing can be written.

    SQLite reads a file with a log only where it may make small files beside it, unless it is told
    that nothing can change.
    """
    log = path.with_name(f"{path.name}-wal")
    return not log.exists() and not os.access(path.parent, os.W_OK)
