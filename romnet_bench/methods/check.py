"""Whether a method keeps the contract, tried on tiny photos that are made here."""

import dataclasses
from typing import Literal

import numpy as np

from romnet_bench.errors import UserError, WeightsError, is_out_of_memory
from romnet_bench.files import slug
from romnet_bench.images import Picture
from romnet_bench.methods.contract import (
    UNTRAINED,
    ContractError,
    Method,
    MethodOptions,
    NamedMethod,
    check_outputs,
    fingerprint_of,
    restore_one,
)
from romnet_bench.methods.registry import list_methods, load_method

SIZES = ((64, 64), (33, 57), (1, 1), (80, 3))
"""Heights and widths: a plain one, an odd one, a single pixel, a strip."""

SMALL = 64
RENDER_FACTOR = 7
"""Where a method lets its working size be chosen: what is asked here does not depend on it."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of a check.

    Attributes:
        name: of the method.
        status: `ok`; `failed`, it could not do what was asked; `incompatible`, it breaks the
            contract.
        why: in one sentence; what to know, where all is well.
    """

    name: str
    status: Literal["ok", "failed", "incompatible"]
    why: str


def check_method(name: str, options: MethodOptions) -> Verdict:
    """Loads a method and runs it on tiny photos of odd sizes.

    Where its weights are missing it runs with random ones, and the verdict says so.

    Raises:
        UserError: there is no such method.
    """
    if name not in list_methods():
        raise UserError(f"There is no method {name}: choose one of {', '.join(list_methods())}.")
    tiny = dataclasses.replace(options, color_side=SMALL, render_factor=RENDER_FACTOR)
    missing = ""
    try:
        try:
            method = load_method(name, tiny)
        except WeightsError as error:
            missing = str(error)
            method = load_method(name, dataclasses.replace(tiny, untrained=True))
        _run(method, name)
    except ContractError as error:
        return Verdict(name, "incompatible", str(error))
    except UserError as error:
        return Verdict(name, "failed", missing or str(error))
    except (Exception, SystemExit) as error:  # what another package raises is its verdict
        if is_out_of_memory(error):
            return Verdict(name, "failed", "More memory is needed than there is here.")
        reason = (str(error).strip() or "no reason given").splitlines()[0]
        return Verdict(name, "failed", f"It raised {type(error).__name__}: {reason}.")
    if UNTRAINED in method.notes:
        return Verdict(name, "ok", f"With {UNTRAINED}. {missing}".strip())
    return Verdict(name, "ok", "")


def _run(method: Method, name: str) -> None:
    if slug(method.name) in {slug(other) for other in list_methods() if other != name}:
        raise ContractError(f"It calls itself {method.name}, which is another method's name.")
    photos = [_photo(*size, seed) for seed, size in enumerate(SIZES)]
    references = [
        _reference(seed) if method.needs_reference else None for seed in range(len(SIZES))
    ]
    before = [photo.copy() for photo in photos]
    first = [_one(method, *pair) for pair in zip(photos, references, strict=True)]
    together = method.restore(photos, references)
    check_outputs(photos, together)
    if any(not np.array_equal(a, b) for a, b in zip(photos, before, strict=True)):
        raise ContractError("It changes the photos that it is given: work on a copy.")
    if any(not np.array_equal(a, b) for a, b in zip(first, together, strict=True)):
        raise ContractError(
            "It gives another picture the second time: take every random number from a generator "
            "with a seed of its own."
        )
    if isinstance(method, NamedMethod):
        restore_one(method, "a-photo", photos[0], references[0])
    if fingerprint_of(method) != fingerprint_of(method):
        raise ContractError(
            "Its fingerprint is another one each time: let it hold options and weights alone."
        )


def _one(method: Method, photo: Picture, reference: Picture | None) -> Picture:
    outputs = method.restore([photo], [reference])
    check_outputs([photo], outputs)
    return outputs[0]


def _photo(height: int, width: int, seed: int) -> Picture:
    generator = np.random.default_rng((seed, height, width))
    slope = np.linspace(40, 200, width)[None, :] + np.linspace(-20, 20, height)[:, None]
    noisy = slope + generator.normal(0, 8, (height, width))
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _reference(seed: int) -> Picture:
    generator = np.random.default_rng((seed, 1))
    corners = generator.uniform(30, 220, (2, 2, 3))
    down, across = np.linspace(0, 1, 50)[:, None, None], np.linspace(0, 1, 71)[None, :, None]
    top = corners[0, 0] * (1 - across) + corners[0, 1] * across
    bottom = corners[1, 0] * (1 - across) + corners[1, 1] * across
    picture: Picture = np.rint(top * (1 - down) + bottom * down).astype(np.uint8)
    return picture
