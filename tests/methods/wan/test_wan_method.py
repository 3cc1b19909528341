"""Both methods of Wan et al., with random weights and with files of weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from romnet_bench.errors import WeightsError
from romnet_bench.methods.contract import Method, MethodOptions, check_outputs
from romnet_bench.methods.fill import UNTRAINED
from romnet_bench.methods.wan import method
from romnet_bench.published.manifest import find_method, read_manifest
from romnet_bench.weights import fingerprint

UNTRAINED_OPTIONS = MethodOptions(untrained=True)
FILES = {
    "wan": {
        "encoder": method.OLD_PHOTOS,
        "mapping": method.MAPPING,
        "decoder": method.CLEAN_PHOTOS,
    },
    "wan-scratches": {
        "detector": method.DETECTOR,
        "encoder": method.OLD_PHOTOS,
        "mapping": method.MAPPING_SCRATCHES,
        "decoder": method.CLEAN_PHOTOS_SCRATCHES,
    },
}


@pytest.fixture(scope="module", params=[method.load, method.load_scratches])
def untrained(request) -> Method:
    return request.param(UNTRAINED_OPTIONS)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_photos_of_odd_sizes_keep_them(untrained):
    photos = [noise(1, 1), noise(39, 33), noise(19, 18, 3)]
    outputs = untrained.restore(photos, [None] * 3)
    check_outputs(photos, outputs)
    assert outputs[1].std() > 5
    assert np.array_equal(untrained.restore(photos[:1], [None])[0], outputs[0])


def test_random_weights_are_said(untrained):
    assert isinstance(untrained, Method)
    assert untrained.notes == [UNTRAINED]
    assert untrained.fingerprint() == dict.fromkeys(FILES[untrained.name], UNTRAINED)


def test_facts_are_the_manifests(untrained):
    manifest, facts = find_method(untrained.name)
    assert manifest.name == method.SYSTEM
    for name in ("name", "label", "restores", "colorizes", "needs_reference"):
        assert getattr(untrained, name) == getattr(facts, name)
    files = {entry.file for entry in manifest.weights if facts.name in entry.methods}
    assert files == set(FILES[untrained.name].values())
    assert any("face" in limit for limit in manifest.limits)


def write_weights(folder: Path, source: Method) -> MethodOptions:
    """The networks of a method as files, in the place and the form of the published ones."""
    networks = source._through.keywords
    for part, file in FILES[source.name].items():
        path = folder / "wan" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        state = networks[part].state_dict()
        if part == "detector":
            state = {"model_state": state, "epoch": 3, "optimizer": {"state": {}}}
        elif part in ("encoder", "decoder"):
            whole = method.Vae()
            getattr(whole, part).load_state_dict(state)
            state = whole.state_dict()
        torch.save(state, path)
    return MethodOptions(weights=folder)


def test_files_of_weights_give_their_networks(untrained, any_weights, tmp_path):
    options = write_weights(tmp_path, untrained)
    loaded = {"wan": method.load, "wan-scratches": method.load_scratches}[untrained.name](options)
    photos = [noise(23, 20)]
    expected = untrained.restore(photos, [None])[0]
    assert np.array_equal(loaded.restore(photos, [None])[0], expected)
    assert loaded.notes == []
    assert loaded.fingerprint() == {
        part: fingerprint(tmp_path / "wan" / file) for part, file in FILES[untrained.name].items()
    }


def test_weights_of_another_network_are_refused(any_weights, tmp_path):
    path = tmp_path / "wan" / method.OLD_PHOTOS
    path.parent.mkdir(parents=True)
    torch.save(method.Vae().encoder.state_dict(), path)
    with pytest.raises(WeightsError, match="is of another network: it lacks decoder"):
        method.load(MethodOptions(weights=tmp_path))


def test_missing_weights_are_named(no_weights, tmp_path):
    with pytest.raises(WeightsError, match="VAE_A_quality"):
        method.load(MethodOptions(weights=tmp_path))
    with pytest.raises(WeightsError, match="FT_Epoch_latest"):
        method.load_scratches(MethodOptions(weights=tmp_path))


def test_the_published_detector_is_known_by_its_sha256(tmp_path):
    """Another file of that name is refused, were it a network of the same form."""
    assert read_manifest("wan").weight_file(method.DETECTOR).sha256
    path = tmp_path / "wan" / method.DETECTOR
    path.parent.mkdir(parents=True)
    torch.save({"model_state": {"any": torch.zeros(1)}}, path)
    with pytest.raises(WeightsError, match="published"):
        method.load_scratches(MethodOptions(weights=tmp_path))
