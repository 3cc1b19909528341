"""Pictures that show the same: copies, also smaller, re-compressed, toned, trimmed or mirrored.

Thumbnails are compared twice: by the correlation of 16×16 lightness values, which leaves few
pairs, and for those by the phase correlation of 64×64, which tells two portraits of one
composition apart. Among 115 COCO and 24 Kodak photos (9,591 pairs) no two different ones reach an
agreement of 0.30, and no two of 100 faces of LFW, aligned and tightly cropped, 0.43. Their copies
as JPEG of quality 20, at a third of the size, trimmed by 7 % or degraded by the recipe `old-photos`
all reach 0.50; trimmed by 10 %, some are missed.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
import scipy.fft
from PIL import Image

from romnet_bench.data.phase import Spectrum, whitened_spectrum
from romnet_bench.images import Picture
from romnet_bench.progress import track

SIDE = 64
ALIKE = 0.45
"""The agreement from which two thumbnails count as one picture."""

_COARSE = 16  # pixels a side
_CANDIDATE = 0.5  # correlation; trimmed by 10 % still 0.6, degraded 0.64
_SMOOTHING = 0.75  # σ in pixels of the thumbnail
_REACH = 4  # pixels of the thumbnail; trimming moves things
_BATCH = 512


@dataclasses.dataclass(frozen=True)
class Alike:
    """Two pictures that show the same, by their positions, `first` < `second`."""

    first: int
    second: int
    agreement: float  # in [0, 1], 1 for copies
    mirrored: bool


def thumbnail(grey: Picture) -> Picture:
    """SIDE×SIDE means of a grey picture H×W, squared whatever its shape."""
    image = Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(image).copy()


def agreement(one: Picture, other: Picture) -> float:
    """How much two thumbnails show the same, in [0, 1]; `ALIKE` and above is one picture."""
    spectra = whitened_spectrum(np.stack([one, other]), _SMOOTHING)
    return round(float(_agreements(spectra[0], spectra[1:])[0]), 3)


def find_alike(thumbnails: npt.NDArray[np.uint8]) -> list[Alike]:
    """All pairs among N×SIDE×SIDE thumbnails that show the same, in order of their positions."""
    if len(thumbnails) < 2:
        return []
    coarse = _coarse(thumbnails)
    starts = range(0, len(thumbnails), _BATCH)
    spectra = np.concatenate(
        [whitened_spectrum(thumbnails[start : start + _BATCH], _SMOOTHING) for start in starts]
    )
    found = []
    for first in track(range(len(thumbnails) - 1), "comparing pictures", len(thumbnails) - 1):
        plain = thumbnails[first : first + 1]
        alike: dict[int, Alike] = {}
        for mirrored, one in ((False, plain), (True, plain[..., ::-1])):
            likely = coarse[first + 1 :] @ _coarse(one)[0] >= _CANDIDATE
            candidates = np.flatnonzero(likely) + first + 1
            spectrum = whitened_spectrum(one, _SMOOTHING)[0]
            for start in range(0, len(candidates), _BATCH):
                batch = candidates[start : start + _BATCH]
                for second, value in zip(batch, _agreements(spectrum, spectra[batch]), strict=True):
                    if value >= ALIKE:
                        # A symmetric picture is alike both ways: the plain one is kept.
                        pair = Alike(first, int(second), round(float(value), 3), mirrored)
                        alike.setdefault(pair.second, pair)
        found += [alike[second] for second in sorted(alike)]
    return found


def find_alike_between(
    ones: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]
) -> npt.NDArray[np.bool_]:
    """Which of N thumbnails show the same as which of Q: Q×N."""
    found = np.zeros((len(ones), len(others)), np.bool_)
    coarse = _coarse(ones)
    spectra = whitened_spectrum(ones, _SMOOTHING)
    for compared in (others, others[..., ::-1]):
        likely = coarse @ _coarse(compared).T >= _CANDIDATE
        for number in np.flatnonzero(likely.any(axis=1)):
            places = np.flatnonzero(likely[number])
            for start in range(0, len(places), _BATCH):
                batch = places[start : start + _BATCH]
                values = _agreements(
                    spectra[number], whitened_spectrum(compared[batch], _SMOOTHING)
                )
                found[number, batch[values >= ALIKE]] = True
    return found


def _agreements(one: Spectrum, others: Spectrum) -> npt.NDArray[np.float32]:
    """The highest correlation of one spectrum with each of the others, shifts within the reach."""
    surface = scipy.fft.ifft2(others * one.conj()).real
    near = np.roll(surface, (_REACH, _REACH), (-2, -1))[:, : 2 * _REACH + 1, : 2 * _REACH + 1]
    # That of a copy, unless flat pictures make it 0.
    highest = np.sqrt(
        (np.abs(one) ** 2).mean() * (np.abs(others) ** 2).mean((-2, -1), keepdims=True)
    )
    peaks: npt.NDArray[np.float32] = (near / np.maximum(highest, 1e-12)).max((-2, -1))
    return peaks


def _coarse(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """N×256 vectors without mean and of length 1 (of length 0 for flat thumbnails)."""
    step = SIDE // _COARSE
    blocks = thumbnails.reshape(-1, _COARSE, step, _COARSE, step).mean((2, 4))
    vectors = blocks.reshape(len(thumbnails), -1)
    vectors -= vectors.mean(1, keepdims=True)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    normal: npt.NDArray[np.float64] = vectors / np.maximum(lengths, 1e-6)
    return normal
