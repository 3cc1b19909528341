"""Ours against upstream's own modules, with the same random weights in files.

Upstream: ericsujw/InstColorization at 1ce3d2599064123d5e3ed2e88048284c3836cba8.
"""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from romnet_bench.color import AB_SCALE
from romnet_bench.methods import chroma
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.fill import fill
from romnet_bench.methods.instcolorization import colors, method
from romnet_bench.methods.instcolorization.box_files import read_boxes
from romnet_bench.methods.instcolorization.boxes import Box, on_grid
from romnet_bench.methods.instcolorization.colors import Networks, predict_ab, scale_lightness
from romnet_bench.methods.instcolorization.fusion import (
    FusionNetwork,
    name_as_here,
    without_wrapper,
)
from romnet_bench.methods.instcolorization.network import ColorNetwork

REPOSITORY = "InstColorization"
TOLERANCE = 1e-4
WIDTH, HEIGHT = 300, 220

BOXES = {
    "several, overlapping": [[20, 30, 150, 200], [100.7, 10.2, 260.9, 120.5], [5, 5, 290, 215]],
    "at all borders": [[0, 0, 60, 220], [0, 0, 300, 40], [240, 0, 300, 220], [0, 180, 300, 220]],
    "smaller than a cell": [[299, 219, 300, 220], [0, 0, 1, 1], [150, 100, 153, 104]],
    "more than eight": [[25 * i, 20 * i, 25 * i + 60, 20 * i + 50] for i in range(9)],
    "the whole photo": [[0, 0, 300, 220]],
    "none": np.zeros((0, 4)),
}


@pytest.fixture(scope="module")
def theirs(upstream, upstream_modules, scramble, tmp_path_factory):
    """Upstream's model on the CPU, scrambled, its weights in a folder as its archive holds them."""
    folder = tmp_path_factory.mktemp("weights")
    unused = ModuleType("unused")
    unused.embed = None
    with (
        upstream_modules(upstream(REPOSITORY), {"IPython": unused, "cv2": unused}) as load,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", ["test_fusion.py", "--sample_p", "1.0", "--gpu_ids", "-1"])
        options = load("options.train_options").TestOptions().parse()
        model = load("models").create_model(options)
        for seed, network in enumerate([model.netGComp, model.netG, model.netGF]):
            scramble(network, seed).eval()
            # Only the last layer: otherwise tanh would hide what differs before it.
            network.model_out[0].weight.data.mul_(0.5)
        torch.save(model.netGComp.state_dict(), folder / method.FULL)
        torch.save(model.netG.state_dict(), folder / method.INSTANCE)
        # `save_fusion_epoch` saves what `DataParallel` wraps.
        wrapped = torch.nn.DataParallel(model.netGF)
        torch.save(wrapped.state_dict(), folder / method.FUSION)
        yield SimpleNamespace(
            model=model,
            options=options,
            folder=folder,
            image_util=load("image_util"),
            dataset=load("fusion_dataset").Fusion_Testing_Dataset,
            util=load("util.util"),
        )


@pytest.fixture(scope="module")
def ours(theirs) -> Networks:
    networks = Networks(ColorNetwork(), ColorNetwork(), FusionNetwork())
    options = MethodOptions(weights=theirs.folder)
    fill(networks.full, method.SYSTEM, method.FULL, options, adapt=without_wrapper)
    fill(networks.instance, method.SYSTEM, method.INSTANCE, options, adapt=without_wrapper)
    fill(networks.fusion, method.SYSTEM, method.FUSION, options, adapt=name_as_here)
    for network in (networks.full, networks.instance, networks.fusion):
        network.eval()
    return networks


@pytest.fixture(scope="module")
def photo():
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (22, 30), dtype=np.uint8)
    smooth = np.array(Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    return np.clip(smooth + random.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8)


def same(mine: torch.Tensor, their: torch.Tensor, what: str) -> None:
    assert mine.shape == their.shape
    assert their.std() >= 0.05, f"{what}: {float(their.std()):.3f} proves nothing"
    difference = float((mine - their).abs().max())
    print(f"{what}: largest difference {difference:.1e}, deviation {float(their.std()):.2f}")
    assert difference <= TOLERANCE


@pytest.mark.parametrize("name", ["full", "instance"])
@torch.inference_mode()
def test_colour_networks(theirs, ours, name):
    random = torch.Generator().manual_seed(0)
    lightness = torch.rand(1, 1, 64, 96, generator=random) - 0.5
    network = {"full": theirs.model.netGComp, "instance": theirs.model.netG}[name]
    hints = torch.zeros(1, 2, 64, 96), torch.full((1, 1, 64, 96), -0.5)
    first, second = network(lightness, *hints)
    expected = second if name == "full" else first
    same(getattr(ours, name)(lightness), expected, name)


@torch.inference_mode()
def test_what_the_instance_network_sees_at_every_place(theirs, ours):
    lightness = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1)) - 0.5
    hints = torch.zeros(1, 2, 64, 64), torch.full((1, 1, 64, 64), -0.5)
    _, expected = theirs.model.netG(lightness, *hints)
    seen = ours.fusion.look(ours.instance, lightness, Box(0, 0, 64, 64), 64, 64)
    assert set(seen) == set(expected) - {"out_reg"}
    for place, placed in seen.items():
        same(placed.features, expected[place], place)


@pytest.fixture
def run_theirs(theirs, tmp_path, monkeypatch):
    """Gives what `test_fusion.py` predicts for a photo, from files, at a side of the networks."""
    model, options = theirs.model, theirs.options
    (tmp_path / "example").mkdir()
    (tmp_path / "example_bbox").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(photo: np.ndarray, boxes: np.ndarray, side: int) -> torch.Tensor:
        Image.fromarray(photo).save("example/photo.png")
        scores = np.random.default_rng(1).uniform(0.7, 1, len(boxes))
        np.savez("example_bbox/photo", bbox=boxes, scores=scores)
        monkeypatch.setattr(options, "fineSize", side)
        item = theirs.dataset(options)[0]
        batch = {key: value[None] for key, value in item.items() if torch.is_tensor(value)}

        def prepare(name: str) -> dict[str, torch.Tensor]:
            return theirs.util.get_colorization_data(batch[name], options, ab_thresh=0, p=1.0)

        if item["empty_box"]:
            model.set_forward_without_box(prepare("full_img"))
        else:
            scales = ("box_info", "box_info_2x", "box_info_4x", "box_info_8x")
            model.set_input(prepare("cropped_img"))
            model.set_fusion_input(prepare("full_img"), [batch[scale][0] for scale in scales])
            model.forward()
        return model.fake_B_reg

    return run


@pytest.mark.parametrize(
    ("case", "side"),
    # A fourth of the published side tests the same steps in a sixteenth of the time.
    [*((case, 64) for case in BOXES), ("several, overlapping", 256)],
)
@torch.inference_mode()
def test_a_photo_from_file_to_colours(ours, photo, run_theirs, case, side):
    """Reading boxes, cropping, scaling, all three networks and the fusion."""
    boxes = np.array(BOXES[case], dtype=np.float32)
    expected = run_theirs(photo, boxes, side)
    found = read_boxes(Path("example_bbox/photo.npz"), WIDTH, HEIGHT)
    assert len(found) == min(len(boxes), 8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(colors, "SIDE", side)
        ab = predict_ab(ours, photo, found, "cpu")
    same(ab / AB_SCALE, expected, f"{case} at {side}")


@torch.inference_mode()
def test_lightness_and_paint_are_upstream_s(theirs):
    levels = np.arange(256, dtype=np.uint8).repeat(256).reshape(256, 256)
    rgb = torch.from_numpy(levels).expand(1, 3, 256, 256) / 255
    lab = theirs.util.rgb2lab(rgb, theirs.options)
    scaled = scale_lightness(levels, Box(0, 0, 256, 256))
    assert (scaled - lab[:, :1]).abs().max() <= 1e-5

    ab = torch.rand(1, 2, 256, 256, generator=torch.Generator().manual_seed(2)) - 0.5
    their = theirs.util.lab2rgb(torch.cat([lab[:, :1], ab], dim=1), theirs.options).clamp(0, 1)
    mine = chroma.paint(levels, ab * AB_SCALE)
    assert np.abs(mine - 255 * their[0].permute(1, 2, 0).numpy()).max() <= 0.52  # rounding


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_boxes_on_grids(theirs, data):
    width, height = data.draw(st.tuples(st.integers(1, 5000), st.integers(1, 5000)))
    left, top = data.draw(st.tuples(st.integers(0, width - 1), st.integers(0, height - 1)))
    right = data.draw(st.integers(left + 1, width))
    bottom = data.draw(st.integers(top + 1, height))
    box = np.array([left, top, right, bottom], dtype=np.int32)
    for side in (256, 128, 64, 32):
        expected = theirs.image_util.get_box_info(box, (width, height), side)
        cells = on_grid(Box(left, top, right, bottom), width, height, side)
        mine = [cells.left, side - cells.right, cells.top, side - cells.bottom]
        assert [*mine, cells.width, cells.height] == expected
