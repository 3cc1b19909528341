"""A connection to the study's database: a SQLite file, or anything that SQLAlchemy reaches."""

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from romnet_bench.errors import UserError

PATIENCE = 20.0
"""Seconds that a writer waits for another process's."""

_READERS = 8  # connections

_PRAGMAS = (
    # In this mode readers (the export) never stop the writer. Its log is on the disk before a
    # commit returns, since `synchronous` is FULL: a power cut takes nothing that was answered.
    "journal_mode=WAL",
    "synchronous=FULL",
    "fullfsync=ON",  # macOS tells its disk to write only when asked like this
    "foreign_keys=ON",
    "secure_delete=ON",  # what a person takes back is written over, not only let go
)


@dataclasses.dataclass(frozen=True, eq=False)
class Database:
    """Connections to read with, and connections to write with."""

    reader: sa.Engine
    writer: sa.Engine

    @property
    def name(self) -> str:
        """A file's path, or an address without its password."""
        url = self.writer.url
        if url.get_backend_name() == "sqlite":
            return url.database or ""
        return url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Ends all connections; the last one to a SQLite file writes the log into it."""
        self.reader.dispose()
        self.writer.dispose()


def open_database(source: str, read_only: bool = False) -> Database:
    """The database at a SQLite file's path or an SQLAlchemy URL; connects when first used.

    Args:
        source: such as `study.sqlite` or `postgresql+psycopg://host/study`.
        read_only: never creates or changes a SQLite file.

    Raises:
        UserError: it is no address of a database, or its driver is not installed.
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
    def connect() -> sqlite3.Connection:
        uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        opened = sqlite3.connect(uri, uri=True, timeout=PATIENCE, check_same_thread=False)
        opened.isolation_level = None  # SQLAlchemy says when transactions begin, below
        for pragma in () if read_only else _PRAGMAS:
            opened.execute(f"PRAGMA {pragma}")
        return opened

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
    return Database(engine("BEGIN", _READERS), engine("BEGIN IMMEDIATE", 1))
