"""What crawls bring in: cars become staged cars, each source's record once, however often it is read.

A record that says the same as last time is compared by its digest and not written again. What is new is
matched and compared with the catalogue; what the source's rules let pass is published at once, everything
else waits for a person.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils import timezone

from catalog.choices import BodyStyle
from catalog.models import Source
from core.text import squash
from scraper.models.runs import ScrapeRun
from scraper.models.staging import StagedCar
from scraper.reading.cars import Car
from scraper.staging import assess, publish
from scraper.staging.compare import Line
from scraper.staging.match import Names
from scraper.staging.rules import RuleBook

Status, Match = StagedCar.Status, StagedCar.Match
_BATCH = 500
#: What a newer visit to the source may change.
_FIELDS = [
    *("url", "make", "model", "trim", "body_style", "first_year", "last_year"),
    *("values", "unparsed", "photos", "has_new_pictures", "digest"),
    *("status", "match", "match_note", "candidates", "variant", "open_keys", "held", "reason"),
    *("fetched", "seen", "decided", "run"),
]


@dataclass
class Staged:
    """What staging found: records that are new, that say something else than before, and that say the same.

    `conflicts` are those that another source denies, `published` those of which something passed by a rule,
    `dropped` counts cars that can't be staged, by reason.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    published: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        dropped = sum(self.dropped.values())
        return (
            f"{self.new} new, {self.changed} changed, {self.unchanged} unchanged; "
            f"{self.published} published by rule, {self.conflicts} in conflict, {dropped} dropped"
        )


def cars_stage(
    *,
    source: Source | str,
    cars: Iterable[Car],
    run: ScrapeRun | None = None,
    fetched: datetime | None = None,
) -> Staged:
    """Stage cars of a source (or its slug; an unknown source is added), a few hundred a transaction.

    Safe to repeat: the same cars again change nothing. `fetched` is when the source said so, by default now.
    """
    if isinstance(source, str):
        name = source.replace("_", " ").replace("-", " ").capitalize()
        source, _ = Source.objects.get_or_create(slug=source, defaults={"name": name})
    stager = _Stager(source, run, fetched or timezone.now())
    for batch in _batches(cars):
        with transaction.atomic():
            stager.take(batch)
    return stager.result


def _batches(cars: Iterable[Car]) -> Iterator[list[Car]]:
    waiting = iter(cars)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


class _Stager:
    def __init__(self, source: Source, run: ScrapeRun | None, fetched: datetime) -> None:
        self.source, self.run, self.fetched = source, run, fetched
        self.book = RuleBook.of(source.pk)
        self.result = Staged()

    def take(self, batch: Sequence[Car]) -> None:
        """Stage a batch; the caller holds the transaction."""
        cars = {car.record: car for car in batch if self._is_sound(car)}
        digests = {record: digest_of(car) for record, car in cars.items()}
        known = StagedCar.objects.filter(source=self.source, record__in=cars)
        stored = dict(known.values_list("record", "digest"))
        same = [record for record, digest in digests.items() if stored.get(record) == digest]
        known.filter(record__in=same).update(seen=timezone.now(), **self._of_run())
        existing = {row.record: row for row in known.exclude(record__in=same)}
        rows = []
        for record, car in cars.items():
            if stored.get(record) != digests[record]:
                row = existing.get(record) or StagedCar(source=self.source, record=record)
                self._fill(row, car, digests[record])
                rows.append(row)
        self.result.unchanged += len(same)
        self.result.new += len(rows) - len(existing)
        self.result.changed += len(existing)
        while rows:
            rows = self._stage(rows)

    def _of_run(self) -> dict[str, ScrapeRun]:
        return {"run": self.run} if self.run is not None else {}

    def _is_sound(self, car: Car) -> bool:
        """Whether it can be in the catalogue; counts what can not."""
        why = ""
        if not car.make or not car.model:
            why = "no make or model"
        elif len(car.make) > 80 or len(car.model) > 120 or len(car.trim) > 80 or len(car.record) > 200:
            why = "a name is too long"
        elif "\N{REPLACEMENT CHARACTER}" in car.make + car.model + car.trim:
            why = "a name is garbled: the page is in another encoding than it says"
        elif car.years and not 1885 <= car.years[0] <= car.years[1] <= 2100:
            why = "the years make no sense"
        if why:
            self.result.dropped[why] += 1
        return not why

    def _fill(self, row: StagedCar, car: Car, digest: str) -> None:
        # It becomes a link on pages: nothing but the web, and nothing cut short.
        row.url = car.url if car.url.startswith(("https://", "http://")) and len(car.url) <= 500 else ""
        row.make, row.model, row.trim = car.make, car.model, car.trim
        row.body_style = car.body_style if car.body_style in BodyStyle.values else BodyStyle.UNKNOWN
        row.first_year, row.last_year = car.years or (None, None)
        row.values = [_plain(asdict(value)) for value in car.values]
        row.unparsed = [_plain(asdict(one)) for one in car.unparsed]
        row.photos = [_plain(asdict(photo)) for photo in car.photos]
        row.has_new_pictures = bool(car.photos)
        row.digest, row.reason = digest, ""
        row.fetched = row.seen = self.fetched
        for name, value in self._of_run().items():
            setattr(row, name, value)

    def _stage(self, rows: list[StagedCar]) -> list[StagedCar]:
        """Match, compare, publish what rules let pass, and save.

        Returns those that are the same car as another of these: what they are compared with is only now in
        the catalogue.
        """
        self._match([row for row in rows if row.variant_id is None])
        first = {_identity(row): row for row in reversed(rows)}
        later = [row for row in rows if first[_identity(row)] is not row]
        rows = [row for row in rows if first[_identity(row)] is row]
        lines = self._assess(rows)
        keys = self._passing(rows, lines)
        passing = [row for row in rows if row.record in keys]
        publication = publish.prepare(passing, keys, lines) if passing else None
        self.result.conflicts += sum(1 for row in rows if row.status == Status.CONFLICT)
        self.result.published += len(passing)
        _save(rows)
        if publication:
            publication.write(_summary(passing, self.source))
        return later

    def _assess(self, rows: Sequence[StagedCar]) -> dict[str, list[Line]]:
        """Set the state of each row; returns its facts beside those of the catalogue, by its record."""
        published = assess.published_facts(row.variant_id for row in rows)
        lines = {row.record: assess.lines_of(row, published[row.variant_id or 0]) for row in rows}
        for row in rows:
            assess.assess(row, lines[row.record], self.book)
        return lines

    def _passing(self, rows: Sequence[StagedCar], lines: Mapping[str, Sequence[Line]]) -> dict[str, set[str]]:
        """The kinds of facts that rules let pass, by the record of the row; only of rows that have some."""
        found = {row.record: self.book.passing(lines[row.record]) for row in rows if self._may_pass(row)}
        return {record: keys for record, keys in found.items() if keys}

    def _match(self, rows: list[StagedCar]) -> None:
        if not rows:
            return
        names = Names()
        names.load(rows)
        for row in rows:
            found = names.find(row, names_are_sure=self.book.adds_cars)
            row.match, row.match_note = found.match, found.note
            row.variant_id, row.candidates = found.variant, list(found.candidates)

    def _may_pass(self, row: StagedCar) -> bool:
        """Whether rules may speak: it is clear which car it is, or it may be added."""
        return row.variant_id is not None or (row.match == Match.NEW and self.book.adds_cars)


def _save(rows: Sequence[StagedCar]) -> None:
    known = [row for row in rows if row.pk]
    StagedCar.objects.bulk_create([row for row in rows if row.pk is None])
    StagedCar.objects.bulk_update(known, _FIELDS, batch_size=100)


def _summary(rows: Sequence[StagedCar], source: Source) -> str:
    return f"{rows[0]}, from {source}" if len(rows) == 1 else f"{len(rows)} cars from {source}"


def _identity(row: StagedCar) -> tuple[object, ...]:
    """What tells its car from others: the car of the catalogue that it is matched with, or its names."""
    if row.variant_id:
        return (row.variant_id,)
    return squash(row.make), squash(row.model), squash(row.trim), row.body_style, row.year


def _plain(fields: dict[str, object]) -> dict[str, object]:
    """Without what is not stated: a million values are stored so."""
    return {name: value for name, value in fields.items() if value not in (None, "")}


def digest_of(car: Car) -> str:
    """What a car's source says, in 64 signs: the same for the same, whenever and wherever it was read."""
    said: list[object] = [car.url, car.make, car.model, car.trim, car.body_style, car.years]
    said += [[_plain(asdict(value)) for value in car.values], [photo.url for photo in car.photos]]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
