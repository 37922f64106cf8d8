"""What a spider yields: cars, and what each page was worth."""

from __future__ import annotations

from typing import NotRequired, TypedDict, final

from scraper.reading.cars import Car


@final
class CarItem(TypedDict):
    """A car, and when its page was fetched (Unix time)."""

    car: Car
    fetched: float


@final
class PageItem(TypedDict):
    """A page that was asked for by an address, how many cars it gave, and why none; `failed` where it could
    not be had. Status 0 is no answer.
    """

    page: str
    status: int
    cars: int
    reason: str
    failed: NotRequired[bool]
