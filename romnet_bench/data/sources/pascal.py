"""The photographs of Pascal VOC 2012: 17,125 of them, most of 500×375, from Flickr.

M. Everingham et al., "The Pascal Visual Object Classes Challenge: A Retrospective", 2015,
doi:10.1007/s11263-014-0733-5.
"""

from pathlib import Path, PurePosixPath

from romnet_bench.data.sources.archives import is_archive, unpacked
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.download import Remote, download
from romnet_bench.errors import UserError
from romnet_bench.files import slug

# As torchvision.datasets.VOCDetection knows it.
ARCHIVE = Remote(
    "https://thor.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
    size=1_999_639_040,
    checksum="md5:6cd6e144f989b92b3379bac3b3de84fd",
)

# From what people have, be it named VOCdevkit or not, down to the photographs.
_PLACES = (
    "JPEGImages",
    "VOC2012/JPEGImages",
    "VOCdevkit/VOC2012/JPEGImages",
    "VOC2012_train_val/JPEGImages",
)


def list_pascal(place: Path | None, licence: str, cache: Path, fetch: bool) -> list[SourcePhoto]:
    """The photographs, sorted by id; the ids are Pascal's own, such as 2007_000027.

    Args:
        place: a VOCdevkit folder, its VOC2012, or the archive; None for what was fetched before.
        licence: what the photographs are under.
        cache: where downloads and unpacked archives are kept.
        fetch: download the archive if nothing else is there.

    Raises:
        UserError: the photographs are not there.
    """
    photos = _photographs(_folder(place, cache, fetch))
    return [
        SourcePhoto(slug(path.stem), path, f"VOC2012/JPEGImages/{path.name}", licence)
        for path in photos
    ]


def _folder(place: Path | None, cache: Path, fetch: bool) -> Path:
    if place is not None and place.is_dir():
        return place
    if place is not None and not is_archive(place):
        raise UserError(
            f"{place} is neither a folder nor an archive: give --source a VOCdevkit folder or "
            f"{ARCHIVE.name}."
        )
    archive = place or cache / "pascal" / ARCHIVE.name
    if place is None and not archive.is_file() and not fetch:
        raise UserError(
            "The Pascal photographs are not here: give --source VOCDEVKIT, or add --download "
            f"({ARCHIVE.how_large})."
        )
    if place is None:
        archive = download(ARCHIVE, archive.parent)
    return unpacked(archive, cache / "pascal", _is_photograph)


def _is_photograph(path: PurePosixPath) -> bool:
    """All but the photographs stays in the archive: annotations and segmentations."""
    return path.parent.name == "JPEGImages" and path.suffix.lower() == ".jpg"


def _photographs(folder: Path) -> list[Path]:
    for place in _PLACES:
        photos = sorted(path for path in (folder / place).glob("*.jpg") if path.is_file())
        if photos:
            return photos
    raise UserError(
        f"{folder} holds no JPEGImages of Pascal VOC 2012: give the VOCdevkit folder, or VOC2012 "
        "below it."
    )
