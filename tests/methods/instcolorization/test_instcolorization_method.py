"""InstColorization without upstream's code: the fusion's arithmetic, weights, sizes, boxes."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from romnet_bench.color import picture_to_tensor, rgb_to_lab
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.methods import chroma
from romnet_bench.methods.contract import UNTRAINED, MethodOptions, NamedMethod, restore_one
from romnet_bench.methods.fill import fill, randomize
from romnet_bench.methods.instcolorization import colors, method
from romnet_bench.methods.instcolorization.boxes import Box
from romnet_bench.methods.instcolorization.detector import build_detector, detect
from romnet_bench.methods.instcolorization.fusion import (
    Blend,
    FusionNetwork,
    name_as_here,
    without_wrapper,
)
from romnet_bench.methods.instcolorization.network import ColorNetwork


def grey(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


@torch.inference_mode()
def test_a_blend_is_a_softmax_over_the_photo_and_its_objects(scramble):
    """Against the formula, pixel by pixel; the objects overlap, and one is at the border."""
    blend = scramble(Blend(3)).eval()
    random = torch.Generator().manual_seed(1)
    photo, first, second = torch.randn(3, 1, 3, 8, 8, generator=random)
    cells = [Box(0, 1, 5, 6), Box(3, 2, 8, 8)]
    objects = [
        blend.bring(features, box) for features, box in zip([first, second], cells, strict=True)
    ]
    blended = blend(photo, objects)

    own = blend.simple_bg_conv(photo)
    for row in range(8):
        for column in range(8):
            rates, features = [float(own[0, 0, row, column])], [photo[0, :, row, column]]
            if not any(b.left <= column < b.right and b.top <= row < b.bottom for b in cells):
                assert torch.equal(blended[0, :, row, column], features[0])
                continue
            for one in objects:
                inside = (0, row - one.cells.top, column - one.cells.left)
                here = 0 <= inside[1] < one.cells.height and 0 <= inside[2] < one.cells.width
                rates.append(float(one.rates[0][inside]) if here else 0.0)
                features.append(
                    one.features[0, :, inside[1], inside[2]] if here else torch.zeros(3)
                )
            shares = np.exp(rates) / np.exp(rates).sum()
            assert shares[1:].max() > 0.01
            expected = sum(
                share * values.numpy() for share, values in zip(shares, features, strict=True)
            )
            np.testing.assert_allclose(blended[0, :, row, column].numpy(), expected, atol=1e-5)


@torch.inference_mode()
def test_an_object_of_the_whole_grid_is_brought_as_it_is(scramble):
    blend = scramble(Blend(3)).eval()
    features = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    placed = blend.bring(features, Box(0, 0, 8, 8))
    torch.testing.assert_close(placed.features, features)
    torch.testing.assert_close(placed.rates, blend.simple_instance_conv(features))


@torch.inference_mode()
def test_the_networks_keep_the_size_and_look_at_every_place(scramble):
    network, fusion = scramble(ColorNetwork()).eval(), scramble(FusionNetwork()).eval()
    lightness = torch.rand(1, 1, 32, 40, generator=torch.Generator().manual_seed(0)) - 0.5
    ab = network(lightness)
    assert ab.shape == (1, 2, 32, 40)
    assert ab.abs().max() <= 1
    assert ab.std() > 0.05
    square = lightness[..., :32]
    seen = fusion.look(network, square, Box(8, 8, 24, 32), 32, 32)
    sides = {place: placed.features.shape[-2:] for place, placed in seen.items()}
    assert len(sides) == 13
    assert sides["conv1_2"] == sides["conv10_2"] == (24, 16)
    assert sides["conv4_3"] == sides["conv7_3"] == (3, 2)
    assert all(seen[f"conv{index}_up"].features.min() >= 0 for index in (8, 9, 10))
    assert fusion(square, [seen]).shape == (1, 2, 32, 32)


@pytest.fixture(scope="module")
def published(scramble, tmp_path_factory):
    """A folder with files as the published ones are laid out."""
    folder = tmp_path_factory.mktemp("weights")
    full, instance, fusion = (
        scramble(network, seed)
        for seed, network in enumerate([ColorNetwork(), ColorNetwork(), FusionNetwork()])
    )
    for values in (*full.model_out.parameters(), *fusion.trunk.model_out.parameters()):
        values.data.mul_(0.1)  # colours within sRGB
    places = {f"blends.{place}": name for name, place in _names().items()}
    flat = {}
    for key, values in fusion.state_dict().items():
        part, _, rest = key.partition(".")
        place, _, end = rest.partition(".")
        flat[f"{places[f'{part}.{place}']}.{end}" if part == "blends" else rest] = values
    torch.save(full.state_dict(), folder / method.FULL)
    torch.save(instance.state_dict(), folder / method.INSTANCE)
    torch.save({f"module.{key}": values for key, values in flat.items()}, folder / method.FUSION)
    return folder


def _names() -> dict[str, str]:
    """The blends' names in the published file."""
    middle = [f"conv{index}_3" for index in (3, 4, 5, 6, 7)]
    names = {"weight_layer": "conv1_2", "weight_layer2": "conv2_2"}
    names |= {f"weight_layer{place[4]}": place for place in middle}
    for index, last in ((8, "conv8_3"), (9, "conv9_3"), (10, "conv10_2")):
        names |= {f"weight_layer{index}_1": f"conv{index}_up", f"weight_layer{index}_2": last}
    return names | {"weight_layerout": "out"}


@pytest.fixture(scope="module")
def boxes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boxes")
    (folder / "two.json").write_text(json.dumps([[0, 0, 20, 30], [10, 5, 57, 33]]))
    (folder / "empty.json").write_text("[]")
    (folder / "one-pixel.json").write_text("[[0, 0, 1, 1]]")
    (folder / "wrong.json").write_text("[[0, 0, 999, 1]]")
    return folder


@pytest.fixture(scope="module")
def loaded(published, boxes):
    return method.load(MethodOptions(weights=published, boxes=boxes))


@pytest.fixture
def small(monkeypatch):
    """The networks' side: an eighth, for speed."""
    monkeypatch.setattr(colors, "SIDE", 32)


def run(loaded, identity: str, photo: np.ndarray) -> np.ndarray:
    return restore_one(loaded, identity, photo, None)


def test_the_method_says_what_it_is(loaded):
    assert isinstance(loaded, NamedMethod)
    assert (loaded.name, loaded.label) == ("instcolorization", "InstColorization")
    assert (loaded.restores, loaded.colorizes, loaded.needs_reference) == (False, True, False)
    assert loaded.notes == []
    assert set(loaded.fingerprint()) == {
        "weights_full",
        "weights_instance",
        "weights_fusion",
        "boxes",
    }
    assert len(set(loaded.fingerprint().values())) == 4


@pytest.mark.usefixtures("small")
def test_the_lightness_stays_and_there_is_colour(loaded):
    photo = np.uint8(np.linspace(70, 180, 33 * 57).reshape(33, 57))
    for identity in ("two", "empty"):
        output = run(loaded, identity, photo)
        lab = rgb_to_lab(picture_to_tensor(output))
        assert lab[:, 1:].std() > 5
        # Where the colour is within sRGB.
        inside = ((output > 0) & (output < 255)).all(axis=-1)
        assert inside.mean() > 0.2
        apart = (lab[:, :1] - chroma.lightness(photo))[0, 0][torch.from_numpy(inside)]
        assert apart.abs().max() < 0.6


@pytest.mark.usefixtures("small")
def test_boxes_change_colours(loaded):
    photo = grey(33, 57)
    without = run(loaded, "empty", photo)
    with_boxes = run(loaded, "two", photo)
    np.testing.assert_array_equal(with_boxes, run(loaded, "two", photo))
    assert (with_boxes != without).mean() > 0.5


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("size", [(1, 1), (1, 90), (70, 1), (33, 57)])
@pytest.mark.parametrize("identity", ["one-pixel", "empty"])
def test_any_size(loaded, size, identity):
    photo = grey(*size)
    assert run(loaded, identity, photo).shape == (*size, 3)


@pytest.mark.usefixtures("small")
def test_ids_lead_out_of_no_folder(loaded, boxes):
    (boxes.parent / "outside.json").write_text("[]")
    for identity in ("unknown", "../outside", f"{boxes}/wrong"):
        with pytest.raises(UserError, match=r"holds no boxes for .*an empty list"):
            run(loaded, identity, grey(9, 9))


def test_boxes_outside_the_photo_are_named(loaded):
    with pytest.raises(UserError, match=r"wrong.json: the box \[0, 0, 999, 1\]"):
        run(loaded, "wrong", grey(9, 9))


def test_files_of_boxes_need_ids(loaded):
    with pytest.raises(UserError, match="by the photo's id"):
        loaded.restore([grey(9, 9)], [None])


def test_missing_weights_are_named(tmp_path, boxes):
    with pytest.raises(WeightsError, match=method.FULL):
        method.load(MethodOptions(weights=tmp_path, boxes=boxes))


def test_without_boxes_the_detector_s_weights_are_asked_for(published):
    with pytest.raises(WeightsError, match=method.DETECTOR):
        method.load(MethodOptions(weights=published))


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        (method.FULL, method.FUSION),
        (method.INSTANCE, method.FUSION),
        (method.FUSION, method.FULL),
    ],
)
def test_one_network_s_file_for_another_is_refused(published, tmp_path, wanted, given):
    network, adapt = {
        method.FULL: (ColorNetwork, without_wrapper),
        method.INSTANCE: (ColorNetwork, without_wrapper),
        method.FUSION: (FusionNetwork, name_as_here),
    }[wanted]
    (tmp_path / wanted).symlink_to(published / given)
    with pytest.raises(WeightsError, match="is of another network"):
        fill(network(), method.SYSTEM, wanted, MethodOptions(weights=tmp_path), adapt=adapt)


def test_a_wrapper_is_taken_off_only_where_all_keys_have_it():
    one = torch.ones(1)
    assert without_wrapper({"module.a": one, "module.b": one}) == {"a": one, "b": one}
    assert without_wrapper({"module.a": one, "b": one}) == {"module.a": one, "b": one}
    assert without_wrapper({}) == {}


class Shown(nn.Module):
    """A detector that keeps what it was shown, and gives back boxes that it was told."""

    def __init__(self, boxes: list[list[float]]) -> None:
        super().__init__()
        self.boxes = torch.tensor(boxes)

    def forward(self, pictures):
        self.pictures = pictures
        return [{"boxes": self.boxes, "scores": torch.ones(len(self.boxes))}]


def test_the_detector_sees_lightness_and_its_boxes_are_cut_to_pixels():
    photo = grey(40, 60)
    detector = Shown([[0.9, 1.2, 59.99, 40.0], [3.1, 3, 3.9, 9], [3, 9.2, 30, 9.4], [5, 6, 7, 8]])
    assert detect(detector, photo, "cpu") == [(0, 1, 59, 40), (5, 6, 7, 8)]
    (shown,) = detector.pictures
    assert shown.shape == (3, 40, 60)
    for channel in shown:
        assert torch.equal(channel, chroma.lightness(photo)[0, 0] / 100)


def test_a_large_photo_is_shrunk_for_the_detector_and_boxes_come_back_in_its_pixels():
    detector = Shown([[0.0, 0.0, 800.0, 1000.0], [400, 500, 600, 750]])
    photo = np.full((2000, 1600), 119, np.uint8)
    assert detect(detector, photo, "cpu") == [(0, 0, 1600, 2000), (800, 1000, 1200, 1500)]
    (shown,) = detector.pictures
    assert shown.shape == (3, 1000, 800)
    np.testing.assert_allclose(shown, 0.5, atol=0.01)
    detect(detector, np.zeros((1, 5000), np.uint8), "cpu")
    assert detector.pictures[0].shape == (3, 1, 1333)


def test_the_detector_of_torchvision_at_the_published_settings():
    detector = build_detector()
    shapes = {key: tuple(values.shape) for key, values in detector.state_dict().items()}
    assert shapes["roi_heads.box_predictor.cls_score.weight"] == (91, 1024)
    assert shapes["roi_heads.mask_predictor.mask_fcn_logits.weight"] == (91, 256, 1, 1)
    assert shapes["rpn.head.conv.1.0.weight"] == (256, 256, 3, 3)
    assert detector.roi_heads.score_thresh == 0.7
    assert detector.roi_heads.detections_per_img == 8
    randomize(detector, method.DETECTOR)
    strip = grey(2, 1700)  # too thin for torchvision's own scaling
    found = detect(detector.eval(), strip, "cpu")
    assert len(found) <= 8
    assert all(0 <= box.left < box.right <= 1700 for box in found)
    assert all(0 <= box.top < box.bottom <= 2 for box in found)


@pytest.mark.usefixtures("small")
def test_random_weights_say_so_and_so_do_random_boxes(boxes):
    named = method.load(MethodOptions(untrained=True, boxes=boxes))
    assert named.notes == [UNTRAINED]
    first = run(named, "two", grey(33, 57))
    again = method.load(MethodOptions(untrained=True))
    assert again.notes == [UNTRAINED, method.RANDOM_BOXES]
    np.testing.assert_array_equal(first, run(_with_files(again, named), "two", grey(33, 57)))
    strip = grey(1, 1500)
    assert restore_one(again, "x", strip, None).shape == (1, 1500, 3)


def _with_files(to, source):
    """`to` with the boxes that `source` finds."""
    return method.InstColorization(to._networks, source._find_boxes, "cpu", to.fingerprint())
