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
    """A page that was requested by its address: how many cars it gave, and why none.

    `failed` is set where it could not be had. Status 0 means that no answer came.
    """

    page: str
    status: int
    cars: int
    reason: str
    failed: NotRequired[bool]


@final
class ListItem(TypedDict):
    """A list that names no page to go on with, and why."""

    list: str
    reason: str
