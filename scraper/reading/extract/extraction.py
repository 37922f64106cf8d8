"""From the bytes of a saved page to its car in typed values: a pure function, apart from any I/O.

Every way in which pages state facts is read (see the modules beside this one), and the statements are in the
order in which they are believed: what a site marks up for machines, then labels and values, then state for
scripts, then titles. They are normalised here, once, and what is left decides whether the page is about one
car. A page that is not gives none, and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from scraper.reading.cars import Car, RawCar, RawPhoto
from scraper.reading.extract import infobox, nodes, reasons, schema_org, subject
from scraper.reading.extract.evidence import ENOUGH_FACTS, FACTS, Evidence, gather
from scraper.reading.extract.naming import heads, names_a_model
from scraper.reading.extract.page import Page
from scraper.reading.normalise import normalise
from scraper.reading.vocabulary import has_phrase

_OF_ANYTHING = {"year", "price", "length", "mass"}  # things for cars have them too
_FIGURES = {"year", "mileage", "price", "power", "displacement", "length", "wheelbase", "torque", "mass"}


@dataclass(frozen=True)
class Extraction:
    """The cars of a page (one, or none), and why there are none: one of `reasons.ALL`."""

    cars: tuple[Car, ...]
    reason: str = ""


def extract(content: bytes, url: str, *, source: str = "") -> Extraction:
    """Read a page. Never raises for what a page holds; `url` may be empty where it is not known."""
    if not content.strip():
        return Extraction((), reasons.EMPTY)
    page = Page(content, url)
    if not page.is_html:
        return Extraction((), reasons.NOT_HTML)
    source = source or (urlsplit(url).hostname or "").removeprefix("www.")
    article = _car_of_infobox(page, source)
    return Extraction((normalise(article),)) if article else _from_layers(page, source)


def _from_layers(page: Page, source: str) -> Extraction:
    tops = nodes.nodes(page)
    if subject.is_other(page, tops):
        return Extraction((), reasons.NO_CAR)
    evidence = gather(page, tops)
    if evidence.is_one_car and (evidence.marked_car or not reasons.is_error(page)):
        car = normalise(_car_of_layers(page, source, evidence))
        if car.make and car.model and _describes_one_car(car, evidence, page):
            return Extraction((car,))
        if not evidence.several and len(_facts(car)) >= ENOUGH_FACTS and not car.make:
            return Extraction((), reasons.NO_NAME)
    reason = reasons.why_none(page, tops, several=evidence.several, named=names_a_model(page))
    return Extraction((), reason)


def _facts(car: Car) -> set[str]:
    """The facts that could be read."""
    return {value.key for value in car.values} & FACTS


def _describes_one_car(car: Car, evidence: Evidence, page: Page) -> bool:
    """Whether what could be read describes one car: marked up with a fact, or by several facts that agree.

    The filters of a search page have labels and values too, but no single year, mileage, price or figure.
    """
    facts = _facts(car)
    if evidence.has_marked_vehicle:
        in_title = {value.key for value in car.values if value.label == "heading"}
        return bool(facts - in_title)
    if len(facts) < evidence.enough or not facts - _OF_ANYTHING:
        return False
    looks_like_a_list = has_phrase("several", " ".join(heads(page)), page.language)
    return len(facts & _FIGURES) >= (2 if looks_like_a_list else 1)


def _car_of_infobox(page: Page, source: str) -> RawCar | None:
    """The car of an encyclopedia's article. Later boxes are its generations: the first is the whole."""
    for box in infobox.boxes(page)[:1]:
        if said := infobox.fields(box, page):
            return RawCar(source, page.url, _record(page, ""), tuple(said), (), page.language)
    return None


def _car_of_layers(page: Page, source: str, evidence: Evidence) -> RawCar:
    marked = evidence.marked_car
    number = schema_org.identity(marked) if marked else ""
    photos = schema_org.photos(marked, page) if marked else ()
    return RawCar(
        source,
        page.url,
        _record(page, number),
        tuple(dict.fromkeys(evidence.fields)),
        photos or _shared_photo(page),
        page.language,
    )


def _shared_photo(page: Page) -> tuple[RawPhoto, ...]:
    """The picture that a page names for links that are shared."""
    said = page.metas.get("og:image", "")
    address = page.absolute(said) if said else ""
    return (RawPhoto(address),) if address else ()


def _record(page: Page, number: str) -> str:
    """What this car is called at its source: a VIN or stock number, else the page's own address there."""
    address = urlsplit(page.url)
    return number or (address.path + (f"?{address.query}" if address.query else "")) or page.title
