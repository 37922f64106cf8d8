"""Wikipedia's box of a car: its title is the car, its rows are ranges over all versions that were built."""

from __future__ import annotations

import re

from lxml.etree import XPath
from lxml.etree import _Element as Element

from core.text import squash
from scraper.reading.cars import RawField
from scraper.reading.extract.page import INFOBOXES, Page, squeeze
from scraper.reading.extract.pairs import _text
from scraper.reading.extract.subject import is_motorcycle
from scraper.reading.normalise.names import make_of, title
from scraper.reading.vocabulary import label

_ROWS = {
    "manufacturer": "make", "production": "year", "model years": "year", "model year": "year", "class": "size_class", "body style": "body_style",
    "layout": "drive", "engine": "engine", "electric motor": "engine", "power output": "power", "transmission": "transmission",
    "wheelbase": "wheelbase", "length": "length", "width": "width", "height": "height", "curb weight": "mass", "kerb weight": "mass", "electric range": "electric_range",
    "costruttore": "make", "fabricante": "make", "fabrikant": "make", "tillverkare": "make", "producator": "make", "fabbricante": "make", "constructor": "make",
    "klasse": "size_class", "classe": "size_class", "clase": "size_class", "segmento": "size_class", "segment": "size_class", "klass": "size_class", "clasă": "size_class",
    "produzione": "year", "producción": "year", "producție": "year", "productie": "year", "produktion": "year", "tipo principale": "body_style", "passo": "wheelbase",
    "hersteller": "make", "produktionszeitraum": "year", "karosserieversionen": "body_style", "motoren": "engine", "länge": "length", "breite": "width", "höhe": "height", "radstand": "wheelbase", "leergewicht": "mass",
    "marque": "make", "années de production": "year", "moteur(s)": "engine", "puissance maximale": "power", "transmission(s)": "transmission",
}  # fmt: skip
_READ = {"make", "year", "body_style", "drive", "engine", "power", "torque", "displacement", "transmission", "fuel", "wheelbase", "length", "width", "height", "mass", "electric_range"}  # fmt: skip
_BOXES = XPath(
    f"//*[self::table or self::div][{' or '.join(f'contains(@class, {name!r})' for name in INFOBOXES)}]"
)
_FOOTNOTE = re.compile(r"\[\s*[\w\s]{1,12}\s*\]")
_CODE = re.compile(r"\s*\([^)]*\)")


def boxes(page: Page) -> list[Element]:
    """The boxes that have the rows of a car: one that names only engines has no class and no body style."""
    if not page.has_infobox:
        return []
    found = [(box, _labels(box)) for box in _BOXES(page.root)]
    return [
        box
        for box, rows in found
        if _is_cars({_key(name, page) for name in rows})
        and not is_motorcycle({name: squeeze(" ".join(cell.itertext())) for name, cell in rows.items()})
    ]


def _is_cars(keys: set[str]) -> bool:
    # German boxes name the maker in their heading, not in a row.
    is_made = "make" in keys or keys >= {"year", "body_style"}
    return is_made and bool(keys & {"body_style", "wheelbase", "size_class", "drive"})


def _key(name: str, page: Page) -> str:
    """What a row is called here, else by any language's labels."""
    if name in _ROWS:
        return _ROWS[name]
    known = label(name, page.language)
    return known.key if known and known.key in _READ else ""


def _labels(box: Element) -> dict[str, Element]:
    rows: dict[str, Element] = {}
    for row in box.iter("tr"):
        cells = [cell for cell in row if cell.tag in ("th", "td")]
        if len(cells) == 2 and (name := squeeze(" ".join(cells[0].itertext())).casefold().rstrip(":")):
            rows.setdefault(name, cells[1])
    return rows


def fields(box: Element, page: Page) -> list[RawField]:
    """What the box states. Values keep their lines: each is a version."""
    said = []
    for name, cell in _labels(box).items():
        key = _key(name, page)
        text = _FOOTNOTE.sub("", _text(cell)).strip()
        if not key or not text or key == "size_class":
            continue
        text = re.split(r"\n|,|\(", text)[0].strip() if key == "make" else text
        if key == "year":
            text = (
                "\n".join(
                    line
                    for line in text.split("\n")
                    if re.search(r"(?:19|20)\d\d", line) and "built" not in line
                )
                or text
            )
        said.append(RawField(key, name.capitalize(), text))
    heads = _headings(box, page)
    identity = next(filter(None, (_identity(head, said) for head in heads)), [])
    return identity + [one for one in said if one.key != "make"] if identity else []


def _headings(box: Element, page: Page) -> list[str]:
    """The box's own heading, then the page's where that is but the maker's name."""
    cells = box.xpath(".//caption | .//*[contains(@class, 'fn')] | .//th[@colspan]")
    own = next((text for cell in cells if (text := squeeze(" ".join(cell.itertext())))), "")
    whole = page.headings[0] if page.headings else page.title
    return [own, whole] if own and make_of(own) else [own or whole]


def _identity(head: str, said: list[RawField]) -> list[RawField]:
    """Make and model of the heading: "BMW 7-Series (E38)" is the 7 Series of BMW."""
    maker = next((one for one in said if one.key == "make"), None)
    name = _CODE.sub("", head).strip()
    spoken = title(name)
    if spoken.make:
        words = name.split()
        rest = next(
            (" ".join(words[n:]) for n in (1, 2, 3) if make_of(" ".join(words[:n])) == spoken.make), ""
        )
        model = spoken.model or rest
        return [RawField("make", "Title", spoken.make), RawField("model", "Title", model)] if model else []
    if maker and make_of(maker.text) and squash(name):
        return [RawField("make", maker.label, maker.text), RawField("model", "Title", name)]
    return []
