"""From staged to published: cars and facts into the catalogue, each with its source, and back by undo.

Every publication leaves a CatalogChange that knows what was there before. `staged_publish` is a person's
decision on one car; rules publish many at once by `prepare` and `Publication.write`, in the transaction that
stages them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from catalog.models import Spec, Variant
from catalog.specs.vocabulary import SPECS
from catalog.supply import FACT_FIELDS, CarName, cars_create, facts_write
from core.people import Person, account_id
from scraper.exceptions import NotPossibleNow
from scraper.models.staging import CatalogChange, ChangedCar, StagedCar
from scraper.staging import assess
from scraper.staging.compare import Line
from scraper.staging.match import Names
from scraper.staging.rules import RuleBook
from scraper.staging.values import StagedValue

Status, Match = StagedCar.Status, StagedCar.Match
_STATE = ("status", "open_keys", "held", "variant_id", "match", "match_note")


@dataclass
class Publication:
    """What is about to be published: facts, and the record of what it changes."""

    specs: list[Spec] = field(default_factory=list)
    changed: list[ChangedCar] = field(default_factory=list)

    def write(self, summary: str, actor: Person | None = None) -> CatalogChange:
        """Into the catalogue. Staged cars have to be saved before."""
        change = CatalogChange.objects.create(
            kind=CatalogChange.Kind.PUBLISH, summary=summary[:300], actor_id=account_id(actor)
        )
        for car in self.changed:
            car.change = change
        ChangedCar.objects.bulk_create(self.changed, batch_size=500)
        facts_write(self.specs)
        return change


def prepare(
    rows: Sequence[StagedCar], keys: Mapping[str, set[str]], lines: Mapping[str, Sequence[Line]]
) -> Publication:
    """Make the cars that are missing and put staged cars into their next state, without saving them.

    `keys` are the kinds of facts to publish and `lines` all facts, both by the record of the staged car.
    Names of new cars have to differ.
    """
    publication = Publication()
    before = {row.record: {name: getattr(row, name) for name in _STATE} for row in rows}
    added = _add_cars([row for row in rows if row.variant_id is None])
    for row in rows:
        chosen = [line for line in lines[row.record] if line.key in keys[row.record]]
        publication.specs += [_spec(row, line) for line in chosen]
        car = _changed_car(row, chosen)
        car.is_new, car.staged_before = row.record in added, before[row.record]
        publication.changed.append(car)
        _settle(row, {line.key for line in chosen})
    return publication


def _add_cars(rows: Sequence[StagedCar]) -> set[str]:
    """Make their cars; returns their records."""
    for row, variant in zip(rows, cars_create([name_of(row) for row in rows]), strict=True):
        row.variant = variant
        row.match, row.match_note = Match.EXACT, ""
    return {row.record for row in rows}


def _changed_car(row: StagedCar, chosen: Sequence[Line]) -> ChangedCar:
    return ChangedCar(
        variant=row.variant,
        staged=row,
        source_id=row.source_id,
        added=[line.key for line in chosen if line.own is None],
        before={line.key: facts_of(line.own) for line in chosen if line.own},
    )


def _settle(row: StagedCar, published: set[str]) -> None:
    left = [key for key in row.keys if key not in published]
    row.open_keys = f" {' '.join(left)} " if left else ""
    row.held = {key: why for key, why in row.held.items() if key in left}
    row.decided = timezone.now()
    if not left:
        row.status = Status.APPROVED


def name_of(row: StagedCar) -> CarName:
    """What its car will be called."""
    return CarName(row.make, row.model, row.trim, row.body_style, row.year)


def _spec(row: StagedCar, line: Line) -> Spec:
    value = line.value
    spec = line.spec()
    spec.variant_id, spec.source_id = row.variant_id, row.source_id  # type: ignore[assignment]  # made before
    spec.raw = clipped(_said(value), 300)
    spec.record, spec.source_url = row.record, row.url
    spec.note = clipped(value.get("note") or "", 200)
    spec.retrieved = row.fetched.date()
    return spec


def _said(value: StagedValue) -> str:
    """The words of the source, after its own label for them."""
    label, raw = (value.get("label") or "").strip(), (value.get("raw") or "").strip()
    return f"{label}: {raw}" if label and not raw.startswith(label) else raw


def clipped(text: str, length: int) -> str:
    """Not longer than `length`; what is left out shows."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def facts_of(spec: Spec) -> dict[str, object]:
    """A fact as plain data, of which it can be made again."""
    facts = {name: getattr(spec, name) for name in FACT_FIELDS}
    return facts | {"retrieved": spec.retrieved.isoformat()}


@transaction.atomic
def staged_publish(*, staged: StagedCar, actor: Person | None, keys: set[str] | None = None) -> CatalogChange:
    """Publish what waits of a staged car; only these kinds of facts where `keys` are given.

    Raises NotPossibleNow where another curator has decided meanwhile, or it is not clear which car it is.
    """
    row = StagedCar.objects.select_for_update().select_related("source").get(pk=staged.pk)
    if not row.is_pending:
        raise NotPossibleNow(f"Meanwhile it is {row.get_status_display().lower()}. Nothing was changed.")
    _find_car(row)
    lines = assess.reassess(row)
    waiting = set(row.keys)
    chosen = waiting if keys is None else waiting & keys
    if not chosen and (keys or row.variant_id):
        raise NotPossibleNow("Nothing of it is left to publish.")
    publication = prepare([row], {row.record: chosen}, {row.record: lines})
    labels = ", ".join(SPECS[key].label.lower() for key in SPECS if key in chosen) or "its name"
    save_with_history(row, actor, f"Published: {labels}")
    return publication.write(f"{row}, from {row.source}: {labels}", actor)


def _find_car(row: StagedCar) -> None:
    """Before a car is added: it may be in the catalogue by now."""
    if row.variant_id is None and row.match != Match.MAPPED:
        names = Names()
        names.load([row])
        found = names.find(row, names_are_sure=RuleBook.of(row.source_id).adds_cars)
        row.match, row.variant_id, row.match_note = found.match, found.variant, found.note
    if row.variant_id is None and row.match == Match.PERSON:
        raise NotPossibleNow("Say first which car of the catalogue it is, or that it is a new one.")


def save_with_history(row: StagedCar, actor: Person | None, reason: str) -> None:
    """Saves it with an entry of its history that names the actor."""
    row._history_user = actor  # type: ignore[attr-defined]  # what simple_history reads
    row._change_reason = clipped(reason, 300)  # type: ignore[attr-defined]
    row.save()


# --- Undo ---------------------------------------------------------------------------------------------------
@transaction.atomic
def change_undo(*, change: CatalogChange, actor: Person | None) -> None:
    """Restore what was there before. Raises NotPossibleNow if it is undone or its cars have changed since."""
    from catalog.exceptions import MergeRefused
    from catalog.merging import merge_undo

    change = CatalogChange.objects.select_for_update().get(pk=change.pk)
    if change.undone:
        raise NotPossibleNow("This is undone already.")
    later = CatalogChange.objects.later_on_the_same_cars(change).first()
    if later:
        raise NotPossibleNow(f"Its car has changed since. Undo this first: {later}.")
    if change.kind == CatalogChange.Kind.MERGE:
        try:
            merge_undo(record=change.record)
        except MergeRefused as error:
            raise NotPossibleNow(error.message) from None
    for car in change.cars.select_related("variant", "staged").order_by("-pk"):
        _undo(car, actor)
    change.undone, change.undone_by_id = timezone.now(), account_id(actor)
    change.save(update_fields=["undone", "undone_by"])


def _undo(car: ChangedCar, actor: Person | None) -> None:
    if car.variant is not None and car.source_id is not None:
        facts = Spec.objects.filter(variant=car.variant, source=car.source_id)
        facts.filter(key__in=car.added).delete()
        facts_write(
            Spec(variant=car.variant, source_id=car.source_id, key=key, **before)
            for key, before in car.before.items()
        )
    staged, variant = car.staged, car.variant
    if staged is not None and car.staged_before:
        for name, value in car.staged_before.items():
            setattr(staged, name, value)
        save_with_history(staged, actor, "Undone")
    if car.is_new and variant is not None:
        _remove_if_bare(variant)


def _remove_if_bare(variant: Variant) -> None:
    """Delete a car that was added, unless other rows refer to it by now: then a person has to decide."""
    from catalog.merging import references_to

    if any(field.model not in (StagedCar, ChangedCar) for field, _ in references_to(variant)):
        return
    model = variant.model
    variant.delete()
    if not model.variants.exists():
        make = model.make
        model.delete()
        if not any(True for _ in references_to(make)):
            make.delete()
