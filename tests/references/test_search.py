"""The exact search against the definition's loop, and the shortlist against the exact search."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.references.features import Features, load_features
from romnet_bench.references.ranking import rank, similarity
from romnet_bench.references.search import best, pair_scores, prepare, rounding
from romnet_bench.references.shards import MemoryIndex, Shard, describe, join
from romnet_bench.references.shortlist import best_of_shortlist, recall
from tests.references.conftest import scene


def _shard(maps: np.ndarray, seed: int = 0) -> Shard:
    """Maps N×C×P as a shard whose thumbnails are all different."""
    exact = maps.astype(np.float16).astype(np.float64)
    random = np.random.default_rng(seed)
    thumbnails = random.integers(0, 256, (len(maps), 64, 64)).astype(np.uint8)
    return Shard(
        maps.astype(np.float16),
        exact.mean(axis=2),
        exact.var(axis=2),
        thumbnails,
        np.zeros((len(maps), 4), np.float32),
    )


def _loop(queries: Shard, index: MemoryIndex, number: int) -> list[str]:
    """All candidates of one query by the definition, a pair at a time in float64."""
    candidates = {
        identity: [torch.from_numpy(maps)]
        for identity, maps in zip(index.ids, index.shard.maps, strict=True)
    }
    return rank([torch.from_numpy(queries.maps[number])], candidates)


def _ids(count: int) -> tuple[str, ...]:
    """Not in alphabetical order, so that ties show."""
    return tuple(f"{(7 * number) % count:04d}" for number in range(count))


@pytest.mark.parametrize("kind", ["plain", "sparse", "ties", "large", "flat"])
def test_best_is_the_float64_loop(kind: str) -> None:
    """The same ten in the same order, for maps of every kind, equal ones by their ids."""
    random = np.random.default_rng(3)
    maps = random.gamma(1, 1, (153, 40, 64))
    if kind == "sparse":
        maps *= random.random(maps.shape) < 0.05
    elif kind == "ties":
        maps[50:] = maps[:103][::-1][:103]
    elif kind == "large":
        maps = maps * 0.05 + random.uniform(0, 1000, (1, 40, 1))
    elif kind == "flat":
        maps[:] = random.uniform(0, 2, (153, 40, 1))
    queries, index = _shard(maps[:3], 1), MemoryIndex(_ids(150), _shard(maps[3:], 2))
    found = best(queries, index, 10, [[], [], []])
    for number, matches in enumerate(found):
        assert [match.id for match in matches] == _loop(queries, index, number)[:10]
        for match in matches:
            candidate = index.shard.maps[index.ids.index(match.id)]
            expected = similarity(
                [torch.from_numpy(queries.maps[number])], [torch.from_numpy(candidate)]
            )
            assert match.similarity == expected


def test_near_ties_within_float32_are_told_apart() -> None:
    """A hundred candidates that differ by less than float32 can show stand in float64's order."""
    random = np.random.default_rng(5)
    query = random.gamma(1, 1, (1, 8, 64))
    base = random.gamma(1, 1, (8, 64))
    maps = np.repeat(base[None], 100, axis=0).astype(np.float16)
    for number in range(100):  # one value of 512, moved by one step of half precision
        value = maps[number, number % 8, number % 64]
        maps[number, number % 8, number % 64] = np.nextafter(value, np.float16(9))
    queries, index = _shard(query), MemoryIndex(_ids(100), _shard(maps, 1))
    exact = _loop(queries, index, 0)
    assert [match.id for match in best(queries, index, 10, [[]])[0]] == exact[:10]
    by_float32 = [
        index.ids[place]
        for place in np.argsort(-pair_scores(prepare(queries), prepare(index.shard))[0])
    ]
    assert by_float32[:10] != exact[:10]  # so the second pass is needed


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1e-3, 1.0, 300.0]),
    st.sampled_from([0.0, 1.0, 50.0]),
    st.sampled_from([(3, 16), (70, 256)]),
)
def test_float32_stays_within_its_bound(
    seed: int, scale: float, offset: float, shape: tuple[int, int]
) -> None:
    """What makes the search exact."""
    random = np.random.default_rng(seed)
    maps = offset + scale * random.gamma(0.3, 1, (6, *shape))
    queries, others = _shard(maps[:2]), _shard(maps[2:])
    scores = pair_scores(prepare(queries), prepare(others))
    for i, x in enumerate(queries.maps):
        for j, y in enumerate(others.maps):
            exact = similarity([torch.from_numpy(x)], [torch.from_numpy(y)])
            assert abs(scores[i, j] - exact) <= rounding(*shape)


def test_what_must_not_answer() -> None:
    """Neither the photo itself nor a near-duplicate, by whatever margin it would be the first."""
    random = np.random.default_rng(0)
    maps = random.gamma(1, 1, (20, 8, 16))
    shard = _shard(maps)
    index = MemoryIndex(_ids(20), shard)
    queries = shard.rows([4, 4])
    free = dataclasses.replace(queries, thumbnails=np.zeros_like(queries.thumbnails))
    itself, twin = best(free, index, 20, [[4], []])
    assert index.ids[4] not in {match.id for match in itself}
    assert len(itself) == 19
    assert twin[0].id == index.ids[4]
    alike = best(queries, index, 20, [[], []])[0]
    assert {match.id for match in alike} == set(index.ids) - {index.ids[4]}


@pytest.fixture(scope="module")
def described() -> tuple[Features, Shard]:
    """Sixty scenes under the filter bank."""
    features = load_features("filters")
    from romnet_bench.color import lightness_grey

    return features, join([describe(lightness_grey(scene(seed)), features) for seed in range(60)])


def test_a_long_shortlist_is_the_whole(described: tuple[Features, Shard]) -> None:
    """And a short one finds a stated part; the most similar first."""
    _, shard = described
    index = MemoryIndex(_ids(50), shard.rows(slice(10, 60)))
    queries = shard.rows(slice(0, 10))
    own: list[list[int]] = [[] for _ in range(10)]
    exact = best(queries, index, 5, own)
    assert best_of_shortlist(queries, index, 5, own, 50) == exact
    short = best_of_shortlist(queries, index, 5, own, 20)
    assert 0.6 < recall(exact, short) <= 1
    assert recall(exact, best_of_shortlist(queries, index, 5, own, 5)) < recall(exact, short)
    assert all(len(matches) == 5 for matches in short)


def test_a_shortlist_leaves_out_the_photo_itself(described: tuple[Features, Shard]) -> None:
    """As the whole search does."""
    _, shard = described
    index = MemoryIndex(_ids(60), shard)
    for own in ([3], []):  # by its place, or by its thumbnail
        found = best_of_shortlist(shard.rows([3]), index, 60, [own], 60)[0]
        assert index.ids[3] not in {match.id for match in found}
        assert len(found) == 59


def test_recall_by_hand() -> None:
    """Three of four."""
    from romnet_bench.references.search import Match

    exact = [[Match("a", 1), Match("b", 1)], [Match("c", 1), Match("d", 1)]]
    found = [[Match("b", 1), Match("a", 1)], [Match("c", 1), Match("x", 1)]]
    assert recall(exact, found) == 0.75
