"""From the bytes of a saved page to what it states about a car: a pure function, apart from fetching and
storing.

Every way in which pages state facts is read (see the modules here), and the fields of a car are in the order
in which they are believed: what a site marks up for machines, then labels and values, then state for scripts,
then titles. A page that is not about one car gives none, and says why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import urlsplit

from core.text import squash
from scraper.reading.cars import Car, RawCar, RawField, RawPhoto
from scraper.reading.extract import (
    fact_lines,
    infobox,
    nodes,
    pairs,
    reasons,
    schema_org,
    sites,
    state,
    subject,
)
from scraper.reading.extract.nodes import text_of
from scraper.reading.extract.page import Page, whole_digits
from scraper.reading.extract.prices import amount, lone_price
from scraper.reading.normalise import normalise
from scraper.reading.normalise.names import make_of, models, title
from scraper.reading.vocabulary import fold, has_phrase

# Facts that are worth a row: a make and a model alone are a headline.
_FACTS = {"year", "first_registration", "mileage", "price", "fuel", "transmission", "power", "displacement", "engine", "torque", "body_style", "drive", "length", "wheelbase", "mass", "consumption_combined", "consumption_city", "electric_range", "cylinders"}  # fmt: skip
_OF_ANYTHING = {"year", "price", "length", "mass"}  # things for cars have them too
_ENOUGH = 3
_LONGEST_MODEL = 25
_SITES_MAIN = 4  # labelled facts that outweigh a list of other cars on the page


@dataclass(frozen=True)
class Extraction:
    """The cars of a page (one, or none), and why there are none."""

    cars: tuple[RawCar, ...]
    reason: str = ""


def extract(content: bytes, url: str, *, source: str = "") -> Extraction:
    """Read a page. Never raises for what a page holds; `url` may be empty where it is not known."""
    if not content.strip():
        return Extraction((), reasons.EMPTY)
    page = Page(content, url)
    if not page.is_html:
        return Extraction((), reasons.NOT_HTML)
    source = source or (urlsplit(url).hostname or "").removeprefix("www.")
    car = _from_infobox(page, source)
    return Extraction((car,)) if car else _from_layers(page, source)


def _from_layers(page: Page, source: str) -> Extraction:
    tops = nodes.nodes(page)
    if subject.is_other(page, tops):
        return Extraction((), reasons.NO_CAR)
    evidence = _gather(page, tops)
    if evidence.is_one_car and not (reasons.is_error(page) and not evidence.found):
        car = _car(page, source, evidence)
        known = normalise(car)
        if known.make and known.model and _worth_a_row(known, evidence, page):
            return Extraction((car,))
        if not evidence.several and len(_facts(known)) >= _ENOUGH and not known.make:
            return Extraction((), reasons.NO_NAME)
    named = any(title(head).model for head in _heads(page))
    return Extraction((), reasons.why_none(page, tops, several=evidence.several, named=named))


@dataclass(frozen=True)
class _Evidence:
    """What the layers of a page found."""

    found: schema_org.Found | None
    fields: list[RawField]
    facts: int
    several: bool
    is_named: bool

    @property
    def is_one_car(self) -> bool:
        if self.found and self.found.is_vehicle:
            return True
        return not self.several and self.facts >= self.enough

    @property
    def enough(self) -> int:
        """Facts that make a car: fewer where make and model are stated as such, and not only in a title."""
        return _ENOUGH - 1 if self.is_named else _ENOUGH


def _gather(page: Page, tops: list[nodes.Node]) -> _Evidence:
    found, several = schema_org.choose(schema_org.subjects(tops), page)
    if found and (_another_make(found, page) or _is_elsewhere(found, page)):
        found = None
    labelled = pairs.pairs(page)
    group, several_groups = pairs.described(pairs.groups(labelled, page.language))
    inner, several_states = state.choose(state.cars(page))
    short, several_strips = fact_lines.one_strip(fact_lines.strips(page))
    marked = schema_org.fields(found) if found else []
    structured = [one for one in marked if one.key != "price" or not page.is_rate(one.text)]
    visible = pairs.ordered(group) if group else []
    hidden = inner.fields if inner else []
    titles = [RawField("name", "heading", head) for head in _heads(page)]
    prices = _meta_price(page) + lone_price(page)
    if _denies(page, structured, visible + prices):
        structured, visible, prices = (_without_price(part) for part in (structured, visible, prices))
    structured, visible, hidden = (_with_odometer_unit(part, page) for part in (structured, visible, hidden))
    titles += _crumbs_name(page, tops)
    said = sites.fields(page) + structured + visible + hidden + short + prices + titles
    counted = {one.key for one in structured + visible + hidden + short} & _FACTS
    marked_car = structured if found and found.is_vehicle else []
    is_named = {one.key for one in marked_car + visible + hidden} >= {"make", "model"}
    only_others = (
        (not found and (reasons.compares(page) or reasons.is_search(page)))
        or several
        or several_groups
        or several_strips
        or (several_states and not visible)
    )
    if len({one.key for one in visible} & _FACTS) >= _SITES_MAIN and not reasons.compares(page):
        only_others = False
    return _Evidence(found, said, len(counted), only_others, is_named)


def _with_odometer_unit(fields: list[RawField], page: Page) -> list[RawField]:
    """A mileage takes the unit that the page shows beside the same figure: templates leave theirs out, or keep a
    foreign one.
    """
    return [
        replace(one, unit=page.odometer_unit(one.text) or one.unit)
        if one.key == "mileage" and one.text.replace(",", "").replace(".", "").isdigit()
        else one
        for one in fields
    ]


def _denies(page: Page, marked: list[RawField], shown: list[RawField]) -> bool:
    """Whether people see another price than machines, and never theirs: then neither is believed."""
    theirs = next((one.text for one in marked if one.key == "price" and whole_digits(one.text)), "")
    other = next((one.text for one in shown if one.key == "price" and whole_digits(one.text)), "")
    if not theirs or not other or page.shows(theirs) or whole_digits(theirs) in whole_digits(other):
        return False
    own, seen = amount(theirs, page), amount(other, page)  # "5.25 Lakh" and "525000" are the same
    return own is None or seen is None or not seen.low <= own.low <= seen.high


def _without_price(fields: list[RawField]) -> list[RawField]:
    return [one for one in fields if one.key != "price"]


def _facts(car: Car) -> set[str]:
    """The facts that could be read."""
    return {value.key for value in car.values} & _FACTS


def _worth_a_row(car: Car, evidence: _Evidence, page: Page) -> bool:
    """Whether what could be read describes one car: a marked-up one with a fact, or several facts that agree
    on one.

    The filters of a search page have labels and values too, but no single year, mileage, price or figure.
    """
    facts = _facts(car)
    if evidence.found and evidence.found.is_vehicle:
        in_title = {value.key for value in car.values if value.label == "heading"}
        return bool(facts - in_title)
    if len(facts) < evidence.enough or not facts - _OF_ANYTHING:
        return False
    figures = facts & {
        "year",
        "mileage",
        "price",
        "power",
        "displacement",
        "length",
        "wheelbase",
        "torque",
        "mass",
    }
    heads = " ".join(_heads(page))
    return len(figures) >= (2 if has_phrase("several", heads, page.language) else 1)


def _heads(page: Page) -> list[str]:
    """Texts that name what the page is about, the best first."""
    return [text for text in (*page.headings[:2], page.metas.get("og:title", ""), page.title) if text]


def _another_make(found: schema_org.Found, page: Page) -> bool:
    """Whether the marked-up car is of another make than the page's heading: then it is one that the page
    advertises.
    """
    said = next(
        (
            make
            for f in schema_org.fields(found)
            if f.key in ("make", "name") and (make := make_of(f.text) or title(f.text).make)
        ),
        "",
    )
    heading = next((make for head in page.headings[:1] if (make := title(head).make)), "")
    related = {"Mercedes-Benz", "Maybach", "Smart"}, {"Citroën", "DS"}, {"SEAT", "Cupra"}, {"Fiat", "Abarth"}, {"BMW", "Alpina", "MINI"}, {"Dodge", "Ram"}  # fmt: skip
    return bool(said and heading and said != heading and not any({said, heading} <= pair for pair in related))


def _crumbs_name(page: Page, tops: list[nodes.Node]) -> list[RawField]:
    """Make and model of the breadcrumbs: a heading may say no more than "Golf VII 1.6 TDI"."""
    crumbs = [crumb for crumb in subject.crumbs(page, tops) if crumb]
    if not any(title(head).model for head in _heads(page)) and (new := _new_model(page, crumbs)):
        return new
    makes = {make for crumb in crumbs if (make := make_of(crumb))}
    if len(makes) != 1:
        return []
    make = makes.pop()
    heads = [squash(head) for head in _heads(page)]
    named = [c for c in crumbs if squash(c) in models(make) and any(squash(c) in head for head in heads)]
    return [RawField("make", "breadcrumb", make), *(RawField("model", "breadcrumb", c) for c in named[-1:])]


def _new_model(page: Page, crumbs: list[str]) -> list[RawField]:
    """A model that no list knows: the step behind its make in breadcrumbs or address, where a heading says both so."""
    heads = [head.split() for head in _heads(page)]
    for make, step in (*pairwise(crumbs), *pairwise(subject.steps(page.url))):
        if not (known := make_of(make)) or len(step) > _LONGEST_MODEL:
            continue
        whole = fold(step if fold(step).startswith(f"{fold(make)} ") else f"{make} {step}").split()
        ahead, length = len(make.split()), len(whole)
        for words in heads:
            for start in range(len(words) - length + 1):
                if [fold(word) for word in words[start : start + length]] == whole and length > ahead:
                    name = " ".join(words[start + ahead : start + length])
                    return [RawField("make", "breadcrumb", known), RawField("model", "breadcrumb", name)]
    return []


def _is_elsewhere(found: schema_org.Found, page: Page) -> bool:
    """Whether the marked-up car has a page of its own below this one: a list marks up its last or only car."""
    own, here = (urlsplit(address).path.rstrip("/") for address in (text_of(found.node.get("url")), page.url))
    is_below = bool(here) and own.startswith(f"{here}/")
    return is_below and not any(title(head).model for head in _heads(page))


def _meta_price(page: Page) -> list[RawField]:
    """Facebook's and Open Graph's price tags."""
    for prefix in ("product:price", "og:price", "vehicle:price"):
        if amount := page.metas.get(f"{prefix}:amount", ""):
            return [RawField("price", prefix, amount, page.metas.get(f"{prefix}:currency", ""))]
    return []


def _from_infobox(page: Page, source: str) -> RawCar | None:
    """The car of an article. Later boxes are its generations: the first is the whole."""
    for box in infobox.boxes(page)[:1]:
        if said := infobox.fields(box, page):
            return RawCar(source, page.url, _record(page, ""), tuple(said), (), page.language)
    return None


def _car(page: Page, source: str, evidence: _Evidence) -> RawCar:
    found = evidence.found
    photos = schema_org.photos(found, page) if found else ()
    if (
        not photos
        and (address := page.absolute(page.metas.get("og:image", "")))
        and page.metas.get("og:image")
    ):
        photos = (RawPhoto(address),)
    number = schema_org.identity(found) if found else ""
    return RawCar(
        source, page.url, _record(page, number), tuple(dict.fromkeys(evidence.fields)), photos, page.language
    )


def _record(page: Page, number: str) -> str:
    """What this car is called at its source: a VIN or stock number, else the page's own address there."""
    address = urlsplit(page.url)
    return number or (address.path + (f"?{address.query}" if address.query else "")) or page.title
