"""For a person with a photo: the restored copy beside it, at its own size, nothing overwritten."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from romnet_bench.color import lightness_grey
from romnet_bench.errors import PictureError, UserError, is_out_of_memory
from romnet_bench.files import printable, require_writable, write_new
from romnet_bench.images import SUFFIXES, Picture, encode_png, read_picture, read_rgb
from romnet_bench.methods.contract import Method, restore_one

LONGEST_STEM = 200
"""Bytes of a photo's name that a result's keeps: file systems take 255 in all."""


def restore_files(
    method: Method, photos: list[Path], reference: Path | None, out: Path | None
) -> Iterator[tuple[Path, Path | str]]:
    """Restores photos one by one, each written as soon as it is done.

    Args:
        method: the system that restores.
        photos: picture files; a colour scan of an old photo is taken as grey.
        reference: a colour photo to take colours from, where the method wants one.
        out: a folder for the results, or for a single photo a file; beside each photo without.

    Yields:
        Each photo with the file that was written, or with a sentence that says why there is none.

    Raises:
        UserError: the reference cannot be read, `out` does not fit or exists already, or the
            folder of the results takes no files.
    """
    colors = None if reference is None else read_rgb(reference)
    file = None
    if out is not None and out.suffix.lower() in SUFFIXES and not out.is_dir():
        file = out
        if len(photos) > 1:
            raise UserError(f"{len(photos)} photos cannot go into one file {out}: give a folder.")
        if out.suffix.lower() != ".png":
            raise UserError(f"{out}: results are PNG, so end the name in .png.")
        if os.path.lexists(out):
            raise UserError(_taken(out))
    if out is not None:
        require_writable(file.parent if file else out)
    for photo in photos:
        try:
            grey = as_grey(read_picture(photo))
            if out is None:
                require_writable(photo.parent)
            content = encode_png(restore_one(method, photo.stem, grey, colors))
        except PictureError as error:
            yield photo, str(error)
            continue
        except UserError as error:
            yield photo, f"{printable(str(photo))}: {error}"
            continue
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            yield photo, f"{printable(str(photo))}: too large for the memory here: make it smaller."
            continue
        yield photo, _write_to(file, content) if file else _write_beside(photo, out, content)


def as_grey(picture: Picture) -> Picture:
    """A grey picture as it is, a coloured one (a sepia scan) by its lightness."""
    return picture if picture.ndim == 2 else lightness_grey(picture)


def free_name(photo: Path, folder: Path | None) -> Path:
    """`<photo>-restored.png` beside the photo or in `folder`, numbered if that name is taken.

    A link that leads nowhere takes its name too.
    """
    folder = folder or photo.parent
    stem = photo.stem
    while len(os.fsencode(stem)) > LONGEST_STEM:
        stem = stem[:-1]
    path = folder / f"{stem}-restored.png"
    numbers = itertools.count(2)
    while os.path.lexists(path):
        path = folder / f"{stem}-restored-{next(numbers)}.png"
    return path


def _write_beside(photo: Path, folder: Path | None, content: bytes) -> Path:
    while True:
        target = free_name(photo, folder)
        try:
            write_new(target, content)
        except FileExistsError:
            continue  # another program was quicker: the next name
        return target


def _write_to(file: Path, content: bytes) -> Path:
    try:
        write_new(file, content)
    except FileExistsError:
        raise UserError(_taken(file)) from None
    return file


def _taken(file: Path) -> str:
    return f"{file} exists already and is not overwritten: choose another --out."
