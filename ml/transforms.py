"""What training does to photos. Evaluation and serving use `ml.photos.to_input`, which does nothing random."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter

from ml import torchvision_ops

torchvision_ops.ensure()
from torchvision.transforms import v2  # noqa: E402  (needs the line above)

from ml.photos import open_photo, to_input  # noqa: E402
from ml.recipes import Augmentation  # noqa: E402

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
#: Share of the photos moved away from the camera that are set among their own surroundings.
MIRRORED = 0.4


class ZoomOut:
    """Set the photo, shrunk, somewhere on another picture: a car that fills less of the frame.

    Benchmark photos are framed tightly; a visitor's photo from across the road is not. The other picture is the photo's
    own surroundings carried on as in a mirror, one of `backgrounds`, or the photo itself, stretched beyond recognition.
    The edge of the last two is soft half of the time, lest the network learn to look for frames.
    """

    def __init__(
        self, share: float, backgrounds: Sequence[Path], scale: tuple[float, float] = (0.4, 0.9)
    ) -> None:
        self.share = share
        self.backgrounds = list(backgrounds)
        self.scale = scale

    def __call__(self, image: Image.Image) -> Image.Image:
        if random.random() >= self.share:
            return image
        width, height = image.size
        scale = random.uniform(*self.scale)
        small = image.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
        left = random.randint(0, width - small.width)
        top = random.randint(0, height - small.height)
        if random.random() < MIRRORED:
            rows, columns = (top, height - top - small.height), (left, width - left - small.width)
            return Image.fromarray(np.pad(np.asarray(small), (rows, columns, (0, 0)), "symmetric"))
        canvas = self._background(image).resize((width, height), Image.Resampling.BILINEAR)
        canvas.paste(small, (left, top), self._mask(small) if random.random() < 0.5 else None)
        return canvas

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
    """Make a photo poor in one way, as phones, dusk and messengers do: few pixels, out of focus, dark, squeezed hard."""

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
    """Let red and blue change places: a set of photos that was saved the wrong way round must not teach that tail lights
    are blue.
    """

    def __init__(self, share: float) -> None:
        self.share = share

    def __call__(self, image: Image.Image) -> Image.Image:
        if random.random() >= self.share:
            return image
        red, green, blue = image.split()
        return Image.merge("RGB", (blue, green, red))


def train_transform(
    augmentation: Augmentation, *, size: int, backgrounds: Sequence[Path] = ()
) -> Callable[[Image.Image], torch.Tensor]:
    """Random crop, flip, turn, colour and distance; (3, size, size) float32, normalised."""
    steps: list[Callable] = []
    if augmentation.swap:
        steps.append(SwapRedBlue(augmentation.swap))
    if augmentation.zoom_out:
        steps.append(ZoomOut(augmentation.zoom_out, backgrounds))
    if augmentation.degrade:
        steps.append(Degrade(augmentation.degrade))
    if augmentation.rotate:
        steps.append(v2.RandomRotation(augmentation.rotate, v2.InterpolationMode.BILINEAR))
    if tuple(augmentation.crop_scale) == (1, 1):
        steps.append(v2.Resize((size, size)))
    else:
        steps.append(v2.RandomResizedCrop(size, scale=augmentation.crop_scale, ratio=augmentation.crop_ratio))
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
    return v2.Compose(steps)


def mixer(augmentation: Augmentation, classes: int) -> Callable | None:
    """What mixes the photos and labels of a batch; (photos, soft labels). None where the recipe mixes nothing."""
    ways: list[Callable] = []
    if augmentation.mixup:
        ways.append(v2.MixUp(alpha=augmentation.mixup, num_classes=classes))
    if augmentation.cutmix:
        ways.append(v2.CutMix(alpha=augmentation.cutmix, num_classes=classes))
    return v2.RandomChoice(ways) if ways else None


def evaluation_transform(*, size: int) -> Callable[[Image.Image], torch.Tensor]:
    """The transform of serving, as a tensor."""

    def transform(image: Image.Image) -> torch.Tensor:
        return torch.from_numpy(to_input(image, size=size, mean=IMAGENET_MEAN, std=IMAGENET_STD))

    return transform
