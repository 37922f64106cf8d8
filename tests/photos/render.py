"""Renders the photos in this folder, always the same ones: `python -m tests.photos.render [NAME …]`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageFilter

from tests.photos import others
from tests.photos.cars import Car
from tests.photos.tracer import Camera, Place, Solid, develop, render

FOLDER = Path(__file__).parent
MOST_BYTES = 40_000
EVENING = Place(
    sun=(-0.9, 0.16, -0.35), sunlight=(2.6, 1.25, 0.5), zenith=(0.10, 0.14, 0.34), haze=(0.62, 0.42, 0.36),
    cloudy=0.75, skyline="houses",
)  # fmt: skip
TOWN = Place(skyline="houses", cloudy=0.9, sunlight=(1.7, 1.65, 1.6), sun=(-0.3, 0.8, 0.6), turned=0.5)
LANE = Place(sun=(0.4, 0.6, 0.7), verge=(0.24, 0.22, 0.09), turned=-0.2)


def photo(
    solid: Solid, place: Place, camera: Camera, *, exposure: float = 0.62, grain: float = 0.02
) -> Image.Image:
    """A photo of something somewhere."""
    picture = Image.fromarray(develop(render(solid, place, camera), exposure=exposure, grain=grain))
    return picture.resize(camera.size, Image.Resampling.LANCZOS)


def sedan() -> Image.Image:
    return photo(Car("sedan", (0.30, 0.32, 0.34)), Place(), Camera(35, 7.0, 1.5))


def hatchback() -> Image.Image:
    return photo(Car("hatchback", (0.42, 0.02, 0.02), half=0.86), LANE, Camera(72, 6.4, 1.3))


def suv() -> Image.Image:
    upright = Camera(32, 6.6, 1.6, aim=(0.0, 0.85, 0.0), degrees=50, size=(480, 600))
    return photo(Car("suv", (0.03, 0.06, 0.045), half=0.96), Place(), upright)


def pickup() -> Image.Image:
    return photo(Car("pickup", (0.02, 0.05, 0.16), half=1.0), Place(), Camera(148, 8.0, 1.8), grain=0.0)


def wagon() -> Image.Image:
    return photo(Car("wagon", (0.06, 0.035, 0.02)), TOWN, Camera(-130, 7.4, 1.6))


def coupe() -> Image.Image:
    return photo(Car("coupe", (0.5, 0.33, 0.02)), EVENING, Camera(42, 6.6, 1.05), exposure=0.9)


def minivan() -> Image.Image:
    far = Camera(38, 13.5, 1.8, aim=(-0.6, 1.2, 1.0), degrees=46)
    return photo(Car("minivan", (0.5, 0.5, 0.49), half=0.98), LANE, far)


def dark_sedan() -> Image.Image:
    night = Place(
        sunlight=(0.25, 0.28, 0.4), zenith=(0.01, 0.015, 0.03), haze=(0.05, 0.05, 0.07), skyline="houses"
    )
    return photo(Car("sedan", (0.10, 0.10, 0.11)), night, Camera(40, 7.0, 1.4), exposure=0.5, grain=0.04)


def blurred_hatchback() -> Image.Image:
    sharp = np.asarray(hatchback(), np.float32)
    moved = sum(np.roll(sharp, step, axis=1) for step in range(-14, 15)) / 29
    return Image.fromarray(moved.astype(np.uint8)).filter(ImageFilter.GaussianBlur(2.5))


def interior() -> Image.Image:
    seat = Camera(182, 0.95, 1.22, aim=(-0.6, 0.98, 0.05), degrees=74)
    return photo(others.Cabin(), Place(sun=(-0.5, 0.8, 0.3)), seat, exposure=0.8)


def _with_a_phones_marks(picture: Image.Image) -> tuple[Image.Image, Image.Exif]:
    """Lying on its side as phones store it, with a place and a maker in its EXIF data; the place is in the sea."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Imaginary Phones"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps.update({1: "N", 2: (0.0, 0.0, 1.0), 3: "E", 4: (0.0, 0.0, 1.0)})
    return picture.transpose(Image.Transpose.ROTATE_90), exif


def _save(name: str, picture: Image.Image) -> None:
    path = FOLDER / name
    match path.suffix:
        case ".png":
            small = picture.resize((240, 160), Image.Resampling.LANCZOS)
            small.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)
        case ".webp":
            picture.save(path, quality=78, method=6)
        case _ if "rotated" in name:
            lying, exif = _with_a_phones_marks(picture)
            lying.save(path, quality=80, optimize=True, exif=exif)
        case _:
            picture.save(path, quality=80, optimize=True, progressive=False)


PHOTOS: dict[str, Callable[[], Image.Image]] = {
    "sedan-front.jpg": sedan,
    "hatchback-side.jpg": hatchback,
    "suv-rotated.jpg": suv,
    "pickup-rear.png": pickup,
    "wagon-rear.webp": wagon,
    "coupe-evening.jpg": coupe,
    "minivan-far.jpg": minivan,
    "sedan-dark.jpg": dark_sedan,
    "hatchback-blurred.jpg": blurred_hatchback,
    "interior.jpg": interior,
    "landscape.jpg": others.landscape,
    "document.jpg": others.document,
}


def main() -> None:
    """Render the photos that are named, or all."""
    for name in sys.argv[1:] or PHOTOS:
        _save(name, PHOTOS[name]())
        size = (FOLDER / name).stat().st_size
        print(f"{name}: {size} bytes")
        if size > MOST_BYTES:
            raise SystemExit(f"{name} is larger than {MOST_BYTES} bytes.")


if __name__ == "__main__":
    main()
