"""What pooling the maps does to the ranking (section III-E): each grid against unpooled maps.

    python tests/benchmarks/references_grid.py DATA --features squeezenet1_1 --out grid.csv

Every photo of DATA's split `test` ranks all of its split `train` by the definition, in float64.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.stats import spearmanr

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import PhotoSet
from romnet_bench.progress import track
from romnet_bench.references.features import load_features
from romnet_bench.references.ranking import similarity

GRIDS = (1, 2, 4, 8, 16, 32)


def scores(data: Path, features: str, grid: int, half: bool) -> np.ndarray:
    """Similarity of every test photo and every training photo, Q×N."""
    describe = load_features(features, grid=grid)

    def maps(grey: np.ndarray) -> list[torch.Tensor]:
        return [x.half() if half else x for x in describe(grey)]

    test, train = PhotoSet(data, "test"), PhotoSet(data, "train")
    candidates = [maps(lightness_grey(train.target(identity))) for identity in train.ids]
    rows = []
    for identity in track(test.ids, f"grid {grid or 'whole'}", len(test)):
        query = maps(test.pair(identity)[0])
        rows.append([_similarity(query, candidate) for candidate in candidates])
    return np.array(rows)


def _similarity(query: list[torch.Tensor], candidate: list[torch.Tensor]) -> float:
    """The mean over all channels, level by level: unpooled maps differ in size."""
    channels = [len(level) for level in query]
    levels = [similarity([x], [y]) for x, y in zip(query, candidate, strict=True)]
    return float(np.average(levels, weights=channels))


def compare(whole: np.ndarray, pooled: np.ndarray) -> dict[str, float]:
    """How much of the ranking by unpooled maps is left."""
    order, other = np.argsort(-whole, axis=1), np.argsort(-pooled, axis=1)
    ten = [len(set(a[:10]) & set(b[:10])) / 10 for a, b in zip(order, other, strict=True)]
    first = [b[0] in a[:10] for a, b in zip(order, other, strict=True)]
    ranks = [spearmanr(a, b).statistic for a, b in zip(whole, pooled, strict=True)]
    return {
        "of_the_ten": float(np.mean(ten)),
        "same_first": float((order[:, 0] == other[:, 0]).mean()),
        "first_among_ten": float(np.mean(first)),
        "spearman": float(np.mean(ranks)),
    }


def main() -> None:
    """Writes one row a grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--features", default="squeezenet1_1")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(1)
    whole = scores(given.data, given.features, 0, half=False)
    rows = []
    for grid in GRIDS:
        pooled = scores(given.data, given.features, grid, half=True)
        rows.append({"features": given.features, "grid": grid, **compare(whole, pooled)})
        pd.DataFrame(rows).to_csv(given.out, index=False, float_format="%.4f")
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
