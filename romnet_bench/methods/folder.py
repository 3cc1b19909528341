"""Outputs that another program made: a folder of pictures, paired by id, never by position."""

from pathlib import Path

from romnet_bench.errors import UserError
from romnet_bench.files import slug
from romnet_bench.images import Picture, list_pictures, read_rgb

_NAMED = 10  # as many are named in a message before they are only counted


def pair_outputs(folder: Path, ids: list[str], *, partial: bool = False) -> dict[str, Path]:
    """Photo id → its output, the picture below `folder` whose name without suffix is the id.

    An id that cannot be a file name is looked for as `files.slug` writes it.

    Args:
        folder: of pictures in any format that `images` reads.
        ids: of the photos.
        partial: passes over photos without an output and pictures without a photo.

    Raises:
        UserError: missing, extra or doubled outputs, named, before anything is scored.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder: give the folder of a method's outputs.")
    found: dict[str, Path] = {}
    for path in list_pictures(folder):
        if path.stem in found:
            raise UserError(
                f"{folder} holds two outputs for {path.stem}: {found[path.stem].name} and "
                f"{path.relative_to(folder)}. Keep one."
            )
        found[path.stem] = path
    pairs = {
        identity: found[stem]
        for identity in ids
        if (stem := identity if identity in found else slug(identity)) in found
    }
    if not pairs:
        example = slug(ids[0]) if ids else "ID"
        raise UserError(
            f"{folder} holds no output for any photo: name them by id, such as {example}.png."
        )
    if not partial:
        used = set(pairs.values())
        _refuse(
            folder,
            "no output for the photo",
            [identity for identity in ids if identity not in pairs],
        )
        _refuse(
            folder, "no photo for the output", [p.name for p in found.values() if p not in used]
        )
    return pairs


def read_output(path: Path, height: int, width: int) -> Picture:
    """The picture in `path`, H×W×3, which must be height×width: nothing is resized or cropped.

    Raises:
        UserError: it cannot be read, or has another size.
    """
    picture = read_rgb(path)
    if picture.shape[:2] != (height, width):
        raise UserError(
            f"{path} is {picture.shape[0]}×{picture.shape[1]}, its photo {height}×{width} "
            "(height×width): give the output at the photo's size."
        )
    return picture


def _refuse(folder: Path, problem: str, names: list[str]) -> None:
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        listed = ", ".join(names[:_NAMED])
        raise UserError(
            f"{folder}: {problem} {listed}{more}. Give one output a photo, or score what is there "
            "with --partial."
        )
