"""The photographs of DIV2K: 800 to train on and 100 to validate, of some 2040×1400.

E. Agustsson, R. Timofte, "NTIRE 2017 Challenge on Single Image Super-Resolution: Dataset and
Study", CVPRW 2017, doi:10.1109/CVPRW.2017.150.
"""

import dataclasses
from pathlib import Path, PurePosixPath

from romnet_bench.data.sources.archives import unpacked
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.download import Remote, download
from romnet_bench.errors import UserError
from romnet_bench.files import slug


@dataclasses.dataclass(frozen=True)
class Part:
    """One part of DIV2K: a split here, a folder or an archive of its own there."""

    split: str
    folder: str
    photos: int
    archive: Remote


_SERVER = "https://data.vision.ee.ethz.ch/cvl/DIV2K/"

# Sizes and checksums as TensorFlow Datasets recorded them.
PARTS = (
    Part(
        "train",
        "DIV2K_train_HR",
        800,
        Remote(
            f"{_SERVER}DIV2K_train_HR.zip",
            size=3_530_603_713,
            checksum="sha256:9d0b9c463f6e35b6c62cc6a930ee2224f670b34c1df841a57670f9acf0f6c335",
        ),
    ),
    Part(
        "validation",
        "DIV2K_valid_HR",
        100,
        Remote(
            f"{_SERVER}DIV2K_valid_HR.zip",
            size=448_993_893,
            checksum="sha256:20dd31fd84d777bc1cf5d6b7654a3f569c0aec74458ae094122ad1d0489900fc",
        ),
    ),
)


def list_div2k(
    place: Path | None, licence: str, cache: Path, fetch: bool, parts: tuple[Part, ...] = PARTS
) -> list[SourcePhoto]:
    """The photographs, sorted by id; each says its split, and the ids are DIV2K's own: 0001.

    Args:
        place: the folder that holds both parts, as folders or as zip files; None for what was
            fetched before.
        licence: what the photographs are under.
        cache: where downloads and unpacked archives are kept.
        fetch: download what is not there.
        parts: what DIV2K is made of.

    Raises:
        UserError: photographs are missing.
    """
    found = cache / "div2k" if place is None else place
    if place is not None and not place.is_dir():
        raise UserError(
            f"{place} is no folder: give --source the folder that holds DIV2K_train_HR and "
            "DIV2K_valid_HR, as folders or as zip files."
        )
    photos = []
    for part in parts:
        for path in _photographs(part, found, cache / "div2k", fetch):
            origin = f"DIV2K/{part.folder}/{path.name}"
            photos.append(SourcePhoto(slug(path.stem), path, origin, licence, part.split))
    return sorted(photos, key=lambda photo: photo.id)


def _photographs(part: Part, found: Path, cache: Path, fetch: bool) -> list[Path]:
    folder = _folder(part, found, cache, fetch)
    # Some tools unpack an archive into a folder of its name.
    for place in (folder / part.folder, folder):
        photos = sorted(path for path in place.glob("*.png") if path.is_file())
        if photos:
            break
    if len(photos) != part.photos:
        raise UserError(
            f"{folder} holds {len(photos)} PNG files where DIV2K has {part.photos}: unpack "
            f"{part.archive.name} again. For some of them, write --recipe clean --source {folder}."
        )
    return photos


def _folder(part: Part, found: Path, cache: Path, fetch: bool) -> Path:
    if (found / part.folder).is_dir():
        return found / part.folder
    archive = found / part.archive.name
    if not archive.is_file():
        if not fetch:
            raise UserError(
                f"DIV2K's {part.folder} is not here: give --source the folder that holds it, or "
                f"add --download ({part.archive.how_large})."
            )
        archive = download(part.archive, cache)
    return unpacked(archive, cache, _is_photograph)


def _is_photograph(path: PurePosixPath) -> bool:
    return path.suffix == ".png"
