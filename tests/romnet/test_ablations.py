"""The ablations as configurations, and that each is another network in the part it names."""

import itertools

import pytest
import torch

from romnet_bench.errors import UserError
from romnet_bench.romnet.ablations import (
    ABLATIONS,
    TABLES,
    TRAININGS,
    ablated,
    ablation_of,
    row_name,
)
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.presets import LITE, OFFICIAL, PAPER, PRESETS, TINY, adjust

BINS = TINY.histogram.bins
WITHOUT_PART = [name for name in ABLATIONS if name != "full"]


def network(name: str) -> ROMNet:
    return new_model(ablated(TINY, name), seed=0).eval()


def fused_channels(model: ROMNet) -> dict[str, int]:
    """Scale → the channels of colour that enter its fusion module, read off the convolutions."""
    found = {}
    for scale, block in zip((4, 8, 16, 32), model.colorization.encoder, strict=True):
        if str(scale) in model.colorization.fusion:
            first = model.colorization.fusion[str(scale)].dense.units[0][0]
            found[str(scale)] = first.in_channels - block.out_channels
    return found


# ablation → colour channels of the first convolution and of every fusion module, scales with a
# similarity map, levels of the restoration net
NETWORKS = {
    "input-ab": (2, {}, 4, 3),
    "multi-scale-ab": (0, dict.fromkeys(("4", "8", "16", "32"), 2), 4, 3),
    "single-scale-histogram": (0, {"4": 2 * BINS}, 4, 3),
    "no-similarity": (0, dict.fromkeys(("4", "8", "16", "32"), 2 * BINS), 0, 3),
    "single-scale-similarity": (0, dict.fromkeys(("4", "8", "16", "32"), 2 * BINS), 1, 3),
    "single-level-rdn": (0, dict.fromkeys(("4", "8", "16", "32"), 2 * BINS), 4, 1),
    "full": (0, dict.fromkeys(("4", "8", "16", "32"), 2 * BINS), 4, 3),
}


@pytest.mark.parametrize("name", ABLATIONS)
def test_each_network_lacks_what_its_row_says(name: str) -> None:
    model = network(name)
    at_input, fused, maps, levels = NETWORKS[name]
    assert model.colorization.stem[0].in_channels == 1 + at_input
    assert fused_channels(model) == fused
    assert hasattr(model, "matching") == hasattr(model, "backbone") == (maps > 0)
    if maps:
        assert model.matching.A.shape[0] == maps
    assert len(model.restoration.levels) == levels


@pytest.mark.parametrize("name", ABLATIONS)
def test_each_network_gives_colours_that_depend_on_the_reference(name: str) -> None:
    model = network(name)
    random = torch.Generator().manual_seed(0)
    lightness, reference = (torch.rand(1, 1, 64, 64, generator=random) for _ in range(2))
    ab = torch.rand(2, 2, 64, 64, generator=random) - 0.5
    with torch.inference_mode():
        one, other = (model(lightness, reference, ab[i : i + 1]) for i in range(2))
    assert one.ab.shape == (1, 2, 64, 64)
    assert one.lightness.shape == (1, 1, 64, 64)
    assert not torch.equal(one.ab, other.ab)


def test_only_without_similarity_the_references_lightness_says_nothing() -> None:
    random = torch.Generator().manual_seed(0)
    lightness, *references = torch.rand(3, 1, 1, 64, 64, generator=random)
    ab = torch.rand(1, 2, 64, 64, generator=random) - 0.5
    ignores = {}
    with torch.inference_mode():
        for name in ABLATIONS:
            model = network(name)
            one, other = (model(lightness, reference, ab).ab for reference in references)
            ignores[name] = torch.equal(one, other)
    assert [name for name, does in ignores.items() if does] == ["no-similarity"]


@pytest.mark.parametrize("preset", [PAPER, LITE, TINY], ids=lambda preset: preset.name)
def test_an_ablation_changes_one_part_and_is_recognised(preset: object) -> None:
    assert isinstance(preset, type(PAPER))
    assert ablated(preset, "full") == preset
    configs = {name: ablated(preset, name) for name in ABLATIONS}
    assert {name: ablation_of(config) for name, config in configs.items()} == {
        name: name for name in ABLATIONS
    }
    for one, other in itertools.combinations(configs.values(), 2):
        assert one != other
    for name, config in configs.items():
        parts = {field.split(".")[0] for field in ABLATIONS[name]}
        same = preset.model_dump(exclude=parts)
        assert config.model_dump(exclude=parts) == same


def test_a_network_of_other_scales_is_no_ablation() -> None:
    assert ablation_of(OFFICIAL) is None
    with pytest.raises(UserError, match=r"official is not the paper's whole network.*scales"):
        ablated(OFFICIAL, "no-similarity")
    with pytest.raises(UserError, match="no ablation colours: choose one of input-ab"):
        ablated(TINY, "colours")
    with pytest.raises(UserError, match="not the paper's whole network"):
        ablated(ablated(TINY, "no-similarity"), "input-ab")


@pytest.mark.parametrize("name", WITHOUT_PART)
def test_notes_name_the_ablation_and_no_field_of_it(name: str) -> None:
    assert ablated(PAPER, name).notes == [f"ablation: {row_name(name)}"]
    smaller = adjust(PAPER, training={"crop": 64}, matching={}, losses={})
    assert ablated(smaller, name).notes == [
        f"ablation: {row_name(name)}",
        "paper preset with other settings (training.crop)",
    ]


def test_notes_of_whole_networks_are_as_before() -> None:
    for preset in PRESETS.values():
        assert not any("ablation" in note for note in preset.notes)
    features = "similarity features from a small network trained along, not pretrained"
    assert features in TINY.notes
    assert features not in ablated(TINY, "no-similarity").notes


def test_eight_trainings_give_nine_rows() -> None:
    rows = [training for table in TABLES for training in table.rows.values()]
    assert len(rows) == 9
    assert len(TRAININGS) == 8
    assert set(rows) == set(TRAININGS)
    assert {training.ablation for training in TRAININGS.values()} == set(ABLATIONS)
    assert [name for name, training in TRAININGS.items() if training.data == "degraded"] == [
        "single-level-rdn",
        "full-degraded",
    ]
    assert row_name("single-level-rdn") == "Single-level RDN"


def test_each_row_is_the_network_that_its_name_says() -> None:
    """Written out by hand from section IV-C."""
    rows = {
        (table.key, label): TRAININGS[training]
        for table in TABLES
        for label, training in table.rows.items()
    }
    assert {key: (made.ablation, made.data) for key, made in rows.items()} == {
        ("table4", "Input ab fusion"): ("input-ab", "clean"),
        ("table4", "Multi-scale ab fusion"): ("multi-scale-ab", "clean"),
        ("table4", "Single-scale histogram fusion"): ("single-scale-histogram", "clean"),
        ("table4", "Multi-scale histogram fusion"): ("full", "clean"),
        ("table5", "No similarity map"): ("no-similarity", "clean"),
        ("table5", "Single-scale similarity map"): ("single-scale-similarity", "clean"),
        ("table5", "Multi-scale similarity map"): ("full", "clean"),
        ("table6", "Single-level RDN"): ("single-level-rdn", "degraded"),
        ("table6", "Multi-level RDN"): ("full", "degraded"),
    }
