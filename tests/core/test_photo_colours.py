"""Photos with colours of their own come out in sRGB, as littleCMS and the standards' own formulas have them."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.images import PHOTO_LIMITS, jpeg_bytes, open_image
from core.images.colour import to_srgb
from core.images.profiles import of_cicp, of_gamma
from tests.classifier.photos import encoded, picture
from tests.core.boxed import Coded, avif_red, boxed, coded_item, nclx, prof
from tests.security.hostile import png_chunk
from tests.security.odd import ADOBE, png_with, profiles

LOSSLESS: dict[str, dict[str, object]] = {"PNG": {}, "WEBP": {"lossless": True, "exact": True}}
WIDE = ("P3", "BT.2020", "Adobe", "ProPhoto")


def colours(mode: str = "RGB") -> Image.Image:
    """All hues, tones and greys: 4096 colours, each of 2 x 2 pixels."""
    steps = np.arange(16, dtype=np.uint8) * 17
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(64, 64, 3)
    return Image.fromarray(cube.repeat(2, axis=0).repeat(2, axis=1)).convert(mode)


def opened(data: bytes) -> Image.Image:
    return open_image(data, limits=PHOTO_LIMITS, side=400)


def by_little_cms(image: Image.Image, icc: bytes) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    changed = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert changed is not None
    return changed


def difference(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).max())


def cmyk_profile() -> bytes:
    """Of an imagined printer: the corners of the cube of inks and what lies between them."""
    corners = b""
    for inks in range(16):
        c, m, y, k = (inks >> 3 & 1, inks >> 2 & 1, inks >> 1 & 1, inks & 1)
        light = (1 - 0.85 * k) * (1 - (0.35 * c + 0.45 * m + 0.1 * y))
        corners += bytes(
            (
                round(max(light, 0.03) * 255),
                128 + 40 * (m - c) * (1 - k),
                128 + 45 * (y - (c + m) // 2) * (1 - k),
            )
        )
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = (
        b"mft1"
        + bytes(4)
        + bytes((4, 3, 2, 0))
        + identity
        + bytes(range(256)) * 4
        + corners
        + bytes(range(256)) * 3
    )
    white = b"XYZ " + struct.pack(">Iiii", 0, 63190, 65536, 54061)
    start = 128 + 4 + 24
    tags = struct.pack(">I4sII4sII", 2, b"A2B0", start, len(table), b"wtpt", start + len(table), len(white))
    body = tags + table + white
    head = struct.pack(
        ">I4xI4s4s4s12x4s28xiii48x",
        128 + len(body),
        0x02400000,
        b"prtr",
        b"CMYK",
        b"Lab ",
        b"acsp",
        63190,
        65536,
        54061,
    )
    return head + body


# --- Profiles -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", LOSSLESS)
@pytest.mark.parametrize("name", WIDE)
def test_profiles_are_followed_as_little_cms_follows_them(name: str, kind: str) -> None:
    icc = profiles()[name]
    data = encoded(colours(), kind, icc_profile=icc, **LOSSLESS[kind])
    assert difference(opened(data), by_little_cms(colours(), icc)) <= 1
    assert difference(opened(data), colours()) > 20


@pytest.mark.parametrize("name", WIDE)
def test_a_jpeg_with_a_profile_comes_out_in_srgb(name: str) -> None:
    icc = profiles()[name]
    data = encoded(colours(), quality=100, subsampling=0, icc_profile=icc)
    with Image.open(io.BytesIO(data)) as image:
        assert difference(opened(data), by_little_cms(image.convert("RGB"), icc)) <= 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_the_red_of_a_phone_is_red(kind: str) -> None:
    red = Image.new("RGB", (160, 120), (255, 0, 0))
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    if kind == "HEIF":  # its one picture is a drawing: what is red in it gets redder
        plain, wide = (
            opened(boxed([coded_item(_heic(), *more)])).getpixel((80, 60))
            for more in ((), (prof(of_cicp(12, 13)),))
        )
        assert wide[0] > plain[0] + 10
        assert wide[1] < plain[1]
        return
    data = boxed([coded_item(avif_red(), prof(of_cicp(12, 13)))]) if kind == "AVIF" else encoded(red, kind, icc_profile=of_cicp(12, 13), **options)  # fmt: skip
    colour = opened(data).getpixel((80, 60))
    assert max(abs(a - b) for a, b in zip(colour, (255, 0, 0), strict=True)) <= 2


def _heic() -> Coded:
    from tests.core.boxed import heic_picture

    return heic_picture()


def test_what_is_red_in_srgb_stays_that_red_in_the_wider_space() -> None:
    # (234, 51, 35) is how Display P3 writes the red of sRGB.
    data = encoded(Image.new("RGB", (100, 100), (234, 51, 35)), "PNG", icc_profile=of_cicp(12, 13))
    assert max(abs(a - b) for a, b in zip(opened(data).getpixel((5, 5)), (255, 0, 0), strict=True)) <= 2


def test_four_inks_are_mixed_as_their_profile_says() -> None:
    icc = cmyk_profile()
    data = encoded(colours("CMYK"), quality=100, icc_profile=icc)
    with Image.open(io.BytesIO(data)) as image:
        expected = by_little_cms(image, icc)
        assert difference(opened(data), expected) <= 1
        assert difference(expected, image.convert("RGB")) > 30


def test_grey_with_a_profile_of_grey_or_of_colours() -> None:
    grey = picture(160, 120, "L")
    for icc in (of_gamma(1 / 1.8, None), _grey_profile()):
        tones = np.asarray(opened(encoded(grey, "PNG", icc_profile=icc)))[..., 0]
        expected = ((np.asarray(grey) / 255) ** 1.8 * 1.0).clip(0, 1)
        expected = (
            np.where(expected <= 0.0031308, expected * 12.92, 1.055 * expected ** (1 / 2.4) - 0.055) * 255
        )
        assert np.abs(tones - expected).max() <= 2


def _grey_profile() -> bytes:
    """Grey of gamma 1.8."""
    tone = b"curv" + struct.pack(">IIHxx", 0, 1, round(1.8 * 256))
    white = b"XYZ " + struct.pack(">Iiii", 0, 63190, 65536, 54061)
    start = 128 + 4 + 24
    tags = struct.pack(">I4sII4sII", 2, b"kTRC", start, len(tone), b"wtpt", start + len(tone), len(white))
    body = tags + tone + white
    return struct.pack(">I4xI4s4s4s12x4s28xiii48x", 128 + len(body), 0x02400000, b"mntr", b"GRAY", b"XYZ ", b"acsp", 63190, 65536, 54061) + body  # fmt: skip


def test_what_is_clear_is_mixed_with_white_after_its_colours_are_known() -> None:
    image = Image.new("RGBA", (100, 100), (255, 0, 0, 128))
    colour = opened(encoded(image, "PNG", icc_profile=of_cicp(12, 13))).getpixel((5, 5))
    assert max(abs(a - b) for a, b in zip(colour, (255, 127, 127), strict=True)) <= 2


def test_ordinary_photos_stay_as_they_are_to_the_bit() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for options in ({}, {"icc_profile": srgb}, {"icc_profile": b"nonsense"}):
        data = encoded(picture(1200, 900), quality=90, **options)
        with Image.open(io.BytesIO(data)) as image:
            before = jpeg_bytes(image.convert("RGB"), quality=88)
        assert jpeg_bytes(open_image(data, limits=PHOTO_LIMITS, side=1600), quality=88) == before
    large = encoded(picture(4000, 3000), quality=90)
    with Image.open(io.BytesIO(large)) as image:
        image.draft("RGB", (1600, 1200))
        assert open_image(large, limits=PHOTO_LIMITS, side=1600).tobytes() == image.tobytes()


# --- Numbers ------------------------------------------------------------------------------------------------
def linear(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def stored(light: np.ndarray) -> np.ndarray:
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255


#: From linear light in a space to that of sRGB: CSS Color 4, and Bruce Lindbloom for Adobe RGB.
MATRICES = {
    "P3": [[1.2249402, -0.2249404, 0.0], [-0.0420569, 1.0420571, 0.0], [-0.0196376, -0.0786361, 1.0982735]],
    "BT.2020": [[1.6604910, -0.5876411, -0.0728499], [-0.1245505, 1.1328999, -0.0083494], [-0.0181508, -0.1005789, 1.1187297]],
    "Adobe": [[1.3983558, -0.3983558, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429290, 1.0429290]],
}  # fmt: skip


@pytest.mark.parametrize(("space", "primaries"), [("P3", 12), ("BT.2020", 9)])
def test_code_points_of_a_png_are_followed_as_the_standard_says(space: str, primaries: int) -> None:
    data = png_with(png_chunk(b"cICP", bytes((primaries, 13, 0, 1))), image=colours())
    light = linear(np.asarray(colours()) / 255) @ np.array(MATRICES[space]).T
    assert np.abs(np.asarray(opened(data)) - stored(light)).max() <= 2


def test_gamma_and_primaries_of_a_png_are_followed() -> None:
    chunks = (
        png_chunk(b"gAMA", struct.pack(">I", 45_472)),
        png_chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in ADOBE))),
    )
    light = ((np.asarray(colours()) / 255) ** (1 / 0.45472)) @ np.array(MATRICES["Adobe"]).T
    assert np.abs(np.asarray(opened(png_with(*chunks, image=colours()))) - stored(light)).max() <= 2


def test_gamma_alone_of_a_png_is_followed_and_that_of_srgb_changes_nothing() -> None:
    grey = Image.new("RGB", (100, 100), (128, 128, 128))
    assert (
        opened(png_with(png_chunk(b"gAMA", struct.pack(">I", 100_000)), image=grey)).getpixel((5, 5))
        == (188,) * 3
    )
    assert (
        opened(png_with(png_chunk(b"gAMA", struct.pack(">I", 45_455)), image=grey)).getpixel((5, 5))
        == (128,) * 3
    )
    both = png_chunk(b"sRGB", b"\0"), png_chunk(b"gAMA", struct.pack(">I", 100_000))
    assert opened(png_with(*both, image=grey)).getpixel((5, 5)) == (128,) * 3


@pytest.mark.parametrize(("transfer", "white"), [(16, 0.5806), (18, 0.75)])
@pytest.mark.parametrize("kind", ["PNG", "AVIF"])
def test_pictures_brighter_than_white_keep_their_tones(transfer: int, white: float, kind: str) -> None:
    """White (203 candela per square metre) is nearly white, what is brighter still differs, half of it is half as bright."""

    def shown(signal: float) -> int:
        image = Image.new("RGB", (160, 120), (round(signal * 255),) * 3)
        if kind == "PNG":
            return opened(png_with(png_chunk(b"cICP", bytes((9, transfer, 0, 1))), image=image)).getpixel(
                (80, 60)
            )[1]
        data = encoded(image, "AVIF", quality=100, subsampling="4:4:4", speed=10)
        from tests.core.boxed import _box_at, _largest_extent

        coded = Coded(b"av01", _box_at(data, b"av1C"), _largest_extent(data), (160, 120))
        return opened(boxed([coded_item(coded, nclx(9, transfer))])).getpixel((80, 60))[1]

    assert 235 <= shown(white) <= 250
    assert shown(white) < shown(white + 0.1) <= 255
    assert shown(0.0) <= 2
    half = 0.5081 if transfer == 16 else 0.6321  # the signal of 101.5 candela per square metre
    assert abs(shown(half) - 188) <= 5


def test_one_clear_colour_of_a_png_becomes_white() -> None:
    image = picture(160, 120)
    data = png_with(png_chunk(b"tRNS", struct.pack(">3H", 200, 30, 40)), image=image)
    assert opened(data).getpixel((40, 30)) == (255, 255, 255)
    assert opened(data).getpixel((150, 110)) == image.getpixel((150, 110))


@pytest.mark.parametrize("icc", [value for name, value in profiles().items() if name not in (*WIDE, "sRGB")])
def test_profiles_that_make_no_sense_change_nothing(icc: bytes) -> None:
    image = picture(160, 120)
    assert to_srgb(image, icc) is image
