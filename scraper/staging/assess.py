"""Where a staged car stands: what of it is not published yet, what is held, and what state that makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from catalog.models import Spec
from scraper.models.staging import StagedCar
from scraper.staging import compare, prices
from scraper.staging.compare import Line
from scraper.staging.rules import RuleBook

Status = StagedCar.Status


def published_facts(variants: Iterable[int | None]) -> dict[int, list[Spec]]:
    """Facts by car, the most trusted first; no query where there is no car."""
    found: dict[int, list[Spec]] = defaultdict(list)
    wanted = {pk for pk in variants if pk is not None}
    if wanted:
        rows = Spec.objects.filter(variant__in=wanted).select_related("source")
        for spec in rows.order_by("source__rank", "source__slug"):
            found[spec.variant_id].append(spec)
    return found


def lines_of(row: StagedCar, published: Sequence[Spec]) -> list[Line]:
    """The staged car's facts beside those of its car of the catalogue."""
    return compare.lines(row.values, published, row.source_id, row.record, prices.doubts(row))


def assess(row: StagedCar, lines: Sequence[Line], book: RuleBook) -> None:
    """Sets status, open and held facts; saves nothing."""
    waiting = [line for line in lines if line.state != "same"]
    row.open_keys = f" {' '.join(line.key for line in waiting)} " if waiting else ""
    row.held = {line.key: why for line in waiting if (why := book.held(line))}
    if waiting and any(line.denied_by for line in waiting):
        row.status = Status.CONFLICT
    elif any(line.state == "changed" for line in waiting):
        row.status = Status.CHANGED
    elif waiting or row.variant_id is None:
        row.status = Status.NEW
    else:
        row.status = Status.UNCHANGED


def reassess(row: StagedCar) -> list[Line]:
    """`assess` against what is published now; returns the lines."""
    lines = lines_of(row, published_facts([row.variant_id])[row.variant_id or 0])
    assess(row, lines, RuleBook.of(row.source_id))
    return lines
