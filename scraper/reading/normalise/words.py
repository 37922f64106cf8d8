"""From words of a page to canonical ones: fuels, gearboxes, driven wheels, bodies, condition."""

from __future__ import annotations

import re
from functools import cache

from scraper.reading.vocabulary import fold, words_of

SEPARATOR = "; "
_WORD_EDGE = r"(?<![\w-]){}(?![\w-])"
_GEARS = re.compile(
    r"(?<![\d.,])(\d{1,2})\s*[-–]?\s*"
    r"(?:speed|gears?\b|gang|gange|gang-|vitesses|rapports|marce|marchas|velocidades|versnellingen|trepte|vaxlar|"
    r"spd|vel\b|stufig|sp\b|fokozat|vites|brzin|prestav|pavar|kademeli)"
)
_OR_BEFORE = re.compile(r"\d\s*(?:/|-|–|or|ou|oder|o|of|eller)\s*$")  # "4 or 5 speed"
_HYBRID_PAIR = {"Petrol", "Diesel", "Electric"}


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words as a whole word, the longest first."""
    ordered = sorted(words, key=len, reverse=True)
    return re.compile(_WORD_EDGE.format("(" + "|".join(re.escape(word) for word in ordered) + ")"))


def found(key: str, text: str, code: str) -> list[str]:
    """Canonical words in a text, in its order, by the first language that knows one.

    A longer match hides a shorter one inside it.
    """
    said = fold(text)
    for table in words_of(key, code):
        if exact := table.get(said):
            return [exact]
    for table in words_of(key, code):
        seen = dict.fromkeys(table[match] for match in _pattern(tuple(table)).findall(said))
        if seen:
            return list(seen)
    return []


def fuel(text: str, code: str) -> str:
    """The fuels of a text.

    "Petrol/Electric" is a hybrid; "Petrol + CNG" are two fuels; "gas" means petrol in America only.
    """
    said = fold(text).split("(consum")[0]
    if said in ("gas", "gaz") and not code.lower().endswith(("us", "ca")) and code.lower() != "en":
        return "" if not code.lower().startswith("sv") else "Natural gas"
    names = found("fuel", said, code)
    if not names:
        return ""
    if "Plug-in hybrid" in names:
        return "Plug-in hybrid"
    if "Hybrid" in names or ("Electric" in names and len(names) == 2 and set(names) <= _HYBRID_PAIR):
        return "Hybrid"
    if "Flex-fuel" in names and set(names) <= {"Flex-fuel", "Petrol"}:
        return "Flex-fuel"
    return SEPARATOR.join(names)


def transmission(text: str, code: str) -> str:
    """The gearbox with its gears: "Automatic, 8 gears". Several alternatives come as several words."""
    parts = [part for part in re.split(r"\n|;| or (?=\d|man|auto)", text) if part.strip()]
    words = dict.fromkeys(word for part in parts if (word := _gearbox(part, code)))
    return SEPARATOR.join(words)


def _gearbox(text: str, code: str) -> str:
    names = found("transmission", text, code)
    if not names and re.search(r"\bcvt", fold(text)):
        names = ["Continuously variable"]
    special = [name for name in names if name not in ("Automatic", "Manual")]
    if special:
        name = special[0]
    elif len(names) == 1:
        name = names[0]
    else:
        return ""
    if name in ("Continuously variable", "Single gear"):
        return name
    gears = _GEARS.search(fold(text))
    if not gears or not 2 <= int(gears[1]) <= 12 or _OR_BEFORE.search(fold(text)[: gears.start()]):
        return name
    return f"{name}, {gears[1]} gears"


def drive(text: str, code: str) -> str:
    """The driven wheels: one word, or nothing where the text names several."""
    names = found("drive", text, code)
    if len(names) > 1 and set(names) <= {"All-wheel", "Four-wheel"}:
        names = names[:1]
    return names[0] if len(names) == 1 else ""


def body_style(text: str, code: str) -> str:
    """The body style of the catalogue, or nothing where the text names several."""
    if fold(text) in ("van", "vans") and code.lower().startswith("de"):
        return "minivan"
    names = found("body_style", text, code)
    return names[0] if len(names) == 1 else ""


def condition(text: str, code: str) -> str:
    """ "new" or "used"."""
    names = found("condition", text.rsplit("/", 1)[-1], code)
    return names[0] if len(set(names)) == 1 else ("used" if "used" in names else "")


_ASPIRATION = (
    ("Turbocharged and supercharged", ("twincharged", "turbo and supercharged")),
    ("Turbocharged", ("turbo", "biturbo")),
    ("Supercharged", ("supercharge", "kompressor", "compressor")),
    ("Naturally aspirated", ("natural", "n/a", "saugmotor", "atmospheric")),
)


def aspiration(text: str) -> str:
    """How the engine breathes."""
    said = fold(text)
    return next((name for name, words in _ASPIRATION if any(word in said for word in words)), "")
