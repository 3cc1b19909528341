"""A shortlist by sketches, scored exactly: for more candidates than one reads for each photo."""

from collections.abc import Collection, Sequence

import numpy as np

from romnet_bench.data.duplicates import find_alike_between
from romnet_bench.references.search import Match, pair_scores, prepare, score_exactly
from romnet_bench.references.shards import Index, Shard

_ROWS = 64  # candidates whose maps are read at a time


def best_of_shortlist(
    queries: Shard, index: Index, count: int, itself: Sequence[Collection[int]], length: int
) -> list[list[Match]]:
    """As `search.best`, looking only at the `length` candidates whose sketches lie nearest.

    Args:
        queries: Q described photos.
        index: the candidates; `length` of them are read for each query.
        count: how many are wanted.
        itself: for each query, the places in the index that hold the photo itself.
        length: of the shortlist.
    """
    sketches = index.sketches().astype(np.float32)
    asked = queries.sketches.astype(np.float32)
    # Squared distances, without the query's own length, which changes no order.
    distance = np.square(sketches).sum(axis=1)[None] - 2 * asked @ sketches.T
    found = []
    for number, (row, own) in enumerate(zip(distance, itself, strict=True)):
        row[list(own)] = np.inf
        nearest = np.argsort(row, kind="stable")[:length]
        places = [int(place) for place in nearest if np.isfinite(row[place])]
        found.append(_best(queries.rows([number]), index, places, count))
    return found


def _best(query: Shard, index: Index, places: list[int], count: int) -> list[Match]:
    scored: list[tuple[float, int]] = []
    prepared = prepare(query)
    for start in range(0, len(places), _ROWS):
        chosen = places[start : start + _ROWS]
        block = index.rows(chosen)
        alike = find_alike_between(query.thumbnails, block.thumbnails)[0]
        scores = pair_scores(prepared, prepare(block))[0]
        scored += [
            (-float(score), place)
            for score, place, same in zip(scores, chosen, alike, strict=True)
            if not same
        ]
    # Twice as many as wanted: float32 may have turned near ties.
    likely = [place for _, place in sorted(scored)[: 2 * count]]
    return score_exactly(query, likely, index)[:count]


def recall(exact: Sequence[Sequence[Match]], found: Sequence[Sequence[Match]]) -> float:
    """The share of the exact best that were found, over all queries; 1 where there are none."""
    wanted = [{match.id for match in matches} for matches in exact]
    got = [{match.id for match in matches} for matches in found]
    hits = sum(len(one & other) for one, other in zip(wanted, got, strict=True))
    return hits / total if (total := sum(map(len, wanted))) else 1.0
