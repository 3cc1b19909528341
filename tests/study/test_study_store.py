"""What is kept: people are seated, answer once, leave without a trace; another study is refused."""

import contextlib
import dataclasses
import itertools
import os
import random
import shutil
import sqlite3
import struct
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from romnet_bench.errors import UserError
from romnet_bench.study import database as database_module
from romnet_bench.study import schema, store
from romnet_bench.study.answers import Answer, read_answers, read_csv, write_csv
from romnet_bench.study.database import PATIENCE, Database, LostDatabaseError, open_database
from romnet_bench.study.definition import Definition, RunFacts
from romnet_bench.study.kept import read_database, read_study
from romnet_bench.study.plan import plan_person
from romnet_bench.study.provenance import remark_on_outputs
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
    link = store.add_person(database, DEFINITION, "c" * 64, at_most)
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


def list_content(path: Path) -> bytes:
    """All bytes beside and in a database."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


def test_what_is_taken_back_is_in_no_file_while_the_study_goes_on(
    database: Database, path: Path
) -> None:
    def seconds(number: int, trial: int) -> float:
        return 1000 + number + trial / 7

    people = [join(database) for _ in range(60)]
    for trial in range(3):
        for number, person in enumerate(people):
            one = dataclasses.replace(given(trial), seconds=seconds(number, trial))
            store.save_answer(database, person, one)
    leaves = random.Random(0).sample(range(60), 30)
    assert people[leaves[0]].link_hash.encode() in list_content(path)
    for number in leaves:
        store.remove_person(database, people[number])
        content = list_content(path)
        assert people[number].link_hash.encode() not in content
        assert not [
            trial for trial in range(3) if struct.pack(">d", seconds(number, trial)) in content
        ]
    stays = set(range(60)) - set(leaves)
    assert all(people[number].link_hash.encode() in content for number in stays)
    assert all(struct.pack(">d", seconds(number, 1)) in content for number in stays)


def test_a_reader_that_holds_the_log_up_is_named_to_the_owner(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(database_module, "_CHECKPOINT_WAIT", 50)
    person = join(database)
    with sqlite3.connect(path) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM study_person").fetchall()
        store.remove_person(database, person)
        assert "stays in the database's log until the study is stopped" in caplog.text
        other.execute("ROLLBACK")
    other.close()
    store.remove_person(database, join(database))
    assert person.link_hash.encode() not in list_content(path)


def ask_patience(database: Database) -> int:
    """Milliseconds that the one connection that writes waits for others."""
    with database.writer.connect() as connection:
        return int(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())


def forbid_checkpoints(database: Database) -> None:
    """Lets SQLite itself refuse, from now on, to empty the log."""

    def judge(action: int, name: str | None, *_: object) -> int:
        is_it = (action, name) == (sqlite3.SQLITE_PRAGMA, "wal_checkpoint")
        return sqlite3.SQLITE_DENY if is_it else sqlite3.SQLITE_OK

    with contextlib.closing(database.writer.raw_connection()) as connection:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_authorizer(judge)


def test_a_log_that_cannot_be_emptied_stops_nothing(
    database: Database, path: Path, caplog: Any
) -> None:
    people = [join(database) for _ in range(3)]
    assert database.empty_log()
    assert ask_patience(database) == 1000 * PATIENCE
    forbid_checkpoints(database)
    assert not database.empty_log()
    assert ask_patience(database) == 1000 * PATIENCE
    store.remove_person(database, people[0])
    assert "stays in the database's log" in caplog.text
    store.save_answer(database, people[1], given())
    assert store.free_seats(database) == 1
    assert [answer.person for answer in read_answers(str(path)).answers] == [2]
    secret = store.begin_study(database, DEFINITION, "Another title", "here")
    assert len(secret) == 32
    assert read_answers(str(path)).title == "Another title"


def test_a_log_is_not_emptied_while_there_is_no_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "PATIENCE", 0.1)
    busy = open_database(database.name)
    with busy.writer.connect():
        assert not busy.empty_log()
    assert busy.empty_log()


def test_a_start_after_a_kill_empties_the_log(path: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    killed.mkdir()
    before = open_database(str(path))
    store.begin_study(before, DEFINITION, "Title", "here")
    person = join(before)
    with before.writing() as connection:
        connection.execute(sa.delete(schema.person))
    for each in path.parent.glob("study.sqlite*"):
        shutil.copy(each, killed)
    before.close()
    assert person.link_hash.encode() in list_content(killed / path.name)
    again = open_database(str(killed / path.name))
    store.begin_study(again, DEFINITION, "Title", "here")
    assert person.link_hash.encode() not in list_content(killed / path.name)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_went_takes_no_answer(database: Database, path: Path, replaced: bool) -> None:
    person = join(database)
    away = path.with_name("away.sqlite")
    path.rename(away)
    if replaced:
        path.write_bytes(b"")
    for refused in (
        lambda: store.save_answer(database, person, given()),
        lambda: store.add_person(database, DEFINITION, "c" * 64, 9),
        lambda: store.remove_person(database, person),
        lambda: store.list_answered(database, person),
        lambda: store.read_progress(database, 3),
        lambda: store.free_seats(database),
    ):
        with pytest.raises(LostDatabaseError, match="was removed or replaced"):
            refused()
    assert path.exists() == replaced
    assert not replaced or path.read_bytes() == b""
    away.replace(path)
    assert store.save_answer(database, person, given()) is store.Saved.KEPT


def test_a_file_that_goes_while_it_is_written_takes_no_answer(
    database: Database, path: Path
) -> None:
    person = join(database)
    sa.event.listen(
        database.writer, "commit", lambda _: path.rename(path.with_name("away.sqlite")), once=True
    )
    with pytest.raises(LostDatabaseError):
        store.save_answer(database, person, given())


def test_a_new_connection_opens_no_other_file(database: Database, path: Path) -> None:
    join(database)
    database.close()
    path.unlink()
    with pytest.raises(LostDatabaseError), database.reader.connect():
        pass
    with pytest.raises(LostDatabaseError), database.writer.connect():
        pass
    assert not path.exists()


def test_numbers_of_people_are_never_given_again(database: Database, path: Path) -> None:
    first, second = join(database), join(database)
    store.remove_person(database, second)
    third = join(database)
    assert third.seat == second.seat
    for person in (first, third):
        store.save_answer(database, person, given())
    assert [answer.person for answer in read_answers(str(path)).answers] == [1, 3]


def test_silent_people_are_let_go_on_demand(database: Database) -> None:
    speaks, silent = join(database), join(database)
    store.save_answer(database, speaks, given())
    assert store.add_person(database, DEFINITION, "c" * 64, at_most=2) is None
    assert store.free_seats(database) == 1
    assert store.list_answered(database, speaks) == {0}
    assert store.save_answer(database, silent, given()) is store.Saved.NOBODY
    assert store.add_person(database, DEFINITION, "c" * 64, at_most=2) is not None


def test_who_stopped_is_made_up_for(path: Path) -> None:
    definition = DEFINITION.model_copy(update={"per_person": 1, "spares": (), "checks": 0})
    database = open_database(str(path))
    store.begin_study(database, definition, "Title", "here")

    def come(ranks: bool) -> int:
        link = store.add_person(database, definition, "c" * 64, 99)
        person = store.find_person(database, str(link))
        assert person is not None
        if ranks:
            photo = definition.photos[plan_person(definition.design, person.seat)[0].photo]
            store.save_answer(database, person, store.Given(0, photo, "", (0, 1, 2), 1.0))
        return person.seat

    # Two photos in turn, of the second one ranking less: whom three have overtaken is not waited
    # for any longer, so that the seat after the sixth, of the first photo, has to stand back.
    comers = (True, False, True, True, True, True, True)
    assert [come(ranks) for ranks in comers] == [0, 1, 2, 3, 4, 5, 7]


def test_who_is_left_out_is_made_up_for(path: Path) -> None:
    definition = DEFINITION.model_copy(update={"per_person": 1, "checks": 2, "spares": ("s", "t")})
    database = open_database(str(path))
    store.begin_study(database, definition, "Title", "here")

    def come(check: str) -> int:
        link = store.add_person(database, definition, "c" * 64, 99)
        person = store.find_person(database, str(link))
        assert person is not None
        for number, trial in enumerate(plan_person(definition.design, person.seat)):
            photo = definition.shown[definition.shown_index(trial)]
            how = "" if trial.ruined is None else check
            store.save_answer(database, person, store.Given(number, photo, how, (0, 1, 2), 1.0))
        return person.seat

    # Two photos in turn; the only ranking of the second one does not count, so it comes again.
    comers = ("passed", "failed", "passed", "passed", "passed")
    assert [come(check) for check in comers] == [0, 1, 3, 2, 5]


def test_a_seat_that_was_left_is_taken_first(database: Database) -> None:
    people = [join(database) for _ in range(4)]
    assert [person.seat for person in people] == [0, 1, 2, 3]
    store.remove_person(database, people[1])
    assert [join(database).seat for _ in range(2)] == [1, 4]


def test_a_full_study_seats_nobody(database: Database) -> None:
    people = [join(database, at_most=2) for _ in range(2)]
    assert store.add_person(database, DEFINITION, "c" * 64, at_most=2) is None
    store.remove_person(database, people[0])
    assert store.add_person(database, DEFINITION, "c" * 64, at_most=2) is not None


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
    link = store.add_person(database, DEFINITION, "c" * 64, 9)
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
        store.begin_study(database, other, "Another title", "here")
    assert read_database(database, "here").title == "Title"


def test_what_runs_say_of_themselves_goes_with_the_answers(path: Path) -> None:
    runs = tuple(
        RunFacts(protocol="p-1", protocol_hash="ab", fingerprint={"steps": str(n)}, notes=notes)
        for n, notes in enumerate(((), ("small",), ("random weights", "a\nb")))
    )
    whole = DEFINITION.model_copy(update={"runs": runs})
    assert whole.hash == DEFINITION.hash == "9459db91b3463f06"  # as before there were such facts
    database = open_database(str(path))
    store.begin_study(database, DEFINITION, "Title", "here")
    assert "notes of B" not in read_study(str(path)).facts
    store.begin_study(database, whole, "Title", "here")
    store.begin_study(database, DEFINITION, "Title", "here")  # which takes nothing away
    answers = read_study(str(path))
    assert read_csv(write_csv(answers)) == answers
    assert answers.facts["outputs of C"] == "3"
    assert answers.facts["protocol of A"] == "p-1 (ab)"
    assert answers.facts["fingerprint of B"] == "steps 1"
    assert answers.facts["notes of C"] == "random weights; a\\nb"
    assert "notes of A" not in answers.facts
    said = remark_on_outputs(answers)
    assert "“A” 1, “B” 2, “C” 3" in said[0]
    assert said[1:] == ["“B”: small", "“C”: random weights; a\\nb"]


def test_a_study_that_an_older_version_began_is_read(path: Path) -> None:
    database = open_database(str(path))
    store.begin_study(database, DEFINITION, "Title", "here")
    with database.writing() as connection:
        text = DEFINITION.model_dump_json(exclude={"runs"})
        connection.execute(sa.update(schema.study).values(definition=text))
    assert read_study(str(path)).methods == ("A", "B", "C")
    store.begin_study(database, DEFINITION, "Title", "here")


def test_a_study_that_ended_is_read_where_nothing_can_be_written(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_answer(database, join(database), given())
    database.close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    # As on such storage SQLite makes no file beside it.
    monkeypatch.setattr(database_module.sqlite3, "connect", connect_without_a_log)
    assert len(read_study(str(path)).answers) == 1
    path.with_name(f"{path.name}-wal").write_bytes(b"")
    with pytest.raises(UserError, match="cannot be used as a study's database"):
        read_study(str(path))


def connect_without_a_log(
    address: str, _connect: Any = sqlite3.connect, **options: Any
) -> sqlite3.Connection:
    """A connection as on storage that cannot be written to."""
    if "immutable=1" not in address:
        raise sqlite3.OperationalError("unable to open database file")
    return _connect(address, **options)


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
