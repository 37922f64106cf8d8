"""Training sees photos changed as the recipe says, and no others; serving sees them as they are."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ml.data.transforms import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    SHAPES,
    SwapRedBlue,
    ZoomOut,
    evaluation_transform,
    train_transform,
)
from ml.recipes import Augmentation
from tests.ml.conftest import drawn

NOTHING = {"crop_scale": (1.0, 1.0), "flip": 0.0, "colour": 0.0}


def seen(photo: Image.Image, **changes: float) -> torch.Tensor:
    """What training sees with only these changes."""
    return train_transform(Augmentation(**NOTHING | changes), size=32)(photo)


def test_photo_without_augmentation_is_what_evaluation_sees() -> None:
    photo = drawn((200, 90, 30), 4, size=(64, 48))
    assert torch.equal(seen(photo), seen(photo))
    assert seen(photo).shape == (3, 32, 32)
    assert (seen(photo) - evaluation_transform(size=32)(photo)).abs().mean() < 0.05


def test_mirror_swap_and_turn_do_what_they_are_called() -> None:
    photo = drawn((200, 90, 30), 4, size=(64, 48))
    plain = seen(photo)
    torch.testing.assert_close(seen(photo, flip=1.0), plain.flip(2))
    mean, std = (torch.tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))
    swapped = (plain * std + mean).flip(0)
    torch.testing.assert_close(seen(photo, swap=1.0) * std + mean, swapped, atol=0.01, rtol=0)
    assert (seen(photo, rotate=40.0) - plain).abs().mean() > 0.01


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_red_and_blue_change_places_as_often_as_asked(share: float) -> None:
    red = Image.new("RGB", (4, 4), (250, 9, 20))
    change = SwapRedBlue(share)
    blue = sum(np.asarray(change(red))[0, 0].tolist() == [20, 9, 250] for _ in range(200))
    assert abs(blue / 200 - share) < 0.15


def test_car_from_afar_is_all_there_on_pictures_of_every_shape() -> None:
    photo = Image.new("RGB", (120, 80), (255, 0, 0))
    shapes, shares = set(), []
    for seed in range(60):
        random.seed(seed)
        seen_from_afar = ZoomOut([], scale=(0.4, 0.6))(photo)
        shapes.add(min(SHAPES, key=lambda one: abs(one - seen_from_afar.width / seen_from_afar.height)))
        shares.append(seen_from_afar.width * seen_from_afar.height / (120 * 80))
    assert shapes == set(SHAPES)
    assert min(shares) > 0.97
    assert max(shares) < 1.03


def test_part_that_is_set_on_another_picture_has_the_size_asked_for(tmp_path: Path) -> None:
    Image.new("RGB", (50, 50), (0, 0, 255)).save(tmp_path / "blue.png")
    random.seed(3)
    red = [
        (
            np.asarray(
                ZoomOut([tmp_path / "blue.png"], scale=(0.5, 0.5))(Image.new("RGB", (120, 80), "red"))
            )[..., 0]
            > 250
        )
        for _ in range(30)
    ]
    # On its own stretched picture all is red; on the other one, at most a quarter of the largest that fits.
    on_blue = [part.mean() for part in red if part.mean() < 0.9]
    assert len(on_blue) > 5
    assert max(on_blue) <= 0.26


def test_photo_seen_from_afar_is_not_cropped_again() -> None:
    halves = Image.new("RGB", (64, 48), "red")
    halves.paste(Image.new("RGB", (32, 48), "blue"), (32, 0))
    torch.manual_seed(2)

    def draws_with_both(zoom_out: float) -> int:
        how = Augmentation(**NOTHING | {"crop_scale": (0.1, 0.15), "zoom_out": zoom_out})
        pictures = [train_transform(how, size=32)(halves) for _ in range(20)]
        return sum(bool((red > 0).any() and (blue > 0).any()) for red, _, blue in pictures)

    assert draws_with_both(1.0) == 20
    assert draws_with_both(0.0) < 15
