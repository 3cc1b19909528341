"""DDColor behind the Method contract."""

import torch
from torch import Tensor
from torch.nn import functional

from romnet_bench.color import picture_to_tensor
from romnet_bench.images import Picture
from romnet_bench.methods.chroma import paint
from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.methods.ddcolor.checkpoint import CONTAINER, adapt
from romnet_bench.methods.ddcolor.convnext import LARGE, TINY, Size
from romnet_bench.methods.ddcolor.network import DDColor
from romnet_bench.methods.fill import fill, notes_of

SIDE = 512
"""Of the square that the network sees, as in the authors' pipeline."""


class Ddcolor:
    """Colours a grey photo; damage stays.

    Args:
        name: of `--method`.
        label: how tables call it.
        size: of the network's encoder.
        file: the published weights, as the manifest names them.
        options: where they lie, and where the network runs.

    Raises:
        WeightsError: they are missing, damaged, or of another network.
    """

    restores = False
    colorizes = True
    needs_reference = False

    def __init__(
        self, name: str, label: str, size: Size, file: str, options: MethodOptions
    ) -> None:
        self.name = name
        self.label = label
        self._device = torch.device(options.device)
        network = DDColor(size)
        self._origin = fill(network, "ddcolor", file, options, inside=CONTAINER, adapt=adapt)
        self._network = network.to(self._device).eval()
        self.notes = notes_of(self._origin)

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos H×W → colour photos H×W×3, the lightness as it was."""
        del references
        return [paint(photo, self._chroma(photo)) for photo in photos]

    def fingerprint(self) -> dict[str, str]:
        """The weights' SHA-256."""
        return {"weights": self._origin}

    @torch.inference_mode()
    def _chroma(self, photo: Picture) -> Tensor:
        """Lab a and b, 1×2×H×W, on the CPU."""
        # The authors take a colour picture to Lab and back with a = b = 0; grey is that already.
        seen = functional.interpolate(
            picture_to_tensor(photo), (SIDE, SIDE), mode="bilinear", align_corners=False
        )
        ab = self._network(seen.expand(-1, 3, -1, -1).to(self._device))
        # By the nearest pixel: the authors' pipeline leaves it at torch's default.
        return functional.interpolate(ab.cpu(), photo.shape[:2], mode="nearest")


def load(options: MethodOptions) -> Method:
    """The small network, `ddcolor_paper_tiny`."""
    return Ddcolor("ddcolor", "DDColor", TINY, "ddcolor_paper_tiny.pth", options)


def load_large(options: MethodOptions) -> Method:
    """The large network, `ddcolor_modelscope`, the authors' default."""
    return Ddcolor("ddcolor-large", "DDColor, large", LARGE, "ddcolor_modelscope.pth", options)
