"""Ranking against loops, and what a choice must never do."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, PhotoSet, encode_photo, shard_path, write_shard
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.references.choice import RankedReferences
from romnet_bench.references.features import GRID, load_features
from romnet_bench.references.ranking import rank, similarity


def _maps(seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(c, 4, 4, generator=generator) * 3 for c in (2, 3)]


def test_similarity_is_the_dists_form() -> None:
    """Means, variances and covariances by NumPy, channel by channel."""
    x, y = _maps(1), _maps(2)
    terms = []
    for level_x, level_y in zip(x, y, strict=True):
        for a, b in zip(level_x.double().numpy(), level_y.double().numpy(), strict=True):
            texture = (2 * a.mean() * b.mean() + 1e-6) / (a.mean() ** 2 + b.mean() ** 2 + 1e-6)
            covariance = np.cov(a.ravel(), b.ravel(), bias=True)[0, 1]
            structure = (2 * covariance + 1e-6) / (a.var() + b.var() + 1e-6)
            terms.append((texture + structure) / 2)
    assert similarity(x, y) == pytest.approx(np.mean(terms), abs=1e-9)
    assert similarity(x, x) == pytest.approx(1)
    assert similarity(x, y) == pytest.approx(similarity(y, x))


def test_rank_orders_by_similarity_then_id() -> None:
    """Equal candidates come in the order of their ids."""
    candidates = {"c": _maps(1), "b": _maps(5), "a": _maps(1)}
    assert rank(_maps(1), candidates) == ["a", "c", "b"]


def test_filters_find_a_faded_photo_again() -> None:
    """Contrast and brightness do not change which photo is meant."""
    features = load_features("filters")
    pictures = {}
    for name in "abc":
        random = np.random.default_rng(ord(name))
        coarse = random.integers(0, 256, (6, 6)).astype(np.uint8)
        pictures[name] = np.kron(coarse, np.ones((16, 16), np.uint8))
    candidates = {name: features(picture) for name, picture in pictures.items()}
    for name, picture in pictures.items():
        faded = (60 + picture * 0.4).astype(np.uint8)
        assert rank(features(faded), candidates)[0] == name


@pytest.fixture
def candidates(tmp_path: Path) -> PhotoSet:
    """Two variants of `a`, one of `b` and one of `c`."""
    photos = []
    for identity in ("a-0", "a-1", "b-0", "c-0"):
        random = np.random.default_rng(ord(identity[0]))
        target = np.kron(
            random.integers(0, 256, (4, 4, 3)).astype(np.uint8), np.ones((16, 16, 1), np.uint8)
        )
        meta = {"photo": identity[0]}
        photos.append(Photo(identity, lightness_grey(target), target, None, meta))
    path = shard_path(tmp_path, "train", 0, 1)
    path.parent.mkdir(parents=True)
    write_shard(path, map(encode_photo, photos))
    return PhotoSet(tmp_path, "train")


def test_a_photo_is_never_its_own_reference(candidates: PhotoSet) -> None:
    """Nor is another variant of it, though it is the most similar of all."""
    chooser = RankedReferences(candidates, load_features("filters"))
    for photo in candidates:
        chosen = chooser.choose(photo)
        assert candidates.originals[chosen.id] != candidates.originals[photo.id]
        assert chosen.rank == 1


def test_ranks_are_different_photos(candidates: PhotoSet) -> None:
    """Rank 1 and rank 2 of one photo are the two others."""
    features = load_features("filters")
    photo = candidates["a-1"]
    ids = {RankedReferences(candidates, features, position).choose(photo).id for position in (1, 2)}
    assert ids == {"b-0", "c-0"}
    with pytest.raises(UserError, match="lower --rank"):
        RankedReferences(candidates, features, 4)
    with pytest.raises(UserError, match="rank 3"):
        RankedReferences(candidates, features, 3).choose(photo)


def test_deep_features(shared: Path) -> None:
    """Pretrained maps are pooled to the grid; without weights a sentence says what to fetch."""
    features = load_features("squeezenet1_1", weights=shared / "weights")
    maps = features(np.zeros((30, 50), np.uint8))
    assert [tuple(x.shape) for x in maps] == [(c, GRID, GRID) for c in (128, 256, 384, 512)]


def test_missing_features_are_sentences(no_weights: Path) -> None:
    """Unknown names list the known ones, missing weights name their address."""
    with pytest.raises(UserError, match="choose one of vgg19"):
        load_features("vgg")
    with pytest.raises(WeightsError, match=r"vgg19-dcbb9e9d\.pth"):
        load_features("vgg19")
