"""From what people type, or a browser's location, to a place on earth. Nothing leaves the site for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from catalog.search import sounds
from core.text import fold
from dealers.exceptions import UnknownPlace
from dealers.models import City
from dealers.regions import COUNTRIES, COUNTRY_ALIASES, US_STATES

COORDINATES = re.compile(r"\s*(-?\d{1,2}(?:\.\d{1,12})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*")
COORDINATE_DECIMALS = 2
"""About a kilometre: near enough for dealers, too coarse for a front door."""
NAMED_METRES = 100_000
"""How near a city has to be for a location to be called by its name."""
TYPO_SCORE = 80
"""How alike (0-100) a typed name has to be for us to take it as that city, saying so."""
LONGEST = 200
"""Characters that a place is written in; what is longer is compared with no city."""
SUGGESTION_SCORE = 60
SUGGESTIONS = 3


@dataclass(frozen=True)
class Place:
    """A point in degrees.

    `near` finds it again; `guessed` is set where the typed name was not quite the city's.
    """

    label: str
    near: str
    latitude: float
    longitude: float
    guessed: bool = False


@dataclass(frozen=True)
class _Gazetteer:
    """Cities by every folded way to write them, and by the regions and countries they are in."""

    by_name: dict[str, City]
    by_area: dict[str, list[City]]


def find_place(text: str) -> Place:
    """The place meant by a city's name (typos forgiven) or by "latitude,longitude".

    Raises UnknownPlace, with up to three suggestions, also for a region or a country: those are too wide.
    """
    if match := COORDINATES.fullmatch(text):
        return _coordinates(text, float(match[1]), float(match[2]))
    if len(text) > LONGEST:
        raise UnknownPlace(text[:LONGEST], [])
    known = _gazetteer(tuple(City.objects.order_by("population", "pk").values_list(*_COLUMNS)))
    folded = fold(text)
    if city := known.by_name.get(folded):
        return _at(city)
    if inside := known.by_area.get(folded):
        raise UnknownPlace(text, [str(city) for city in inside[: -SUGGESTIONS - 1 : -1]])
    if city := _alike(folded, known.by_name):
        return _at(city, guessed=True)
    if city := _sounding_like(text, known.by_name):
        return _at(city, guessed=True)
    raise UnknownPlace(text, _suggestions(folded, known.by_name))


def _at(city: City, *, guessed: bool = False) -> Place:
    return Place(str(city), str(city), city.latitude, city.longitude, guessed)


def _coordinates(text: str, latitude: float, longitude: float) -> Place:
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise UnknownPlace(text, [])
    latitude, longitude = round(latitude, COORDINATE_DECIMALS), round(longitude, COORDINATE_DECIMALS)
    city = City.objects.near(latitude, longitude).first()
    label = f"your location ({city.name})" if city and city.distance < NAMED_METRES else "your location"
    return Place(label, f"{latitude},{longitude}", latitude, longitude)


_COLUMNS = ("pk", "name", "region", "country", "latitude", "longitude", "population", "aliases")


@lru_cache(maxsize=1)
def _gazetteer(rows: tuple[tuple, ...]) -> _Gazetteer:
    """Of cities that share a name the last row has it, the most populous.

    Built once for the same rows, so that a city added in the admin is found at the next question.
    """
    known = _Gazetteer({}, {})
    for row in rows:
        city = City(**dict(zip(_COLUMNS, row, strict=True)))
        known.by_name.update(dict.fromkeys(_spellings(city), city))
        regions, countries = _areas(city)
        for area in {fold(name) for name in regions | countries}:
            known.by_area.setdefault(area, []).append(city)
    return known


def _areas(city: City) -> tuple[set[str], set[str]]:
    """The ways to write the city's region, and its country."""
    state = US_STATES.get(city.region, "") if city.country == "US" else ""
    countries = {city.country, COUNTRIES.get(city.country, ""), *COUNTRY_ALIASES.get(city.country, ())}
    return {city.region, state} - {""}, countries - {""}


def _spellings(city: City) -> set[str]:
    regions, countries = _areas(city)
    spellings = {str(city)}
    for name in (city.name, *filter(None, city.aliases.split(";"))):
        spellings |= {name, *(f"{name} {part}" for part in regions | countries)}
        spellings |= {f"{name} {region} {country}" for region in regions for country in countries}
    return {fold(spelling) for spelling in spellings}


def _alike(folded: str, names: dict[str, City]) -> City | None:
    from rapidfuzz import fuzz, process

    if len(folded) < 3:
        return None
    found = process.extract(folded, list(names), scorer=fuzz.ratio, score_cutoff=TYPO_SCORE, limit=10)
    candidates = [names[spelling] for spelling, score, _ in found if score == found[0][1]]
    return max(candidates, key=lambda city: city.population, default=None)


def _sounding_like(text: str, names: dict[str, City]) -> City | None:
    """Of a name in another script, such as "Мюнхен", which transliteration brings near its Latin one only."""
    if text.isascii():
        return None
    if city := _alike(sounds.spoken(text), names):
        return city
    alike = sounds.alike(text, names)
    return names[alike] if alike else None


def _suggestions(folded: str, names: dict[str, City]) -> list[str]:
    from rapidfuzz import fuzz, process

    if not folded:
        return []
    found = process.extract(folded, list(names), scorer=fuzz.WRatio, score_cutoff=SUGGESTION_SCORE, limit=30)
    labels = dict.fromkeys(str(names[spelling]) for spelling, _, _ in found)
    return list(labels)[:SUGGESTIONS]
