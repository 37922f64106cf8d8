"""Whether time grows faster than the input: what makes a small file or text of a stranger hold a process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ValidationError

from core.errors import ExpectedError

Input = TypeVar("Input")
#: Twice the input may take so many times as long. What grows by the square takes four times as long.
MOST = 2.6
#: CPU time from which a ratio means something, and input that is large enough whatever it takes.
_SECONDS, _LARGEST = 0.02, 400_000
_TRIES = 5


def growth(parse: Callable[[Input], object], made: Callable[[int], Input]) -> float:
    """How many times as long `parse` takes for `made(2 * n)` as for `made(n)`, n being large enough to tell.

    CPU time, the best of several. A ratio that is too high is measured again, of larger inputs.
    """
    size = 100
    while (seconds := _seconds(parse, made(2 * size))) < _SECONDS and size < _LARGEST:
        size *= 2
    if seconds < _SECONDS:  # as much as this is read in a moment
        return 1.0
    ratio = seconds / max(_seconds(parse, made(size)), 1e-4)
    for _ in range(_TRIES):
        if ratio <= MOST:
            break
        size = min(2 * size, _LARGEST)
        one, two = made(size), made(2 * size)
        times = [(_seconds(parse, one), _seconds(parse, two)) for _ in range(_TRIES)]
        ratio = min(two for _, two in times) / max(min(one for one, _ in times), 1e-4)
    return ratio


def _seconds(parse: Callable[[Input], object], given: Input) -> float:
    gc.disable()  # it walks over all that lives, at moments of its own
    began = time.process_time()
    try:
        parse(given)
    except (ValueError, ValidationError, ExpectedError):  # a refusal is an answer
        pass
    finally:
        spent = time.process_time() - began
        gc.enable()
    return spent
