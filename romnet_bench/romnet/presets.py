"""Every number that defines a ROMNet, by name: `paper`, `official`, `lite`, `tiny`.

A comment names the source of each default: the paper, the authors' code (Pik-Fix), or ours.
`baselines/romnet/README.md` holds the same as a table.
"""

from typing import Any, Literal

import pydantic

from romnet_bench.errors import UserError
from romnet_bench.romnet.ablations import FULL, ablation_of, row_name

Backbone = Literal["resnet34", "squeezenet1_1", "alexnet", "trained"]
PerceptualBackbone = Literal["vgg19", "squeezenet1_1", "alexnet"]
Scale = Literal[4, 8, 16, 32]
"""One over the size at which maps are compared and colours fused."""


class _Config(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class RestorationConfig(_Config):
    """The multi-level residual dense network (section III-A)."""

    features: int = 64  # RDN [52]: 64
    growth: int = 64  # RDN [52]: 64
    blocks: int = 3  # paper
    units: int = 4  # paper
    # paper: input, ×1/4, ×1/8
    downsampling: tuple[Literal[1, 4, 8], ...] = pydantic.Field(default=(1, 4, 8), min_length=1)
    unshuffle: Literal[1, 2] = 1  # paper: pixel by pixel; 2: squares as channels (FFDNet [1])


class MatchingConfig(_Config):
    """The similarity sub-net (section III-B)."""

    backbone: Backbone = "resnet34"  # paper
    level_channels: int = 64  # authors' code: 64 a level
    channels: int = 256  # authors' code: 256 together
    temperature: float = 0.005  # authors' code; the paper names a softmax and no temperature
    scales: tuple[Scale, ...] = (4, 8, 16, 32)  # paper: a similarity map each; () for none at all
    confidence: bool = False  # authors' code fuses the rows' maxima too; the paper does not


class HistogramConfig(_Config):
    """The spatial-preserve colour histogram (section III-C, Eq. 3 and 4)."""

    bins: int = 256  # authors' code; the paper writes K
    sigma: float = 0.1  # paper (authors' code: 0.01)
    minimum: float = -1.0  # paper
    maximum: float = 1.0  # paper
    pool: Literal[1, 8] = 1  # paper: every pixel (authors' code: ab averaged ×1/8 before)


class ColorizationConfig(_Config):
    """The dense colour U-Net with its fusion modules (section III-C)."""

    stem: int = 64  # authors' code: 7×7 convolution, 64
    units: tuple[int, int, int, int] = (6, 12, 24, 16)  # paper
    growth: int = 32  # authors' code
    bottleneck: int = 4  # authors' code
    fusion_units: int = 6  # paper
    signal: Literal["histogram", "ab"] = "histogram"  # paper: SPHist
    fusion_scales: tuple[Scale, ...] | tuple[Literal[1]] = (4, 8, 16, 32)  # paper; 1: the input


class LossConfig(_Config):
    """The weights of Eq. 10 and where the perceptual loss takes its features from."""

    luminance: float = 1.0  # α, paper
    perceptual: float = 0.2  # β, paper
    histogram: float = 0.5  # λ, paper
    chroma: float = 1.0  # γ, paper
    adversarial: float = 0.2  # η, paper
    perceptual_backbone: PerceptualBackbone | None = "vgg19"  # paper; None: no perceptual loss
    discriminator_features: int = 64  # PatchGAN [34]


class TrainingConfig(_Config):
    """The optimiser and the patches (section IV-A, Training Details)."""

    learning_rate: float = pydantic.Field(default=1e-4, gt=0, allow_inf_nan=False)  # paper
    discriminator_learning_rate: float = 1e-4  # paper: one rate for all
    decay: float = 0.99  # paper: a factor at the end of each epoch
    beta1: float = 0.99  # paper
    beta2: float = 0.999  # paper
    epsilon: float = 1e-8  # Adam's own [74] (authors' code: 1e-10)
    weight_decay: float = 0.0  # the paper names none (authors' code: 1e-4)
    clip: float | None = None  # longest gradient of each network; the paper names none
    ema: float | None = None  # decay of the averaged weights that are kept; the paper names none
    crop: int = pydantic.Field(default=256, multiple_of=32)  # paper
    batch: int = 2  # authors' code
    epochs: int = 20  # paper
    end_to_end: bool = True  # paper: the chroma losses teach the restoration net too


class RomnetConfig(_Config):
    """A whole ROMNet; stored in every checkpoint."""

    name: str
    restoration: RestorationConfig = RestorationConfig()
    matching: MatchingConfig = MatchingConfig()
    histogram: HistogramConfig = HistogramConfig()
    colorization: ColorizationConfig = ColorizationConfig()
    losses: LossConfig = LossConfig()
    training: TrainingConfig = TrainingConfig()

    @property
    def notes(self) -> list[str]:
        """What a reader of results must know about this preset."""
        notes = []
        if self.name == "official":
            notes.append("official preset: numbers of the authors' code, not of the paper")
        elif self.name != "paper":
            notes.append(f"{self.name} preset: smaller than the paper's network")
        ablation = ablation_of(self)
        if ablation not in (None, "full"):
            notes.append(f"ablation: {row_name(ablation)}")
        if self.name in PRESETS:
            changed = differences(self.model_dump(), PRESETS[self.name].model_dump())
            if ablation is not None:  # which says what those fields are
                changed = [field for field in changed if field not in FULL]
            if changed:
                notes.append(f"{self.name} preset with other settings ({', '.join(changed)})")
        if self.matching.scales and self.matching.backbone == "trained":
            notes.append("similarity features from a small network trained along, not pretrained")
        if not self.training.end_to_end:
            notes.append("restoration trained by the luminance losses alone, not end to end")
        if self.losses.perceptual_backbone is None:
            notes.append("no perceptual loss")
        elif self.losses.perceptual_backbone != "vgg19":
            notes.append(f"perceptual loss on {self.losses.perceptual_backbone}, not VGG19")
        return notes


PAPER = RomnetConfig(name="paper")

# The paper's network with every number that the authors' code gives another value. What is another
# network there (a DenseNet-121 U-Net restores, residual blocks before the matching, dropout) stays
# the paper's.
OFFICIAL = RomnetConfig(
    name="official",
    matching=MatchingConfig(scales=(8,), confidence=True),
    histogram=HistogramConfig(sigma=0.01, pool=8),
    losses=LossConfig(histogram=0.1),
    training=TrainingConfig(epsilon=1e-10, weight_decay=1e-4),
)

# For small GPUs and CPUs with pretrained features at hand (ours throughout).
LITE = RomnetConfig(
    name="lite",
    # Squares of pixels as channels: twice the width at half of the time.
    restoration=RestorationConfig(features=48, growth=24, unshuffle=2),
    matching=MatchingConfig(
        backbone="squeezenet1_1", level_channels=32, channels=64, temperature=0.01
    ),
    histogram=HistogramConfig(bins=32),
    colorization=ColorizationConfig(stem=32, units=(4, 6, 8, 6), growth=16, fusion_units=4),
    losses=LossConfig(perceptual_backbone="squeezenet1_1", discriminator_features=32),
    training=TrainingConfig(
        learning_rate=5e-4,
        discriminator_learning_rate=1e-5,
        beta1=0.9,
        crop=128,
        batch=4,
        end_to_end=False,
        clip=10.0,
        ema=0.998,
    ),
)

# For CPUs, tests and the demo: needs no download (ours throughout).
TINY = RomnetConfig(
    name="tiny",
    restoration=RestorationConfig(features=16, growth=8),
    matching=MatchingConfig(backbone="trained", level_channels=16, channels=32, temperature=0.05),
    histogram=HistogramConfig(bins=16),
    colorization=ColorizationConfig(
        stem=16, units=(2, 2, 2, 2), growth=8, bottleneck=2, fusion_units=2
    ),
    losses=LossConfig(perceptual_backbone=None, discriminator_features=16),
    # Not end to end: in the few steps that a small network trains, the gradient of the chroma
    # losses drowns that of the luminance loss (waves with noise, 60 steps: rec_L falls to half
    # without it, and not at all with it).
    # The discriminator learns slowly: at the network's own rate it wins before there is any colour
    # to judge, and rec_ab grows by a quarter in 600 steps.
    training=TrainingConfig(
        learning_rate=5e-4,
        discriminator_learning_rate=1e-5,
        crop=96,
        batch=4,
        end_to_end=False,
    ),
)

PRESETS = {preset.name: preset for preset in (PAPER, OFFICIAL, LITE, TINY)}


def find_preset(name: str) -> RomnetConfig:
    """The preset of that name.

    Raises:
        UserError: there is none; the message lists those that exist.
    """
    if name not in PRESETS:
        raise UserError(f"There is no preset {name}: choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def differences(one: dict[str, Any], other: dict[str, Any], prefix: str = "") -> list[str]:
    """The dotted names under which two dumped configurations differ."""
    names = []
    for key, value in one.items():
        if isinstance(value, dict):
            names += differences(value, other[key], f"{prefix}{key}.")
        elif value != other[key]:
            names.append(f"{prefix}{key}")
    return names


def adjust(
    preset: RomnetConfig,
    *,
    training: dict[str, object],
    matching: dict[str, object],
    losses: dict[str, object],
) -> RomnetConfig:
    """A preset with some of its numbers changed, checked again.

    Raises:
        UserError: a value that its field does not take; the sentence names it.
    """
    values = preset.model_dump()
    for part, changes in (("training", training), ("matching", matching), ("losses", losses)):
        values[part] |= changes
    try:
        return RomnetConfig.model_validate(values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        raise UserError(f"{name} cannot be {first['input']}: {first['msg'].lower()}.") from None
