"""Renders the photos of the demonstration site (`scraper/demo_site/photos`): `python -m tests.photos.demo`."""

from __future__ import annotations

from tests.photos import others
from tests.photos.cars import Car
from tests.photos.render import EVENING, LANE, TOWN, photo
from tests.photos.tracer import Camera, Place

SIZE = (720, 480)
#: File → body style, paint (linear RGB), half a width in metres, where, seen from how many degrees.
CARS = {
    "fjord": ("sedan", (0.02, 0.10, 0.22), 0.92, TOWN, 38),
    "fjord-touring": ("wagon", (0.28, 0.29, 0.31), 0.92, LANE, 46),
    "skerry": ("suv", (0.05, 0.16, 0.10), 0.96, Place(), 34),
    "pike": ("hatchback", (0.45, 0.12, 0.01), 0.87, TOWN, 52),
    "gale": ("coupe", (0.36, 0.01, 0.02), 0.93, EVENING, 40),
    "tern": ("hatchback", (0.46, 0.47, 0.48), 0.88, LANE, 36),
    "osprey": ("pickup", (0.09, 0.08, 0.05), 0.98, Place(), 40),
    "heron": ("minivan", (0.10, 0.02, 0.05), 0.97, TOWN, 42),
}


def main() -> None:
    """All of them, into their folder."""
    from scraper.demo_site.cars import PHOTOS

    PHOTOS.mkdir(exist_ok=True)
    seat = Camera(182, 0.95, 1.22, aim=(-0.6, 0.98, 0.05), degrees=74, size=SIZE)
    pictures = {"cabin": photo(others.Cabin(), Place(sun=(-0.5, 0.8, 0.3)), seat, exposure=0.8)}
    for name, (style, paint, half, place, angle) in CARS.items():
        exposure = 0.9 if place is EVENING else 0.62
        far = Camera(angle, 7.2, 1.5, size=SIZE)
        pictures[name] = photo(Car(style, paint, half=half), place, far, exposure=exposure)
    for name, picture in pictures.items():
        picture.save(PHOTOS / f"{name}.jpg", quality=80, optimize=True)


if __name__ == "__main__":
    main()
