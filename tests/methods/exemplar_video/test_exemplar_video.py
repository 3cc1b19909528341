"""The method exemplar-video: any size, bounded memory, strict about its weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from romnet_bench.errors import UserError, WeightsError
from romnet_bench.methods.contract import MethodOptions, check_outputs
from romnet_bench.methods.exemplar_video import colornet, method, similarity
from romnet_bench.methods.exemplar_video.method import working_size
from romnet_bench.methods.exemplar_video.similarity import SimilarityNet


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predicts colours at small sizes: the same code in a tenth of the time."""
    monkeypatch.setattr(method, "AREA", 48 * 64)


@pytest.fixture(scope="module")
def video() -> method.ExemplarVideo:
    return method.ExemplarVideo(MethodOptions(untrained=True))


def photo(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(60, 190, (height, width), np.uint8)


def reference(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(9).integers(0, 256, (height, width, 3), np.uint8)


def test_any_size_goes_in_and_comes_out(small: None, video: method.ExemplarVideo) -> None:
    photos = [photo(*size) for size in [(1, 1), (33, 57), (64, 20), (90, 2), (72, 129)]]
    lent = [reference(*size) for size in [(50, 31), (1, 1), (3, 100), (48, 48), (72, 129)]]
    before = [x.copy() for x in (*photos, *lent)]
    outputs = video.restore(photos, lent)
    check_outputs(photos, outputs)
    assert np.array_equal(outputs[1], video.restore(photos[1:2], lent[1:2])[0])
    assert all(np.array_equal(a, b) for a, b in zip(before, (*photos, *lent), strict=True))
    assert video.notes == ["random weights"]
    assert set(video.fingerprint().values()) == {"random weights"}


def test_colours_come_from_the_reference(small: None, video: method.ExemplarVideo) -> None:
    grey = photo(48, 64)
    one, other = (
        video.restore([grey], [lent])[0]
        for lent in (reference(48, 64), np.full((48, 64, 3), 90, np.uint8))
    )
    assert np.abs(one.astype(int) - other).mean() > 1


def test_what_is_missing_is_said(video: method.ExemplarVideo, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs a colour reference"):
        video.restore([photo(20, 30)], [None])
    with pytest.raises(WeightsError, match="romnet-bench weights fetch"):
        method.load(MethodOptions(weights=tmp_path))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save(colornet.build_colornet().state_dict(), tmp_path / method.FEATURES)
    with pytest.raises(WeightsError, match="lacks conv"):
        method.load(MethodOptions(weights=tmp_path))


@torch.inference_mode()
def test_a_picture_lends_itself_its_own_colours() -> None:
    """Each place is most like itself, with a similarity of 1."""
    net = SimilarityNet().eval()
    maps = [
        torch.rand(1, c, 64 // s, 96 // s) for c, s in ((128, 2), (256, 4), (512, 8), (512, 16))
    ]
    colors = torch.rand(1, 2, 16, 24).repeat_interleave(4, 2).repeat_interleave(4, 3)
    net.phi.load_state_dict(net.theta.state_dict())
    warped, sure = net(maps, maps, colors, method.TEMPERATURE)
    assert torch.allclose(warped, colors, atol=1e-5)
    assert torch.allclose(sure, torch.ones(1, 1, 64, 96), atol=1e-5)


@torch.inference_mode()
def test_rows_at_once_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    queries, keys = torch.randn(8, 70, generator=generator), torch.randn(8, 90, generator=generator)
    values = torch.randn(90, 2, generator=generator)
    whole = (queries.T @ keys / 0.1).softmax(-1) @ values
    shapes = []
    for rows in (7, 1000):
        monkeypatch.setattr(similarity, "ROWS", rows)
        warped, best = similarity._attend(queries, keys, values, 0.1)
        assert torch.allclose(warped, whole, atol=1e-5)
        assert torch.allclose(best, (queries.T @ keys).amax(-1), atol=1e-5)
        shapes.append(warped.shape)
    assert shapes == [(70, 2), (70, 2)]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1080, 1920), (216, 384)),
        ((216, 384), (216, 384)),
        ((1, 1), (288, 288)),
        ((512, 768), (232, 352)),
        ((5, 5000), (32, 2592)),
        ((5000, 5), (2592, 32)),
    ],
)
def test_working_sizes(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert working_size(*size) == expected
    assert all(side % 8 == 0 for side in working_size(*size))
