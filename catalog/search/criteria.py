"""What a visitor or a program asks the catalogue for: `?q=&make=&body=&year=&fuel=&sort=`, parsed once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from django.http import QueryDict

from catalog.choices import BodyStyle
from catalog.specs.vocabulary import FUELS

SORTS = {
    "name": "Name",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "power": "Most powerful first",
    "consumption": "Lowest consumption first",
    "price": "Lowest list price first",
}
MAX_QUERY = 100
#: What stands in an address for bytes that are no text, and for a NUL
#: (carsite.middleware.NulCharacterMiddleware); no name has it.
UNREADABLE = "\ufffd"


@dataclass(frozen=True)
class Criteria:
    """Several values of one name widen, different names narrow. Invalid values are in `refused`."""

    q: str = ""
    make: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    fuel: tuple[str, ...] = ()
    year: tuple[int, ...] = ()
    year_min: int | None = None
    year_max: int | None = None
    sort: str = "name"
    refused: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, query: QueryDict) -> Criteria:
        """Reads a query string; empty values count as absent."""
        refused: list[tuple[str, str]] = []

        def several(name: str, allowed: set[str] | None = None) -> tuple[str, ...]:
            values = [
                value for value in dict.fromkeys(query.getlist(name)) if value and UNREADABLE not in value
            ]
            refused.extend((name, value) for value in values if allowed is not None and value not in allowed)
            return tuple(value for value in values if allowed is None or value in allowed)

        def years(name: str) -> tuple[int, ...]:
            values = several(name)
            refused.extend((name, value) for value in values if not _is_year(value))
            return tuple(int(value) for value in values if _is_year(value))

        return cls(
            q=" ".join(query.get("q", "").replace(UNREADABLE, " ").split())[:MAX_QUERY],
            make=several("make"),
            model=several("model"),
            body=several("body", set(BodyStyle.values)),
            fuel=several("fuel", set(FUELS)),
            year=years("year"),
            year_min=next(iter(years("year_min")), None),
            year_max=next(iter(years("year_max")), None),
            sort=next(iter(several("sort", set(SORTS))), "name"),
            refused=tuple(refused),
        )

    def without(self, name: str, value: object = None) -> Criteria:
        """The same but for one name, or for one of its values."""
        values = getattr(self, name)
        kept: object = next(field.default for field in fields(self) if field.name == name)
        if value is not None and isinstance(values, tuple):
            kept = tuple(other for other in values if other != value)
        return replace(self, **{name: kept})  # type: ignore[arg-type]  # a default, or values that were there

    def pairs(self) -> Iterator[tuple[str, object]]:
        """Name and value of everything that narrows the list."""
        for name in ("q", "make", "model", "body", "fuel", "year", "year_min", "year_max"):
            value = getattr(self, name)
            if isinstance(value, tuple):
                yield from ((name, item) for item in value)
            elif value:
                yield name, value

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return any(True for _ in self.pairs())

    def as_query(self) -> str:
        """The query string that reads as this, in a canonical order."""
        query = QueryDict(mutable=True)
        for name, value in self.pairs():
            query.appendlist(name, str(value))
        if self.sort != "name":
            query["sort"] = self.sort
        return query.urlencode()


def _is_year(value: str) -> bool:
    return len(value) == 4 and value.isascii() and value.isdigit() and 1885 <= int(value) <= 2100
