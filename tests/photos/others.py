"""What is not the outside of a car: a cabin, a landscape, a sheet of paper."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.photos.cars import smooth_max
from tests.photos.tracer import Surface, clouds


# --- A cabin ------------------------------------------------------------------------------------------------
def _block(p: np.ndarray, middle: tuple, half: tuple, round_: float) -> np.ndarray:
    """A box with round edges."""
    q = np.abs(p - np.array(middle, np.float32)) - np.array(half, np.float32) + round_
    return np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(axis=1), 0) - round_


def _stick(p: np.ndarray, a: tuple, b: tuple, radius: float) -> np.ndarray:
    """A stick with round ends."""
    start, way = np.array(a, np.float32), np.array(b, np.float32) - np.array(a, np.float32)
    along = np.clip((p - start) @ way / (way @ way), 0, 1)[:, None]
    return np.linalg.norm(p - start - along * way, axis=1) - radius


class Cabin:
    """The front of a car from inside: dashboard, wheel, screen, pillars; the windscreen is open to the road."""

    low = np.array([-1.05, 0.2, -1.0], np.float32)
    high = np.array([1.0, 1.65, 1.0], np.float32)
    _wheel_at = np.array([-0.05, 0.9, 0.38], np.float32)

    def _steering(self, p: np.ndarray) -> np.ndarray:
        q = p - self._wheel_at
        lean = np.radians(28)
        x = q[:, 0] * np.cos(lean) + q[:, 1] * np.sin(lean)
        y = -q[:, 0] * np.sin(lean) + q[:, 1] * np.cos(lean)
        ring = np.hypot(np.hypot(y, q[:, 2]) - 0.185, x) - 0.018
        flat = np.stack([x, y, q[:, 2]], axis=1)
        spokes = np.minimum(
            _block(flat, (-0.02, 0, 0), (0.012, 0.024, 0.18), 0.01),
            _block(flat, (-0.02, -0.09, 0), (0.012, 0.09, 0.02), 0.01),
        )
        hub = smooth_max(np.hypot(y, q[:, 2]) - 0.065, np.abs(x + 0.01) - 0.025, 0.02)
        return np.minimum.reduce([ring, spokes, hub])

    def _screen(self, p: np.ndarray) -> np.ndarray:
        return _block(p, (-0.24, 0.96, 0.0), (0.012, 0.075, 0.13), 0.01)

    def _trim(self, p: np.ndarray) -> np.ndarray:
        side = p * np.array([1, 1, 0], np.float32) + np.abs(p) * np.array([0, 0, 1], np.float32)
        return np.minimum.reduce(
            [
                _stick(side, (-1.0, 0.92, 0.80), (-0.45, 1.46, 0.64), 0.045),
                _block(side, (0.1, 0.62, 0.86), (1.0, 0.33, 0.06), 0.05),
                _block(p, (0.1, 1.55, 0.0), (0.62, 0.06, 0.85), 0.05),
            ]
        )

    def _dashboard(self, p: np.ndarray) -> np.ndarray:
        return np.minimum.reduce(
            [
                _block(p, (-0.62, 0.76, 0.0), (0.36, 0.17, 0.85), 0.09),
                _block(p, (-0.30, 0.95, 0.38), (0.10, 0.06, 0.19), 0.05),
                _block(p, (0.0, 0.52, 0.0), (0.6, 0.14, 0.13), 0.05),
                _stick(p, (-0.02, 0.62, 0.0), (0.02, 0.80, 0.0), 0.02),
                _block(p, (-0.42, 1.36, 0.0), (0.012, 0.033, 0.12), 0.012),
            ]
        )

    def distance(self, p: np.ndarray) -> np.ndarray:
        """Signed distance of points, or less."""
        return np.minimum.reduce([self._dashboard(p), self._steering(p), self._screen(p), self._trim(p)])

    def surface(self, p: np.ndarray, n: np.ndarray) -> Surface:
        """Dark plastic, lighter trim, leather, a map on the screen."""
        x, y, z = p.T
        colour = np.tile(np.array([0.035, 0.036, 0.04], np.float32), (len(p), 1))
        colour *= (0.8 + 0.4 * clouds(z * 40, (x + y) * 40, 3))[:, None]
        mirror = np.full(len(p), 0.02, np.float32)
        glow = np.zeros((len(p), 3), np.float32)
        colour[self._trim(p) < 0.004] = (0.30, 0.27, 0.23)
        facing = n[:, 0] > 0.5
        vents = facing & (np.abs(y - 0.85) < 0.035) & (np.abs(np.abs(z) - 0.68) < 0.1)
        colour[vents & (np.mod(y, 0.018) < 0.008)] = (0.005, 0.005, 0.005)
        stripe = facing & (np.abs(y - 0.78) < 0.012) & (x < -0.2)
        colour[stripe], mirror[stripe] = (0.35, 0.35, 0.36), 0.3
        map_ = facing & (self._screen(p) < 0.004)
        streets = (np.abs(np.mod(z * 9 + y * 4, 0.5) - 0.25) < 0.03) | (
            np.abs(np.mod(y * 13 - z * 3, 0.6) - 0.3) < 0.03
        )
        glow[map_] = np.where(streets[map_, None], (0.5, 0.55, 0.5), (0.07, 0.12, 0.15))
        dials = facing & (np.abs(np.hypot(y - 0.95, np.abs(z - 0.38) - 0.08) - 0.035) < 0.005) & (x < -0.15)
        glow[dials] = (0.6, 0.6, 0.55)
        return Surface(colour, mirror, glow)


# --- A landscape --------------------------------------------------------------------------------------------
def landscape(width: int = 640, height: int = 426) -> Image.Image:
    """Ridges behind each other over a lake."""
    x, y = np.meshgrid(np.linspace(0, 4, width), np.linspace(0, 1, height))
    sky = (
        np.array([0.35, 0.55, 0.82])
        + (np.array([0.92, 0.88, 0.82]) - [0.35, 0.55, 0.82]) * y[..., None] * 1.4
    )
    cover = np.clip(clouds(x * 1.5, y * 7) * 2.2 - 1.0, 0, 1)[..., None]
    picture = sky * (1 - cover) + 0.97 * cover
    for layer in range(5):
        near = layer / 4
        edge = 0.58 - 0.26 * clouds(x[0] * (1.2 + layer) + 9 * layer, x[0] * 0 + layer, 6) + 0.10 * near
        stone = np.array([0.55, 0.65, 0.75]) * (1 - near) + np.array([0.14, 0.22, 0.10]) * near
        shade = (0.75 + 0.5 * clouds(x * (14 + 20 * near), y * (40 + 60 * near)))[..., None]
        picture = np.where((y > edge)[..., None], stone * shade, picture)
    shore = int(height * 0.68)
    waves = (np.sin(np.arange(height - shore) ** 1.3) * 3).astype(int)
    mirrored = picture[shore - 1 - np.arange(height - shore) % shore]
    lake = np.stack([np.roll(row, shift, axis=0) for row, shift in zip(mirrored, waves, strict=True)])
    picture[shore:] = lake * 0.62 + np.array([0.08, 0.13, 0.17])
    return Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(0.6)
    )


# --- A sheet of paper ---------------------------------------------------------------------------------------
LETTER = (
    "Dear neighbours,", "", "on Saturday the street is closed from nine to five, as we move", "the piano. Please park around the corner.",
    "There will be cake for everybody who carries something, and", "tea for everybody who tells us how to carry it.", "",
    "If it rains, the piano stays where it is, and the cake is", "eaten on the stairs.", "", "With kind regards", "the people from number seven",
)  # fmt: skip


def document(width: int = 640, height: int = 426) -> Image.Image:
    """A letter on a wooden table."""
    x, y = np.meshgrid(np.linspace(0, 8, width), np.linspace(0, 5, height))
    wood = np.array([0.45, 0.29, 0.17]) * (0.7 + 0.6 * clouds(x * 0.8, y * 14, 4))[..., None]
    table = Image.fromarray((np.clip(wood, 0, 1) * 255).astype(np.uint8))
    sheet = Image.new("RGB", (620, 800), (246, 243, 235))
    pen = ImageDraw.Draw(sheet)
    pen.text((60, 60), "An announcement", (30, 30, 40), font=ImageFont.load_default(38))
    for row, text in enumerate(LETTER):
        pen.text((60, 150 + row * 44), text, (40, 40, 50), font=ImageFont.load_default(19))
    pen.line([(60, 118), (560, 118)], (120, 40, 30), 3)
    corners = (
        (150, 30),
        (120, 410),
        (560, 396),
        (500, 20),
    )  # upper left, lower left, lower right, upper right
    sheet, mask = _tilted(sheet, corners, (width, height))
    shadow = mask.filter(ImageFilter.GaussianBlur(9)).point(lambda value: value * 0.55)
    table.paste((20, 12, 6), (8, 10), shadow)
    table.paste(sheet, (0, 0), mask)
    return table.filter(ImageFilter.GaussianBlur(0.5))


def _tilted(sheet: Image.Image, corners: tuple, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """A picture seen from aside, and where it lies."""
    width, height = sheet.size
    flat = ((0, 0), (0, height), (width, height), (width, 0))
    rows, values = [], []
    for (u, v), (x, y) in zip(corners, flat, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
        values += [x, y]
    way = list(np.linalg.solve(np.array(rows, float), np.array(values, float)))
    options = {"method": Image.Transform.PERSPECTIVE, "data": way, "resample": Image.Resampling.BICUBIC}
    mask = Image.new("L", sheet.size, 255).transform(size, **options)
    return sheet.transform(size, **options), mask
