"""Photos with whatever stands around their pixels: metadata never decide, stills are no films, names say nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from core.images import PHOTO_LIMITS, ImageRefused, open_image, opened
from core.images.jpeg import MAX_SCANS
from core.images.jxl import header_of
from tests.classifier.photos import encoded, picture
from tests.core.boxed import Item, avif_picture, box, boxed, coded_item, heic_picture, ispe
from tests.security.hostile import png_chunk
from tests.security.odd import jpeg_with, odd_files, png_with, segment, small, tiff, webp_with

UPRIGHT, TURNED = (160, 120), (120, 160)


def family(name: str) -> list[tuple[str, bytes]]:
    return [(file.split("/", 1)[1], data) for file, data in odd_files() if file.startswith(f"{name}/")]


def size_of(data: bytes) -> tuple[int, int]:
    return open_image(data, limits=PHOTO_LIMITS, side=400).size


def refused(data: bytes) -> ImageRefused | None:
    try:
        open_image(data, limits=PHOTO_LIMITS, side=400)
    except ImageRefused as refusal:
        return refusal
    return None


# --- Metadata -----------------------------------------------------------------------------------------------
def test_exif_of_any_kind_keeps_no_photo_out_and_turns_it_where_it_can_be_read() -> None:
    #: In these the orientation stands where it has to, whatever else is wrong.
    turning = {
        "more tags than there are", "ill-typed number", "unknown type", "text far away", "text of gigabytes",
        "rational by nothing", "turned by a long", "turned twice", "leads to itself", "place of rubbish", "big-endian",
        "big-endian rubbish", "unsorted", "twice the name",
    }  # fmt: skip
    files = family("exif")
    assert len(files) == 24 * 5
    for name, data in files:
        what, suffix = name.rsplit(".", 1)
        turns = what in turning and suffix in (
            "jpg",
            "png",
            "webp",
        )  # boxes say themselves how they are turned
        assert size_of(data) == (TURNED if turns else UPRIGHT), name


@pytest.mark.parametrize("name", ["png", "webp", "jpeg"])
def test_what_stands_beside_the_pixels_keeps_no_photo_out(name: str) -> None:
    files = family(name)
    assert len(files) >= 8
    assert [file for file, data in files if refused(data)] == []


def test_a_profile_that_makes_no_sense_changes_nothing() -> None:
    for name, data in family("profiles"):
        what = name.rsplit(".", 1)[0].split(",")[0]
        if what in ("cut off", "empty", "rubbish", "of another kind", "without tags", "with too many tags"):
            assert refused(data) is None, name
    plain = encoded(picture(160, 120), quality=100)
    odd = encoded(picture(160, 120), quality=100, icc_profile=b"\xa5" * 900)
    assert open_image(odd, limits=PHOTO_LIMITS, side=400).tobytes() == open_image(plain, limits=PHOTO_LIMITS, side=400).tobytes()  # fmt: skip


def test_old_raw_profiles_turn_a_picture_too() -> None:
    files = dict(family("png"))
    assert size_of(files["raw profile.png"]) == TURNED
    assert size_of(files["raw profile, bad hex.png"]) == UPRIGHT


# --- Endings ------------------------------------------------------------------------------------------------
def test_a_photo_may_lack_its_last_bytes_and_no_more() -> None:
    for name, data in family("endings"):
        is_cut = "of 100" in name
        assert (refused(data) is not None) == is_cut, name


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 3}]
)
def test_a_jpeg_cut_off_in_the_middle_is_refused_wherever_that_is(options: dict[str, object]) -> None:
    image = Image.effect_noise((400, 300), 80).convert("RGB")
    data = encoded(image, **options)
    assert refused(data[:-2]) is None
    for share in (20, 50, 70, 90):
        assert refused(data[: len(data) * share // 100]) is not None, share


# --- Several pictures in one file ---------------------------------------------------------------------------
def test_several_stills_are_no_film_and_the_main_one_is_taken() -> None:
    files = family("stills")
    assert len(files) > 40
    for name, data in files:
        found = opened(data, limits=PHOTO_LIMITS, side=400)
        assert not found.moves, name
        assert found.kind == ("HEIF" if name.endswith("heic") else "AVIF"), name


@pytest.mark.parametrize("primary", [1, 2, 3])
@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_of_a_burst_the_main_picture_is_taken(kind: str, primary: int) -> None:
    coded = heic_picture() if kind == "heic" else avif_picture()
    turns = [coded_item(coded, box(b"irot", bytes([angle]))) for angle in (0, 1, 2)]
    image = open_image(boxed(turns, primary=primary), limits=PHOTO_LIMITS, side=400)
    assert image.size == (TURNED if primary == 2 else UPRIGHT)


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_brands_do_not_decide(kind: str) -> None:
    assert [
        name
        for name, data in family("boxes")
        if name.endswith(kind) and refused(data) and "beyond" not in name
    ] == []


def test_a_picture_with_a_film_beside_it_is_taken() -> None:
    film = box(b"moov", box(b"trak", bytes(50)))
    for coded in (heic_picture(), avif_picture()):
        for major in (b"msf1", b"hevc", b"avis"):
            data = boxed(
                [coded_item(coded)], major=major, brands=(major, b"mif1", b"heic", b"avif"), after=film
            )
            assert size_of(data) == UPRIGHT


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP", "AVIF"])
def test_of_what_moves_the_first_picture_is_taken_and_that_is_known(name: str) -> None:
    others = [Image.new("RGB", (160, 120), "blue")] * 2
    first = Image.new("RGB", (160, 120), "red")
    found = opened(
        encoded(first, name, save_all=True, append_images=[others[0], first]), limits=PHOTO_LIMITS, side=400
    )
    assert found.moves
    red, _, blue = found.image.getpixel((80, 60))
    assert red > 200 > 60 > blue
    assert not opened(encoded(first, name), limits=PHOTO_LIMITS, side=400).moves


# --- Limits -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [(8160, 6144), (8192, 6144), (16_382, 3028), (16_320, 12_240)])
def test_pictures_of_real_cameras_are_taken(size: tuple[int, int]) -> None:
    data = dict(family("sizes"))[f"{size[0]} x {size[1]}.jpg"]
    assert max(size_of(data)) >= 400


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "BMP", "GIF", "JXL", "JPEG"])
def test_each_format_has_its_limit_and_says_it(kind: str) -> None:
    data = encoded(picture(300, 200), kind, **({"progressive": True} if kind == "JPEG" else {}))
    low = replace(PHOTO_LIMITS, max_pixels_whole=59_999, max_pixels_of={"WEBP": 59_999})
    with pytest.raises(ImageRefused) as refusal:
        open_image(data, limits=low, side=400)
    assert refusal.value.code == "too_many_pixels"
    assert "megapixels" in refusal.value.message
    assert refused(data) is None


def test_a_jpeg_whose_colours_come_one_after_the_other_counts_as_progressive() -> None:
    data = encoded(picture(300, 200), subsampling=0)
    at = data.index(b"\xff\xda")
    assert data[at + 4] == 3
    alone = data[:at] + segment(0xDA, bytes([1, 1, 0, 0, 63, 0])) + data[at + 14 :]
    low = replace(PHOTO_LIMITS, max_pixels_whole=59_999)
    assert refused_by(low, data) == ""
    assert refused_by(low, alone) == "too_many_pixels"


def refused_by(limits: object, data: bytes) -> str:
    try:
        open_image(data, limits=limits, side=400)  # type: ignore[arg-type]
    except ImageRefused as refusal:
        return refusal.code
    return ""


# --- Formats ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_jpeg_xl_is_read(mode: str) -> None:
    image = open_image(encoded(picture(320, 240, mode), "JXL"), limits=PHOTO_LIMITS, side=400)
    assert image.size == (320, 240)
    assert max(abs(a - b) for a, b in zip(image.getpixel((80, 60)), picture(mode=mode).convert("RGB").getpixel((80, 60)), strict=True)) < 12  # fmt: skip


def test_a_jpeg_xl_made_of_a_jpeg_is_that_jpeg(tmp_path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(picture(320, 240), exif=b"Exif\0\0" + tiff((0x0112, 3, 1, 6))))
    with Image.open(path) as image, pytest.warns(UserWarning, match="reconstruction"):
        data = encoded(image, "JXL")
    again = open_image(data, limits=PHOTO_LIMITS, side=400)
    assert again.size == (240, 320)
    assert again.tobytes() == open_image(path.read_bytes(), limits=PHOTO_LIMITS, side=400).tobytes()


def test_a_jpeg_xl_of_any_size_is_measured_before_it_is_decoded() -> None:
    for width, height in ((64, 64), (160, 120), (256, 8), (400, 300), (1000, 700), (3000, 64)):
        data = encoded(picture(width, height), "JXL", effort=1)
        assert header_of(data).size == (width, height)


def test_other_files_are_called_by_what_they_are() -> None:
    says = {name: refusal.message for name, data in family("others") if (refusal := refused(data))}
    assert len(says) == len(family("others"))
    for name, word in (
        ("photo.dng", "RAW file (DNG)"), ("photo.cr2", "CR2"), ("photo.cr3", "CR3"), ("photo.nef", "NEF"), ("photo.arw", "ARW"),
        ("layers.psd", "Photoshop"), ("page.pdf", "PDF"), ("scan.pdf", "PDF"), ("film.mp4", "a film"), ("film.mov", "a film"),
        ("photo.tif", "TIFF"), ("drawing.svg", "SVG"), ("drawing2.svg", "SVG"), ("page.html", "web page"), ("icon.ico", "icon"),
    ):  # fmt: skip
        assert word in says[name], (name, says[name])
    assert says["words.txt"] == "This file is not a photo."


# --- Time ---------------------------------------------------------------------------------------------------
def _heads(count: int) -> bytes:
    data = small()
    scan = data.index(b"\xff\xda")
    return data[:scan] + b"\xff" * (count * 200) + data[scan:-2] + b"\xff\xda\0\0" * (MAX_SCANS + 1)


def _scan_fill(count: int) -> bytes:
    data = small()
    return data[:-2] + (b"\xff" * (count * 200) + b"\0") + b"\xff\xda\0\0" * (MAX_SCANS + 1)


def _boxes_of(count: int) -> bytes:
    coded = heic_picture()
    items = [Item(b"Exif", b"", [], [(b"cdsc", [1])]) for _ in range(count // 10)]
    return boxed(
        [coded_item(coded), *items], before=box(b"free", b"") * count, in_meta=box(b"abcd", b"") * count
    )


def _associations(count: int) -> bytes:
    coded = avif_picture()
    return boxed([Item(coded.item, coded.payload, [coded.config, ispe(160, 120)]), *[Item(b"mime", b"", [box(b"abcd", bytes([k % 100]))]) for k in range(count // 10)]])  # fmt: skip


GROWING: dict[str, Callable[[int], bytes]] = {
    "fill before the scan": _heads,
    "fill within the scan": _scan_fill,
    "segments of a JPEG": lambda n: jpeg_with(segment(0xE5, b"") * n),
    "rubbish between segments": lambda n: jpeg_with(b"\0\xff\0" * n),
    "EXIF after EXIF": lambda n: jpeg_with(segment(0xE1, b"Exif\0\0" + tiff(*[(1, 3, 1, 1)] * 999)) * (n // 50)),
    "profile of many parts": lambda n: jpeg_with(*[segment(0xE2, b"ICC_PROFILE\0" + bytes([k % 255, 255]) + b"x" * 50) for k in range(n)]),
    "chunks of a PNG": lambda n: png_with(png_chunk(b"abCd", b"") * n),
    "pixels of a PNG in crumbs": lambda n: png_with(png_chunk(b"IDAT", b"") * n),
    "texts of a PNG": lambda n: png_with(png_chunk(b"zTXt", b"Raw profile type exif\0\0" + b"x" * 30) * n),
    "raw profile of blanks": lambda n: png_with(png_chunk(b"tEXt", b"Raw profile type exif\0" + b"\n \n" * n)),
    "chunks of a WebP": lambda n: webp_with(*[(b"abcd", b"")] * n),
    "boxes": _boxes_of,
    "properties": _associations,
    "blocks of a GIF": lambda n: encoded(picture(160, 120), "GIF")[:-1] + b"\x21\xfe\x01a\0" * n + b";",
    "beginnings of a web page": lambda n: b" <" * n,
    "boxes before a JPEG XL": lambda n: b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"free", b"") * n,
}  # fmt: skip


def _seconds(data: bytes) -> float:
    best = 9.0
    for _ in range(3):
        start = time.process_time()
        refused(data)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("name", GROWING)
def test_time_grows_as_the_file_does(name: str) -> None:
    make = GROWING[name]
    tries = []
    for _ in range(3):  # what else the machine does makes a single measurement too long, never too short
        tries.append((_seconds(make(8_000)), _seconds(make(16_000))))
        if tries[-1][1] <= 2.6 * max(tries[-1][0], 0.01):
            return
    pytest.fail(f"seconds for a file and for twice of it: {tries}")


def test_the_file_that_held_a_process_for_a_minute_is_answered_at_once() -> None:
    start = time.process_time()
    data = _heads(500)
    assert len(data) > 100_000
    refused(data)
    assert time.process_time() - start < 0.5
