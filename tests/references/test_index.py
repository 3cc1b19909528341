"""The index on disk: what it holds, and that it is built once."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.references import index as module
from romnet_bench.references.features import Features, load_features
from romnet_bench.references.index import build_index, shard_path
from romnet_bench.references.shards import Shard, describe
from tests.references.conftest import MakeSplit, scene

FIELDS = [field.name for field in dataclasses.fields(Shard)]


@pytest.fixture
def photos(make_split: MakeSplit, monkeypatch: pytest.MonkeyPatch) -> PhotoSet:
    """Seven photos; shards hold three."""
    monkeypatch.setattr(module, "SHARD", 3)
    return make_split("train", {f"p{seed}": scene(seed) for seed in range(7)})


def _same(one: Shard, other: Shard) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in FIELDS)


def test_blocks_and_rows_are_the_described_photos(photos: PhotoSet, tmp_path: Path) -> None:
    """In order, whole or by their places in any order."""
    features = load_features("filters")
    index = build_index(photos, photos.ids, features, tmp_path / "index")
    expected = [describe(lightness_grey(photo.target), features) for photo in photos]
    seen = 0
    for start, block in index.blocks():
        assert start == seen
        for row in range(len(block)):
            assert _same(block.rows([row]), expected[start + row])
        seen += len(block)
    assert seen == len(index.ids) == 7
    rows = index.rows([6, 0, 4])
    for row, place in enumerate([6, 0, 4]):
        assert _same(rows.rows([row]), expected[place])
    assert np.array_equal(index.sketches(), np.concatenate([one.sketches for one in expected]))


def test_statistics_are_of_the_stored_maps(photos: PhotoSet, tmp_path: Path) -> None:
    """Half precision rounds maps; means and variances are of what is left, by NumPy in float64."""
    build_index(photos, photos.ids, load_features("filters"), tmp_path / "index")
    stored = load_file(shard_path(tmp_path / "index", 0))
    maps = stored["maps"].astype(np.float64)
    assert stored["maps"].dtype == np.float16
    assert maps.shape == (3, 26, 256)
    assert np.allclose(stored["mean"], maps.mean(axis=2), atol=1e-12)
    assert np.allclose(stored["variance"], maps.var(axis=2), atol=1e-12)


def _counting(features: Features, seen: list[int]) -> Features:
    def maps(grey: np.ndarray) -> list:  # type: ignore[type-arg]
        seen.append(1)
        return features(grey)

    return dataclasses.replace(features, maps=maps)


def test_built_once_and_resumed(photos: PhotoSet, tmp_path: Path) -> None:
    """Only the missing shard is described again, to the same bytes."""
    seen: list[int] = []
    features = _counting(load_features("filters"), seen)
    folder = tmp_path / "index"
    build_index(photos, photos.ids, features, folder)
    whole = {path.name: path.read_bytes() for path in folder.glob("*.safetensors")}
    assert len(whole) == 3
    assert len(seen) == 7
    build_index(photos, photos.ids, features, folder)
    assert len(seen) == 7
    shard_path(folder, 1).unlink()
    (folder / ".00001.safetensors.abc.part").write_bytes(b"half")
    build_index(photos, photos.ids, features, folder)
    assert len(seen) == 10
    assert {path.name: path.read_bytes() for path in folder.glob("*.safetensors")} == whole
    assert not list(folder.glob(".*.part"))


@pytest.mark.parametrize("change", ["weights", "grid", "photos"])
def test_another_index_is_built_anew(
    change: str, photos: PhotoSet, make_split: MakeSplit, tmp_path: Path
) -> None:
    """A cache of other weights, another grid or other photos would rank wrongly in silence."""
    seen: list[int] = []
    features = _counting(load_features("filters"), seen)
    folder = tmp_path / "index"
    build_index(photos, photos.ids, features, folder)
    if change == "weights":
        features = dataclasses.replace(features, weights="other")
    elif change == "grid":
        features = _counting(load_features("filters", grid=8), seen)
    else:
        photos = make_split("train", {f"p{seed}": scene(seed + 50) for seed in range(7)})
    index = build_index(photos, photos.ids, features, folder)
    assert len(seen) == 14
    expected = describe(lightness_grey(photos.target("p3")), features)
    assert _same(index.rows([3]), expected)


def test_foreign_files_are_not_touched(photos: PhotoSet, tmp_path: Path) -> None:
    """Somebody's checkpoints are no stale index."""
    mine = tmp_path / "index" / "1000.safetensors"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    with pytest.raises(UserError, match="choose another --index"):
        build_index(photos, photos.ids, load_features("filters"), tmp_path / "index")
    assert mine.read_bytes() == b"mine"


def test_a_damaged_shard_is_a_sentence(photos: PhotoSet, tmp_path: Path) -> None:
    """Cut short, or gone while somebody reads."""
    index = build_index(photos, photos.ids, load_features("filters"), tmp_path / "index")
    shard_path(index.folder, 1).write_bytes(b"\x08")
    with pytest.raises(UserError, match="damaged or gone"):
        index.rows([4])
    shard_path(index.folder, 2).unlink()
    with pytest.raises(UserError, match="damaged or gone"):
        index.rows([6])


def test_values_beyond_half_precision_are_refused() -> None:
    """Rather than ranked as infinities."""
    features = load_features("filters")
    huge = dataclasses.replace(features, maps=lambda grey: [1e6 * x for x in features(grey)])
    with pytest.raises(UserError, match="half precision"):
        describe(lightness_grey(scene(0)), huge)
