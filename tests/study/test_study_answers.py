"""The export: what is written is read back, by us and by pandas, and nothing malformed is."""

import dataclasses
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.errors import UserError
from romnet_bench.study.answers import Answer, Answers, read_answers, read_csv, write_csv

ANY_TEXT = st.text(max_size=12)


@st.composite
def studies(draw: st.DrawFn) -> Answers:
    methods = tuple(draw(st.lists(ANY_TEXT, min_size=2, max_size=5, unique=True)))
    photos = tuple(draw(st.lists(ANY_TEXT, min_size=1, max_size=4, unique=True)))
    keys = st.tuples(st.integers(1, 9), st.sampled_from(photos), st.booleans())
    answers = tuple(
        Answer(
            person,
            photo,
            tuple(draw(st.permutations(methods))),
            draw(st.floats(0, allow_nan=False, allow_infinity=False)),
            draw(st.sampled_from(["passed", "failed"])) if is_check else "",
        )
        for person, photo, is_check in draw(st.lists(keys, max_size=6, unique=True))
    )
    facts = draw(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3))
    return Answers(methods, photos, draw(st.integers(9, 99)), draw(ANY_TEXT), answers, facts)


@settings(max_examples=60, deadline=None)
@given(studies())
def test_an_export_is_read_back_exactly(answers: Answers) -> None:
    assert read_csv(write_csv(answers).encode().decode()) == answers


SMALL = Answers(
    ("A", "B, or so", "C"),
    ("p,1", "p\n2", '"p3"'),
    2,
    "A study",
    (
        Answer(1, "p,1", ("C", "A", "B, or so"), 12.5),
        Answer(1, "p\n2", ("A", "B, or so", "C"), 3.0, "passed"),
        Answer(2, '"p3"', ("B, or so", "C", "A"), 0.1),
    ),
    {"seed": "0"},
)


def test_pandas_reads_an_export() -> None:
    table = pd.read_csv(io.StringIO(write_csv(SMALL)), skiprows=1, keep_default_na=False)
    assert list(table.columns[:4]) == ["person", "photo", "seconds", "check"]
    assert table["photo"].tolist() == ["p,1", "p\n2", '"p3"']
    assert table["place_1"].tolist() == ["C", "A", "B, or so"]
    assert table["seconds"].tolist() == [12.5, 3.0, 0.1]


def test_an_export_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(write_csv(SMALL).encode())
    assert read_answers(str(path)) == SMALL


def test_an_export_saved_by_a_spreadsheet_with_a_mark_is_read() -> None:
    assert read_csv("\ufeff" + write_csv(SMALL)) == SMALL


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ('"C","A","B, or so"', '"C","A","A"', "rank every method"),
        ('"C","A","B, or so"', '"C","A"', "columns"),
        ('"C","A","B, or so"', '"C","A","D"', "rank every method"),
        ("12.5", "nan", "possible time"),
        ("12.5", "-1", "possible time"),
        ("12.5", "1e999", "possible time"),
        ("12.5", "long", "float"),
        ('12.5,""', '12.5,"maybe"', "unknown check"),
        ("\n1,", "\n0,", "no person"),
        ("\n1,", "\nx,", "int"),
        ('1,"p,1"', '1,"other"', "not the study's"),
        ("place_2", "place_9", "columns"),
        ('"people": 2', '"people": 1', "add up"),
        ('"people": 2', '"people": "2"', "validation"),
        ('"people": 2', '"people": 2, "more": 1', "validation"),
        ("# {", "{", "neither"),
        ("# {", "# {{", "validation"),
    ],
)
def test_a_damaged_export_is_refused(before: str, after: str, reason: str) -> None:
    text = write_csv(SMALL)
    assert before in text
    with pytest.raises(UserError, match=reason):
        read_csv(text.replace(before, after, 1))


def test_more_methods_than_a_study_may_have_are_refused() -> None:
    methods = tuple(f"m{number}" for number in range(27))
    large = Answers(methods, ("p",), 1, "Large", (Answer(1, "p", methods, 1.0),), {})
    with pytest.raises(UserError, match="ranks 27 methods, and a study has 26 at most: leave some"):
        read_csv(write_csv(large))
    most = dataclasses.replace(
        large, methods=methods[:26], answers=(Answer(1, "p", methods[:26], 1.0),)
    )
    assert read_csv(write_csv(most)) == most


def test_an_answer_that_stands_twice_is_refused() -> None:
    twice = dataclasses.replace(SMALL, answers=SMALL.answers[:1] * 2)
    with pytest.raises(UserError, match="twice"):
        read_csv(write_csv(twice))


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", json.dumps({}).encode()])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(UserError, match="neither a study's database nor its export"):
        read_answers(str(path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_answers(str(tmp_path / "none.sqlite"))
