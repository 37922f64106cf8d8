"""Reading of the written matrix: `access.txt` for the site, `access_admin.txt` for the admin's pages of each model."""

from __future__ import annotations

from pathlib import Path

from tests.security.world import STAFF, WHO

_FOLDER = Path(__file__).parent
#: The admin's pages of a model, as the columns of `access_admin.txt` name them.
PAGES = {"list": "changelist", "add": "add", "change": "change", "delete": "delete", "history": "history"}


def site_rows() -> dict[tuple[str, str], dict[str, str]]:
    """(method, route) → who → what becomes of it. Rows of the admin name each group of staff."""
    rows = {}
    for method, route, *cells in _lines("access.txt"):
        assert (method, route) not in rows, f"{method} {route} is there twice"
        who = people_of(route)
        rows[method, route] = dict(zip(who, cells, strict=True))
    return rows


def people_of(route: str) -> tuple[str, ...]:
    """Who asks an address."""
    return tuple(dict.fromkeys((*WHO[:-2], *STAFF))) if route.startswith("/admin/") else WHO


def admin_rows() -> dict[tuple[str, str], dict[str, tuple[str, str]]]:
    """(model, who) → page → what becomes of GET and of POST."""
    rows = {}
    for model, who, *cells in _lines("access_admin.txt"):
        pairs = [tuple(cell.split("/")) for cell in cells]
        rows[model, who] = dict(zip(PAGES, pairs, strict=True))
    return rows  # type: ignore[return-value]


def _lines(name: str) -> list[list[str]]:
    text = (_FOLDER / name).read_text()
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
