"""Sketches: short vectors whose distances foretell the similarity of section III-E.

For photos of like means and variances, 1 − similarity is half a squared Euclidean distance:

    texture   1 − l ≈ ½·(log μx − log μy)²
    structure 1 − s ≈ ½·‖x̂/‖x̂‖ − ŷ/‖ŷ‖‖²      x̂, ŷ: maps without their means

of vectors that a random projection (Johnson and Lindenstrauss 1984) makes short enough to compare
with millions. They choose a shortlist, never the order.
"""

import functools

import numpy as np
import numpy.typing as npt

from romnet_bench.references.ranking import TEXTURE_WEIGHT

LENGTH = 1024
COARSE = 4
"""Maps are averaged to 4×4 first: what is alike only place by place of 16×16 is found later."""
_QUIET_MEAN, _QUIET_DEVIATION = 0.2, 0.05
"""Of a photo's average channel: quieter channels count less, since a logarithm or a division by
little would make much of nothing. What shortlists find with it: `reports/references`."""
_NOT_ZERO = 1e-6


def sketch(
    maps: npt.NDArray[np.float16],
    mean: npt.NDArray[np.float64],
    variance: npt.NDArray[np.float64],
    grid: int,
) -> npt.NDArray[np.float16]:
    """N×C×P maps with N×C means and variances → N×LENGTH."""
    count, channels, _ = maps.shape
    side = next(side for side in range(min(COARSE, grid), 0, -1) if grid % side == 0)
    step = grid // side
    blocks = maps.astype(np.float32).reshape(count, channels, side, step, side, step)
    coarse = blocks.mean(axis=(3, 5)).reshape(count, channels, -1)
    level = np.log(_lifted(np.maximum(mean, 0), _QUIET_MEAN))
    deviation = _lifted(np.sqrt(variance), _QUIET_DEVIATION)
    shape = (coarse - mean[..., None]) / deviation[..., None] / np.sqrt(coarse.shape[2])
    vector = np.concatenate(
        [
            np.sqrt(TEXTURE_WEIGHT / channels) * level,
            np.sqrt((1 - TEXTURE_WEIGHT) / channels) * shape.reshape(count, -1),
        ],
        axis=1,
    )
    return (vector.astype(np.float32) @ _projection(vector.shape[1])).astype(np.float16)


def _lifted(values: npt.NDArray[np.float64], share: float) -> npt.NDArray[np.float64]:
    """N×C values plus a share of each photo's average."""
    lifted: npt.NDArray[np.float64] = values + share * values.mean(axis=1, keepdims=True)
    return lifted + _NOT_ZERO


@functools.cache
def _projection(size: int) -> npt.NDArray[np.float32]:
    """size×LENGTH, the same on every machine: sketches of two indexes compare."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(size)))
    matrix = generator.standard_normal((size, LENGTH), dtype=np.float32)
    return matrix / np.float32(np.sqrt(LENGTH))
