import json

import pandas as pd
import pytest

from romnet_bench.bench import results
from romnet_bench.errors import UserError

RECORD = results.RunRecord(
    made_by="run",
    dataset=results.DatasetRecord(
        name="tiny", path="data/tiny", split="test", fingerprint="ab", photos=2, originals=2
    ),
    method=results.MethodRecord(
        name="input",
        label="Input",
        restores=True,
        colorizes=True,
        needs_reference=False,
        fingerprint={},
        notes=["naïve"],
    ),
    protocol=results.ProtocolRecord(name="p", hash="00"),
    references={},
    device="cpu",
    command="romnet-bench run",
    commit="",
    packages={"torch": "2"},
    started=results.now(),
    finished="",
    unavailable={"lpips": "no weights"},
    failed={},
)


def row(identity: str, **values: object) -> dict[str, object]:
    return {
        **dict.fromkeys(results.SCORE_COLUMNS, ""),
        **{"psnr": 20.5, "ssim": 0.5, "lpips": None, "seconds": 1.0, "reference_rank": None},
        "id": identity,
        **values,
    }


def test_run_round_trip(tmp_path):
    results.write_run(tmp_path, RECORD)
    assert results.read_run(tmp_path) == RECORD
    assert json.loads((tmp_path / "run.json").read_text())["schema_version"] == 1


def test_a_run_written_before_weights_were_recorded_is_read(tmp_path):
    values = json.loads(RECORD.model_dump_json())
    del values["weights"]
    (tmp_path / "run.json").write_text(json.dumps(values))
    assert results.read_run(tmp_path) == RECORD


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "holds no run"), ("{", "not a run of schema 1"), ('{"a": 1}', "not a run of schema 1")],
)
def test_what_is_no_run_is_one_sentence(tmp_path, content, message):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(UserError, match=message):
        results.read_run(tmp_path)


def test_scores_round_trip_sorted_with_fixed_types(tmp_path):
    results.write_scores(tmp_path, [row("b", reference_rank=2), row("a", lpips=0.25)])
    table = results.read_scores(tmp_path)
    assert list(table.columns) == list(results.SCORE_COLUMNS)
    assert table["id"].tolist() == ["a", "b"]
    assert table["lpips"].tolist()[0] == 0.25
    assert pd.isna(table["lpips"][1])
    assert table["reference_rank"].dtype == "Int64"
    assert table["reference_rank"][1] == 2
    assert not list(tmp_path.glob(".*.part"))


def test_types_do_not_depend_on_the_rows(tmp_path):
    for folder, rows in (("none", []), ("some", [row("a")])):
        (tmp_path / folder).mkdir()
        results.write_scores(tmp_path / folder, rows)
    none, some = (results.read_scores(tmp_path / name) for name in ("none", "some"))
    assert len(none) == 0
    numbers = ["psnr", "ssim", "lpips", "seconds", "reference_rank"]
    assert none[numbers].dtypes.equals(some[numbers].dtypes)


def test_scores_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="holds no scores yet"):
        results.read_scores(tmp_path)
    (tmp_path / "scores.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="cannot be read"):
        results.read_scores(tmp_path)
    pd.DataFrame({"id": ["a"]}).to_parquet(tmp_path / "scores.parquet")
    with pytest.raises(UserError, match="lacks the columns psnr"):
        results.read_scores(tmp_path)


def test_find_runs_finds_each_once(tmp_path):
    for name in ("x/one", "x/two", "y/one"):
        (tmp_path / name).mkdir(parents=True)
        results.write_run(tmp_path / name, RECORD)
    found = results.find_runs([tmp_path / "x" / "two", tmp_path])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["x/two", "x/one", "y/one"]
    with pytest.raises(UserError, match="holds no run"):
        results.find_runs([tmp_path / "z"])


def test_image_path_is_safe_for_every_id(tmp_path):
    for identity in ("../../x", "/etc/passwd", "..", "", "a\x00b", "x" * 5000):
        path = results.image_path(tmp_path, identity)
        assert path.parent == tmp_path / "images"
        assert len(path.name) < 200
        assert "\x00" not in path.name
