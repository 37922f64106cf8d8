"""From what a page states to typed values: a pure function.

What does not parse is kept with the reason, never guessed.
"""

from __future__ import annotations

from scraper.reading.cars import Car, RawCar, Unparsed
from scraper.reading.normalise.draft import Draft
from scraper.reading.normalise.engines import from_engine, gears_into_transmission
from scraper.reading.normalise.identity import identify
from scraper.reading.normalise.model_years import model_years
from scraper.reading.normalise.quantities import number, price
from scraper.reading.normalise.terms import term
from scraper.reading.vocabulary import KEYS


def normalise(raw: RawCar) -> Car:
    """The car in typed values. Of several statements for a key, the first that parses is believed."""
    draft = Draft.of(raw)
    price(draft)  # first: its currency tells what an odometer without a unit counts in
    for key, kind in KEYS.items():
        if kind.kind == "number":
            number(draft, key)
        elif kind.kind == "words":
            term(draft, key)
    from_engine(draft)
    gears_into_transmission(draft)
    named = identify(draft)
    body = draft.values.pop("body_style", None)
    years = model_years(draft, named.year)
    unknown = [Unparsed("", one.label, one.text, "label not known") for one in raw.fields if not one.key]
    return Car(
        source=raw.source,
        url=raw.url,
        record=raw.record,
        make=named.make,
        model=named.model,
        trim=named.trim,
        body_style=body.text if body else "",
        years=years,
        values=tuple(draft.values.values()),
        unparsed=(*draft.unparsed, *unknown),
        photos=raw.photos,
    )
