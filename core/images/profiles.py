"""ICC profiles for colours that files describe in numbers: code points (cICP, nclx), or gamma and primaries.

So that all odd colours go one way: through littleCMS, from a profile to sRGB. An empty profile stands for
sRGB.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
#: Of white, red, green and blue: x and y, as PNG's cHRM orders them.
Primaries = tuple[float, ...]

_D65 = (0.3127, 0.3290)
_SRGB: Primaries = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
#: The code points of ITU-T H.273 for primaries. 2 says "unknown", for which sRGB is taken.
_PRIMARIES: dict[int, Primaries] = {
    1: _SRGB,
    2: _SRGB,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
#: White as brightness, in candela per square metre, of pictures that go beyond it (ITU-R BT.2408).
_WHITE_NITS = 203.0
_KNEE = 0.75


def _srgb_curve(v: Values) -> Values:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def _gamma(exponent: float) -> Callable[[Values], Values]:
    return lambda v: v**exponent


def _pq(v: Values) -> Values:
    """SMPTE ST 2084, what is brighter than white pressed together below it."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = v ** (1 / m2)
    nits = 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    return _pressed(nits / _WHITE_NITS)


def _hlg(v: Values) -> Values:
    """ARIB STD-B67 on a display of 1000 candela per square metre, pressed together in the same way."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(v <= 0.5, v**2 / 3, (np.exp((v - c) / a) + b) / 12)
    return _pressed(1000 * scene**1.2 / _WHITE_NITS)


def _pressed(light: Values) -> Values:
    """Light, of which white is 1, into 0 to 1: as it is up to the knee, then ever flatter."""
    rest = 1 - _KNEE
    return np.where(light <= _KNEE, light, _KNEE + rest * (1 - np.exp(-(light - _KNEE) / rest)))


#: The code points for transfer. The curves of television (1, 6, 7, 14, 15) are shown as sRGB by all browsers.
_TRANSFERS: dict[int, Callable[[Values], Values]] = {
    **dict.fromkeys((1, 2, 6, 7, 13, 14, 15), _srgb_curve),
    4: _gamma(2.2),
    5: _gamma(2.8),
    8: _gamma(1.0),
    16: _pq,
    17: _gamma(2.6),
    18: _hlg,
}


@cache
def of_cicp(primaries: int, transfer: int) -> bytes:
    """The profile of two code points of H.273; empty where they mean sRGB or nothing that is known."""
    where, curve = _PRIMARIES.get(primaries), _TRANSFERS.get(transfer)
    if where is None or curve is None or (where == _SRGB and curve is _srgb_curve):
        return b""
    return _profile(where, curve)


def of_gamma(gamma: float, primaries: list[float] | None) -> bytes:
    """The profile of PNG's gAMA and, where given, cHRM; empty where they mean sRGB or make no sense."""
    where = tuple(primaries) if primaries else _SRGB
    like_srgb = max(abs(a - b) for a, b in zip(where, _SRGB, strict=True)) < 0.005
    if not 0.05 <= gamma <= 5 or (like_srgb and abs(gamma * 2.2 - 1) < 0.05):
        return b""
    return _profile(where, _gamma(1 / gamma))


def _profile(primaries: Primaries, curve: Callable[[Values], Values]) -> bytes:
    """A profile of primaries and one curve, as ICC.1:2001 lays it out; empty where they span no colours."""
    columns = _columns(primaries)
    if columns is None:
        return b""
    steps = np.clip(curve(np.linspace(0.0, 1.0, 4096)), 0, 1) * 65535
    tone = b"curv" + struct.pack(">II", 0, 4096) + steps.round().astype(">u2").tobytes()
    parts = [
        (name, _xyz(column)) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns.T, strict=True)
    ]
    parts += [(b"wtpt", _xyz(_D50)), *((name, tone) for name in (b"rTRC", b"gTRC", b"bTRC"))]
    at, table, body = 128 + 4 + 12 * len(parts), b"", b""
    for name, content in parts:
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s12x4s28xiii48x", at + len(body), b"\0" * 4, 0x02400000, b"mntr", b"RGB ",
                       b"XYZ ", b"acsp", *(round(v * 65536) for v in _D50))  # fmt: skip
    return head + struct.pack(">I", len(parts)) + table + body


_D50 = np.array((0.9642, 1.0, 0.8249))
_BRADFORD = np.array(((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296)))


def _columns(primaries: Primaries) -> Values | None:
    """Red, green and blue in XYZ, as columns, seen under D50."""
    xy = np.array(primaries, dtype=np.float64).reshape(4, 2)
    if (xy[:, 1] < 1e-4).any():
        return None
    white, *colours = np.column_stack((xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(axis=1)) / xy[:, 1]))
    matrix = np.array(colours).T
    if abs(np.linalg.det(matrix)) < 1e-6:
        return None
    matrix = matrix * np.linalg.solve(matrix, white)
    cones = _BRADFORD @ white
    if (np.abs(cones) < 1e-6).any():
        return None
    adapted = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ _D50) / cones) @ _BRADFORD @ matrix
    return adapted if np.abs(adapted).max() < 100 else None


def _xyz(values: Values) -> bytes:
    return b"XYZ " + struct.pack(">Iiii", 0, *(round(float(v) * 65536) for v in values))
