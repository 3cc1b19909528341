"""Published weights into networks: strictly, folded, or random and said so."""

import json
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from romnet_bench import weights
from romnet_bench.errors import WeightsError
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.fill import UNTRAINED, fill, notes_of, randomize, strictly
from romnet_bench.methods.spectral_norm import fold


def network() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))


def test_what_fits_is_loaded_with_or_without_counters():
    source, target = network(), network()
    state = source.state_dict()
    del state["1.num_batches_tracked"]
    strictly(target, state, "a file")
    for key, values in state.items():
        assert torch.equal(target.state_dict()[key], values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.pop("2.bias"), "it lacks 2.bias"),
        (lambda state: state.update(more=torch.ones(1)), "has besides more"),
        (lambda state: state.update({"0.weight": torch.ones(4, 3, 3, 3)}), "shape 0.weight"),
        (lambda state: state.update({"2.bias": torch.ones(2, dtype=torch.int64)}), "kind .*2.bias"),
        (lambda state: state.update({"2.bias": torch.ones(2) + 1j}), "kind of numbers 2.bias"),
        (
            lambda state: state.update({"\x1b" + "x" * 999: torch.ones(1)}),
            r"has besides \\x1bx{1,99}\.",
        ),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_changes_nothing(change, said):
    target = network()
    before = {key: values.clone() for key, values in target.state_dict().items()}
    state = dict(network().state_dict())
    change(state)
    with pytest.raises(WeightsError, match=said) as refused:
        strictly(target, state, "x.pth")
    assert str(refused.value).startswith("x.pth is of another network")
    assert all(torch.equal(before[key], values) for key, values in target.state_dict().items())


@pytest.mark.parametrize(
    "values", [torch.tensor([1.0, torch.nan]), torch.tensor([1.0, 1e300], dtype=torch.float64)]
)
def test_what_is_no_number_is_refused(values):
    """The second is a number in the file, and infinite in the network's precision."""
    with pytest.raises(WeightsError, match=r"x.pth is damaged, .* 2.bias .*: fetch it again"):
        strictly(network(), {**network().state_dict(), "2.bias": values}, "x.pth")


def test_many_missing_keys_are_counted():
    with pytest.raises(WeightsError, match=r"lacks 0.bias, 0.weight, 1.bias and 5 more"):
        strictly(network(), {}, "x.pth")


def test_random_weights_depend_on_seed_and_name_alone():
    torch.manual_seed(1)
    first = network()
    randomize(first, "a.pth")
    torch.manual_seed(2)
    second, other, seeded = network(), network(), network()
    randomize(second, "a.pth")
    randomize(other, "b.pth")
    randomize(seeded, "a.pth", seed=1)
    assert all(
        torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )
    assert not torch.equal(first[0].weight, other[0].weight)
    assert not torch.equal(first[0].weight, seeded[0].weight)


def test_random_weights_are_said():
    assert fill(network(), "ddcolor", "any.pth", MethodOptions(untrained=True)) == UNTRAINED
    assert notes_of("0" * 64, UNTRAINED) == [UNTRAINED]
    assert notes_of("0" * 64) == []


def test_folding_equals_torch_spectral_norm():
    """Against `torch.nn.utils.spectral_norm` in evaluation mode, within 1e-6."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        normed = torch.nn.utils.spectral_norm(nn.Conv2d(3, 5, 3))
        x = torch.randn(1, 3, 9, 9, generator=torch.Generator().manual_seed(0))
        normed.train()
        normed(x)  # moves u and v, and so σ, away from where they began
        normed.eval()
        expected = normed(x)
    state = normed.state_dict()
    plain = nn.Conv2d(3, 5, 3)
    strictly(plain, fold(dict(state)), "folded")
    assert torch.allclose(plain(x), expected, atol=1e-6)


def test_folding_takes_the_normalised_weight_of_old_checkpoints():
    state = {"0.weight": torch.ones(2, 2), "0.weight_orig": torch.full((2, 2), 3.0)}
    state["0.weight_u"] = torch.ones(2)
    assert fold(state) == {"0.weight": state["0.weight"]}


def test_incomplete_groups_are_left_for_strict_loading_to_name():
    state = {"0.weight_orig": torch.ones(2, 2), "1.bias": torch.ones(1)}
    assert fold(state).keys() == state.keys()


@pytest.mark.parametrize(
    ("weight", "u", "v"),
    [
        (torch.tensor(1.0), torch.ones(1), torch.ones(1)),
        (torch.ones(2, 3), torch.ones(3), torch.ones(3)),
        (torch.ones(2, 3), torch.ones(2), torch.ones(3, 1)),
        (torch.ones(2, 3, dtype=torch.int64), torch.ones(2), torch.ones(3)),
    ],
)
def test_groups_that_do_not_fit_together_are_left_alone(weight, u, v):
    state = {"0.weight_orig": weight, "0.weight_u": u, "0.weight_v": v}
    assert fold(state) == state


def test_only_what_proved_useful_becomes_what_is_meant(tmp_path, monkeypatch):
    """A damaged file and another network's are refused, and the right one is taken after them."""
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "cache"))
    options = MethodOptions(weights=tmp_path)
    path = tmp_path / "example_net.pth"
    torch.save(network().state_dict(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(WeightsError, match="holds no weights that can be read"):
        fill(network(), "he", "example_net.pth", options)
    torch.save({"other": torch.ones(3)}, path)
    with pytest.raises(WeightsError, match="of another network"):
        fill(network(), "he", "example_net.pth", options)
    path.write_bytes(whole)
    fill(network(), "he", "example_net.pth", options)
    torch.save(network().state_dict(), path)  # other values: another file of the same network
    with pytest.raises(WeightsError, match="first used"):
        fill(network(), "he", "example_net.pth", options)


@pytest.mark.parametrize("zipped", [True, False])
def test_learning_rates_as_fastai_keeps_them_do_not_refuse_the_tensors_beside(tmp_path, zipped):
    path = tmp_path / "x.pth"
    saved = {"model": network().state_dict(), "opt": {"lr": slice(None, 0.003, None)}}
    torch.save(saved, path, _use_new_zipfile_serialization=zipped)
    strictly(network(), weights.load(path, inside="model"), "x.pth")


def test_ledger_and_files_of_a_real_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """From a folder, by name, with the SHA-256 that goes into the fingerprint."""
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(weights.VARIABLE, raising=False)
    folder = tmp_path / "offline" / "he"
    folder.mkdir(parents=True)
    torch.save(network().state_dict(), folder / "example_net.pth")
    filled = network()
    sha256 = fill(filled, "he", "example_net.pth", MethodOptions(weights=tmp_path / "offline"))
    assert sha256 == weights.fingerprint(folder / "example_net.pth")
    json.dumps(sha256)
    with pytest.raises(WeightsError, match="weights fetch he"):
        fill(network(), "he", "example_net.pth", MethodOptions())
