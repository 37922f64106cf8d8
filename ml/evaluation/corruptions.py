"""Photos as visitors take them, made from benchmark photos: smaller cars, poor files, poor light.

Each corruption takes an upright RGB photo and a seeded random generator, and gives another photo. The kinds
are chosen by what visitors send; blur, brightness and JPEG are also among those of ImageNet-C (Hendrycks and
Dietterich, 2019).
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter

from ml.data.photos import open_photo

Corruption = Callable[[Image.Image, random.Random], Image.Image]


def jpeg(quality: int) -> Corruption:
    """Saved once more as a JPEG of this quality."""

    def apply(image: Image.Image, _random: random.Random) -> Image.Image:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=quality)
        return Image.open(stream).convert("RGB")

    return apply


def blur(image: Image.Image, _random: random.Random) -> Image.Image:
    """Out of focus: a Gaussian blur of 1% of the short side."""
    return image.filter(ImageFilter.GaussianBlur(min(image.size) / 100))


def dusk(image: Image.Image, _random: random.Random) -> Image.Image:
    """A third of the light and half of the colour."""
    return ImageEnhance.Color(ImageEnhance.Brightness(image).enhance(0.35)).enhance(0.5)


def swapped(image: Image.Image, _random: random.Random) -> Image.Image:
    """Red and blue exchanged, as in photos of a set that was saved so."""
    red, green, blue = image.split()
    return Image.merge("RGB", (blue, green, red))


def thumbnail(image: Image.Image, _random: random.Random) -> Image.Image:
    """As found on the web: 120 pixels on the long side."""
    small = image.copy()
    small.thumbnail((120, 120), Image.Resampling.BILINEAR)
    return small


def small_car(backgrounds: Sequence[Path], *, scale: tuple[float, float] = (0.5, 0.7)) -> Corruption:
    """From across the road: the photo at `scale` of its size, somewhere on another picture."""

    def apply(image: Image.Image, seeded: random.Random) -> Image.Image:
        share = seeded.uniform(*scale)
        small = image.resize((round(image.width * share), round(image.height * share)))
        return _set_on(backgrounds, small, image.size, seeded)

    return apply


def upright(backgrounds: Sequence[Path], *, scale: tuple[float, float] = (0.6, 1.0)) -> Corruption:
    """As taken by a phone held upright.

    The photo lies at `scale` of the width on another picture, which is a third higher than wide.
    """

    def apply(image: Image.Image, seeded: random.Random) -> Image.Image:
        width = round(image.width / seeded.uniform(*scale))
        return _set_on(backgrounds, image, (width, max(image.height, round(width * 4 / 3))), seeded)

    return apply


def _set_on(
    backgrounds: Sequence[Path], image: Image.Image, size: tuple[int, int], seeded: random.Random
) -> Image.Image:
    canvas = open_photo(seeded.choice(backgrounds), short_side=256).resize(size)
    corner = seeded.randint(0, size[0] - image.width), seeded.randint(0, size[1] - image.height)
    canvas.paste(image, corner)
    return canvas


def distant(backgrounds: Sequence[Path]) -> dict[str, Corruption]:
    """The corruptions in which the car fills less of the photo, by the name reports use.

    None without backgrounds.
    """
    if not backgrounds:
        return {}
    return {
        "small car": small_car(backgrounds),
        "tiny car": small_car(backgrounds, scale=(0.3, 0.5)),
        "upright": upright(backgrounds),
    }


def all_corruptions(backgrounds: Sequence[Path]) -> dict[str, Corruption]:
    """Every corruption by the name reports use."""
    return {
        **distant(backgrounds),
        "JPEG quality 30": jpeg(30),
        "blur": blur,
        "dusk": dusk,
        "120 px": thumbnail,
        "red and blue swapped": swapped,
    }
