"""The sample: photographs that come with this project's dependencies."""

import dataclasses
import importlib.util
from pathlib import Path

from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.errors import UserError
from romnet_bench.files import slug


@dataclasses.dataclass(frozen=True)
class _Sample:
    package: str
    file: str
    split: str
    licence: str


# Real colour photographs in the wheels of scikit-image and matplotlib, split by photo. The two
# motorcycles are one scene seen twice, so both train; a face and a still life stay for testing.
_SAMPLE = (
    _Sample("skimage", "data/astronaut.png", "train", "public domain (NASA)"),
    _Sample("skimage", "data/chelsea.png", "train", "CC0-1.0 (Stéfan van der Walt)"),
    _Sample("skimage", "data/motorcycle_left.png", "train", "CC0-1.0 (Daniel Scharstein)"),
    _Sample("skimage", "data/motorcycle_right.png", "train", "CC0-1.0 (Daniel Scharstein)"),
    _Sample("skimage", "data/rocket.jpg", "validation", "CC0-1.0 (SpaceX)"),
    _Sample("skimage", "data/coffee.png", "test", "CC0-1.0 (Rachel Michetti)"),
    _Sample(
        "matplotlib",
        "mpl-data/sample_data/grace_hopper.jpg",
        "test",
        "public domain (United States Navy)",
    ),
)


def list_sample() -> list[SourcePhoto]:
    """The embedded sample: seven photographs that scikit-image and matplotlib install."""
    photos = []
    for entry in _SAMPLE:
        spec = importlib.util.find_spec(entry.package)
        path = Path(spec.origin or "").parent / entry.file if spec else Path(entry.file)
        if not path.is_file():
            raise UserError(
                f"The sample photo {entry.file} of {entry.package} is not installed: "
                f"reinstall {entry.package}, or give --source a folder of photographs."
            )
        origin = f"{entry.package}: {path.name}"
        photos.append(
            SourcePhoto(slug(path.stem), path, origin, entry.licence, entry.split, free=True)
        )
    return sorted(photos, key=lambda photo: photo.id)
