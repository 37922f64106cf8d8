"""Training sees photos changed as the recipe says, and no others; serving sees them as they are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ml.recipes import Augmentation
from ml.transforms import IMAGENET_MEAN, IMAGENET_STD, SwapRedBlue, evaluation_transform, train_transform
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
