"""Exact search against the float64 loop over the same index: equal results, time, memory.

    romnet-bench references --data DATA --split test --reference-features squeezenet1_1
    python tests/benchmarks/references_scale.py DATA --features squeezenet1_1

Times are of the processor, on one thread; the loop is timed on some of the queries, since it takes
the same for each.
"""

import argparse
import resource
import time
from pathlib import Path

import torch

from romnet_bench.data.duplicates import find_alike_between
from romnet_bench.data.records import PhotoSet
from romnet_bench.references.features import load_features
from romnet_bench.references.index import build_index
from romnet_bench.references.ranked import candidates_of, index_folder
from romnet_bench.references.ranking import similarity
from romnet_bench.references.search import Match, best
from romnet_bench.references.shards import Index, Shard, describe_query, join
from romnet_bench.references.shortlist import best_of_shortlist, recall


def loop(query: Shard, index: Index) -> list[Match]:
    """The definition, a pair at a time, over an index that is read from the disk."""
    wanted = [torch.from_numpy(query.maps[0])]
    found = [
        Match(index.ids[start + row], similarity(wanted, [torch.from_numpy(maps)]))
        for start, block in index.blocks()
        for row, maps in enumerate(block.maps)
    ]
    return sorted(found, key=lambda match: (-match.similarity, match.id))


def without_duplicates(query: Shard, looped: list[Match], index: Index) -> list[Match]:
    """The first 50 of a ranking without those that show the query's own photo."""
    first = looped[:50]
    places = {identity: place for place, identity in enumerate(index.ids)}
    found = index.rows([places[match.id] for match in first]).thumbnails
    alike = find_alike_between(query.thumbnails, found)[0]
    return [match for match, same in zip(first, alike, strict=True) if not same]


def peak() -> float:
    """This process's peak memory, mapped files included, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--features", default="squeezenet1_1")
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--looped", type=int, default=3)
    given = parser.parse_args()
    train, test = PhotoSet(given.data, "train"), PhotoSet(given.data, "test")
    features = load_features(given.features)
    ids = list(candidates_of(train).values())
    index = build_index(train, ids, features, index_folder(train, given.features))
    queries = join([describe_query(*test.pair(i), features) for i in test.ids[: given.queries]])
    torch.set_num_threads(1)
    none: list[list[int]] = [[] for _ in range(len(queries))]
    before = peak()
    start = time.process_time()
    exact = best(queries, index, 10, none)
    seconds = time.process_time() - start
    print(
        f"{len(queries)} queries against {len(ids)} of {queries.maps.shape[1]} channels, "
        f"one thread: {seconds:.1f} s; peak memory {peak():.0f} MB, "
        f"{before:.0f} before the search"
    )
    same = 0
    for number in range(given.looped):
        start = time.process_time()
        looped = loop(queries.rows([number]), index)
        each = time.process_time() - start
        ten = without_duplicates(queries.rows([number]), looped, index)[:10]
        same += ten == exact[number]
        print(f"float64 loop: {each:.1f} s a query; ratio {each * len(queries) / seconds:.0f}")
    print(f"the same ten, to the last bit, for {same} of {given.looped} queries")
    for length in (50, 100, 200, 500, 1000, 2000):
        start = time.process_time()
        found = best_of_shortlist(queries, index, 10, none, length)
        seconds = time.process_time() - start
        share = recall(exact, found)
        print(f"shortlist of {length}: recall {share:.4f}, {seconds / len(queries):.3f} s a query")


if __name__ == "__main__":
    main()
