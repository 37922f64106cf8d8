"""From the statements of a page to typed values: `normalise(raw)`."""

from scraper.reading.normalise.typed_car import normalise

__all__ = ["normalise"]
