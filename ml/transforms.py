"""What training does to photos. Evaluation and serving use `ml.photos.to_input`, which does nothing random."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image

from ml import torchvision_ops

torchvision_ops.ensure()
from torchvision.transforms import v2  # noqa: E402  (needs the line above)

from ml.photos import open_photo, to_input  # noqa: E402
from ml.recipes import Augmentation  # noqa: E402

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class ZoomOut:
    """Set the photo, shrunk, somewhere on another picture: a car that fills less of the frame.

    Benchmark photos are framed tightly; a visitor's photo from across the road is not.
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
        canvas = self._background(image).resize((width, height), Image.Resampling.BILINEAR)
        scale = random.uniform(*self.scale)
        small = image.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
        left = random.randint(0, width - small.width)
        top = random.randint(0, height - small.height)
        canvas.paste(small, (left, top))
        return canvas

    def _background(self, image: Image.Image) -> Image.Image:
        if self.backgrounds:
            return open_photo(random.choice(self.backgrounds), short_side=128)
        return Image.new("RGB", (8, 8), tuple(random.randrange(256) for _ in range(3)))


def train_transform(
    augmentation: Augmentation, *, size: int, backgrounds: Sequence[Path] = ()
) -> Callable[[Image.Image], torch.Tensor]:
    """Random crop, flip, colour and distance; (3, size, size) float32, normalised."""
    steps: list[Callable] = []
    if augmentation.zoom_out:
        steps.append(ZoomOut(augmentation.zoom_out, backgrounds))
    steps += [
        v2.RandomResizedCrop(size, scale=augmentation.crop_scale, ratio=augmentation.crop_ratio),
        v2.RandomHorizontalFlip(),
    ]
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


def evaluation_transform(*, size: int) -> Callable[[Image.Image], torch.Tensor]:
    """The transform of serving, as a tensor."""

    def transform(image: Image.Image) -> torch.Tensor:
        return torch.from_numpy(to_input(image, size=size, mean=IMAGENET_MEAN, std=IMAGENET_STD))

    return transform
