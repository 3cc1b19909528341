"""Wan et al. behind the Method contract, for photos without and with scratches.

The networks restore in RGB and were trained on colour photos besides: a grey photo may come back
with a faint tint, which is left in as theirs. The face stage is another system, and left out.
"""

import functools
from collections.abc import Callable

import torch

from romnet_bench.images import Picture
from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.methods.fill import fill, notes_of
from romnet_bench.methods.wan.mapping import Mapping, ScratchMapping
from romnet_bench.methods.wan.restoration import restore, restore_scratched
from romnet_bench.methods.wan.scratch_detector import ScratchDetector
from romnet_bench.methods.wan.vae import Vae

SYSTEM = "wan"
DETECTOR = "checkpoints/detection/FT_Epoch_latest.pt"
OLD_PHOTOS = "checkpoints/restoration/VAE_A_quality/latest_net_G.pth"
CLEAN_PHOTOS = "checkpoints/restoration/VAE_B_quality/latest_net_G.pth"
CLEAN_PHOTOS_SCRATCHES = "checkpoints/restoration/VAE_B_scratch/latest_net_G.pth"
MAPPING = "checkpoints/restoration/mapping_quality/latest_net_mapping_net.pth"
MAPPING_SCRATCHES = "checkpoints/restoration/mapping_scratch/latest_net_mapping_net.pth"
"""As `baselines/wan/manifest.yaml` and the authors' archive name the files."""


class Wan:
    """One of the two ways through their networks.

    Args:
        name: of the method.
        label: how tables call it.
        through: restores one photo H×W, as H×W×3.
        origins: where the weights of each network come from, as `fill` says.
    """

    restores = True
    colorizes = False
    needs_reference = False

    def __init__(
        self, name: str, label: str, through: Callable[[Picture], Picture], origins: dict[str, str]
    ) -> None:
        self.name = name
        self.label = label
        self.notes = notes_of(*origins.values())
        self._through = through
        self._origins = origins

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Photos H×W of any sizes → restored photos H×W×3."""
        del references
        return [self._through(photo) for photo in photos]

    def fingerprint(self) -> dict[str, str]:
        """The SHA-256 of each network's weights."""
        return dict(self._origins)


def load(options: MethodOptions) -> Method:
    """For photos that are faded, blurred or noisy.

    Raises:
        WeightsError: weights are missing, damaged, or of another network.
    """
    old_photos, clean_photos, mapping = Vae(), Vae(), Mapping()
    origins = {
        "encoder": fill(old_photos, SYSTEM, OLD_PHOTOS, options),
        "mapping": fill(mapping, SYSTEM, MAPPING, options),
        "decoder": fill(clean_photos, SYSTEM, CLEAN_PHOTOS, options),
    }
    device = torch.device(options.device)
    through = functools.partial(
        restore,
        encoder=old_photos.encoder.to(device).eval(),
        mapping=mapping.to(device).eval(),
        decoder=clean_photos.decoder.to(device).eval(),
        device=device,
    )
    return Wan("wan", "Wan et al.", through, origins)


def load_scratches(options: MethodOptions) -> Method:
    """For photos that are scratched besides: scratches are found, then filled.

    Raises:
        WeightsError: weights are missing, damaged, or of another network.
    """
    detector, old_photos, mapping, clean_photos = ScratchDetector(), Vae(), ScratchMapping(), Vae()
    origins = {
        "detector": fill(detector, SYSTEM, DETECTOR, options, inside="model_state"),
        "encoder": fill(old_photos, SYSTEM, OLD_PHOTOS, options),
        "mapping": fill(mapping, SYSTEM, MAPPING_SCRATCHES, options),
        "decoder": fill(clean_photos, SYSTEM, CLEAN_PHOTOS_SCRATCHES, options),
    }
    device = torch.device(options.device)
    through = functools.partial(
        restore_scratched,
        detector=detector.to(device).eval(),
        encoder=old_photos.encoder.to(device).eval(),
        mapping=mapping.to(device).eval(),
        decoder=clean_photos.decoder.to(device).eval(),
        device=device,
    )
    return Wan("wan-scratches", "Wan et al., scratches", through, origins)
