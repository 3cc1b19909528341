"""A study's database as `Answers`, for the export and the statistics."""

import json

import sqlalchemy as sa

from romnet_bench.errors import UserError
from romnet_bench.study.answers import Answer, Answers
from romnet_bench.study.database import Database, explained, open_database
from romnet_bench.study.definition import read_definition
from romnet_bench.study.provenance import list_run_facts
from romnet_bench.study.schema import answer, person, study


def read_study(source: str) -> Answers:
    """The study in a SQLite file or at an SQLAlchemy URL, also while it is being served.

    Raises:
        UserError: there is none, or it is damaged.
    """
    database = open_database(source, read_only=True)
    try:
        return read_database(database, source)
    finally:
        database.close()


def read_database(database: Database, where: str) -> Answers:
    """All answers in a database, by person and in the order in which each saw the photos.

    Raises:
        UserError: there is no study in it, or it is damaged; it is called `where`.
    """
    rankings = sa.select(answer).order_by(answer.c.person_id, answer.c.trial)
    with explained(database), database.reader.connect() as connection:
        kept = connection.execute(sa.select(study)).first()
        people = connection.execute(sa.select(sa.func.count()).select_from(person)).scalar_one()
        rows = connection.execute(rankings).all()
    if kept is None:
        raise UserError(f"{where} holds no study: start one with `romnet-bench study serve`.")
    definition = read_definition(kept.definition, where)
    methods = definition.methods
    try:
        answers = tuple(
            Answer(
                person=row.person_id,
                photo=row.photo,
                ranking=tuple(methods[number] for number in json.loads(row.ranking)),
                seconds=row.seconds,
                check=row.check_result,
            )
            for row in rows
        )
    except (ValueError, TypeError, IndexError) as error:
        raise UserError(f"{where} is damaged ({error}).") from None
    facts = {
        "created": kept.created,
        "dataset": definition.dataset,
        "split": definition.split,
        "fingerprint": definition.fingerprint,
        "seed": str(definition.seed),
        "people planned": str(definition.people),
        "photos per person": str(definition.per_person),
        "checks per person": str(definition.checks),
        "study": definition.hash,
        **list_run_facts(definition),
    }
    return Answers(methods, definition.photos, people, kept.title, answers, facts)
