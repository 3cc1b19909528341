"""Every number that defines a Pix2pix, by name: `official` and `lite`.

Sources: the paper (Isola et al., arXiv 1611.07004), the authors' PyTorch code
(junyanz/pytorch-CycleGAN-and-pix2pix), or ours.
"""

from typing import Any, Literal

import pydantic

from romnet_bench.errors import UserError

Task = Literal["restore", "colour"]
"""Degraded grey → clean colour, or clean grey → its colours alone."""


class Pix2pixConfig(pydantic.BaseModel):
    """A whole Pix2pix; stored in every checkpoint."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str
    task: Task = "restore"
    filters: int = pydantic.Field(default=64, ge=1, le=512)  # paper: C64-C128-C256-C512-…
    levels: int = pydantic.Field(default=8, ge=5, le=12)  # paper: 256×256 → 1×1
    discriminator_filters: int = pydantic.Field(default=64, ge=1, le=512)  # paper
    l1: float = 100.0  # λ, paper
    learning_rate: float = pydantic.Field(default=2e-4, gt=0, allow_inf_nan=False)  # paper
    discriminator_pace: float = 1.0  # its share of the learning rate; paper: one rate for both
    beta1: float = 0.5  # paper
    beta2: float = 0.999  # paper
    ema: float | None = None  # decay of the averaged weights that are kept; the paper names none
    crop: int = pydantic.Field(default=256, ge=1)  # paper
    resized: int | None = 286  # paper: jitter; None: patches of the photo at its own size
    batch: int = pydantic.Field(default=1, ge=1)  # paper, for small sets
    epochs: int = pydantic.Field(default=200, ge=1)  # paper; authors' code: 100, and 100 of decay

    @pydantic.model_validator(mode="after")
    def _fits(self) -> "Pix2pixConfig":
        stride = 2**self.levels
        if self.crop % stride:
            raise ValueError(f"a U-Net of {self.levels} levels takes multiples of {stride}")
        if self.resized is not None and self.resized < self.crop:
            raise ValueError(f"patches are cut out of {self.resized}×{self.resized} pixels")
        return self

    @property
    def outputs(self) -> int:
        """Channels that the U-Net makes: red, green and blue, or a and b."""
        return 3 if self.task == "restore" else 2

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch: constant for one half, then down in a line towards 0.

        As in the authors' code, whose last of 200 epochs still has a 101st of it.
        """
        half = self.epochs // 2
        return self.learning_rate * (1 - max(0, epoch + 1 - half) / (self.epochs - half + 1))

    @property
    def notes(self) -> list[str]:
        """What a reader of results must know of this preset."""
        notes = []
        if self.name != "official":
            notes.append(f"{self.name} preset: smaller than the paper's network")
        preset = PRESETS.get(self.name)
        if preset is not None:
            changed = [name for name in differences(self, preset) if name != "task"]
            if changed:
                notes.append(f"{self.name} preset with other settings ({', '.join(changed)})")
        if self.discriminator_pace != 1:
            pace = f"{self.discriminator_pace:g}"
            notes.append(f"discriminator with {pace} of the learning rate, not all of it")
        return notes


OFFICIAL = Pix2pixConfig(name="official")

# For CPUs and few steps (ours throughout). Patches of the photo at its own size, so that grain and
# scratches are learnt as they are met when it runs. At the paper's pace the discriminator wins
# before there is colour to judge: after 3,392 steps PSNR was below the input's.
LITE = Pix2pixConfig(
    name="lite",
    filters=24,
    levels=7,
    discriminator_filters=24,
    learning_rate=5e-4,
    discriminator_pace=0.02,
    ema=0.998,
    resized=None,
    epochs=20,
)

PRESETS = {preset.name: preset for preset in (OFFICIAL, LITE)}


def find_preset(name: str) -> Pix2pixConfig:
    """The preset of that name.

    Raises:
        UserError: there is none; the message lists those that exist.
    """
    if name not in PRESETS:
        raise UserError(f"Pix2pix has no preset {name}: choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def adjust(preset: Pix2pixConfig, changes: dict[str, Any]) -> Pix2pixConfig:
    """A preset with some of its numbers changed, checked again.

    Raises:
        UserError: a value that its field does not take; the sentence names it.
    """
    try:
        return Pix2pixConfig.model_validate(preset.model_dump() | changes)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][-1]) if first["loc"] else "crop"
        value = changes.get(name, preset.model_dump()[name])
        reason = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{name} cannot be {value}: {reason}.") from None


def differences(one: Pix2pixConfig, other: Pix2pixConfig) -> list[str]:
    """The names of the fields in which two configurations differ."""
    values = other.model_dump()
    return [name for name, value in one.model_dump().items() if value != values[name]]
