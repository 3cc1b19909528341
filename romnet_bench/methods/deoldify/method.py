"""DeOldify behind the Method contract."""

from collections.abc import Callable

import torch
from torch import nn

from romnet_bench.errors import UserError
from romnet_bench.images import Picture
from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.methods.deoldify.checkpoint import plain
from romnet_bench.methods.deoldify.network import ColorUNet, artistic, stable
from romnet_bench.methods.deoldify.render import paint, squash, to_picture
from romnet_bench.methods.fill import fill, notes_of

RENDER_FACTOR = 35
"""Upstream's default for photos: a square of 560 pixels."""

LOWEST = 7
"""Where upstream's slider begins: a square of 112 pixels."""


class DeOldify:
    """Colourises a grey photo; damage stays.

    Args:
        name: of the variant.
        label: how tables call it.
        network: filled, on the CPU.
        origin: where its weights come from, as `fill` says.
        device: where it runs.
        render_factor: the network sees a square of 16 times as many pixels.
    """

    restores = False
    colorizes = True
    needs_reference = False

    def __init__(
        self,
        name: str,
        label: str,
        network: nn.Module,
        origin: str,
        *,
        device: str,
        render_factor: int,
    ) -> None:
        self.name = name
        self.label = label
        self.notes = notes_of(origin)
        self._origin = origin
        self._device = device
        self._render_factor = render_factor
        self._network = network.to(device).eval()

    @torch.inference_mode()
    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos H×W → colour photos H×W×3, of the same luma but where colours clip.

        Raises:
            RuntimeError: memory ran out; upstream gives back the grey photo without a word.
        """
        del references
        outputs = []
        for photo in photos:
            square = squash(photo, self._render_factor).to(self._device)
            outputs.append(paint(photo, to_picture(self._network(square))))
        return outputs

    def fingerprint(self) -> dict[str, str]:
        """The weights' SHA-256 and the render factor."""
        return {"weights": self._origin, "render_factor": str(self._render_factor)}


def load_artistic(options: MethodOptions) -> Method:
    """The vivid variant."""
    return _load("artistic", artistic, "ColorizeArtistic_gen.pth", options)


def load_stable(options: MethodOptions) -> Method:
    """The steadier variant, for portraits and landscapes."""
    return _load("stable", stable, "ColorizeStable_gen.pth", options)


def _load(
    variant: str, build: Callable[[], ColorUNet], file: str, options: MethodOptions
) -> DeOldify:
    render_factor = _render_factor(options)
    network = build()
    origin = fill(network, "deoldify", file, options, inside="model", adapt=plain)
    return DeOldify(
        f"deoldify-{variant}",
        f"DeOldify, {variant}",
        network,
        origin,
        device=options.device,
        render_factor=render_factor,
    )


def _render_factor(options: MethodOptions) -> int:
    if options.render_factor is None:
        return RENDER_FACTOR
    if options.render_factor < LOWEST:
        raise UserError(
            f"DeOldify's render factor must be {LOWEST} or more, not {options.render_factor}: its "
            f"authors take {RENDER_FACTOR}, and up to 45 where memory allows."
        )
    return options.render_factor
