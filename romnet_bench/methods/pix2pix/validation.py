"""How good the U-Net is on photos that it does not train on, in dB and to look at."""

from pathlib import Path

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import PhotoSet
from romnet_bench.files import write_bytes
from romnet_bench.images import encode_png, to_rgb
from romnet_bench.methods.pix2pix.photo import make_picture
from romnet_bench.methods.pix2pix.presets import Task
from romnet_bench.methods.pix2pix.unet import UNet
from romnet_bench.training.held_out import held_out, psnr, sheet


class Validation:
    """A few photos of the validation split.

    Args:
        photos: that split.
        folder: where the pictures go.
        task: for "colour" the photos are their targets' own lightness.
    """

    def __init__(self, photos: PhotoSet, folder: Path, task: Task) -> None:
        self._folder = folder
        self._task: Task = task
        self._pairs = [
            (photo.input if task == "restore" else lightness_grey(photo.target), photo.target)
            for photo in held_out(photos)
        ]

    def score(self, unet: UNet, step: int) -> float:
        """Mean PSNR in dB; writes `step-NNNNNN.png`: input | output | target."""
        outputs = [make_picture(unet, self._task, grey) for grey, _ in self._pairs]
        rows = [
            [to_rgb(grey), output, target]
            for (grey, target), output in zip(self._pairs, outputs, strict=True)
        ]
        write_bytes(self._folder / f"step-{step:06d}.png", encode_png(sheet(rows)))
        scores = [psnr(output, target) for _, output, target in rows]
        return sum(scores) / len(scores)
