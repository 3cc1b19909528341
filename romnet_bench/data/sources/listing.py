"""Where clean photographs come from, by one word or path.

sample                    seven photographs that the dependencies install
FOLDER                    any folder of pictures, with its subfolders
pascal, pascal:PLACE      Pascal VOC 2012: a VOCdevkit folder, or its archive
div2k, div2k:PLACE        DIV2K: the folder of its parts, unpacked or as zip files
hub:NAME[:SPLIT[:COLUMN[:CONFIG]]]   a dataset of the Hugging Face Hub, NAME as ORG/NAME[@REVISION]
"""

from pathlib import Path

from romnet_bench.cache import default_cache
from romnet_bench.data.sources.folder import list_folder
from romnet_bench.data.sources.installed import list_sample
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.errors import UserError

_LAYOUTS = ("pascal", "div2k")


def list_source(
    source: str,
    licence: str,
    *,
    cache: Path | None = None,
    download: bool = False,
    limit: int | None = None,
) -> list[SourcePhoto]:
    """The photographs of a source, sorted by id.

    Args:
        source: see above; a folder that is named like one of those words is written `./sample`.
        licence: what the photos are under; the sample's have their own.
        cache: where downloads are kept; by default `default_cache()`.
        download: fetch Pascal or DIV2K if they are not there.
        limit: how many photographs of a dataset of the Hub to fetch, from its beginning.

    Raises:
        UserError: there are no such photographs; the sentence says what to do.
    """
    kind, _, place = source.partition(":")
    kept = cache or default_cache()
    if limit is not None and kind != "hub":
        raise UserError("--limit is for datasets of the Hub: put numbers of photos into a recipe.")
    if source == "sample":
        return list_sample()
    if kind == "pascal":
        from romnet_bench.data.sources.pascal import list_pascal

        return list_pascal(Path(place) if place else None, licence, kept, download)
    if kind == "div2k":
        from romnet_bench.data.sources.div2k import list_div2k

        return list_div2k(Path(place) if place else None, licence, kept, download)
    if kind == "hub":
        from romnet_bench.data.sources.hub import list_hub, parse_hub

        return list_hub(parse_hub(place), licence, kept, limit)
    return list_folder(Path(source), licence)


def resolve_source(given: str | None, of_recipe: str) -> str:
    """What a person's --source means beside a recipe's own source.

    A recipe made for Pascal or DIV2K reads a plain folder in their layout.

    Example:
        >>> resolve_source("VOCdevkit", "pascal")
        'pascal:VOCdevkit'
    """
    if given is None:
        return of_recipe
    is_plain = given != "sample" and given.partition(":")[0] not in (*_LAYOUTS, "hub")
    return f"{of_recipe}:{given}" if is_plain and of_recipe in _LAYOUTS else given
