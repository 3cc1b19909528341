"""What the tests of Wan et al. share: files of weights that are not the published ones."""

from collections.abc import Iterator

import pytest

from romnet_bench.published import places
from romnet_bench.published.manifest import Manifest, read_manifest


@pytest.fixture(scope="module")
def any_weights() -> Iterator[None]:
    """Takes files of the published names whatever they hold: their SHA-256 is not asked for."""

    def without_sha256(system: str) -> Manifest:
        manifest = read_manifest(system)
        files = tuple(entry.model_copy(update={"sha256": None}) for entry in manifest.weights)
        return manifest.model_copy(update={"weights": files})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "read_manifest", without_sha256)
        yield
