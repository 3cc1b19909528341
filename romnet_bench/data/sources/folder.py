"""Photographs in a folder: any, with whatever names."""

import collections
from pathlib import Path

from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.errors import UserError
from romnet_bench.files import printable, short_hash, slug
from romnet_bench.images import list_pictures


def list_folder(folder: Path, licence: str) -> list[SourcePhoto]:
    """Every picture below a folder, with ids made from its path relative to the folder."""
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder: give a folder of photographs.")
    paths = list_pictures(folder)
    if not paths:
        raise UserError(f"{folder} holds no pictures (JPEG, PNG, TIFF, WebP or BMP).")
    names = [path.relative_to(folder).as_posix() for path in paths]
    photos = [
        SourcePhoto(identity, path, printable(name), licence)
        for identity, path, name in zip(_ids(names), paths, names, strict=True)
    ]
    return sorted(photos, key=lambda photo: photo.id)


def _ids(names: list[str]) -> list[str]:
    """An id for each file name, no two alike on disks that do not tell A from a either."""
    # Folders as dashes, before `slug` would mark every name below one as changed.
    slugs = [slug(str(Path(name).with_suffix("")).replace("/", "-")) for name in names]
    taken = collections.Counter(identity.casefold() for identity in slugs)
    # Names that fall together (a.jpg beside a.png) get a piece of their whole name's hash.
    ids = [
        identity if taken[identity.casefold()] == 1 else slug(f"{identity}-{short_hash(name)}")
        for identity, name in zip(slugs, names, strict=True)
    ]
    seen: dict[str, str] = {}
    for identity, name in zip(ids, names, strict=True):
        other = seen.setdefault(identity.casefold(), name)
        if other != name:
            raise UserError(
                f"{printable(other)} and {printable(name)} would get one id: rename one of them."
            )
    return ids
