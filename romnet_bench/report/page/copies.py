"""Copies of a picture for the page: one large, and one small that stands in the page itself."""

import base64
import io
from pathlib import Path

from PIL import Image

from romnet_bench.images import Picture, limit_side

FULL_SIDE = 1600
"""Pixels of the longest side of a large copy."""

_FEW, _MANY = 400, 4000


def thumb_side(pictures: int) -> int:
    """How long a small copy is in a gallery of so many: fewer may be larger."""
    return 320 if pictures <= _FEW else 200


def fit_inside(pictures: int) -> bool:
    """Whether a page with so many small copies inside still opens at once."""
    return pictures <= _MANY


def write_copies(
    picture: Picture, out: Path, stem: str, side: int, inside: bool
) -> tuple[str, str]:
    """Writes `out/stem.jpg`, and gives the addresses of the small and the large copy.

    Args:
        picture: H×W×3.
        out: the page's folder.
        stem: the large copy's path below it, without its ending.
        side: pixels of the longest side of the small copy.
        inside: whether the small copy is a `data:` URI, or a file beside the large one.
    """
    path = out / f"{stem}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    large = limit_side(picture, FULL_SIDE)
    # Not file by file onto the disk: a report is built aside, and takes its place when whole.
    path.write_bytes(_encode_jpeg(large))
    small = _encode_webp(_shrink(large, side))
    if inside:
        return f"data:image/webp;base64,{base64.b64encode(small).decode()}", f"{stem}.jpg"
    path.with_name(f"{path.stem}-thumb.webp").write_bytes(small)
    return f"{stem}-thumb.webp", f"{stem}.jpg"


def _shrink(picture: Picture, side: int) -> Image.Image:
    image = Image.fromarray(picture)
    # Whole pixels are averaged first; it is faster, and the eye sees no difference.
    image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return image


def _encode_jpeg(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    # 4:4:4, since halved colour is just what a reader of this page must not see.
    Image.fromarray(picture).save(buffer, format="JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def _encode_webp(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="WEBP", quality=65, method=4)
    return buffer.getvalue()
