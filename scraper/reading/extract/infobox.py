"""Wikipedia's box of a car: its title is the car, its rows are ranges over all versions that were built."""

from __future__ import annotations

import re
from functools import partial

from lxml.etree import XPath
from lxml.etree import _Element as Element

from core.text import squash
from scraper.reading.cars import RawField
from scraper.reading.extract.limits import LONGEST_HEADING, LONGEST_LABEL, LONGEST_STATEMENT
from scraper.reading.extract.page import INFOBOXES, Page
from scraper.reading.extract.pairs import lines_in
from scraper.reading.extract.subject import is_motorcycle
from scraper.reading.normalise.names import make_of
from scraper.reading.normalise.titles import title
from scraper.reading.vocabulary import label

# Key → what its row is called.
_NAMES_OF_ROWS = {
    "make": (
        "manufacturer", "costruttore", "fabricante", "fabrikant", "tillverkare", "producator",
        "fabbricante", "constructor", "hersteller", "marque",
    ),
    "year": (
        "production", "model years", "model year", "produzione", "producción", "producție", "productie",
        "produktion", "produktionszeitraum", "années de production",
    ),
    "size_class": ("class", "klasse", "classe", "clase", "segmento", "segment", "klass", "clasă"),
    "body_style": ("body style", "tipo principale", "karosserieversionen"),
    "drive": ("layout",),
    "engine": ("engine", "electric motor", "motoren", "moteur(s)"),
    "power": ("power output", "puissance maximale"),
    "transmission": ("transmission", "transmission(s)"),
    "wheelbase": ("wheelbase", "passo", "radstand"),
    "length": ("length", "länge"),
    "width": ("width", "breite"),
    "height": ("height", "höhe"),
    "mass": ("curb weight", "kerb weight", "leergewicht"),
    "electric_range": ("electric range",),
}  # fmt: skip
_ROWS = {name: key for key, names in _NAMES_OF_ROWS.items() for name in names}
# Keys whose row may be called by any language's labels.
_READ = {
    "make", "year", "body_style", "drive", "engine", "power", "torque", "displacement", "transmission",
    "fuel", "wheelbase", "length", "width", "height", "mass", "electric_range",
}  # fmt: skip
_BOXES = XPath(
    f"//*[self::table or self::div][{' or '.join(f'contains(@class, {name!r})' for name in INFOBOXES)}]"
)
_MOST_BOXES = 20
_FOOTNOTE = re.compile(r"\[\s*[\w\s]{1,12}\s*\]")
_CODE = re.compile(r"\s*\([^)]*\)")
_YEAR = re.compile(r"(?:19|20)\d\d")


def boxes(page: Page) -> list[Element]:
    """The boxes that have the rows of a car: one that names only engines has no class and no body style."""
    found: list[Element] = _BOXES(page.root) if page.has_infobox else []
    return [box for box in found[:_MOST_BOXES] if _is_of_a_car(_rows(box, page), page)]


def _is_of_a_car(rows: dict[str, Element], page: Page) -> bool:
    keys = {_key(name, page) for name in rows}
    # German boxes name the maker in their heading, not in a row.
    is_made = "make" in keys or keys >= {"year", "body_style"}
    if not is_made or not keys & {"body_style", "wheelbase", "size_class", "drive"}:
        return False
    return not is_motorcycle({name: page.text_in(cell, LONGEST_STATEMENT) for name, cell in rows.items()})


def _key(name: str, page: Page) -> str:
    """What a row is called here, else by any language's labels."""
    if name in _ROWS:
        return _ROWS[name]
    known = label(name, page.language)
    return known.key if known and known.key in _READ else ""


def _rows(box: Element, page: Page) -> dict[str, Element]:
    """The cell of each row by the row's name, folded; of several rows of a name the first."""
    rows: dict[str, Element] = {}
    for row in box.iter("tr"):
        cells = [cell for cell in row if cell.tag in ("th", "td")]
        if len(cells) == 2 and (
            name := page.text_in(cells[0], LONGEST_LABEL)[:LONGEST_LABEL].casefold().rstrip(":")
        ):
            rows.setdefault(name, cells[1])
    return rows


def fields(box: Element, page: Page) -> list[RawField]:
    """What the box states. Values keep their lines: each is a version."""
    said = []
    for name, cell in _rows(box, page).items():
        key = _key(name, page)
        text = _FOOTNOTE.sub("", lines_in(cell, LONGEST_STATEMENT)[:LONGEST_STATEMENT]).strip()
        if key and text and key != "size_class":
            said.append(RawField(key, name.capitalize(), _value(key, text)))
    identities = map(partial(_identity, said=said), _headings(box, page))
    identity = next(filter(None, identities), [])
    return identity + [one for one in said if one.key != "make"] if identity else []


def _value(key: str, text: str) -> str:
    """A cell without what is not about the key: other makers behind the first, lines without years."""
    if key == "make":
        return re.split(r"\n|,|\(", text)[0].strip()
    if key == "year":
        lines = [line for line in text.split("\n") if _YEAR.search(line) and "built" not in line]
        return "\n".join(lines) or text
    return text


def _headings(box: Element, page: Page) -> list[str]:
    """The box's own heading, then the page's where that is but the maker's name."""
    cells = box.xpath(".//caption | .//*[contains(@class, 'fn')] | .//th[@colspan]")
    own = next(
        (text for cell in cells if (text := page.text_in(cell, LONGEST_HEADING)[:LONGEST_HEADING])), ""
    )
    whole = page.headings[0] if page.headings else page.title
    return [own, whole] if own and make_of(own) else [own or whole]


def _identity(head: str, said: list[RawField]) -> list[RawField]:
    """Make and model of the heading: "BMW 7-Series (E38)" is the 7 Series of BMW."""
    name = _CODE.sub("", head).strip()
    spoken = title(name)
    if spoken.make:
        model = spoken.model or _behind(spoken.make, name)
        return [RawField("make", "Title", spoken.make), RawField("model", "Title", model)] if model else []
    maker = next((one for one in said if one.key == "make"), None)
    if maker and make_of(maker.text) and squash(name):
        return [RawField("make", maker.label, maker.text), RawField("model", "Title", name)]
    return []


def _behind(make: str, name: str) -> str:
    """What stands behind a make of up to three words; empty where the name does not start with it."""
    words = name.split()
    ahead = next((n for n in (1, 2, 3) if make_of(" ".join(words[:n])) == make), len(words))
    return " ".join(words[ahead:])
