"""The pictures that people see, made before the study starts: one size, one form, no metadata.

Every picture of a photo, the input too, has the input's size (within a bound) and is the same kind
of PNG, so that nothing but what it shows tells whose it is. They are kept beside the database,
so a page never waits for one to be made. A study that is started again still needs its runs, which
must be the same then.
"""

import dataclasses
import os
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from romnet_bench.errors import PictureError
from romnet_bench.files import printable, write_bytes
from romnet_bench.images import Picture, encode_png, limit_side, resize
from romnet_bench.progress import track
from romnet_bench.report.pictures import Scene, load_scene
from romnet_bench.report.runs import Run
from romnet_bench.study.definition import Definition
from romnet_bench.study.gather import Gathered

_BLOCKS = 10  # a ruined copy's, along its shorter side
_SIZE_IN_PNG = slice(16, 24)  # the width and height in the first chunk (PNG, 11.2.2)


@dataclasses.dataclass(frozen=True)
class Shelf:
    """Where the pictures of a study stand; `photo` and `method` are numbers of its definition."""

    folder: Path

    def input(self, photo: int) -> Path:
        """The old photo itself."""
        return self.folder / f"{photo:05d}-input.png"

    def output(self, photo: int, method: int) -> Path:
        """What a method made of it."""
        return self.folder / f"{photo:05d}-{method:02d}.png"

    def ruined(self, photo: int) -> Path:
        """What stands for an output in an attention check."""
        return self.folder / f"{photo:05d}-ruined.png"

    def size(self, photo: int) -> tuple[int, int]:
        """Width and height of each of a photo's pictures, in pixels.

        Raises:
            PictureError: the input is gone or cut short.
        """
        path = self.input(photo)
        try:
            with path.open("rb") as handle:
                width, height = struct.unpack(">II", handle.read(_SIZE_IN_PNG.stop)[_SIZE_IN_PNG])
        except (OSError, struct.error) as error:
            raise _lost(path, error) from None
        return width, height


def read_file(path: Path) -> bytes:
    """A picture that a shelf names.

    Raises:
        PictureError: it is gone.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _lost(path, error) from None


def _lost(path: Path, error: Exception) -> PictureError:
    return PictureError(f"{path} cannot be read ({error}): start the study again to make it anew.")


def prepare_pictures(gathered: Gathered, folder: Path) -> Shelf:
    """Makes all pictures of a study that `folder` lacks yet; a second start finds them there.

    Each study has a folder of its own below it, so pictures of another one are never shown.

    Raises:
        PictureError: an output is no picture; the sentence names it.
    """
    definition = gathered.definition
    shelf = Shelf(folder / definition.hash)
    total = len(definition.shown)
    left = [photo for photo in range(total) if not _is_ready(shelf, definition, photo)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # compressing lets other threads run
        for photo in track(left, "preparing pictures", total, total - len(left)):
            scene = load_scene(gathered.photos, gathered.runs, definition.shown[photo])
            outputs = _require_outputs(scene, gathered.runs)
            size = limit_side(scene.input, definition.longest_side).shape[:2]
            pictures = {shelf.input(photo): scene.input, shelf.ruined(photo): ruin(outputs[0])}
            for method, output in enumerate(outputs):
                pictures[shelf.output(photo, method)] = output
            written = [pool.submit(_write, *item, *size) for item in pictures.items()]
            for task in written:
                task.result()
    return shelf


def ruin(picture: Picture) -> Picture:
    """A copy that nobody takes for the best: coarse blocks, as in a negative."""
    height, width = picture.shape[:2]
    scale = _BLOCKS / min(height, width)
    small = resize(picture, max(round(height * scale), 1), max(round(width * scale), 1))
    rows = np.arange(height) * small.shape[0] // height
    columns = np.arange(width) * small.shape[1] // width
    blocks: Picture = small[rows][:, columns]
    return np.invert(blocks)


def _is_ready(shelf: Shelf, definition: Definition, photo: int) -> bool:
    outputs = [shelf.output(photo, method) for method in range(len(definition.methods))]
    return all(path.is_file() for path in (shelf.input(photo), shelf.ruined(photo), *outputs))


def _require_outputs(scene: Scene, runs: list[Run]) -> list[Picture]:
    for run, output in zip(runs, scene.outputs, strict=True):
        if output is None:
            raise PictureError(
                f"{run.folder}: the output for {printable(scene.id)} cannot be read: run it again."
            )
    return [output for output in scene.outputs if output is not None]


def _write(path: Path, picture: Picture, height: int, width: int) -> None:
    """The pixels alone, without the metadata of the file that they came from."""
    write_bytes(path, encode_png(resize(picture, height, width)))
