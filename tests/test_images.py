"""Any picture file → uint8 array, upright, sRGB: every mode, format and kind of damage."""

import functools
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from romnet_bench.errors import PictureError
from romnet_bench.images import (
    decode_picture,
    encode_png,
    limit_side,
    list_pictures,
    read_picture,
    read_rgb,
    resize,
    to_rgb,
)

Array = npt.NDArray[np.uint8]

LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}, "BMP": {}}


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def smooth(height: int = 24, width: int = 32) -> Array:
    rows, columns = np.mgrid[:height, :width]
    red, green = rows * 255 // (height - 1), columns * 255 // (width - 1)
    return np.stack([red, green, 255 - red], axis=-1).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def raw_png(
    levels: npt.NDArray[np.generic], depth: int, color: int, *chunks: tuple[bytes, bytes]
) -> bytes:
    """A PNG put together by hand: H×W or H×W×C of big-endian samples, no filter."""
    height, width = levels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in levels)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in body)


def decode(content: bytes, **options: int) -> Array:
    picture = decode_picture(content, "x", **options)
    assert picture.dtype == np.uint8
    assert picture.flags.writeable
    return picture


# Formats and modes


@pytest.mark.parametrize("kind", LOSSLESS)
def test_colour_and_grey_come_back_exactly(kind: str) -> None:
    color, grey = noise(7, 5, 3), noise(7, 5)
    assert np.array_equal(decode(encoded(Image.fromarray(color), kind, **LOSSLESS[kind])), color)
    got = decode(encoded(Image.fromarray(grey), kind, **LOSSLESS[kind]))
    expected = to_rgb(grey) if kind == "WEBP" else grey  # WebP knows no grey
    assert np.array_equal(got, expected)


def test_jpeg_is_what_pillow_decodes() -> None:
    content = encoded(Image.fromarray(smooth()), "JPEG", quality=80)
    assert np.array_equal(decode(content), np.asarray(Image.open(io.BytesIO(content))))
    assert np.abs(decode(content).astype(int) - smooth()).max() < 40
    grey = encoded(Image.fromarray(smooth()[..., 0]), "JPEG")
    assert decode(grey).shape == (24, 32)


def test_phone_jpeg_with_a_second_picture_inside() -> None:
    first, second = Image.fromarray(smooth()), Image.fromarray(255 - smooth())
    content = encoded(first, "MPO", save_all=True, append_images=[second])
    assert np.abs(decode(content).astype(int) - smooth()).mean() < 4


def test_png_16_bit_grey_is_scaled() -> None:
    levels = np.array([[0, 255, 256, 32768, 65535]], dtype=">u2")
    assert decode(raw_png(levels, 16, 0)).tolist() == [[0, 0, 1, 128, 255]]


def test_png_16_bit_colour_is_scaled_the_same_way() -> None:
    levels = np.random.default_rng(0).integers(0, 65536, (4, 6, 3)).astype(">u2")
    assert np.array_equal(decode(raw_png(levels, 16, 2)), (levels >> 8).astype(np.uint8))
    alpha = np.full((4, 6, 1), 65535, ">u2")
    with_alpha = np.concatenate([levels, alpha], axis=-1).astype(">u2")
    assert np.array_equal(decode(raw_png(with_alpha, 16, 6)), (levels >> 8).astype(np.uint8))


def test_png_16_bit_grey_with_alpha_lies_over_white() -> None:
    levels = np.array([[[0, 0], [0, 65535], [32768, 65535]]], dtype=">u2")
    assert to_rgb(decode(raw_png(levels, 16, 4)))[..., 1].tolist() == [[255, 0, 128]]


def test_png_16_bit_grey_with_one_transparent_level() -> None:
    grey = np.array([[0, 300, 65535]], dtype=">u2")
    assert decode(raw_png(grey, 16, 0, (b"tRNS", struct.pack(">H", 300)))).tolist() == [
        [0, 255, 255]
    ]


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_tiff_16_bit_grey_is_scaled(order: str) -> None:
    levels = np.array([[0, 255, 256], [32768, 65280, 65535]], dtype=np.uint16)
    mode = "I;16" if order == "<u2" else "I;16B"
    image = Image.frombytes(mode, (3, 2), levels.astype(order).tobytes())
    assert decode(encoded(image, "TIFF")).tolist() == [[0, 0, 1], [128, 255, 255]]


def raw_tiff(levels: npt.NDArray[np.generic], photometric: int, sample_format: int = 1) -> bytes:
    """An uncompressed little-endian grey TIFF put together by hand."""
    height, width = levels.shape
    content = levels.tobytes()
    bits = levels.dtype.itemsize * 8
    tags = [
        (256, width), (257, height), (258, bits), (259, 1), (262, photometric),
        (273, 8), (277, 1), (278, height), (279, len(content)), (339, sample_format),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8 + len(content)) + content + directory


def test_tiff_whose_zero_is_white() -> None:
    eight = np.array([[0, 1, 255]], dtype="<u1")
    assert decode(raw_tiff(eight, photometric=0)).tolist() == [[255, 254, 0]]
    assert decode(raw_tiff(eight, photometric=1)).tolist() == [[0, 1, 255]]
    sixteen = np.array([[0, 32768, 65535]], dtype="<u2")
    assert decode(raw_tiff(sixteen, photometric=0)).tolist() == [[255, 127, 0]]
    assert decode(raw_tiff(sixteen, photometric=1)).tolist() == [[0, 128, 255]]


@pytest.mark.parametrize(("dtype", "kind"), [("<f4", 3), ("<u4", 1), ("<i4", 2)])
def test_tiff_without_a_stated_white_is_refused(dtype: str, kind: int) -> None:
    """Pixels of 32 bits are measurements, not a picture: a guessed white would be a wrong one."""
    levels = np.array([[0, 1, 1_000_000]], dtype=dtype)
    with pytest.raises(PictureError, match=r"x: .*white"):
        decode(raw_tiff(levels, 1, kind))


def test_one_bit() -> None:
    bits = noise(9, 11) > 127
    for kind in ("PNG", "TIFF", "BMP"):
        assert np.array_equal(decode(encoded(Image.fromarray(bits), kind)), np.uint8(bits * 255))


def test_one_bit_with_white_transparent() -> None:
    bits = np.array([[0b01000000]], dtype=np.uint8)
    header = struct.pack(">IIBBBBB", 2, 1, 1, 0, 0, 0, 0)
    for transparent, expected in ((0, [[255, 255]]), (1, [[0, 255]])):
        body = [
            (b"IHDR", header),
            (b"tRNS", struct.pack(">H", transparent)),
            (b"IDAT", zlib.compress(b"\0" + bits.tobytes())),
            (b"IEND", b""),
        ]
        content = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in body)
        assert decode(content).tolist() == expected


def palette_image() -> tuple[Image.Image, Array]:
    colors = noise(4, 3, seed=1)
    indices = noise(6, 8) % 4
    image = Image.new("P", (8, 6))
    image.putpalette(colors.tobytes())
    image.putdata(indices.ravel().tolist())
    return image, colors[indices]


def test_palette() -> None:
    image, expected = palette_image()
    for kind in ("PNG", "TIFF", "BMP"):
        assert np.array_equal(decode(encoded(image, kind)), expected)


def test_palette_with_transparency_lies_over_white() -> None:
    image, expected = palette_image()
    indices = np.asarray(image)
    whole = decode(encoded(image, "PNG", transparency=2))
    assert np.array_equal(whole, np.where((indices == 2)[..., None], 255, expected))
    alphas = np.array([255, 0, 128, 64])
    part = decode(encoded(image, "PNG", transparency=bytes(alphas.tolist())))
    share = alphas[indices][..., None] / 255
    assert np.abs(part - (expected * share + 255 * (1 - share))).max() <= 1


def test_grey_with_one_transparent_level_stays_grey() -> None:
    grey = np.array([[0, 7, 200]], dtype=np.uint8)
    content = encoded(Image.fromarray(grey), "PNG", transparency=7)
    assert decode(content).tolist() == [[0, 255, 200]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_alpha_lies_over_white(kind: str) -> None:
    color = noise(6, 8, 4)
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    got = decode(encoded(Image.fromarray(color), kind, **options))
    alpha = color[..., 3:] / 255
    assert np.abs(got - (color[..., :3] * alpha + 255 * (1 - alpha))).max() <= 1
    if kind != "WEBP":
        grey = color[..., :2].copy()
        got = decode(encoded(Image.fromarray(grey, "LA"), kind))
        assert got.ndim == 2
        alpha = grey[..., 1] / 255
        assert np.abs(got - (grey[..., 0] * alpha + 255 * (1 - alpha))).max() <= 1


def test_first_of_several_frames() -> None:
    frames = [Image.fromarray(noise(5, 5, 3, seed=seed)) for seed in (0, 1)]
    for kind in ("TIFF", "WEBP", "PNG"):
        options = {"lossless": True} if kind == "WEBP" else {}
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert np.array_equal(decode(content), np.asarray(frames[0])), kind


def test_one_pixel() -> None:
    for kind in (*LOSSLESS, "JPEG"):
        grey = kind != "WEBP"
        content = encoded(Image.new("L" if grey else "RGB", (1, 1), "white"), kind)
        assert decode(content).shape == ((1, 1) if grey else (1, 1, 3))


# CMYK


def test_cmyk_jpeg_with_and_without_adobe_inversion() -> None:
    """Adobe writes CMYK inverted; like browsers, Pillow takes all CMYK JPEGs so, marker or not."""
    cmyk = Image.fromarray(smooth()).convert("CMYK")
    adobe = encoded(cmyk, "JPEG", quality=95)
    start = adobe.index(b"\xff\xee")
    assert adobe[start + 4 : start + 9] == b"Adobe"
    length = struct.unpack(">H", adobe[start + 2 : start + 4])[0]
    plain = adobe[:start] + adobe[start + 2 + length :]
    for content in (adobe, plain):
        pillow = Image.open(io.BytesIO(content))
        assert pillow.mode == "CMYK"
        assert np.array_equal(decode(content), np.asarray(pillow.convert("RGB")))
        assert np.abs(decode(content).astype(int) - smooth()).mean() < 12


def test_cmyk_tiff() -> None:
    cmyk = Image.fromarray(smooth()).convert("CMYK")
    assert np.abs(decode(encoded(cmyk, "TIFF")).astype(int) - smooth()).max() <= 1


# EXIF orientation

# What a viewer does with the stored rows and columns (EXIF 2.32, tag 0x0112).
UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored.swapaxes(0, 1)[:, ::-1],
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored.swapaxes(0, 1)[::-1],
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_exif_orientation(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(smooth())
    stored = decode(encoded(image, kind, **LOSSLESS.get(kind, {})))
    turned = decode(encoded(image, kind, exif=exif, **LOSSLESS.get(kind, {})))
    assert np.array_equal(turned, UPRIGHT[orientation](stored))


def test_exif_orientation_of_16_bit_grey() -> None:
    levels = np.arange(6, dtype=np.uint16).reshape(2, 3) * 256
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(Image.fromarray(levels), "PNG", exif=exif)
    assert decode(content).tolist() == [[3, 0], [4, 1], [5, 2]]


@given(st.binary(max_size=80))
def test_broken_exif_never_costs_the_picture(exif: bytes) -> None:
    picture = smooth()
    content = encoded(Image.fromarray(picture), "PNG", exif=b"Exif\0\0" + exif)
    got = decode(content)
    assert sorted(got.shape) == sorted(picture.shape)


# ICC profiles


@functools.cache
def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """The sRGB profile with its red and green primaries exchanged."""
    content = srgb_profile()
    return (
        content.replace(b"rXYZ", b"____", 1)
        .replace(b"gXYZ", b"rXYZ", 1)
        .replace(b"____", b"gXYZ", 1)
    )


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_profile_is_turned_to_srgb(kind: str) -> None:
    """Where red and green change places in the profile, they do in the picture."""
    picture = smooth()
    image = Image.fromarray(picture)
    options = LOSSLESS[kind]
    got = decode(encoded(image, kind, icc_profile=swapped_profile(), **options))
    assert np.abs(got.astype(int) - picture[..., [1, 0, 2]]).max() <= 2
    same = decode(encoded(image, kind, icc_profile=srgb_profile(), **options))
    assert np.abs(same.astype(int) - picture).max() <= 1


def test_profile_with_alpha_and_orientation() -> None:
    picture = smooth()
    exif = Image.Exif()
    exif[0x0112] = 3
    opaque = np.concatenate([picture, np.full((24, 32, 1), 255, np.uint8)], axis=-1)
    opaque[0, 0, 3] = 0
    content = encoded(Image.fromarray(opaque), "PNG", icc_profile=swapped_profile(), exif=exif)
    got = decode(content)
    assert got[-1, -1].tolist() == [255, 255, 255]
    expected = picture[::-1, ::-1, [1, 0, 2]].astype(int)
    assert np.abs(got.astype(int) - expected)[:-1].max() <= 2


@pytest.mark.parametrize(
    "profile",
    [
        b"nonsense",
        b"\0" * 128,
        srgb_profile()[:200],
        srgb_profile().replace(b"RGB XYZ ", b"GRAYXYZ ", 1),
        srgb_profile().replace(b"RGB XYZ ", b"CMYKLab ", 1),
    ],
)
def test_profile_that_does_not_fit_is_passed_over(profile: bytes) -> None:
    picture = smooth()
    content = encoded(Image.fromarray(picture), "PNG", icc_profile=profile)
    assert np.array_equal(decode(content), picture)


def test_grey_with_a_profile_stays_grey() -> None:
    grey = noise(4, 4)
    content = encoded(Image.fromarray(grey), "PNG", icc_profile=srgb_profile())
    assert np.array_equal(decode(content), grey)


# Files that are no picture, or too much of one


def bombs() -> dict[str, bytes]:
    """Small files whose headers promise 30,000 × 30,000 pixels, which nothing may allocate."""
    side = 30_000
    png = raw_png(np.zeros((1, 1), np.uint8), 8, 0)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bmp = bytearray(encoded(Image.new("RGB", (1, 1)), "BMP"))
    bmp[18:26] = struct.pack("<ii", side, side)
    jpeg = bytearray(encoded(Image.new("RGB", (8, 8)), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    tiff = raw_tiff(np.zeros((1, 1), "<u1"), 1)
    for tag in (256, 257):
        tiff = tiff.replace(
            struct.pack("<HHII", tag, 4, 1, 1), struct.pack("<HHII", tag, 4, 1, side)
        )
    return {
        "PNG": png[:8] + png_chunk(b"IHDR", header) + png[33:],
        "BMP": bytes(bmp),
        "JPEG": bytes(jpeg),
        "TIFF": tiff,
    }


@pytest.mark.parametrize("kind", ["PNG", "BMP", "JPEG", "TIFF"])
def test_header_that_promises_too_many_pixels(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("pixels were allocated")

    content = bombs()[kind]
    monkeypatch.setattr(Image.core, "new", refuse)
    monkeypatch.setattr(Image.core, "fill", refuse)
    with pytest.raises(PictureError, match=r"^x: .*more than 128,000,000 pixels"):
        decode(content)


def test_bound_on_pixels_is_the_callers(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode_png(noise(10, 10)))
    assert read_picture(path, max_pixels=100).shape == (10, 10)
    with pytest.raises(PictureError, match=r"a\.png: 10×10 is more than 99 pixels"):
        read_picture(path, max_pixels=99)


@pytest.mark.parametrize(
    "content", [b"", b"Dear grandmother,\n", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]
)
def test_no_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=r"letter\.jpg: "):
        read_picture(path)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    """Fewer decoders, fewer surprises: EPS for one runs a program."""
    for kind in ("GIF", "PPM", "EPS", "TGA"):
        path = tmp_path / "a.jpg"
        path.write_bytes(encoded(Image.fromarray(smooth()), kind))
        with pytest.raises(PictureError, match=r"a\.jpg: not a picture"):
            read_picture(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"nowhere\.png: cannot be read \(No such file"):
        read_picture(tmp_path / "nowhere.png")
    with pytest.raises(PictureError, match="cannot be read"):
        read_picture(tmp_path)


@functools.cache
def valid_files() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a photo"
    picture = Image.fromarray(smooth())
    grey16 = Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30) * 100)
    return {
        "jpeg": encoded(picture, "JPEG", exif=exif, icc_profile=srgb_profile()),
        "progressive": encoded(picture, "JPEG", progressive=True),
        "cmyk": encoded(picture.convert("CMYK"), "JPEG"),
        "png": encoded(picture, "PNG", exif=exif, icc_profile=srgb_profile()),
        "png16": encoded(grey16, "PNG"),
        "palette": encoded(palette_image()[0], "PNG", transparency=b"\0\x80"),
        "tiff": encoded(picture, "TIFF", exif=exif),
        "tiff lzw": encoded(picture, "TIFF", compression="tiff_lzw"),
        "tiff deflate": encoded(grey16, "TIFF", compression="tiff_adobe_deflate"),
        "tiff jpeg": encoded(picture, "TIFF", compression="jpeg"),
        "webp": encoded(picture, "WEBP", exif=exif),
        "webp lossless": encoded(picture.convert("RGBA"), "WEBP", lossless=True),
        "bmp": encoded(picture, "BMP"),
    }


def picture_or_sentence(content: bytes) -> Array | None:
    """The picture, or None where there is a PictureError that names the file; nothing else."""
    try:
        picture = decode(content, max_pixels=1_000_000)
    except PictureError as error:
        assert str(error).startswith("x: ")  # noqa: PT017
        assert len(str(error)) < 400  # noqa: PT017
        return None
    assert picture.ndim == 2 or picture.shape[2:] == (3,)
    return picture


@pytest.mark.parametrize("name", valid_files())
def test_cut_short_at_every_length(name: str) -> None:
    """Never a picture with a grey lower half that nobody notices."""
    content = valid_files()[name]
    assert picture_or_sentence(content) is not None
    whole = decode(content)
    for length in sorted({*range(0, len(content), max(len(content) // 150, 1)), len(content) - 9}):
        got = picture_or_sentence(content[:length])
        assert got is None or np.array_equal(got, whole), length


@given(
    st.sampled_from(sorted(valid_files())),
    st.lists(
        st.tuples(st.integers(0, 10_000), st.binary(max_size=4), st.integers(0, 4)), max_size=6
    ),
)
def test_any_change_gives_a_picture_or_a_sentence(
    name: str, changes: list[tuple[int, bytes, int]]
) -> None:
    content = valid_files()[name]
    for place, new, dropped in changes:
        place %= len(content)  # noqa: PLW2901
        content = content[:place] + new + content[place + dropped :]
    picture_or_sentence(content)


STARTS = [
    b"",
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"BM",
]


@given(st.sampled_from(STARTS), st.binary())
def test_any_bytes_give_a_picture_or_a_sentence(start: bytes, rest: bytes) -> None:
    picture_or_sentence(start + rest)


# PNG, resizing, folders


@given(st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 99))
def test_png_round_trip_is_exact(height: int, width: int, grey: bool, seed: int) -> None:
    picture = noise(height, width, seed=seed) if grey else noise(height, width, 3, seed=seed)
    content = encode_png(picture)
    assert np.array_equal(decode(content), picture)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), picture)
    assert encode_png(np.asfortranarray(picture)) == content


def test_resize_is_pillows_antialiased_bicubic() -> None:
    for picture in (noise(40, 30), noise(40, 30, 3)):
        for height, width in ((20, 15), (7, 61), (1, 1), (80, 60)):
            pillow = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
            assert np.array_equal(resize(picture, height, width), np.asarray(pillow))
    assert resize(picture, 40, 30) is picture
    # Antialiased: stripes as wide as a pixel become their mean, where plain bicubic leaves some.
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    assert np.ptp(resize(stripes, 8, 8)[1:-1, 1:-1].astype(int)) <= 12


def test_limit_side_never_enlarges_and_keeps_a_pixel() -> None:
    picture = noise(30, 60, 3)
    assert limit_side(picture, 60) is picture
    assert limit_side(picture, 20).shape == (10, 20, 3)
    assert limit_side(noise(1, 400), 10).shape == (1, 10)


def test_read_rgb_is_always_colour(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    grey = noise(3, 4)
    path.write_bytes(encode_png(grey))
    assert np.array_equal(read_rgb(path), np.dstack([grey] * 3))


def test_list_pictures_finds_what_is_named_like_one(tmp_path: Path) -> None:
    wanted = ["b.JPG", "a.png", "deep/er/c.tiff", "d e.WebP", "-f.bmp", "g.jpe"]
    others = ["notes.txt", ".hidden.png", ".cache/h.png", "deep/.i/j.png", "png", "k.png.part"]
    for name in (*wanted, *others):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "broken.png").symlink_to("nowhere")
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert list_pictures(tmp_path) == sorted(tmp_path / name for name in wanted)
