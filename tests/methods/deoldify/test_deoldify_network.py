"""The parts of DeOldify's U-Net, and the layout of the published files."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from romnet_bench.methods.deoldify.blocks import Enlarge, SelfAttention, WideStage
from romnet_bench.methods.deoldify.checkpoint import plain
from romnet_bench.methods.deoldify.network import ColorUNet, artistic, stable
from romnet_bench.published.manifest import read_manifest

NETWORKS = [("ColorizeArtistic_gen.pth", artistic), ("ColorizeStable_gen.pth", stable)]


def on_no_device(build: Callable[[], ColorUNet]) -> ColorUNet:
    """Shapes alone: the stable network holds 870 MB."""
    with torch.device("meta"):
        return build().eval()


@pytest.mark.parametrize(("file", "build"), NETWORKS)
def test_layout_fills_the_published_file(file: str, build: Callable[[], ColorUNet]) -> None:
    """Its size is known, and all but some bytes a tensor are the tensors themselves."""
    state = on_no_device(build).state_dict()
    payload = sum(values.numel() * values.element_size() for values in state.values())
    for key, values in state.items():
        # What normalisation adds to a file: u and v, or one length for each output channel.
        if values.ndim >= 3 and not key.startswith("layers.0."):
            weight_normalised = key.startswith("layers.8.")
            payload += 4 * (len(values) + (0 if weight_normalised else values[0].numel()))
    overhead = read_manifest("deoldify").weight_file(file).bytes - payload
    assert 100 < overhead / len(state) < 300


@pytest.mark.parametrize(("file", "build"), NETWORKS)
@pytest.mark.parametrize("side", [16, 112, 560])
def test_output_has_the_inputs_size(file: str, build: Callable[[], ColorUNet], side: int) -> None:
    output = on_no_device(build)(torch.empty(1, 3, side, side, device="meta"))
    assert output.shape == (1, 3, side, side)


@torch.inference_mode()
def test_enlarging_shuffles_and_then_averages() -> None:
    torch.manual_seed(0)
    enlarge = Enlarge(3, 2).eval()
    features = torch.randn(2, 3, 4, 5)
    shuffled = enlarge.conv(features).clamp_min(0).view(2, 2, 2, 2, 4, 5)  # B C y x H W
    shuffled = shuffled.permute(0, 1, 4, 2, 5, 3).reshape(2, 2, 8, 10).numpy()
    up = np.concatenate([shuffled[:, :, :1], shuffled[:, :, :-1]], axis=2)
    both = shuffled + up
    left = np.concatenate([both[..., :1], both[..., :-1]], axis=3)
    np.testing.assert_allclose(enlarge(features).numpy(), (both + left) / 4, atol=1e-6)


@torch.inference_mode()
def test_attention_is_a_softmax_over_queries() -> None:
    torch.manual_seed(0)
    attention = SelfAttention(16).double()
    attention.gamma.fill_(0.7)
    features = torch.randn(1, 16, 3, 4, dtype=torch.float64)
    places = features[0].flatten(1).numpy()
    query, key, value = (
        layer.weight[..., 0].numpy() @ places
        for layer in (attention.query, attention.key, attention.value)
    )
    expected = np.empty_like(places)
    for place in range(12):
        shares = np.exp(query.T @ key[:, place])
        expected[:, place] = places[:, place] + 0.7 * value @ (shares / shares.sum())
    np.testing.assert_allclose(attention(features)[0].flatten(1), expected, atol=1e-12)


def test_attention_that_learned_nothing_passes_its_input() -> None:
    features = torch.randn(1, 8, 2, 3)
    assert torch.equal(SelfAttention(8)(features), features)


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 9), width=st.integers(1, 9))
@torch.inference_mode()
def test_stage_gives_the_encoders_size(height: int, width: int) -> None:
    below = torch.zeros(1, 4, (height + 1) // 2, (width + 1) // 2)
    output = WideStage(4, 3, 5).eval()(below, torch.zeros(1, 3, height, width))
    assert output.shape == (1, 5, height, width)


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
@torch.inference_mode()
def test_both_normalisations_fold_into_plain_weights() -> None:
    torch.manual_seed(0)
    normalised = nn.Sequential(
        nn.utils.spectral_norm(nn.Conv2d(3, 4, 3, bias=False)),
        nn.utils.weight_norm(nn.Conv2d(4, 5, 1)),
        nn.Conv2d(5, 2, 1),
    ).eval()
    normalised[1].weight_g.uniform_(-2, 2)
    folded = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.Conv2d(4, 5, 1), nn.Conv2d(5, 2, 1))
    folded.load_state_dict(plain(normalised.state_dict()))
    picture = torch.randn(1, 3, 6, 6)
    torch.testing.assert_close(folded(picture), normalised(picture))


@pytest.mark.parametrize(
    ("length", "direction"),
    [
        (torch.ones(3), torch.ones(2, 2)),
        (torch.ones(1), torch.tensor(1.0)),
        (torch.ones(2, 1), torch.ones(2, 2, dtype=torch.int64)),
        (torch.ones(2, 2), torch.ones(2, 2)),
    ],
)
def test_lengths_and_directions_that_do_not_fit_are_left_alone(length, direction):
    state = {"a.weight_g": length, "a.weight_v": direction}
    assert plain(state) == state
