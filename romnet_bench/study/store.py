"""What is kept of a study: people join, answer, leave; each function is one transaction.

Of a person nothing is kept but a seat in the plan, a hash of the personal link and a hash of the
text that was agreed to: no name, no address, no time.
"""

import collections
import dataclasses
import enum
import json
import logging

import sqlalchemy as sa

from romnet_bench.bench.results import now
from romnet_bench.study.answers import COUNTS, FAILED, PASSED
from romnet_bench.study.database import Database
from romnet_bench.study.definition import Definition, read_definition, require_same
from romnet_bench.study.schema import answer, metadata, person, study
from romnet_bench.study.screens import hash_link, new_link, new_secret
from romnet_bench.study.seats import Seated, choose_seat
from romnet_bench.study.statistics.counting import is_left_out

_LOG = logging.getLogger(__name__)
_TRIES = 20  # of joining, where the database lets two people take one seat


class Saved(enum.Enum):
    """What became of an answer."""

    KEPT = enum.auto()  # now, or before by the very same answer
    OTHER = enum.auto()  # the trial has another answer
    NOBODY = enum.auto()  # the person is gone


@dataclasses.dataclass(frozen=True)
class Person:
    """Somebody who takes part."""

    id: int
    seat: int
    link_hash: str


@dataclasses.dataclass(frozen=True)
class Given:
    """One answer, as it is kept."""

    trial: int  # its number among the person's, from 0
    photo: str
    check: str  # as `Answer.check`
    ranking: tuple[int, ...]  # numbers of the methods, best first
    seconds: float


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far the study is."""

    people: int  # who began
    finished: int
    answers: int  # attention checks too


def begin_study(database: Database, definition: Definition, title: str, where: str) -> bytes:
    """Makes the tables, or goes on with the same study; gives the secret that keys are made with.

    Raises:
        UserError: the database holds another study.
    """
    with database.writing() as connection:  # a refused start takes all of it back
        metadata.create_all(connection)
        kept = connection.execute(sa.select(study.c.definition, study.c.secret)).first()
        if kept is None:
            secret = new_secret()
            row = {"id": 1, "definition": definition.model_dump_json(), "created": now()}
            connection.execute(sa.insert(study).values(**row, title=title, secret=secret.hex()))
            return secret
        begun = read_definition(kept.definition, where)
        require_same(begun, definition, where)
        going_on = begun if begun.runs else definition
        row = {"title": title, "definition": going_on.model_dump_json()}
        connection.execute(sa.update(study).values(**row))
    database.empty_log()  # where the server was killed after somebody left
    return bytes.fromhex(kept.secret)


def add_person(
    database: Database, definition: Definition, consent_hash: str, at_most: int
) -> str | None:
    """Seats one more person where the plan lacks most (`seats.py`); gives the personal link.

    Nobody is seated when `at_most` people take part.
    """
    for _ in range(_TRIES):
        link = new_link()
        try:
            with database.writing() as connection:
                seated = _list_seated(connection, definition)
                if len(seated) >= at_most:
                    return None
                seat = choose_seat(definition.design, seated)
                row = {"seat": seat, "link_hash": hash_link(link), "consent_hash": consent_hash}
                connection.execute(sa.insert(person).values(**row))
            return link
        except sa.exc.IntegrityError:
            continue  # another process seated somebody there
    return None


def find_person(database: Database, link: str) -> Person | None:
    """Whose personal link that is."""
    link_hash = hash_link(link)
    if link_hash is None:
        return None
    query = sa.select(person.c.id, person.c.seat).where(person.c.link_hash == link_hash)
    with database.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Person(row.id, row.seat, link_hash)


def list_answered(database: Database, who: Person) -> set[int]:
    """The numbers of the trials that a person answered."""
    query = sa.select(answer.c.trial).where(answer.c.person_id == who.id)
    with database.reading() as connection:
        return set(connection.execute(query).scalars())


def save_answer(database: Database, who: Person, given: Given) -> Saved:
    """Keeps an answer; it is on the disk when this returns."""
    ranked = json.dumps(given.ranking)
    key = {"person_id": who.id, "trial": given.trial}
    row = {"photo": given.photo, "check_result": given.check, "seconds": given.seconds}
    try:
        with database.writing() as connection:
            connection.execute(sa.insert(answer).values(**key, **row, ranking=ranked))
        return Saved.KEPT
    except sa.exc.IntegrityError:  # answered already, or the person left in this moment
        query = sa.select(answer.c.ranking).filter_by(**key)
        with database.reading() as connection:
            kept = connection.execute(query).scalar()
    if kept is None:
        return Saved.NOBODY
    return Saved.KEPT if kept == ranked else Saved.OTHER


def remove_person(database: Database, who: Person) -> None:
    """Deletes a person, and with it, by the foreign key, all answers; nothing stays in the log."""
    with database.writing() as connection:
        connection.execute(sa.delete(person).where(person.c.id == who.id))
    if not database.empty_log():
        _LOG.warning(
            "What was deleted stays in the database's log until the study is stopped: another "
            "program is reading it, or the disk fails."
        )


def free_seats(database: Database) -> int:
    """Deletes everybody who has answered nothing; says how many these were.

    Their links lead nowhere then, so it is for studies that are full and not done.
    """
    answered = sa.exists().where(answer.c.person_id == person.c.id)
    with database.writing() as connection:
        freed = connection.execute(sa.delete(person).where(~answered))
    database.empty_log()
    return freed.rowcount


def read_progress(database: Database, trials: int) -> Progress:
    """How far the study is, where each person has so many trials."""
    per_person = (
        sa.select(sa.func.count(answer.c.id).label("answers"))
        .select_from(person.outerjoin(answer))
        .group_by(person.c.id)
    )
    with database.reading() as connection:
        counts = list(connection.execute(per_person).scalars())
    return Progress(len(counts), sum(count >= trials for count in counts), sum(counts))


def _list_seated(connection: sa.Connection, definition: Definition) -> list[Seated]:
    """Everybody who takes part, in the order in which they joined."""
    seats = connection.execute(sa.select(person.c.id, person.c.seat).order_by(person.c.id)).all()
    given = connection.execute(sa.select(answer.c.person_id, answer.c.photo, answer.c.check_result))
    numbers = {photo: number for number, photo in enumerate(definition.photos)}
    marks: dict[int, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    ranked = collections.defaultdict(list)
    for row in given:
        marks[row.person_id][row.check_result] += 1
        if row.check_result == COUNTS:
            ranked[row.person_id].append(numbers[row.photo])
    return [
        Seated(
            row.seat,
            marks[row.id].total(),
            tuple(ranked[row.id]),
            is_left_out(marks[row.id][PASSED], marks[row.id][FAILED]),
        )
        for row in seats
    ]
