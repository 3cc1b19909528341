"""What is kept: people are seated, answer once, leave without a trace; another study is refused."""

import dataclasses
import itertools
import sqlite3
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from romnet_bench.errors import UserError
from romnet_bench.study import schema, store
from romnet_bench.study.answers import Answer, read_answers
from romnet_bench.study.database import Database, open_database
from romnet_bench.study.definition import Definition
from romnet_bench.study.kept import read_database, read_study
from romnet_bench.study.screens import hash_link

DEFINITION = Definition(
    dataset="drawn",
    split="test",
    fingerprint="f" * 16,
    methods=("A", "B", "C"),
    outputs=("1", "2", "3"),
    photos=("p", "q"),
    spares=("s",),
    people=3,
    per_person=2,
    checks=1,
    longest_side=1024,
    seed=0,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study.sqlite"


@pytest.fixture
def database(path: Path) -> Database:
    database = open_database(str(path))
    store.begin_study(database, DEFINITION, "Title", "here")
    return database


def join(database: Database, at_most: int = 99) -> store.Person:
    link = store.add_person(database, "c" * 64, at_most)
    assert link is not None
    person = store.find_person(database, link)
    assert person is not None
    return person


def given(trial: int = 0, ranking: tuple[int, ...] = (2, 0, 1), check: str = "") -> store.Given:
    return store.Given(trial, "pq"[trial % 2], check, ranking, 1.5)


def test_answers_are_read_back(database: Database, path: Path) -> None:
    first, second = join(database), join(database)
    assert store.save_answer(database, second, given(1, (0, 1, 2))) is store.Saved.KEPT
    assert store.save_answer(database, first, given(0)) is store.Saved.KEPT
    check = dataclasses.replace(given(2, check="failed"), photo="s")
    assert store.save_answer(database, first, check) is store.Saved.KEPT
    answers = read_answers(str(path))
    assert answers.answers == (
        Answer(1, "p", ("C", "A", "B"), 1.5),
        Answer(1, "s", ("C", "A", "B"), 1.5, "failed"),
        Answer(2, "q", ("A", "B", "C"), 1.5),
    )
    assert (answers.title, answers.people) == ("Title", 2)
    assert (answers.methods, answers.photos) == (("A", "B", "C"), ("p", "q"))
    assert answers.facts["photos per person"] == "2"
    assert answers.facts["fingerprint"] == "f" * 16
    assert read_answers(f"sqlite:///{path}") == answers
    assert store.list_answered(database, first) == {0, 2}
    assert store.read_progress(database, trials=2) == store.Progress(2, 1, 3)


def test_an_answer_is_kept_once(database: Database, path: Path) -> None:
    person = join(database)
    assert store.save_answer(database, person, given()) is store.Saved.KEPT
    assert store.save_answer(database, person, given()) is store.Saved.KEPT
    assert store.save_answer(database, person, given(ranking=(0, 1, 2))) is store.Saved.OTHER
    assert [answer.ranking for answer in read_answers(str(path)).answers] == [("C", "A", "B")]


def test_who_takes_the_answers_back_leaves_nothing(database: Database, path: Path) -> None:
    stays, leaves = join(database), join(database)
    for person in (stays, leaves):
        store.save_answer(database, person, given())
    store.remove_person(database, leaves)
    assert [answer.person for answer in read_answers(str(path)).answers] == [1]
    assert store.save_answer(database, leaves, given(1)) is store.Saved.NOBODY
    database.close()
    assert leaves.link_hash.encode() not in path.read_bytes()
    assert stays.link_hash.encode() in path.read_bytes()


def test_a_seat_that_was_left_is_taken_first(database: Database) -> None:
    people = [join(database) for _ in range(4)]
    assert [person.seat for person in people] == [0, 1, 2, 3]
    store.remove_person(database, people[1])
    assert [join(database).seat for _ in range(2)] == [1, 4]


def test_a_full_study_seats_nobody(database: Database) -> None:
    people = [join(database, at_most=2) for _ in range(2)]
    assert store.add_person(database, "c" * 64, at_most=2) is None
    store.remove_person(database, people[0])
    assert store.add_person(database, "c" * 64, at_most=2) is not None


def test_people_who_join_at_once_get_different_seats(database: Database) -> None:
    seats: list[int] = []
    threads = [
        threading.Thread(target=lambda: seats.append(join(database).seat)) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seats) == list(range(16))


def test_of_answers_at_once_one_is_kept(database: Database, path: Path) -> None:
    person = join(database)
    rankings = list(itertools.permutations(range(3)))
    results: list[store.Saved] = []
    threads = [
        threading.Thread(
            target=lambda ranking=ranking: results.append(
                store.save_answer(database, person, given(ranking=ranking))
            )
        )
        for ranking in rankings
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(store.Saved.KEPT) == 1
    assert results.count(store.Saved.OTHER) == len(rankings) - 1
    assert len(read_answers(str(path)).answers) == 1


def test_only_a_hash_of_the_link_is_kept(database: Database, path: Path) -> None:
    link = store.add_person(database, "c" * 64, 9)
    assert link is not None
    database.close()
    content = path.read_bytes()
    assert link.encode() not in content
    assert str(hash_link(link)).encode() in content


@pytest.mark.parametrize(
    "link", ["", "x", "a" * 21, "a" * 23, "a" * 22, "ä" * 22, "a/" * 11, "%" * 22]
)
def test_an_unknown_link_finds_nobody(database: Database, link: str) -> None:
    join(database)
    assert store.find_person(database, link) is None


def test_the_same_study_goes_on(database: Database, path: Path) -> None:
    secret = store.begin_study(database, DEFINITION, "Title", "here")
    person = join(database)
    database.close()
    again = open_database(str(path))
    assert store.begin_study(again, DEFINITION, "Another title", "here") == secret
    assert len(secret) == 32
    assert join(again).seat == person.seat + 1
    assert read_answers(str(path)).title == "Another title"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"methods": ("A", "B", "D")},
        {"outputs": ("1", "2", "4")},
        {"photos": ("p", "r")},
        {"people": 4},
        {"checks": 0},
        {"fingerprint": "0" * 16},
        {"longest_side": 512},
    ],
)
def test_another_study_is_refused(database: Database, change: dict[str, object]) -> None:
    other = DEFINITION.model_copy(update=change)
    (name,) = change
    with pytest.raises(UserError, match=f"differs in {name.replace('_', ' ')}"):
        store.begin_study(database, other, "Title", "here")


@pytest.mark.parametrize(
    "change",
    [
        {"methods": ("A",), "outputs": ("1",)},
        {"methods": ("A", "A", "B")},
        {"per_person": 3},
        {"per_person": 0},
        {"checks": 2},
        {"spares": (), "checks": 3},
        {"unknown": 1},
    ],
)
def test_an_impossible_study_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Definition.model_validate({**DEFINITION.model_dump(), **change})


def test_every_commit_waits_for_the_disk(database: Database) -> None:
    with database.writer.begin() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "secure_delete": 1,
    }


def test_answers_of_nobody_are_refused_by_the_database_itself(database: Database) -> None:
    row = {"person_id": 7, "trial": 0, "photo": "p", "check_result": "", "ranking": "[]"}
    with pytest.raises(sa.exc.IntegrityError), database.writer.begin() as connection:
        connection.execute(sa.insert(schema.answer).values(**row, seconds=1.0))


def test_what_fails_in_the_middle_leaves_nothing(database: Database) -> None:
    row = {"seat": 0, "link_hash": "x", "consent_hash": "y"}

    def fail_after_an_insert() -> None:
        with database.writer.begin() as connection:
            connection.execute(sa.insert(schema.person).values(**row))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_an_insert()
    assert join(database).seat == 0


def test_reading_changes_no_file(database: Database, path: Path, tmp_path: Path) -> None:
    join(database)
    database.close()
    before = path.read_bytes()
    read_study(str(path))
    assert path.read_bytes() == before
    with pytest.raises(UserError):
        read_study(str(tmp_path / "none.sqlite"))
    assert not (tmp_path / "none.sqlite").exists()


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE study (something INTEGER)")
    with pytest.raises(UserError, match="cannot be used as a study's database"):
        read_answers(str(path))


@pytest.mark.parametrize(
    "source", ["no-such-database://host/name", "://", "postgresql+nodriver://host/name"]
)
def test_an_address_that_is_none_is_refused(source: str) -> None:
    with pytest.raises(UserError, match=r"SQLAlchemy|driver"):
        open_database(source)


def test_a_driver_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError, match="pip install psycopg"):
        open_database("postgresql+psycopg://me:secret@host/study")


def test_a_study_in_memory_is_refused() -> None:
    with pytest.raises(UserError, match="kept in a file"):
        open_database("sqlite://")


def test_the_sql_is_postgresql_s_too() -> None:
    for dialect in (postgresql.dialect(), sqlite.dialect()):
        for table in schema.metadata.sorted_tables:
            text = str(sa.schema.CreateTable(table).compile(dialect=dialect))
            assert text.strip().startswith(f"CREATE TABLE {table.name}")
    text = str(sa.schema.CreateTable(schema.answer).compile(dialect=postgresql.dialect()))
    assert "SERIAL" in text
    assert "DOUBLE PRECISION" in text
    assert "ON DELETE CASCADE" in text


def test_every_statement_compiles_for_postgresql(database: Database) -> None:
    compiled: list[str] = []

    def note(_connection: sa.Connection, statement: sa.Executable, *_: object) -> None:
        if isinstance(statement, sa.ClauseElement):
            compiled.append(str(statement.compile(dialect=postgresql.dialect())))

    for engine in (database.reader, database.writer):
        sa.event.listen(engine, "before_execute", note)
    person = join(database)
    store.save_answer(database, person, given())
    store.save_answer(database, person, given())
    store.list_answered(database, person)
    store.read_progress(database, 3)
    store.begin_study(database, DEFINITION, "Title", "here")
    read_database(database, "here")
    store.remove_person(database, person)
    assert len(compiled) >= 10
    assert any("RETURNING" in text for text in compiled if text.startswith("INSERT"))
