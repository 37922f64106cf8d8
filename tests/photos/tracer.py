"""A small ray marcher: a solid of signed distances on an endless road, sun, sky, reflections, shadows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

_TABLE = np.random.default_rng(7).random((256, 256), np.float32)


def unit(v: np.ndarray) -> np.ndarray:
    """Vectors of length one."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def noise(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Smooth noise in 0..1 with features of about one unit."""
    i, j = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    s, t = x - i, y - j
    s, t = s * s * (3 - 2 * s), t * t * (3 - 2 * t)
    i0, i1, j0, j1 = i & 255, (i + 1) & 255, j & 255, (j + 1) & 255
    low = _TABLE[j0, i0] * (1 - s) + _TABLE[j0, i1] * s
    high = _TABLE[j1, i0] * (1 - s) + _TABLE[j1, i1] * s
    return low * (1 - t) + high * t


def clouds(x: np.ndarray, y: np.ndarray, octaves: int = 5) -> np.ndarray:
    """Noise at several scales, in 0..1."""
    total = sum(noise(x * 2**n + 17 * n, y * 2**n + 31 * n) / 2**n for n in range(octaves))
    return total / (2 - 2 ** (1 - octaves))


@dataclass(frozen=True)
class Surface:
    """What points are made of: colour (linear, 0..1), reflectance straight on, and how much shows its own light."""

    colour: np.ndarray
    mirror: np.ndarray
    glow: np.ndarray


class Solid(Protocol):
    """Something to be drawn. `low` and `high` are corners of a box that holds it."""

    low: np.ndarray
    high: np.ndarray

    def distance(self, p: np.ndarray) -> np.ndarray:
        """Signed distance of points, or less."""

    def surface(self, p: np.ndarray, n: np.ndarray) -> Surface:
        """What the points of the surface are made of."""


@dataclass(frozen=True)
class Place:
    """Light and surroundings."""

    sun: tuple[float, float, float] = (-0.5, 0.75, 0.55)
    sunlight: tuple[float, float, float] = (2.4, 2.2, 1.9)
    zenith: tuple[float, float, float] = (0.16, 0.33, 0.62)
    haze: tuple[float, float, float] = (0.72, 0.80, 0.88)
    cloudy: float = 0.6
    skyline: str = "trees"
    road: tuple[float, float, float] = (0.17, 0.17, 0.18)
    verge: tuple[float, float, float] = (0.16, 0.22, 0.07)
    lane: float = 2.4  # metres from the car's middle to the painted line
    width: float = 5.5  # metres from the car's middle to the verge
    turned: float = 0.0  # direction of the road, radians


@dataclass(frozen=True)
class Camera:
    """Where from: angle around the middle (0 looks at the front), distance, height, aim, and how wide it sees."""

    angle: float
    distance: float
    height: float
    aim: tuple[float, float, float] = (0.0, 0.62, 0.0)
    degrees: float = 40.0
    size: tuple[int, int] = (640, 426)
    eye: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        angle = np.radians(self.angle)
        eye = [-np.cos(angle) * self.distance, self.height, np.sin(angle) * self.distance]
        object.__setattr__(self, "eye", np.array(eye, np.float32))

    def rays(self, scale: int) -> np.ndarray:
        """Directions of all pixels, rows first."""
        width, height = self.size[0] * scale, self.size[1] * scale
        ahead = unit(np.array(self.aim, np.float32) - self.eye)
        right = unit(np.cross(ahead, [0, 1, 0]))
        up = np.cross(right, ahead)
        reach = np.tan(np.radians(self.degrees / 2)) / max(width, height) * 2
        x, y = np.meshgrid(np.arange(width) - width / 2 + 0.5, height / 2 - np.arange(height) - 0.5)
        spread = x[..., None] * reach * right + y[..., None] * reach * up
        return unit((ahead + spread).reshape(-1, 3)).astype(np.float32)


# --- Surroundings -------------------------------------------------------------------------------------------
def sky(place: Place, d: np.ndarray) -> np.ndarray:
    """Light from directions at or above the horizon."""
    height = np.clip(d[:, 1], 0, 1)[:, None]
    colour = np.array(place.haze) + (np.array(place.zenith) - place.haze) * height**0.55
    over = 1 / (height[:, 0] + 0.12)
    cover = np.clip(clouds(d[:, 0] * over + 40, d[:, 2] * over + 40) * 2.6 - 1.6 + place.cloudy, 0, 1)[
        :, None
    ]
    colour = colour * (1 - cover * 0.75) + np.array(place.haze) * 1.08 * cover * 0.75
    near_sun = np.clip(d @ unit(np.array(place.sun)), 0, 1)[:, None]
    colour = colour + np.array(place.sunlight) * (near_sun**300 * 2 + near_sun**12 * 0.12)
    return _skyline(place, d, colour)


def _skyline(place: Place, d: np.ndarray, colour: np.ndarray) -> np.ndarray:
    around = np.arctan2(d[:, 2], d[:, 0])
    if place.skyline == "houses":
        house = np.floor(around * 9)
        tall = 0.05 + 0.13 * _TABLE[3, house.astype(np.int64) & 255]
        shade = 0.25 + 0.4 * _TABLE[5, house.astype(np.int64) & 255]
        windows = (np.sin(around * 190) > 0.2) & (np.sin(d[:, 1] * 330) > 0.1)
        paint = np.array([0.86, 0.74, 0.62]) * (shade * np.where(windows, 0.55, 1.0))[:, None]
    else:
        tall = 0.02 + 0.07 * clouds(around * 22, around * 0 + 3)
        paint = np.array([0.10, 0.15, 0.06]) * (0.5 + clouds(around * 90, d[:, 1] * 90))[:, None]
    paint = paint * np.clip(np.array(place.haze).mean() * 1.2, 0.1, 1)
    fade = np.clip((tall - d[:, 1]) * 250, 0, 1)[:, None]
    return colour * (1 - fade) + paint * fade


def ground(place: Place, p: np.ndarray) -> np.ndarray:
    """Colour of the ground at points: a road with a painted line, and what is beside it."""
    along = np.cos(place.turned) * p[:, 0] + np.sin(place.turned) * p[:, 2]
    across = -np.sin(place.turned) * p[:, 0] + np.cos(place.turned) * p[:, 2]
    grain = 0.75 + 0.35 * clouds(along * 9, across * 9, 4) + 0.25 * (noise(along * 60, across * 60) - 0.5)
    tyres = 1 - 0.12 * np.exp(-(((np.abs(across) - 0.8) / 0.35) ** 2))
    colour = np.array(place.road) * (grain * tyres)[:, None]
    painted = (np.abs(across + place.lane) < 0.07) & (np.mod(along, 6) < 3.2)
    colour = np.where(painted[:, None], 0.62 * grain[:, None], colour)
    beside = np.clip((np.abs(across) - place.width) * 6, 0, 1)[:, None]
    grass = np.array(place.verge) * (0.5 + clouds(along * 5, across * 5))[:, None]
    return colour * (1 - beside) + grass * beside


def surroundings(place: Place, d: np.ndarray) -> np.ndarray:
    """What a polished surface shows in a direction."""
    above = sky(place, d)
    below = np.array(place.road) * 1.6 * np.array(place.haze)
    return np.where(d[:, 1:2] > 0, above, below + (above - below) * np.exp(-np.abs(d[:, 1:2]) * 30))


# --- Light on things ----------------------------------------------------------------------------------------
def _box(solid: Solid, origin: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where rays enter and leave the solid's box."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (solid.low - origin) / d, (solid.high - origin) / d
    return np.minimum(one, other).max(axis=1).clip(0), np.maximum(one, other).min(axis=1)


def march(solid: Solid, origin: np.ndarray, d: np.ndarray, steps: int = 140) -> np.ndarray:
    """Distance along each ray to the solid; infinite where it is missed."""
    start, end = _box(solid, origin, d)
    found = np.full(len(d), np.inf, np.float32)
    rows = np.flatnonzero(start < end)
    t = start[rows]
    origin = np.broadcast_to(origin, d.shape)
    for _ in range(steps):
        if not len(rows):
            break
        gap = solid.distance(origin[rows] + t[:, None] * d[rows])
        hit = gap < 0.0012
        found[rows[hit]] = t[hit]
        t = t + gap * 0.75
        going = ~hit & (t < end[rows])
        rows, t = rows[going], t[going]
    return found


def normals(solid: Solid, p: np.ndarray) -> np.ndarray:
    """Directions away from the surface."""
    step = 0.006
    axes = np.eye(3, dtype=np.float32) * step
    return unit(np.stack([solid.distance(p + axis) - solid.distance(p - axis) for axis in axes], axis=1))


def _sunlit(solid: Solid, place: Place, p: np.ndarray) -> np.ndarray:
    """How much of the sun reaches points, 0..1."""
    towards = np.broadcast_to(unit(np.array(place.sun, np.float32)), p.shape)
    start, end = _box(solid, p, towards)
    light = np.ones(len(p), np.float32)
    rows = np.flatnonzero(start < end)
    t = start[rows] + 0.03
    for _ in range(50):
        if not len(rows):
            break
        gap = solid.distance(p[rows] + t[:, None] * towards[rows])
        light[rows] = np.minimum(light[rows], np.clip(gap * 14 / np.maximum(t, 0.1), 0, 1))
        t = t + np.maximum(gap, 0.02)
        going = (light[rows] > 0.01) & (t < end[rows])
        rows, t = rows[going], t[going]
    return light


def _open(solid: Solid, p: np.ndarray, n: np.ndarray) -> np.ndarray:
    """How open to the sky points are, 0..1: corners and the ground under a car are darker."""
    near = np.all((p > solid.low - 0.6) & (p < solid.high + 0.6), axis=1)
    result = np.ones(len(p), np.float32)
    if near.any():
        q, m = p[near], n[near]
        lost = sum(
            (reach - solid.distance(q + m * reach)) * 0.5**k
            for k, reach in enumerate((0.06, 0.16, 0.36, 0.7))
        )
        result[near] = np.clip(1 - 1.35 * lost, 0.06, 1)
    return result


def render(solid: Solid, place: Place, camera: Camera, scale: int = 2) -> np.ndarray:
    """The picture as light (linear RGB), height x width x 3, `scale` times the camera's size."""
    d = camera.rays(scale)
    sun = unit(np.array(place.sun, np.float32))
    t = march(solid, camera.eye, d)
    with np.errstate(divide="ignore"):
        floor = np.where(d[:, 1] < 0, -camera.eye[1] / d[:, 1], np.inf)
    light = sky(place, d)

    on_floor = (floor < t) & (floor < 400)
    p = camera.eye + floor[on_floor, None] * d[on_floor]
    up = np.broadcast_to(np.array([0, 1, 0], np.float32), p.shape)
    lit, free = _sunlit(solid, place, p)[:, None], _open(solid, p, up)[:, None]
    shade = ground(place, p) * (np.array(place.sunlight) * sun[1] * lit + 0.9 * np.array(place.haze) * free)
    far = 1 - np.exp(-floor[on_floor, None] / 260)
    light[on_floor] = shade * (1 - far) + np.array(place.haze) * 0.45 * far

    on_solid = np.isfinite(t) & (t <= floor)
    p = camera.eye + t[on_solid, None] * d[on_solid]
    light[on_solid] = _shade(solid, place, p, d[on_solid], sun)
    height, width = camera.size[1] * scale, camera.size[0] * scale
    return light.reshape(height, width, 3)


def _shade(solid: Solid, place: Place, p: np.ndarray, d: np.ndarray, sun: np.ndarray) -> np.ndarray:
    n = normals(solid, p)
    made = solid.surface(p, n)
    lit = _sunlit(solid, place, p + n * 0.01)[:, None] * np.clip(n @ sun, 0, 1)[:, None]
    free = _open(solid, p, n)[:, None]
    skylight = np.array(place.haze) * (0.55 + 0.45 * n[:, 1:2]) * free
    light = made.colour * (np.array(place.sunlight) * lit + skylight)
    back = d - 2 * (d * n).sum(axis=1, keepdims=True) * n
    facing = np.clip(-(d * n).sum(axis=1, keepdims=True), 0, 1)
    mirror = made.mirror[:, None]
    mirror = mirror + (1 - mirror) * (1 - facing) ** 5 * np.minimum(mirror * 12, 0.9)
    return light + surroundings(place, back) * mirror * np.clip(free * 1.4, 0, 1) + made.glow


def develop(light: np.ndarray, *, exposure: float = 0.62, grain: float = 0.012, seed: int = 1) -> np.ndarray:
    """Light as a photo's bytes: exposure, a film's curve, darker corners, grain."""
    height, width, _ = light.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = light * exposure * (1 - 0.16 * (x * x + y * y))[..., None]
    curve = (light * (2.51 * light + 0.03)) / (light * (2.43 * light + 0.59) + 0.14)
    shown = np.clip(curve, 0, 1) ** (1 / 2.2)
    shown = shown + np.random.default_rng(seed).normal(0, grain, (height, width, 1))
    return (np.clip(shown, 0, 1) * 255).astype(np.uint8)
