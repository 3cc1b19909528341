"""He et al. against the authors' own code and files (msracver's repository, 9640261)."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from romnet_bench.images import read_rgb
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.fill import fill
from romnet_bench.methods.he import method
from romnet_bench.methods.he.colornet import IN_CHANNELS, REACH, build_colornet
from romnet_bench.methods.he.combo import read_combo
from romnet_bench.methods.he.inputs import network_input
from romnet_bench.methods.he.similarity import vote

REPOSITORY = "Deep-Exemplar-based-Colorization"

Importer = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def theirs(
    upstream: Callable[[str], Path],
    upstream_modules: Callable[..., AbstractContextManager[Importer]],
) -> Iterator[Importer]:
    cv2 = ModuleType("cv2")
    cv2.__dict__.update(
        IMREAD_COLOR="RGB",
        IMREAD_GRAYSCALE="L",
        COLOR_BGR2RGB=None,
        # PNG is without loss: any decoder gives the same.
        imdecode=lambda data, mode: np.asarray(
            Image.open(io.BytesIO(data.tobytes())).convert(mode)
        ),
        cvtColor=lambda picture, code: picture,
    )
    with upstream_modules(upstream(REPOSITORY) / "colorization_subnet", stubs={"cv2": cv2}) as load:
        yield load


@pytest.fixture(scope="module")
def demo(upstream: Callable[[str], Path]) -> Path:
    folder = upstream(REPOSITORY) / "demo" / "example"
    if not (folder / "combo_new").is_dir():
        pytest.skip(f"the checkout of {REPOSITORY} lacks demo/example/combo_new")
    return folder


@torch.inference_mode()
def test_colornet_is_theirs(
    theirs: Importer, scramble: Callable[..., nn.Module], tmp_path: Path
) -> None:
    expected_net = scramble(theirs("models.ExampleColorNet").ExampleColorNet(IN_CHANNELS))
    expected_net.conv10_ab.weight.data *= 0.2  # tanh must not run out
    torch.save(expected_net.state_dict(), tmp_path / method.COLORNET)
    net = build_colornet()
    fill(net, method.SYSTEM, method.COLORNET, MethodOptions(weights=tmp_path))
    noise = np.random.default_rng(0).normal(0, 2, (1, IN_CHANNELS, 40, 56))
    x = torch.from_numpy(noise.astype(np.float32))
    expected = expected_net.eval()(x)
    assert expected.std() > 0.05
    assert (expected.abs() < 0.95 * REACH).float().mean() > 0.9
    difference = (net.eval()(x) - expected).abs().max().item()
    print(f"largest difference {difference:.3g}, standard deviation {expected.std():.3g}")
    assert difference <= 1e-4


@pytest.mark.parametrize(
    ("photo_size", "combo_size"), [((60, 75), (60, 75)), ((256, 264), (256, 264))]
)
def test_input_is_theirs(
    theirs: Importer,
    combo_bytes: Callable[..., bytes],
    tmp_path: Path,
    photo_size: tuple[int, int],
    combo_size: tuple[int, int],
) -> None:
    """A photo and a generated file through their data set, to the network's 13 channels."""
    generator = np.random.default_rng(1)
    photo = generator.integers(0, 256, photo_size, np.uint8)
    for folder in ("input", "combo_new"):
        (tmp_path / folder).mkdir()
    Image.fromarray(photo).save(tmp_path / "input" / "a.png")
    path = tmp_path / "combo_new" / "a_b.combo"
    path.write_bytes(combo_bytes(*combo_size))
    (tmp_path / "pairs.txt").write_text("a.png b.png 1\n")

    t = theirs("lib.TestTransform")
    steps = [t.Resize(256), t.RGB2Lab(), t.ToTensor(), t.Normalize(), t.Concatenate()]
    data = theirs("lib.TestDataset").TestDataset(str(tmp_path), transform=t.Compose(steps))
    lightness, there, warped, _, _, back = data[0]
    expected = torch.cat([lightness, warped[1:], there, back])[None]

    found = network_input(photo, read_combo(path))
    assert found.shape == expected.shape == (1, 13, 256, 320 if photo_size[0] == 60 else 264)
    difference = (found - expected).abs().amax(dim=(0, 2, 3))
    print("largest differences of L, ab, errors", difference[[0, 1, 2]], difference[3:].max())
    assert difference.max() <= 1e-4


@pytest.mark.parametrize("name", ["in1_ref1", "ref1_in1", "in2_ref2", "ref2_in2"])
def test_their_files_are_read_as_they_read_them(theirs: Importer, demo: Path, name: str) -> None:
    path = demo / "combo_new" / f"{name}.combo"
    errors, warped, _ = theirs("lib.TestDataset").combo5_loader(str(path), 0, 0)
    found = read_combo(path)
    assert np.array_equal(found.warped, np.asarray(warped))
    for level in range(5):
        assert np.array_equal(found.there[level], np.asarray(errors[level][0]))
        assert np.array_equal(found.back[level], np.asarray(errors[level][1]))


@pytest.mark.parametrize("pair", [("in1", "ref1", "jpg"), ("in2", "ref2", "JPEG")])
@pytest.mark.parametrize("forward", [True, False])
def test_colours_are_voted_as_in_their_files(
    demo: Path, pair: tuple[str, str, str], forward: bool
) -> None:
    """Their field and reference give their warped picture, up to the decoder of JPEG."""
    first, second = pair[:2] if forward else pair[1::-1]
    expected = read_combo(demo / "combo_new" / f"{first}_{second}.combo").warped
    field = read_flow(demo / "flow" / f"{first}_{second}.txt", expected.shape[:2])
    found = vote(read_rgb(demo / "input" / f"{second}.{pair[2]}"), field)
    difference = np.abs(found.astype(int) - expected)
    print(f"mean difference {difference.mean():.3f}, largest {difference.max()} of 255")
    assert expected.std() > 20
    assert difference.mean() < 1


@pytest.mark.parametrize("pair", [("in1", "ref1"), ("in2", "ref2")])
def test_errors_come_back_as_in_their_files(demo: Path, pair: tuple[str, str]) -> None:
    """The way back, seen from the photo, is the reference's way there at the matched place."""
    there = read_combo(demo / "combo_new" / f"{pair[0]}_{pair[1]}.combo")
    other = read_combo(demo / "combo_new" / f"{pair[1]}_{pair[0]}.combo")
    rows, columns = read_flow(
        demo / "flow" / f"{pair[0]}_{pair[1]}.txt", there.warped.shape[:2]
    ).numpy()
    for level in range(5):
        assert np.array_equal(there.back[level], other.there[level][rows, columns])


def read_flow(path: Path, size: tuple[int, ...]) -> torch.Tensor:
    """Their text files: for each pixel how far right and down its match is."""
    steps = np.loadtxt(path, dtype=np.int64, max_rows=size[0] * size[1]).reshape(*size, 2)
    rows, columns = np.indices(size)
    return torch.from_numpy(np.stack([rows + steps[..., 1], columns + steps[..., 0]]))
