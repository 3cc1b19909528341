"""How fast references are found: the exact search beside the float64 loop over the same maps."""

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from romnet_bench.references.ranking import rank
from romnet_bench.references.search import best
from romnet_bench.references.shards import MemoryIndex, Shard

CANDIDATES, CHANNELS, PLACES = 256, 1280, 256


def _described(count: int) -> Shard:
    random = np.random.default_rng(count)
    maps = random.gamma(0.5, 1, (count, CHANNELS, PLACES)).astype(np.float16)
    exact = maps.astype(np.float32)
    return Shard(
        maps,
        exact.mean(axis=2).astype(np.float64),
        exact.var(axis=2).astype(np.float64),
        random.integers(0, 256, (count, 64, 64)).astype(np.uint8),
        np.zeros((count, 512), np.float32),
    )


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    """Candidates of SqueezeNet's size."""
    return MemoryIndex([f"{number:05d}" for number in range(CANDIDATES)], _described(CANDIDATES))


@pytest.mark.parametrize("queries", [1, 100])
def test_exact_search(benchmark: BenchmarkFixture, index: MemoryIndex, queries: int) -> None:
    """Queries together share the reading of the index."""
    described = _described(queries)
    own: list[list[int]] = [[] for _ in range(queries)]
    benchmark(best, described, index, 10, own)


def test_float64_loop(benchmark: BenchmarkFixture, index: MemoryIndex) -> None:
    """One query, a pair at a time."""
    query = [torch.from_numpy(_described(1).maps[0])]
    candidates = {
        identity: [torch.from_numpy(maps)]
        for identity, maps in zip(index.ids, index.shard.maps, strict=True)
    }
    benchmark.pedantic(rank, (query, candidates), rounds=3)
