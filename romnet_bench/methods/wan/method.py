"""Wan et al. behind the Method contract, for photos without and with scratches.

The networks restore in RGB and were trained on colour photos besides: a grey photo may come back
with a faint tint, which is left in as theirs. The face stage is another system, and left out.
"""

import torch
from torch import nn

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
    """For photos that are faded, blurred or noisy.

    Args:
        options: its device and its weights.

    Raises:
        WeightsError: weights are missing, damaged, or of another network.
    """

    name = "wan"
    label = "Wan et al."
    restores = True
    colorizes = False
    needs_reference = False

    def __init__(self, options: MethodOptions) -> None:
        self._device = torch.device(options.device)
        old_photos, clean_photos, self._mapping = Vae(), Vae(), Mapping()
        self._origins = {
            "encoder": fill(old_photos, SYSTEM, OLD_PHOTOS, options),
            "mapping": fill(self._mapping, SYSTEM, MAPPING, options),
            "decoder": fill(clean_photos, SYSTEM, CLEAN_PHOTOS, options),
        }
        self._encoder, self._decoder = old_photos.encoder, clean_photos.decoder
        _ready(self._device, self._encoder, self._mapping, self._decoder)
        self.notes = notes_of(*self._origins.values())

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Photos H×W of any sizes → restored photos H×W×3."""
        del references
        return [
            restore(
                photo,
                encoder=self._encoder,
                mapping=self._mapping,
                decoder=self._decoder,
                device=self._device,
            )
            for photo in photos
        ]

    def fingerprint(self) -> dict[str, str]:
        """The SHA-256 of each network's weights."""
        return dict(self._origins)


class WanScratches:
    """For photos that are scratched besides: scratches are found, then filled.

    Args:
        options: its device and its weights.

    Raises:
        WeightsError: weights are missing, damaged, or of another network.
    """

    name = "wan-scratches"
    label = "Wan et al., scratches"
    restores = True
    colorizes = False
    needs_reference = False

    def __init__(self, options: MethodOptions) -> None:
        self._device = torch.device(options.device)
        self._detector, self._mapping = ScratchDetector(), ScratchMapping()
        old_photos, clean_photos = Vae(), Vae()
        self._origins = {
            "detector": fill(self._detector, SYSTEM, DETECTOR, options, inside="model_state"),
            "encoder": fill(old_photos, SYSTEM, OLD_PHOTOS, options),
            "mapping": fill(self._mapping, SYSTEM, MAPPING_SCRATCHES, options),
            "decoder": fill(clean_photos, SYSTEM, CLEAN_PHOTOS_SCRATCHES, options),
        }
        self._encoder, self._decoder = old_photos.encoder, clean_photos.decoder
        _ready(self._device, self._detector, self._encoder, self._mapping, self._decoder)
        self.notes = notes_of(*self._origins.values())

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Photos H×W of any sizes → restored photos H×W×3."""
        del references
        return [
            restore_scratched(
                photo,
                detector=self._detector,
                encoder=self._encoder,
                mapping=self._mapping,
                decoder=self._decoder,
                device=self._device,
            )
            for photo in photos
        ]

    def fingerprint(self) -> dict[str, str]:
        """The SHA-256 of each network's weights."""
        return dict(self._origins)


def load(options: MethodOptions) -> Method:
    """Without scratch detection."""
    return Wan(options)


def load_scratches(options: MethodOptions) -> Method:
    """With scratch detection."""
    return WanScratches(options)


def _ready(device: torch.device, *networks: nn.Module) -> None:
    for network in networks:
        network.to(device).eval()
