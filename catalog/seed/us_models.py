"""What the list of US models says about a variant: the body styles its model was offered in that year."""

from __future__ import annotations

import json
from collections.abc import Sequence

from catalog.seed.facts import Match, text_fact
from catalog.specs.vocabulary import SEPARATOR

SOURCE = "us-car-models"
Row = dict[str, str]


def match(rows: Sequence[Row], *, year: int) -> Match:
    """The body styles of the given rows of the list."""
    names = ", ".join(row["model"] for row in rows)
    styles = sorted(
        {style.capitalize() if style != "SUV" else style for row in rows for style in _styles(row)}
    )
    said = ", ".join(row["body_styles"] for row in rows)
    fact = text_fact("offered_as", "body_styles", [(said, SEPARATOR.join(styles))])
    return Match(source=SOURCE, record=f"{names} {year}", facts=[fact] if fact else [])


def _styles(row: Row) -> list[str]:
    styles: list[str] = json.loads(row["body_styles"])
    return styles
