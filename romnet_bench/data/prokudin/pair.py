"""One plate → a pair of the test set: a real black-and-white exposure and the scene's colours."""

import dataclasses
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from romnet_bench.data.prokudin.damage import Damage, find_damage
from romnet_bench.data.prokudin.fields import Mask
from romnet_bench.data.prokudin.plates import FILTERS, Filter, Plate, loc_item
from romnet_bench.data.prokudin.quality import objection
from romnet_bench.data.prokudin.registration import Registered, UnalignedError, register
from romnet_bench.data.prokudin.repair import repair
from romnet_bench.data.records import Photo
from romnet_bench.images import Picture

Choice = Literal["green", "red", "blue", "damaged"]
CHOICES: tuple[Choice, ...] = ("green", "red", "blue", "damaged")
"""Which exposure is the input; "damaged" is the one with most proven damage."""

LICENCE = "Library of Congress, no known restrictions on publication"
COLLECTION = (
    "Library of Congress, Prints & Photographs Division, Prokudin-Gorskii Photograph Collection"
)
TONE = "the scan's own levels in all channels (16 bit divided by 257); no white balance"

OWN, OTHER = 255, 128
"""Of the mask: repaired in the input's own exposure; repaired in another one only."""

Row = dict[str, str | int | float]
"""A line of the table of plates."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """A plate's pair, and what is needed to look at it."""

    photo: Photo
    unrepaired: Picture  # H×W×3: the aligned colours before the repair
    damage: Damage
    row: Row


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """A plate that gives no pair: the sentence says why."""

    reason: str
    row: Row


def make_pair(plate: Plate, identity: str, origin: str, choice: Choice) -> Pair | LeftOut:
    """The pair of a plate.

    Its input is one exposure of the scan, cut but not resampled, with all its damage. Its target
    has that exposure as one channel and the two others laid on it; damage is repaired in each where
    the two others prove it. Where the mask is 0, the target's channel is the input, pixel by pixel.

    Args:
        plate: as `read_plate` gives it.
        identity: the pair's id.
        origin: the scan's file name.
        choice: which exposure is the input.
    """
    row: Row = {"id": identity, "file": origin, "item": loc_item(identity) or ""}
    fixed: Filter = "green" if choice == "damaged" else choice
    try:
        registered = register(plate, fixed)
    except UnalignedError as error:
        return LeftOut(str(error), row)
    row |= {name: round(value, 4) for name, value in dataclasses.asdict(registered.figures).items()}
    reason = objection(registered.figures)
    if reason:
        return LeftOut(reason, row)
    damage = find_damage(registered.small, registered.unit)
    if choice == "damaged":
        fixed = FILTERS[int(np.argmax(damage.proven.sum(axis=(1, 2))))]
        if fixed != "green":
            return make_pair(plate, identity, origin, fixed)
    return _finish(plate, registered, damage, fixed, row)


def _finish(plate: Plate, registered: Registered, damage: Damage, fixed: Filter, row: Row) -> Pair:
    damaged = damage.proven | damage.unproven
    repaired, changed = repair(
        registered.channels, registered.small, damage.proven, damaged, registered.unit
    )
    own = FILTERS.index(fixed)
    mask = np.where(changed[own], OWN, np.where(changed.any(axis=0), OTHER, 0)).astype(np.uint8)
    row |= _shares(damage, mask) | {"input": fixed, "width": mask.shape[1], "height": mask.shape[0]}
    meta: dict[str, Any] = {
        "source": row["file"],
        "collection": COLLECTION,
        "item": row["item"] or None,
        "licence": LICENCE,
        "source_size": list(plate.size),
        "source_bits": plate.bits,
        "scale": plate.scale,
        "cuts": list(plate.cuts),
        "input": fixed,
        "box": list(registered.box),
        "transforms": {
            name: {
                "matrix": np.round(affine.matrix, 7).tolist(),
                "shift": np.round(affine.shift, 3).tolist(),
                "rotation": round(affine.rotation, 4),
                "scale": round(affine.scale, 6),
            }
            for name, affine in registered.affines.items()
        },
        "tone": TONE,
        "quality": {name: value for name, value in row.items() if isinstance(value, float)},
    }
    photo = Photo(
        id=str(row["id"]),
        input=to_levels(registered.channels[own]),
        target=to_colours(repaired),
        mask=mask,
        meta=meta,
    )
    return Pair(photo, to_colours(registered.channels), damage, row)


def _shares(damage: Damage, mask: Picture) -> Row:
    """Shares of the picture, each exposure's first."""
    kinds: dict[str, Mask] = {
        "damaged": damage.proven,
        "unproven": damage.unproven,
        "scene": damage.scene,
    }
    shares: Row = {
        f"{kind}_{name}": round(float(np.mean(masks[channel])), 6)
        for kind, masks in kinds.items()
        for channel, name in enumerate(FILTERS)
    }
    return shares | {
        "repaired_input": round(float(np.mean(mask == OWN)), 6),
        "repaired": round(float(np.mean(mask > 0)), 6),
    }


def to_levels(field: npt.NDArray[np.float32]) -> Picture:
    """Levels in 0…1 as uint8, rounded; what was read from 8 bit comes back as it was."""
    return np.rint(np.clip(field, 0, 1) * 255).astype(np.uint8)


def to_colours(channels: npt.NDArray[np.float32]) -> Picture:
    """3×H×W levels in 0…1 as a picture H×W×3."""
    return np.ascontiguousarray(to_levels(channels).transpose(1, 2, 0))
