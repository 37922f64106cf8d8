"""What may be wrong with a photo itself, so that "not sure" can say what to do about it."""

from __future__ import annotations

import numpy as np
from PIL import Image

#: Mean brightness (0-255) below which a photo is dark, and above which it is washed out.
DARK, BRIGHT = 45.0, 215.0
#: Variance of the Laplacian of a 256-px grey copy below which a photo is blurred.
BLURRED = 60.0
#: Short side, in pixels, below which details that tell cars apart are lost.
SMALL = 160


def hints(image: Image.Image) -> list[str]:
    """Of "small", "dark", "bright" and "blurred" those that hold for the photo."""
    found = []
    if min(image.size) < SMALL:
        found.append("small")
    small = image.convert("L").resize((256, 256), Image.Resampling.BILINEAR, reducing_gap=2.0)
    grey = np.asarray(small, dtype=np.float32)
    brightness = float(grey.mean())
    if brightness < DARK:
        found.append("dark")
    elif brightness > BRIGHT:
        found.append("bright")
    laplacian = -4 * grey[1:-1, 1:-1] + grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    if "dark" not in found and float(laplacian.var()) < BLURRED:
        found.append("blurred")
    return found
