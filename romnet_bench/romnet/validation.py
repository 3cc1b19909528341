"""How good the network is on photos that it does not train on, in dB and to look at."""

from pathlib import Path

from romnet_bench.data.records import PhotoSet
from romnet_bench.files import write_bytes
from romnet_bench.images import encode_png, to_rgb
from romnet_bench.references.choice import RankedReferences
from romnet_bench.references.features import Features
from romnet_bench.romnet.inference import restore_picture
from romnet_bench.romnet.model import ROMNet
from romnet_bench.training.held_out import evenly, held_out, psnr, sheet

LENDERS = 200
"""So many training photos are looked at for their references: a start must not take minutes."""


class Validation:
    """A few photos of the validation split, with their references chosen once.

    Args:
        photos: the validation split.
        references: the split that lends colours.
        folder: where the pictures go.
        features: what ranks the references, see `references.features`. Poor references make good
            colours look worse than none: of two networks the duller would win.
    """

    def __init__(
        self, photos: PhotoSet, references: PhotoSet, folder: Path, features: Features
    ) -> None:
        self._folder = folder
        self._photos = held_out(photos)
        lenders = [references.ids[index] for index in evenly(len(references), LENDERS)]
        chooser = RankedReferences(references, features, ids=lenders)
        self._references = [chooser.choose(photo).picture for photo in self._photos]

    def score(self, model: ROMNet, step: int) -> float:
        """Mean PSNR in dB; writes `step-NNNNNN.png`: input | reference | output | target."""
        model.eval()
        rows, scores = [], []
        for photo, reference in zip(self._photos, self._references, strict=True):
            output = restore_picture(model, photo.input, reference)
            scores.append(psnr(output, photo.target))
            rows.append([to_rgb(photo.input), reference, output, photo.target])
        model.train()
        write_bytes(self._folder / f"step-{step:06d}.png", encode_png(sheet(rows)))
        return sum(scores) / len(scores)
