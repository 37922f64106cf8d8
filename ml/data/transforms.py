"""What training does to photos.

Evaluation and serving use `ml.data.photos.to_input`, which does nothing random.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter
from torch import Tensor

from ml import torchvision_ops

torchvision_ops.ensure()
from torchvision.transforms import v2  # noqa: E402  (needs the line above)

from ml.data.photos import open_photo, to_input  # noqa: E402
from ml.recipes import Augmentation  # noqa: E402

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
#: From a photo in RGB to the input of the network, (3, size, size) float32, normalised.
Transform = Callable[[Image.Image], Tensor]
#: From photos (B, 3, H, W) and labels (B) to mixed photos and the shares of the classes in each (B, C).
Mixer = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
#: One of several steps of a transform: from a photo to a photo, or after `ToImage` from a tensor to a tensor.
Step = Callable[[Any], Any]
#: Share of the photos moved away from the camera that are set among their own surroundings, where these are
#: less than half of the picture: more would show many cars.
MIRRORED = 0.6
#: Width over height of the pictures that they are set on.
SHAPES = (9 / 16, 3 / 4, 3 / 4, 1.0, 4 / 3, 4 / 3, 16 / 9)


class ZoomOut:
    """Set the photo, shrunk, somewhere on a larger picture of another shape: the car fills less of it.

    Benchmark photos are wide and framed tightly; a visitor's photo from across the road is neither, and
    phones are held upright as often as not. The larger picture is the photo's own surroundings carried on as
    in a mirror, one of `backgrounds` (paths of photos), or the photo itself, stretched beyond recognition.
    The edge of the last two is soft half of the time, lest the network learn to detect frames. `scale` is the
    photo's size as a share of the largest that fits.
    """

    def __init__(self, backgrounds: Sequence[Path], scale: tuple[float, float] = (0.35, 0.95)) -> None:
        self.backgrounds = list(backgrounds)
        self.scale = scale

    def __call__(self, image: Image.Image) -> Image.Image:
        width, height = self._frame(image)
        scale = random.uniform(*self.scale) * min(width / image.width, height / image.height)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        small = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        left = random.randint(0, width - small.width)
        top = random.randint(0, height - small.height)
        if small.width * small.height > width * height / 2 and random.random() < MIRRORED:
            rows, columns = (top, height - top - small.height), (left, width - left - small.width)
            return Image.fromarray(np.pad(np.asarray(small), (rows, columns, (0, 0)), "symmetric"))
        canvas = self._background(image).resize((width, height), Image.Resampling.BILINEAR)
        canvas.paste(small, (left, top), self._mask(small) if random.random() < 0.5 else None)
        return canvas

    @staticmethod
    def _frame(image: Image.Image) -> tuple[int, int]:
        """Width and height of a picture of another shape with as many pixels."""
        shape = random.choice(SHAPES)
        pixels = image.width * image.height
        return round((pixels * shape) ** 0.5), round((pixels / shape) ** 0.5)

    @staticmethod
    def _mask(small: Image.Image) -> Image.Image:
        border = max(1, min(small.size) // 12)
        mask = Image.new("L", small.size, 0)
        mask.paste(255, (border, border, small.width - border, small.height - border))
        return mask.filter(ImageFilter.BoxBlur(border / 2))

    def _background(self, image: Image.Image) -> Image.Image:
        if self.backgrounds and random.random() < 0.6:
            return open_photo(random.choice(self.backgrounds), short_side=128)
        return image.resize((random.randint(2, 12), random.randint(2, 12)), Image.Resampling.BOX)


class Degrade:
    """Make the share `share` of photos worse in one way, as phones, dusk and messengers do.

    They get few pixels (80-200 on the long side), are out of focus, dark, or compressed hard (JPEG quality
    15-50).
    """

    def __init__(self, share: float) -> None:
        self.share = share

    def __call__(self, image: Image.Image) -> Image.Image:
        if random.random() >= self.share:
            return image
        return random.choice((self._few_pixels, self._blur, self._dark, self._jpeg))(image)

    @staticmethod
    def _few_pixels(image: Image.Image) -> Image.Image:
        scale = random.uniform(80, 200) / max(image.size)
        return image.resize(
            (round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR
        )

    @staticmethod
    def _blur(image: Image.Image) -> Image.Image:
        return image.filter(ImageFilter.GaussianBlur(min(image.size) * random.uniform(0.003, 0.012)))

    @staticmethod
    def _dark(image: Image.Image) -> Image.Image:
        dark = ImageEnhance.Brightness(image).enhance(random.uniform(0.25, 0.6))
        return ImageEnhance.Color(dark).enhance(random.uniform(0.3, 1.0))

    @staticmethod
    def _jpeg(image: Image.Image) -> Image.Image:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=random.randint(15, 50))
        return Image.open(stream).convert("RGB")


class SwapRedBlue:
    """Swap red and blue in the share `share` of photos.

    A set of photos that was saved with the two swapped must not teach that tail lights are blue.
    """

    def __init__(self, share: float) -> None:
        self.share = share

    def __call__(self, image: Image.Image) -> Image.Image:
        if random.random() >= self.share:
            return image
        red, green, blue = image.split()
        return Image.merge("RGB", (blue, green, red))


def train_transform(augmentation: Augmentation, *, size: int, backgrounds: Sequence[Path] = ()) -> Transform:
    """What training does to a photo: random crop, flip, turn, colour, distance and erasing.

    The crop is that of Szegedy et al. (2015), the erasing that of Zhong et al. (2020). `backgrounds` are
    paths of photos for `ZoomOut`.
    """
    steps: list[Step] = []
    if augmentation.swap:
        steps.append(SwapRedBlue(augmentation.swap))
    steps.append(_framing(augmentation, size, backgrounds))
    if augmentation.flip:
        steps.append(v2.RandomHorizontalFlip(augmentation.flip))
    if augmentation.colour:
        strength = augmentation.colour
        steps.append(v2.ColorJitter(brightness=strength, contrast=strength, saturation=strength))
    steps += [
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(IMAGENET_MEAN, IMAGENET_STD),
    ]
    if augmentation.erase:
        steps.append(v2.RandomErasing(p=augmentation.erase))
    return cast("Transform", v2.Compose(steps))


def _framing(augmentation: Augmentation, size: int, backgrounds: Sequence[Path]) -> Step:
    """A part of the photo, or now and then the whole of it from afar, squeezed to a square as in serving."""
    worse: list[Step] = []
    if augmentation.degrade:
        worse.append(Degrade(augmentation.degrade))
    if augmentation.rotate:
        worse.append(v2.RandomRotation(augmentation.rotate, v2.InterpolationMode.BILINEAR))
    whole = v2.Resize((size, size))
    if tuple(augmentation.crop_scale) == (1, 1):
        near: Step = v2.Compose([*worse, whole])
    else:
        crop = v2.RandomResizedCrop(size, scale=augmentation.crop_scale, ratio=augmentation.crop_ratio)
        near = v2.Compose([*worse, crop])
    if not augmentation.zoom_out:
        return near
    # Cropped once more, a car that is small already would often not be in the picture.
    away = v2.Compose([ZoomOut(backgrounds), *worse, whole])
    choice: Step = v2.RandomChoice([near, away], p=[1 - augmentation.zoom_out, augmentation.zoom_out])
    return choice


def mixer(augmentation: Augmentation, classes: int) -> Mixer | None:
    """What mixes the photos and labels of a batch; None where the recipe mixes nothing.

    mixup is that of Zhang et al. (2018), CutMix that of Yun et al. (2019); of both, each batch gets one at
    random.
    """
    ways: list[Step] = []
    if augmentation.mixup:
        ways.append(v2.MixUp(alpha=augmentation.mixup, num_classes=classes))
    if augmentation.cutmix:
        ways.append(v2.CutMix(alpha=augmentation.cutmix, num_classes=classes))
    return cast("Mixer", v2.RandomChoice(ways)) if ways else None


def evaluation_transform(*, size: int) -> Transform:
    """What serving does to a photo (`ml.data.photos.to_input`), as a tensor."""

    def transform(image: Image.Image) -> Tensor:
        return torch.from_numpy(to_input(image, size=size, mean=IMAGENET_MEAN, std=IMAGENET_STD))

    return transform
