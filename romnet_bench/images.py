"""Any picture file → uint8 array, upright, in sRGB; PNG bytes back.

One decoder (Pillow) for everything: OpenCV, torchvision and Pillow decode the same JPEG to
slightly different pixels, and a benchmark must not measure that.
"""

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageCms, ImageFile, TiffImagePlugin, UnidentifiedImageError

from romnet_bench.errors import PictureError

Picture = npt.NDArray[np.uint8]
"""H×W (grey) or H×W×3 (sRGB), upright."""

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".bmp"})
MAX_PIXELS = 128_000_000
"""Above the Library of Congress's plates (36 million), below what decodes into gigabytes."""

DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    OverflowError,
    NotImplementedError,
    struct.error,
    zlib.error,
)
"""What Pillow's decoders raise on files that are cut short, damaged or made to do harm."""

# What undoes each EXIF orientation (EXIF 2.32, tag 0x0112).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def list_pictures(folder: Path) -> list[Path]:
    """All files below `folder` whose names end like a picture's, sorted; hidden ones left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def read_picture(path: Path, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in `path`, upright, as uint8: H×W if the file is grey, else H×W×3 sRGB.

    EXIF orientation is applied, an ICC profile is turned to sRGB, alpha lies over white, 16 bit
    is scaled to 8, CMYK and palettes are converted.

    Raises:
        PictureError: the file cannot be read, is no picture, is cut short, or holds more than
            `max_pixels` pixels.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path}: cannot be read ({error.strerror or error}).") from None
    return decode_picture(content, str(path), max_pixels)


def decode_picture(content: bytes, name: str, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in `content`, as `read_picture` gives it; `name` is what errors call it."""
    try:
        with warnings.catch_warnings():
            # Our own bound decides, with a sentence, where Pillow would only warn.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check_size(image, name, max_pixels)
                return _to_srgb(image)
    except UnidentifiedImageError:
        raise PictureError(
            f"{name}: not a picture that can be read (JPEG, PNG, TIFF, WebP or BMP)."
        ) from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name}: more than {max_pixels:,} pixels; make it smaller.") from None
    except DECODE_ERRORS as error:
        raise PictureError(f"{name}: damaged or cut short ({error}).") from None


def read_rgb(path: Path, max_pixels: int = MAX_PIXELS) -> Picture:
    """`read_picture`, always H×W×3: a grey picture gives three equal channels."""
    return to_rgb(read_picture(path, max_pixels))


def to_rgb(picture: Picture) -> Picture:
    """H×W×3 from H×W or H×W×3."""
    return picture if picture.ndim == 3 else np.stack([picture] * 3, axis=-1)


def encode_png(picture: Picture) -> bytes:
    """`picture` (H×W or H×W×3, uint8) as PNG, the same bytes for the same pixels."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def resize(picture: Picture, height: int, width: int) -> Picture:
    """`picture` at height×width by antialiased bicubic interpolation: the one resize used here."""
    if picture.shape[:2] == (height, width):
        return picture
    image = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image).copy()


def limit_side(picture: Picture, longest: int) -> Picture:
    """`picture` made smaller so that no side is longer than `longest`; never made larger."""
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return picture
    return resize(picture, max(round(height * scale), 1), max(round(width * scale), 1))


def _check_size(image: ImageFile.ImageFile, name: str, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise PictureError(
            f"{name}: {width}×{height} is more than {max_pixels:,} pixels; make it smaller."
        )


def _to_srgb(opened: ImageFile.ImageFile) -> Picture:
    profile = opened.info.get("icc_profile")
    image = _upright(opened)
    if image.mode == "F":
        raise ValueError("floating-point pixels have no stated white")
    if image.mode.startswith("I"):
        return _from_16_bit(image, _zero_is_white(opened))
    if image.mode == "1":
        image = image.convert("L")
    if image.mode in ("P", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    image = _apply_profile(image, profile)
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    if alpha is not None:
        white = Image.new(image.mode, image.size, "white")
        image = Image.composite(image, white, alpha)
    return np.asarray(image).copy()


def _upright(opened: ImageFile.ImageFile) -> Image.Image:
    """The decoded picture, turned as its EXIF says; EXIF that is damaged is passed over."""
    opened.load()
    try:
        orientation = opened.getexif().get(ExifTags.Base.Orientation, 1)
    except DECODE_ERRORS:
        return opened
    turn = _TURNS.get(orientation)
    return opened if turn is None else opened.transpose(turn)


def _from_16_bit(image: Image.Image, inverted: bool) -> Picture:
    levels = np.asarray(image).astype(np.int64)
    if levels.min() < 0 or levels.max() > 65535:
        raise ValueError("pixels of more than 16 bits have no stated white")
    # 256 levels of 16 bit fall on one of 8: the same step that Pillow takes for 16-bit colour.
    grey = ((65535 - levels if inverted else levels) // 256).astype(np.uint8)
    grey[levels == image.info.get("transparency", -1)] = 255
    return grey


def _zero_is_white(opened: ImageFile.ImageFile) -> bool:
    """Whether a TIFF's 0 is white, which Pillow minds in 8 bits and not in 16."""
    if not isinstance(opened, TiffImagePlugin.TiffImageFile):
        return False
    return bool(opened.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0)


def _apply_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    """`image` with its ICC profile turned to sRGB; a profile that does not fit is passed over."""
    if not profile or image.mode not in ("RGB", "CMYK", "LAB"):
        # Grey profiles hold a tone curve that is sRGB's or near it; a grey file stays grey.
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return image
    return converted if converted is not None else image
