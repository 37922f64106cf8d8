"""Two looks at a photo: where the second one is taken, how both are put together, and what they were drawn to.

NumPy only. B photos, C classes, D channels, h x w cells.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.bundle import SecondLook

#: (left, top, right, bottom) in shares of a photo's width and height.
Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities over the last axis."""
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def combine(first: np.ndarray, second: np.ndarray, *, temperature: float, weight: float) -> np.ndarray:
    """Probabilities (B, C) of two looks' logits, the second's weighing `weight` (0-1).

    The mean is taken of logits, which are evidence that adds up. The mean of probabilities is right as often, but its
    calibration error is half as large again (0.036 against 0.024 on 1,059 photos, each fitted on the other half).
    """
    return softmax((1 - weight) * np.asarray(first) + weight * np.asarray(second), temperature)


def energy(feature_map: np.ndarray) -> np.ndarray:
    """How strongly each cell speaks, whatever it says: (…, D, h, w) to (…, h, w), scaled to 0-1 in each photo."""
    strength = np.sqrt(np.square(feature_map).sum(axis=-3))
    low = strength.min(axis=(-2, -1), keepdims=True)
    high = strength.max(axis=(-2, -1), keepdims=True)
    return (strength - low) / np.maximum(high - low, 1e-12)


def second_box(strength: np.ndarray, look: SecondLook) -> Box:
    """The box around the cells (h, w) of at least `look.energy`, padded, at least `look.smallest` wide and high.

    WHOLE where that is more than the share `look.largest` of the photo.
    """
    rows, columns = np.nonzero(strength >= look.energy)
    if len(rows) == 0:
        return WHOLE
    top, bottom = _span(rows.min(), rows.max() + 1, strength.shape[0], look)
    left, right = _span(columns.min(), columns.max() + 1, strength.shape[1], look)
    if (right - left) * (bottom - top) > look.largest:
        return WHOLE
    return left, top, right, bottom


def _span(start: int, stop: int, cells: int, look: SecondLook) -> tuple[float, float]:
    low, high = start / cells - look.padding, stop / cells + look.padding
    spare = max(0.0, look.smallest - (high - low)) / 2
    low, high = low - spare, high + spare
    # A span that leaves the photo on one side is moved back rather than cut.
    shift = max(0.0, -low) - max(0.0, high - 1.0)
    return float(max(0.0, low + shift)), float(min(1.0, high + shift))


def leads(logits: np.ndarray) -> np.ndarray:
    """By how much the best logit of each photo leads the next one: (B, C) to (B)."""
    if logits.shape[-1] < 2:
        return np.full(logits.shape[:-1], np.inf)
    upper = np.partition(logits, -2, axis=-1)
    return np.asarray(upper[..., -1] - upper[..., -2])


def settled(logits: np.ndarray, look: SecondLook) -> np.ndarray:
    """(B) booleans: whether the first look's logits (B, C) say enough without a second one."""
    if look.enough is None:
        return np.zeros(logits.shape[:-1], bool)
    return leads(logits) >= look.enough


def shows_enough(box: Box, size: tuple[int, int], look: SecondLook, hints: Sequence[str]) -> bool:
    """Whether a closer look at a box of a photo of `size` (width, height in pixels) and with these hints may help.

    Of few or blurred pixels a crop is enlarged to something the network never learned from: on blurred photos it named 33%
    right where the whole photo gave 66%, on photos of 120 pixels 42% and 71%.
    """
    left, top, right, bottom = box
    sides = ((right - left) * size[0], (bottom - top) * size[1])
    return box is WHOLE or (min(sides) >= look.pixels and (look.pixels == 0 or "blurred" not in hints))


def heat_map(head: np.ndarray, feature_map: np.ndarray) -> np.ndarray:
    """Class activation map: weights (D) of one class on (D, h, w), as integers 0-255 of shape (h, w)."""
    activation = np.maximum(np.tensordot(head, feature_map, axes=1), 0.0)
    return np.rint(activation * (255 / max(float(activation.max()), 1e-12))).astype(np.uint8)
