"""Cars as crawls bring them in, in as few words as a test needs."""

from __future__ import annotations

from scraper.reading.cars import Car, RawPhoto, Value

KW = 1e3


def value(key: str, low: float | None = None, high: float | None = None, **fields: object) -> Value:
    """`value("power", 100e3)`, `value("fuel", text="Petrol")`."""
    fields.setdefault("raw", f"{key} as written")
    return Value(key=key, low=low, high=low if high is None else high, **fields)


def car(
    make: str = "Audi", model: str = "A5", year: int | None = 2012, *values: Value, **fields: object
) -> Car:
    """`car("Audi", "A5", 2012, value("power", 100e3), body_style="coupe")`."""
    fields.setdefault("record", f"{make} {model} {fields.get('trim', '')} {year}")
    fields.setdefault("url", f"https://cars.example/{make}/{model}/{year}")
    fields.setdefault("years", (year, year) if year else None)
    photos = tuple(RawPhoto(url) for url in fields.pop("photo_urls", ()))
    return Car(source="site", make=make, model=model, values=values, photos=photos, **fields)
