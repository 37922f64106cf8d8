"""Pictures with a profile of their colours, made sRGB by littleCMS."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

#: Profiles up to this size are kept ready: the same few come with most photos.
_KEPT_BYTES = 2**16
#: Differences, of 255, up to which a profile is taken for sRGB's own, and pictures are left as they are.
_SAME = 3
_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """The picture with its colours in sRGB: of mode RGB, or RGBA where it was that.

    The picture itself where the profile is sRGB's, is not for its mode, or makes no sense.
    """
    if not icc:
        return image
    mode = "RGB" if image.mode == "RGBA" else image.mode
    transform = _transform(icc, mode) if len(icc) <= _KEPT_BYTES else _new_transform(icc, mode)
    if transform is None:
        return image
    from PIL import ImageCms

    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    source = image.convert(transform.input_mode)
    try:
        changed = ImageCms.applyTransform(source, transform)
    except ImageCms.PyCMSError:
        return image
    if changed is None:
        return image
    if alpha is not None:
        changed.putalpha(alpha)
    return changed


def _new_transform(icc: bytes, mode: str) -> ImageCmsTransform | None:
    """The way from a profile to sRGB for pictures of this mode; None where there is none to go."""
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        takes = _SPACES.get(profile.profile.xcolor_space.ljust(4), "")
        # Grey pictures with a profile of colours are common; the other way round nothing can be done.
        if takes != mode and (takes, mode) != ("RGB", "L"):
            return None
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), takes, "RGB")
        if takes == "RGB" and _changes_nothing(transform):
            return None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return transform


_transform = lru_cache(maxsize=16)(_new_transform)


def _changes_nothing(transform: ImageCmsTransform) -> bool:
    """Whether colours from all over the cube come out as they went in."""
    from PIL import ImageCms

    steps = (0, 16, 48, 96, 144, 192, 224, 255)
    colours = bytes(value for r in steps for g in steps for b in steps for value in (r, g, b))
    changed = ImageCms.applyTransform(Image.frombytes("RGB", (64, 8), colours), transform)
    after = changed.tobytes() if changed is not None else colours
    return max(abs(a - b) for a, b in zip(colours, after, strict=True)) <= _SAME
