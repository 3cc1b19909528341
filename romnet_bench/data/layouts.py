"""The folders of pictures that other code wants: where each picture of a pair stands, as what."""

from collections.abc import Callable

import numpy as np

from romnet_bench.data.records import Photo
from romnet_bench.images import Picture, to_rgb

Layout = Callable[[Photo, str, str], dict[str, Picture]]
"""(photo, its safe name, its split) → path in the folder, with "/", → picture."""

REFERENCES = "references"
"""The split whose targets are colour references, as `package realold` makes it."""


def folders(photo: Photo, name: str, split: str) -> dict[str, Picture]:
    """`SPLIT/input/NAME.png`, `SPLIT/target/NAME.png` and, where there is one, `SPLIT/mask/…`."""
    pictures = {"input": photo.input, "target": photo.target}
    if photo.mask is not None:
        pictures["mask"] = photo.mask
    return {f"{split}/{column}/{name}.png": picture for column, picture in pictures.items()}


def pix2pix(photo: Photo, name: str, split: str) -> dict[str, Picture]:
    """Input and target side by side in RGB, `train/`, `val/` and `test/`: "aligned" A|B pairs.

    What `AlignedDataset` of junyanz/pytorch-CycleGAN-and-pix2pix reads with `--direction AtoB`:
    H×2W×3, cut in the middle. It has no place for masks.
    """
    phase = {"validation": "val"}.get(split, split)
    return {f"{phase}/{name}.png": np.hstack([to_rgb(photo.input), photo.target])}


def pikfix(photo: Photo, name: str, split: str) -> dict[str, Picture]:
    """`SPLIT/NAMEo.png` (grey) and `SPLIT/NAMEt.png` (colour); references by themselves.

    What DerrickXuNu/Pik-Fix reads, and the form in which RealOld is sent: one folder of pairs, and
    a folder of colour references (the targets of the split "references"). No masks.
    """
    if split == REFERENCES:
        return {f"{split}/{name}.png": photo.target}
    return {f"{split}/{name}o.png": photo.input, f"{split}/{name}t.png": photo.target}


LAYOUTS: dict[str, Layout] = {"folders": folders, "pix2pix": pix2pix, "pikfix": pikfix}
