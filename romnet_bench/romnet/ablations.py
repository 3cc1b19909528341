"""The paper's ablations (section IV-C) as data: what each changes, its training, its rows."""

import dataclasses
from typing import TYPE_CHECKING, Literal

from romnet_bench.errors import UserError

if TYPE_CHECKING:  # presets name the ablation of a configuration
    from romnet_bench.romnet.presets import RomnetConfig

FULL: dict[str, object] = {
    "restoration.downsampling": (1, 4, 8),
    "matching.scales": (4, 8, 16, 32),
    "colorization.signal": "histogram",
    "colorization.fusion_scales": (4, 8, 16, 32),
}
"""What the paper's whole network has, and every ablation has one part less of."""

ABLATIONS: dict[str, dict[str, object]] = {
    # Table IV. "The transferred ab channels of the reference and the L channel of the input are
    # directly concatenated"; "the multi-scale raw ab channels"; "a single-scale color histogram
    # with the encoder in the shallower layer".
    "input-ab": {"colorization.signal": "ab", "colorization.fusion_scales": (1,)},
    "multi-scale-ab": {"colorization.signal": "ab"},
    "single-scale-histogram": {"colorization.fusion_scales": (4,)},
    # Table V. "No similarity map is applied to the reference image": its colours come in at its own
    # places. "The origin single-scale similarity map proposed by [14]" stands at ×1/4.
    "no-similarity": {"matching.scales": (), "matching.confidence": False},
    "single-scale-similarity": {"matching.scales": (4,)},
    # Table VI. "The origin RDN as the backbone".
    "single-level-rdn": {"restoration.downsampling": (1,)},
    "full": {},
}
"""Ablation → the fields of `RomnetConfig` that it sets."""


@dataclasses.dataclass(frozen=True)
class Training:
    """One of the eight networks that the three tables compare."""

    ablation: str
    data: Literal["clean", "degraded"]


TRAININGS: dict[str, Training] = {
    "input-ab": Training("input-ab", "clean"),
    "multi-scale-ab": Training("multi-scale-ab", "clean"),
    "single-scale-histogram": Training("single-scale-histogram", "clean"),
    "no-similarity": Training("no-similarity", "clean"),
    "single-scale-similarity": Training("single-scale-similarity", "clean"),
    "full-clean": Training("full", "clean"),
    "single-level-rdn": Training("single-level-rdn", "degraded"),
    "full-degraded": Training("full", "degraded"),
}


@dataclasses.dataclass(frozen=True)
class PaperTable:
    """A table of ablations; `rows` are the paper's names → the training that gives the numbers."""

    key: str  # of its file in reports/paper
    title: str
    rows: dict[str, str]


TABLES = (
    PaperTable(
        "table4",
        "Ablation study of multi-scale SPHist (the paper's Table IV)",
        {
            "Input ab fusion": "input-ab",
            "Multi-scale ab fusion": "multi-scale-ab",
            "Single-scale histogram fusion": "single-scale-histogram",
            "Multi-scale histogram fusion": "full-clean",
        },
    ),
    PaperTable(
        "table5",
        "Ablation study of multi-scale similarity maps (the paper's Table V)",
        {
            "No similarity map": "no-similarity",
            "Single-scale similarity map": "single-scale-similarity",
            "Multi-scale similarity map": "full-clean",
        },
    ),
    PaperTable(
        "table6",
        "Ablation study of multi-level RDN (the paper's Table VI)",
        {"Single-level RDN": "single-level-rdn", "Multi-level RDN": "full-degraded"},
    ),
)


def ablated(config: "RomnetConfig", name: str) -> "RomnetConfig":
    """The whole network `config` with the part that the ablation `name` leaves out changed.

    Raises:
        UserError: there is no such ablation, or `config` is not the paper's whole network, so that
            it has nothing to compare an ablation with.
    """
    if name not in ABLATIONS:
        raise UserError(f"There is no ablation {name}: choose one of {', '.join(ABLATIONS)}.")
    lacking = [field for field, value in FULL.items() if _value(config, field) != value]
    if lacking:
        raise UserError(
            f"The preset {config.name} is not the paper's whole network (it has another "
            f"{', '.join(lacking)}): ablate paper, lite or tiny."
        )
    values = config.model_dump()
    for field, value in ABLATIONS[name].items():
        part, key = field.split(".")
        values[part][key] = value
    return type(config).model_validate(values)


def ablation_of(config: "RomnetConfig") -> str | None:
    """Which ablation a configuration is, "full" for the whole network, None for anything else."""
    for name, changes in ABLATIONS.items():
        if all(_value(config, field) == value for field, value in (FULL | changes).items()):
            return name
    return None


def row_name(ablation: str) -> str:
    """The paper's name for an ablation; for "full", which has one in every table, ours."""
    names = {training: label for table in TABLES for label, training in table.rows.items()}
    return names.get(ablation, "Full network")


def folder_name(ablation: str | None) -> str:
    """What a network's folders of checkpoints and of results are called."""
    return "romnet" if ablation is None else f"romnet-{ablation}"


def _value(config: "RomnetConfig", field: str) -> object:
    part, key = field.split(".")
    value: object = getattr(getattr(config, part), key)
    return value
