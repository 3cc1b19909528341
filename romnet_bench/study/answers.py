"""What people answered: read from a study's database or from its export, written as CSV."""

import csv
import dataclasses
import io
import json
import math
from collections import Counter
from pathlib import Path

import pydantic

from romnet_bench.errors import UserError
from romnet_bench.study.definition import MOST_METHODS

COUNTS, PASSED, FAILED = "", "passed", "failed"
"""What an answer's `check` says: it counts, or it is an attention check and how that ended."""

_SQLITE = b"SQLite format 3\0"
_FIXED = ["person", "photo", "seconds", "check"]


@dataclasses.dataclass(frozen=True)
class Answer:
    """One ranking by one person."""

    person: int  # from 1; nothing else is known of a person
    photo: str
    ranking: tuple[str, ...]  # all methods of the study, best first
    seconds: float  # that the photo was looked at, as the person's browser measured it
    check: str = COUNTS


@dataclasses.dataclass(frozen=True)
class Answers:
    """A whole study; `facts` says how it was made (seed, dataset, split, fingerprint, …)."""

    methods: tuple[str, ...]
    photos: tuple[str, ...]  # that count; attention checks may show others
    people: int  # who began, whether or not they answered anything
    title: str
    answers: tuple[Answer, ...]
    facts: dict[str, str]


class _Header(pydantic.BaseModel):
    """The first line of an export, behind `# `: all of `Answers` but the answers."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    title: str
    methods: list[str]
    photos: list[str]
    people: int
    facts: dict[str, str]


def read_answers(source: str) -> Answers:
    """The answers in a SQLite file, in the database at an SQLAlchemy URL, or in an export.

    Raises:
        UserError: there is no study in it, or it is damaged.
    """
    if "://" not in source:
        path = Path(source)
        try:
            with path.open("rb") as handle:
                is_database = handle.read(len(_SQLITE)) == _SQLITE
            if not is_database:
                return read_csv(path.read_bytes().decode(), source)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(f"{source} cannot be read ({reason}): give a study's file.") from None
        except UnicodeDecodeError:
            raise UserError(
                f"{source} is neither a study's database nor its export: give one of them."
            ) from None
    from romnet_bench.study.extra import require_extra

    require_extra()
    from romnet_bench.study.kept import read_study

    return check_answers(read_study(source), source)


def write_csv(answers: Answers) -> str:
    """`answers` as CSV below one line of facts: `pandas.read_csv(path, skiprows=1)` reads it.

    The columns `place_1` (best), `place_2`, … name the methods.
    """
    facts = {
        "title": answers.title,
        "methods": answers.methods,
        "photos": answers.photos,
        "people": answers.people,
        "facts": answers.facts,
    }
    text = io.StringIO(newline="")
    text.write(f"# {json.dumps(facts)}\n")
    # Every text in quotes: the writer would leave a bare carriage return without any.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(_columns(answers.methods))
    for answer in answers.answers:
        seconds = float(answer.seconds)
        writer.writerow([answer.person, answer.photo, seconds, answer.check, *answer.ranking])
    return text.getvalue()


def read_csv(text: str, name: str = "the export") -> Answers:
    """The answers that `write_csv` wrote; `name` is what errors call it.

    Raises:
        UserError: it is no export of a study, or it is damaged.
    """
    first, _, rest = text.removeprefix("\ufeff").partition("\n")
    if not first.startswith("# {"):
        raise UserError(f"{name} is neither a study's database nor its export: give one of them.")
    try:
        header = _Header.model_validate_json(first[2:])
        rows = list(csv.reader(io.StringIO(rest, newline=""), strict=True))
        if not rows or rows[0] != _columns(header.methods):
            raise ValueError("the columns are not those of its methods")
        answers = tuple(_parse_row(row, len(header.methods)) for row in rows[1:] if row)
    except (pydantic.ValidationError, csv.Error, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{name} is no export of a study ({reason}): export it again.") from None
    return check_answers(
        Answers(
            tuple(header.methods),
            tuple(header.photos),
            header.people,
            header.title,
            answers,
            header.facts,
        ),
        name,
    )


def check_answers(answers: Answers, name: str) -> Answers:
    """Gives back `answers`, once it is sure that nothing in them is malformed.

    Raises:
        UserError: there are too many methods, a ranking is not one of all of them, an answer
            stands there twice, …
    """
    methods, photos = sorted(answers.methods), set(answers.photos)
    if len(methods) > MOST_METHODS:
        raise UserError(
            f"{name} ranks {len(methods)} methods, and a study has {MOST_METHODS} at most: leave "
            "some out."
        )
    for number, answer in enumerate(answers.answers, 1):
        if sorted(answer.ranking) != methods:
            problem = "does not rank every method once"
        elif answer.person < 1:
            problem = "has no person"
        elif not (math.isfinite(answer.seconds) and answer.seconds >= 0):
            problem = "took no possible time"
        elif answer.check not in (COUNTS, PASSED, FAILED):
            problem = f"has an unknown check ({answer.check!r})"
        elif answer.check == COUNTS and answer.photo not in photos:
            problem = "is about a photo that is not the study's"
        else:
            continue
        raise UserError(f"{name} is damaged: answer {number} {problem}.")
    seen = Counter(
        (answer.person, answer.photo, answer.check == COUNTS) for answer in answers.answers
    )
    if twice := [key for key, count in seen.items() if count > 1]:
        person, photo, _ = twice[0]
        raise UserError(f"{name} is damaged: person {person} ranked {photo!r} twice.")
    if len(methods) != len(set(methods)) or len({person for person, *_ in seen}) > answers.people:
        raise UserError(f"{name} is damaged: its methods or people do not add up.")
    return answers


def _columns(methods: list[str] | tuple[str, ...]) -> list[str]:
    return [*_FIXED, *(f"place_{place}" for place in range(1, len(methods) + 1))]


def _parse_row(row: list[str], methods: int) -> Answer:
    if len(row) != len(_FIXED) + methods:
        raise ValueError(f"a row has {len(row)} columns")
    person, photo, seconds, check, *ranking = row
    return Answer(int(person), photo, tuple(ranking), float(seconds), check)
