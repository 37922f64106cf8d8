"""Dealers of one's own, from a table that somebody keeps: every row is right, or nothing is changed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.models import Make
from core.errors import ExpectedError
from core.sheets import SheetUnreadable, rows_of
from core.text import slug, squash
from dealers.models import City, Dealer
from dealers.validators import clean_line, clean_phone

#: What a table has to have, and what it may have besides.
NEEDED = ("name", "email", "city", "country")
COLUMNS = (
    *NEEDED,
    "region",
    "slug",
    "makes",
    "phone",
    "website",
    "street",
    "latitude",
    "longitude",
    "active",
)
_NO = {"0", "no", "false", "n", "off", "inactive"}
_MOST_FAULTS = 20
Gazetteer: TypeAlias = dict[tuple[str, str], list[City]]


class TableRefused(ExpectedError):
    """A table can't be taken as it is. The text names every line that is wrong; nothing was changed."""

    code = "table_refused"


@dataclass
class Loaded:
    """How many dealers are new, changed in any way, or as they were; makes that the catalogue lacks."""

    new: int = 0
    known: int = 0
    missing_makes: set[str] = field(default_factory=set)


@transaction.atomic
def dealers_load(*, content: bytes, dry_run: bool = False) -> Loaded:
    """Create the dealers of a CSV file, or bring those up to date that have the same slug.

    A row without coordinates gets those of its city. Makes are names or slugs, parted by commas or
    semicolons; `*` means all. Dealers that the table lacks stay as they are. Raises TableRefused.
    """
    try:
        rows = list(rows_of(content))
    except SheetUnreadable as error:
        raise TableRefused(str(error)) from None
    _check_headings(rows)
    makes = {key: make for make in Make.objects.all() for key in (squash(make.name), squash(make.slug))}
    cities = _gazetteer()
    done, faults, seen = Loaded(), [], set[str]()
    for line, row in rows:
        try:
            dealer = _dealer(row, cities, seen)
            known = dealer.pk is not None
            dealer.full_clean()
        except (ValidationError, ValueError) as error:
            faults.append(f"line {line}: {_said(error)}")
            continue
        dealer.save()
        if "makes" in row:
            wanted = _makes(row["makes"], makes, done.missing_makes)
            dealer.makes.set(wanted)
        done.known += known
        done.new += not known
    if faults:
        more = f" … and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise TableRefused("Nothing was changed. " + "; ".join(faults[:_MOST_FAULTS]) + more)
    if dry_run:
        transaction.set_rollback(True)
    return done


def _check_headings(rows: list[tuple[int, dict[str, str]]]) -> None:
    if not rows:
        raise TableRefused(f"The table has no rows below a heading. Its columns are: {', '.join(COLUMNS)}.")
    headings = set(rows[0][1])
    lacking = [name for name in NEEDED if name not in headings]
    unknown = sorted(headings - set(COLUMNS))
    if lacking or unknown:
        said = [f"the columns {', '.join(lacking)} are missing"] if lacking else []
        said += [f"these are not known: {', '.join(unknown)}"] if unknown else []
        raise TableRefused(f"Nothing was changed: {'; '.join(said)}. Columns are: {', '.join(COLUMNS)}.")


def _dealer(row: dict[str, str], cities: Gazetteer, seen: set[str]) -> Dealer:
    """The dealer of a row, not saved yet. Raises ValidationError or ValueError."""
    city = _city(row, cities)
    name = clean_line(row["name"])
    key = row.get("slug") or slug(f"{name} {city.name}")[:120]
    if key in seen:
        raise ValueError(f"another line is the same dealer ({key}); give both a slug of their own")
    seen.add(key)
    dealer = Dealer.objects.filter(slug=key).first() or Dealer(slug=key)
    dealer.name, dealer.email, dealer.city, dealer.is_demo = name, row["email"], city, False
    for one in ("website", "street"):
        if one in row:
            setattr(dealer, one, row[one])
    if "phone" in row:
        dealer.phone = clean_phone(row["phone"], city.country)
    if "active" in row:
        dealer.is_active = squash(row["active"]) not in _NO
    dealer.latitude = _degrees(row, "latitude", city.latitude)
    dealer.longitude = _degrees(row, "longitude", city.longitude)
    return dealer


def _gazetteer() -> Gazetteer:
    """(country, folded name or other name) → cities, the largest first."""
    found: Gazetteer = defaultdict(list)
    for city in City.objects.order_by("-population"):
        names = {squash(name) for name in (city.name, *city.aliases.split(";")) if name.strip()}
        for name in names:
            found[city.country.upper(), name].append(city)
    return found


def _city(row: dict[str, str], cities: Gazetteer) -> City:
    found = cities.get((row["country"].upper(), squash(row["city"])), [])
    named = [city for city in found if squash(city.name) == squash(row["city"])]
    found = named or found
    if row.get("region"):
        found = [city for city in found if squash(city.region) == squash(row["region"])]
    if not found:
        where = ", ".join(filter(None, (row["city"], row.get("region"), row["country"])))
        raise ValueError(f"the city {where} is not known; add it in the admin first (country: DE, US …)")
    if len(found) > 1:
        regions = ", ".join(city.region or "none" for city in found[:5])
        raise ValueError(f"there are several {row['city']} in {row['country']}: say which region ({regions})")
    return found[0]


def _degrees(row: dict[str, str], name: str, otherwise: float) -> float:
    text = row.get(name, "").replace(",", ".")
    number = float(text) if text else otherwise
    if not math.isfinite(number):
        raise ValueError(f"{name} is no number")
    return number


def _makes(text: str, makes: dict[str, Make], missing: set[str]) -> Iterable[Make]:
    if text == "*":
        return set(makes.values())
    wanted = [name.strip() for name in text.replace(";", ",").split(",") if name.strip()]
    missing.update(name for name in wanted if squash(name) not in makes)
    return [makes[squash(name)] for name in wanted if squash(name) in makes]


def _said(error: ValidationError | ValueError) -> str:
    if isinstance(error, ValidationError):
        if hasattr(error, "error_dict"):
            return ", ".join(f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())
        return " ".join(error.messages)
    return str(error)
