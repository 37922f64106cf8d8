"""A run in words: the line that lives while it goes, and the report at its end."""

from __future__ import annotations

import re

from django.utils.translation import ngettext

from scraper.models.runs import ScrapeRun
from scraper.runs.process import run_folder

_COUNTS = (
    *("pages", "kept", "items", "new", "changed", "unchanged", "unparsed"),
    *("errors", "retries", "refusals", "robots", "refused_addresses"),
)


def size(count: int) -> str:
    """A number of bytes in kB or MB."""
    return f"{count / 2**20:.1f} MB" if count >= 2**20 else f"{count / 2**10:.0f} kB"


def counts(run: ScrapeRun) -> dict[str, int]:
    """The numbers of a run by the names of their columns."""
    return {str(ScrapeRun._meta.get_field(name).verbose_name): getattr(run, name) for name in _COUNTS}  # type: ignore[union-attr]


def progress_line(run: ScrapeRun) -> str:
    """How far a run is."""
    words = [
        ngettext("%d page", "%d pages", run.pages) % run.pages,
        ngettext("%d car", "%d cars", run.items) % run.items,
    ]
    words += [
        f"{getattr(run, name)} {name}" for name in ("new", "changed", "unchanged") if getattr(run, name)
    ]
    words += [ngettext("%d error", "%d errors", run.errors) % run.errors] if run.errors else []
    return f"{run.source}: {', '.join(words)}, {size(run.bytes)}, {run.duration}"


def report(run: ScrapeRun) -> str:
    """All numbers of a run, one a line, and what was dropped for which reason."""
    rows = [("status", run.get_status_display().lower()), ("", run.ended)]
    rows += [(name, str(count)) for name, count in counts(run).items() if count]
    rows += [("bytes", size(run.bytes)), ("duration", str(run.duration))]
    rows += [(f"dropped: {reason}", str(count)) for reason, count in sorted(run.dropped.items())]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:{width}}  {words}".rstrip() for name, words in rows if words)


def last_lines(run: ScrapeRun, count: int = 40) -> list[str]:
    """The end of a run's log: what was refused, dropped or went wrong."""
    path = run_folder(run.pk) / "log.txt"
    if not path.exists():
        return []
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 64 * 2**10))
        lines = log.read().decode(errors="replace").splitlines()
    return [line for line in lines if re.match(r"\d{4}-", line)][-count:]
