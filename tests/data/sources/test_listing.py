"""What a --source means."""

from pathlib import Path

import numpy as np
import pytest

from romnet_bench.cache import default_cache
from romnet_bench.data.sources.installed import list_sample
from romnet_bench.data.sources.listing import list_source, resolve_source
from romnet_bench.errors import UserError
from romnet_bench.images import encode_png, read_rgb


def test_sample_has_seven_colour_photos() -> None:
    photos = list_source("sample", "not used")
    assert photos == list_sample()
    assert len(photos) == len({photo.id for photo in photos}) == 7
    for photo in photos:
        picture = read_rgb(photo.path)
        assert min(picture.shape[:2]) >= 128
        assert (picture[..., 0] != picture[..., 2]).mean() > 0.3
        assert photo.licence.startswith(("CC0-1.0 (", "public domain ("))
        assert "/" not in photo.origin


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encode_png(np.zeros((20, 20, 3), np.uint8)))
    (photo,) = list_source(str(tmp_path), "CC0")
    assert (photo.id, photo.licence, photo.free) == ("a", "CC0", False)
    with pytest.raises(UserError, match="nowhere is no folder"):
        list_source(str(tmp_path / "nowhere"), "CC0")


@pytest.mark.parametrize(
    ("given", "of_recipe", "meant"),
    [
        (None, "sample", "sample"),
        (None, "pascal", "pascal"),
        ("photos", "sample", "photos"),
        ("photos", "pascal", "pascal:photos"),
        ("photos", "div2k", "div2k:photos"),
        ("sample", "pascal", "sample"),
        ("pascal", "sample", "pascal"),
        ("pascal:VOCdevkit", "sample", "pascal:VOCdevkit"),
        ("div2k:/data/DIV2K", "pascal", "div2k:/data/DIV2K"),
        ("hub:org/name:train", "pascal", "hub:org/name:train"),
        ("/data/a:b", "pascal", "pascal:/data/a:b"),
        ("./pascal", "sample", "./pascal"),
    ],
)
def test_what_a_source_means_beside_a_recipe(given: str | None, of_recipe: str, meant: str) -> None:
    assert resolve_source(given, of_recipe) == meant


def test_what_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Pascal .* give --source VOCDEVKIT, or add --download"):
        list_source("pascal", "as each", cache=tmp_path)
    with pytest.raises(UserError, match=r"DIV2K_train_HR is not here: .* or add --download"):
        list_source("div2k", "as each", cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_limit_is_for_the_hub_alone() -> None:
    with pytest.raises(UserError, match="--limit is for datasets of the Hub"):
        list_source("sample", "as each", limit=3)


def test_where_downloads_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ROMNET_BENCH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert default_cache() == tmp_path / ".cache" / "romnet-bench"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_cache() == tmp_path / "xdg" / "romnet-bench"
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "named"))
    assert default_cache() == tmp_path / "named"
