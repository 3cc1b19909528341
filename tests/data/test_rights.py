"""Who allows a dataset to be given on."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.data.rights import Rights, read_rights, rights_json, write_rights
from romnet_bench.errors import UserError


@pytest.mark.parametrize("granted", [True, False])
def test_what_is_written_is_read(tmp_path: Path, granted: bool) -> None:
    rights = Rights(granted, 'Anna Müller, by letter of 3 May: "yes"\nand twice')
    write_rights(tmp_path, rights)
    assert read_rights(tmp_path) == rights
    assert [path.name for path in tmp_path.iterdir()] == ["rights.json"]


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1).filter(str.strip))
def test_any_statement_survives(tmp_path_factory: pytest.TempPathFactory, statement: str) -> None:
    folder = tmp_path_factory.mktemp("rights")
    write_rights(folder, Rights(True, statement))
    assert read_rights(folder).statement == statement


def test_silence_is_no_grant(tmp_path: Path) -> None:
    rights = read_rights(tmp_path)
    assert not rights.granted
    assert "by whose permission" in rights.statement


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"true",
        b'"yes"',
        b'{"granted": true}',
        b'{"granted": "true", "statement": "x"}',
        b'{"granted": 1, "statement": "x"}',
        b'{"granted": true, "statement": "  "}',
        b'{"granted": true, "statement": ["x"]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_statement_grants_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rights.json").write_bytes(content)
    with pytest.raises(UserError, match=r"rights\.json"):
        read_rights(tmp_path)


def test_an_empty_statement_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="statement"):
        write_rights(tmp_path, Rights(True, " "))
    assert not list(tmp_path.iterdir())


def test_the_content_is_plain_json() -> None:
    assert rights_json(Rights(True, "é")) == '{\n "granted": true,\n "statement": "é"\n}\n'
