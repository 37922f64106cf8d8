"""Outlines of the site's own silhouettes as polygons and distance fields, in metres."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

SILHOUETTES = Path(__file__).resolve().parents[2] / "carsite/static/carsite/silhouettes.svg"
SVG = "{http://www.w3.org/2000/svg}"
METRES = 0.02  # one unit of a silhouette
CENTRE, GROUND = 132, 106
CELL = 0.015  # metres between points of a distance field
X, Y = np.arange(-2.8, 2.8, CELL, np.float32), np.arange(-0.2, 2.3, CELL, np.float32)


def _arc(start: np.ndarray, end: np.ndarray, radius: float) -> np.ndarray:
    """The large arc between two points, counter-clockwise on the page: a wheel house."""
    middle, half = (start + end) / 2, np.linalg.norm(end - start) / 2
    centre = middle - [0, np.sqrt(max(radius**2 - half**2, 0))]
    first, last = (np.arctan2(p[1] - centre[1], p[0] - centre[0]) for p in (start, end))
    angles = np.linspace(first, last - 2 * np.pi if last > first else last, 24)
    return centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])


def polygons(path: str) -> list[np.ndarray]:
    """The closed or open lines of an SVG path of M, L, H, V, C, Q, A and Z, in the units of the drawing."""
    lines: list[list[np.ndarray]] = []
    share = np.linspace(0, 1, 12)[1:, None]
    for command, text in re.findall(r"([MLHVCQAZ])([^MLHVCQAZ]*)", path):
        values = [float(value) for value in re.findall(r"-?\d*\.?\d+", text)]
        if command == "Z":
            continue
        if command == "M":
            lines.append([np.array(values[:2])])
            continue
        line = lines[-1]
        here = line[-1]
        match command:
            case "L":
                line += list(np.reshape(values, (-1, 2)))
            case "H":
                line.append(np.array([values[0], here[1]]))
            case "V":
                line.append(np.array([here[0], values[0]]))
            case "Q":
                a, b = np.reshape(values, (-1, 2))
                line += list((1 - share) ** 2 * here + 2 * (1 - share) * share * a + share**2 * b)
            case "C":
                for a, b, c in np.reshape(values, (-1, 3, 2)):
                    here = line[-1]
                    rest = 1 - share
                    line += list(
                        rest**3 * here + 3 * rest**2 * share * a + 3 * rest * share**2 * b + share**3 * c
                    )
            case "A":
                line += list(_arc(here, np.array(values[5:7]), values[0]))
    return [np.array(line) for line in lines]


def _metres(line: np.ndarray) -> np.ndarray:
    return np.column_stack([(line[:, 0] - CENTRE) * METRES, (GROUND - line[:, 1]) * METRES]).astype(
        np.float32
    )


def _distances(line: np.ndarray) -> np.ndarray:
    """Distance to a line of straight pieces at every point of the grid."""
    x, y = np.meshgrid(X, Y)
    best = np.full(x.shape, 9.0, np.float32)
    for (ax, ay), (bx, by) in pairwise(line):
        dx, dy = bx - ax, by - ay
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        best = np.minimum(best, np.hypot(x - ax - along * dx, y - ay - along * dy))
    return best


def _inside(line: np.ndarray) -> np.ndarray:
    x, y = np.meshgrid(X, Y)
    inside = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(line, np.roll(line, -1, axis=0), strict=True):
        crosses = (ay > y) != (by > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return inside


def _field(lines: list[np.ndarray], *, signed: bool) -> np.ndarray:
    field = np.full((len(Y), len(X)), 9.0, np.float32)
    for line in lines:
        distance = _distances(np.vstack([line, line[:1]]) if signed else line)
        field = np.minimum(field, np.where(_inside(line), -distance, distance) if signed else distance)
    return field


def look_up(field: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A field at any points, between its own by straight lines; outside the grid as at its edge."""
    u = np.clip((x - X[0]) / CELL, 0, len(X) - 1.001)
    v = np.clip((y - Y[0]) / CELL, 0, len(Y) - 1.001)
    i, j = u.astype(np.int32), v.astype(np.int32)
    s, t = u - i, v - j
    low = field[j, i] * (1 - s) + field[j, i + 1] * s
    high = field[j + 1, i] * (1 - s) + field[j + 1, i + 1] * s
    return low * (1 - t) + high * t


@dataclass(frozen=True)
class Outline:
    """A car's side view: signed distances (inside is negative) to body and windows, distances to seams; wheels."""

    body: np.ndarray
    glass: np.ndarray
    seams: np.ndarray
    wheels: tuple[tuple[float, float], ...]  # x of the hub, radius
    front: float
    rear: float
    roof: float
    belt: float
    lamp: tuple[float, float]  # lowest and highest y
    tail: tuple[float, float]


@cache
def outline(style: str) -> Outline:
    """The side view of a body style of `silhouettes.svg`."""
    symbol = ET.parse(SILHOUETTES).getroot().find(f"{SVG}symbol[@id='{style}']")
    if symbol is None:
        raise ValueError(f"There is no silhouette of {style}.")
    paths = {
        path.get("fill", ""): path.get("d", "")
        for path in symbol.iter(f"{SVG}path")
        if path.get("stroke") is None
    }
    seams = next(p.get("d", "") for p in symbol.iter(f"{SVG}path") if p.get("stroke-opacity") == ".28")
    body, glass, lamp, tail = (
        [_metres(line) for line in polygons(next(d for fill, d in paths.items() if name in fill))]
        for name in ("currentColor", "--glass", "--lamp", "--tail")
    )
    hubs = [
        c for c in symbol.iter(f"{SVG}circle") if "--tyre" in c.get("fill", "") and not c.get("fill-opacity")
    ]
    wheels = tuple(((float(c.attrib["cx"]) - CENTRE) * METRES, float(c.attrib["r"]) * METRES) for c in hubs)
    edge, windows = np.vstack(body), np.vstack(glass)
    return Outline(
        body=_field(body, signed=True),
        glass=_field(glass, signed=True),
        seams=_field([_metres(line) for line in polygons(seams)], signed=False),
        wheels=wheels,
        front=float(edge[:, 0].min()),
        rear=float(edge[:, 0].max()),
        roof=float(edge[:, 1].max()),
        belt=float(windows[:, 1].min()),
        lamp=(float(np.vstack(lamp)[:, 1].min()), float(np.vstack(lamp)[:, 1].max())),
        tail=(float(np.vstack(tail)[:, 1].min()), float(np.vstack(tail)[:, 1].max())),
    )
