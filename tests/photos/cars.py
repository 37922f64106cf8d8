"""Cars as solids: a silhouette of the site pushed out to both sides, narrowed at the roof and the corners."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tests.photos.outline import Outline, look_up, outline
from tests.photos.tracer import Surface

WHEEL = 0.22  # metres a tyre is wide


def smooth_max(a: np.ndarray, b: np.ndarray, round_: float) -> np.ndarray:
    """The larger one, with the edge between them rounded."""
    near = np.clip(round_ - np.abs(a - b), 0, None)
    return np.maximum(a, b) + near * near / (4 * round_)


@dataclass(frozen=True)
class Car:
    """A car of a body style in a colour (linear RGB), its middle at the origin, its front towards -x."""

    style: str
    paint: tuple[float, float, float]
    half: float = 0.92
    shape: Outline = field(init=False)
    low: np.ndarray = field(init=False)
    high: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        shape = outline(self.style)
        object.__setattr__(self, "shape", shape)
        margin = np.array([0.05, 0.05, 0.2], np.float32)
        low = np.array([shape.front, 0.05, -self.half], np.float32)
        high = np.array([shape.rear, shape.roof, self.half], np.float32)
        object.__setattr__(self, "low", low - margin)
        object.__setattr__(self, "high", high + margin)

    # --- Shape ----------------------------------------------------------------------------------------------
    def _side(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Half the width of the body at a place of its side view."""
        s = self.shape
        nose = np.clip((s.front + 0.75 - x) / 0.75, 0, 1) ** 2.2 * 0.24
        tail = np.clip((x - s.rear + 0.55) / 0.55, 0, 1) ** 2.2 * 0.16
        lean = np.clip((y - s.belt) / max(s.roof - s.belt, 0.1), 0, 1.2) * (
            0.10 if self.style == "van" else 0.24
        )
        belly = ((y - 0.62) / 0.6) ** 2 * 0.05
        waist = 0.018 * np.exp(-(((y - s.belt + 0.12) / 0.05) ** 2))
        return self.half - nose - tail - lean - belly + waist

    def _body(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return smooth_max(look_up(self.shape.body, x, y), (z - self._side(x, y)) * 0.93, 0.12)

    def _wheel(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        best = np.full(x.shape, 9.0, np.float32)
        for hub, radius in self.shape.wheels:
            out = np.hypot(x - hub, y - radius) - radius
            flat = np.abs(z - (self.half - 0.16)) - WHEEL / 2
            dish = np.clip(radius * 0.62 - np.hypot(x - hub, y - radius), 0, 0.03) * 1.2
            best = np.minimum(best, smooth_max(out, flat + dish, 0.05))
        return best

    def _under(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """What fills the wheel houses from inside."""
        s = self.shape
        long = np.abs(x - (s.front + s.rear) / 2) - (s.rear - s.front) / 2 + 0.25
        return np.maximum(np.maximum(long, np.abs(y - 0.48) - 0.24), z - (self.half - 0.3))

    def _mirror(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        at = self._mirror_at()
        p = np.stack([(x - at[0]) / 0.09, (y - at[1]) / 0.075, (z - at[2]) / 0.11], axis=-1)
        return (np.linalg.norm(p, axis=-1) - 1) * 0.075

    def _mirror_at(self) -> tuple[float, float, float]:
        s = self.shape
        columns = np.flatnonzero((s.glass < 0).any(axis=0))
        x = float(-2.8 + 0.015 * columns[0]) + 0.3 if len(columns) else -0.5
        return x, s.belt + 0.05, self.half + 0.06

    def distance(self, p: np.ndarray) -> np.ndarray:
        """Signed distance of points, or less."""
        x, y, z = p[:, 0], p[:, 1], np.abs(p[:, 2])
        parts = (self._body, self._wheel, self._under, self._mirror)
        return np.minimum.reduce([part(x, y, z) for part in parts])

    # --- Looks ----------------------------------------------------------------------------------------------
    def surface(self, p: np.ndarray, n: np.ndarray) -> Surface:
        """Paint, glass, rubber, metal, lamps."""
        x, y, z = p[:, 0], p[:, 1], np.abs(p[:, 2])
        colour = np.tile(np.array(self.paint, np.float32), (len(p), 1))
        mirror = np.full(len(p), 0.055, np.float32)
        glow = np.zeros((len(p), 3), np.float32)

        def put(where: np.ndarray, paint: tuple[float, float, float], shine: float) -> None:
            colour[where], mirror[where] = paint, shine

        side = np.abs(n[:, 2]) > 0.55
        put(side & (look_up(self.shape.seams, x, y) < 0.006), tuple(0.35 * c for c in self.paint), 0.03)
        put(self._glass(x, y, z, n, side=side), (0.012, 0.014, 0.016), 0.11)
        self._front_and_rear(put, glow, x, y, z, n)
        put(y < 0.24, (0.02, 0.02, 0.02), 0.01)
        put(self._under(x, y, z) < 0.004, (0.01, 0.01, 0.01), 0.0)
        self._wheels(put, x, y, z)
        return Surface(colour, mirror, glow)

    def _glass(
        self, x: np.ndarray, y: np.ndarray, z: np.ndarray, n: np.ndarray, *, side: np.ndarray
    ) -> np.ndarray:
        s = self.shape
        windows = side & (look_up(s.glass, x, y) < 0)
        framed = (z < self._side(x, y) - 0.085) & (y > s.belt + 0.02) & (y < s.roof - 0.05)
        slanted = ~side & (n[:, 1] < 0.9) & (np.abs(n[:, 0]) > 0.3)
        return windows | (framed & slanted & (self.style != "van" or x < 0))

    def _front_and_rear(self, put, glow, x, y, z, n) -> None:  # type: ignore[no-untyped-def]
        s = self.shape
        ahead, behind = x < s.front + 0.42, x > s.rear - 0.30
        middle = sum(s.lamp) / 2
        slant = middle + 0.03 + (z - 0.62) * 0.10
        lamp = ahead & (np.abs(y - slant) < 0.075 - (z < 0.5) * 0.03) & (z > 0.42) & (n[:, 1] < 0.97)
        put(lamp, (0.16, 0.17, 0.18), 0.3)
        bulb = lamp & (np.hypot(z - 0.6, y - slant) < 0.05) & (n[:, 0] < -0.3)
        put(bulb, (0.8, 0.8, 0.78), 0.3)
        glow[bulb] = 0.25
        height = min(s.tail[1] - s.tail[0], 0.24)
        tail = behind & (np.abs(y - sum(s.tail) / 2) < height / 2) & (z > 0.52) & (x > s.rear - 0.16)
        put(tail, (0.22, 0.008, 0.01), 0.14)
        facing = (x < s.front + 0.3) & (n[:, 0] < -0.45)
        mouth = facing & (z < 0.4) & (y > 0.34) & (y < s.lamp[1] - 0.06)
        put(mouth, (0.015, 0.015, 0.016), 0.03)
        put(mouth & (np.mod(y, 0.055) < 0.014), (0.5, 0.5, 0.52), 0.35)
        put(facing & (z < 0.66) & (y > 0.25) & (y < 0.32), (0.015, 0.015, 0.016), 0.02)
        plate = (z < 0.26) & (y > 0.37) & (y < 0.48) & (np.abs(n[:, 0]) > 0.6)
        put(plate, (0.75, 0.74, 0.68), 0.02)
        put(
            plate & (np.abs(y - 0.425) < 0.03) & (np.mod(z + 0.02, 0.075) < 0.045) & (z < 0.22),
            (0.03, 0.03, 0.04),
            0.0,
        )

    def _wheels(self, put, x, y, z) -> None:  # type: ignore[no-untyped-def]
        rubber = self._wheel(x, y, z) < 0.004
        put(rubber, (0.018, 0.018, 0.019), 0.012)
        for hub, radius in self.shape.wheels:
            away = np.hypot(x - hub, y - radius)
            rim = rubber & (away < radius * 0.66) & (z > self.half - 0.2)
            spoke = (
                np.abs(np.mod(np.arctan2(y - radius, x - hub) + np.pi / 2, 2 * np.pi / 5) - np.pi / 5) > 0.36
            )
            put(rim, (0.05, 0.05, 0.052), 0.05)
            put(rim & (spoke | (away > radius * 0.58) | (away < radius * 0.16)), (0.42, 0.43, 0.45), 0.4)
