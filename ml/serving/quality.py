"""What may be wrong with a photo itself, so that "not sure" can say what to do about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Short side, in pixels, under which details that tell model years apart are gone.
SMALL = 100
#: Mean brightness (0-255): 99% of benchmark photos lie between 57 and 157, the same at dusk under 54.
DARK, BRIGHT = 48, 205
#: Strength of the 1% sharpest edges over the contrast: benchmark photos have 1.3-5, slightly blurred ones
#: 0.2-0.9.
BLURRED = 0.9
#: Long side, in pixels, that sharpness is measured at, so that it means the same for every photo.
_SIDE = 256


def hints(image: Image.Image) -> tuple[str, ...]:
    """What may be wrong with an RGB photo, out of "small", "dark", "bright" and "blurred", in this order."""
    grey = image.convert("L")
    grey.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    values = np.asarray(grey, dtype=np.float32)
    brightness = values.mean()
    found = {
        "small": min(image.size) < SMALL,
        "dark": brightness < DARK,
        "bright": brightness > BRIGHT,
        "blurred": min(values.shape) >= 3 and _sharpness(values) < BLURRED,
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _sharpness(values: NDArray[np.float32]) -> float:
    """99th percentile of the Laplacian of (h, w) brightness, over its deviation: dark is not blurred."""
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    edges = np.abs(4 * values[1:-1, 1:-1] - around)
    return float(np.percentile(edges, 99) / max(float(values.std()), 1.0))
