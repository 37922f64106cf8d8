"""A curator's decisions on staged cars besides publishing: reject, take back, correct, match, split, merge.

Each leaves an entry in the history of the staged car that names who decided and why.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from catalog import merging
from catalog.exceptions import MergeRefused
from catalog.models import CarModel, Spec, Variant
from catalog.supply import CarName, cars_create
from core.people import Person, account_id
from scraper.exceptions import NotPossibleNow
from scraper.models.staging import CatalogChange, ChangedCar, StagedCar
from scraper.staging import assess
from scraper.staging.match import Names
from scraper.staging.publish import facts_of, save_with_history
from scraper.staging.rules import RuleBook
from scraper.staging.values import Correction

Status, Match = StagedCar.Status, StagedCar.Match


@transaction.atomic
def staged_reject(*, staged: StagedCar, actor: Person | None, reason: str) -> None:
    """Publish nothing of it until its source says something else. Raises NotPossibleNow without a reason."""
    if not reason.strip():
        raise NotPossibleNow("Say why it is rejected: others will want to know.")
    row = _pending(staged)
    row.status, row.reason, row.decided = Status.REJECTED, reason.strip()[:200], timezone.now()
    save_with_history(row, actor, f"Rejected: {row.reason}")


@transaction.atomic
def staged_reopen(*, staged: StagedCar, actor: Person | None) -> None:
    """Have a rejected car wait for a decision again. Raises NotPossibleNow where it is not rejected."""
    row = _locked(staged)
    if row.status != Status.REJECTED:
        raise NotPossibleNow("Only what is rejected can be taken back like this. Undo its change instead.")
    row.reason, row.decided = "", None
    assess.reassess(row)
    save_with_history(row, actor, "Taken back")


@transaction.atomic
def staged_map(*, staged: StagedCar, variant: Variant | None, actor: Person | None) -> None:
    """A person says which car of the catalogue it is; None says that it is none of them, but a new one."""
    row = _pending(staged)
    if variant is None and row.year is None:
        raise NotPossibleNow("A new car needs one model year. Correct it first.")
    row.variant, row.match = variant, Match.MAPPED
    row.match_note, row.candidates = "", []
    assess.reassess(row)
    save_with_history(row, actor, f"Is {variant}" if variant else "Is a new car")


@transaction.atomic
def staged_edit(
    *,
    staged: StagedCar,
    names: Mapping[str, object],
    values: Mapping[str, Correction | None],
    actor: Person | None,
) -> list[str]:
    """Correct names and values before they are published; what the source says word for word stays.

    `names` are fields of the staged car, `values` by kind of fact (None removes one). Returns the names
    and kinds that were changed.
    """
    row = _pending(staged)
    changed = [name for name, value in names.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, names[name])
    kept = {value["key"]: value for value in row.values}
    for key, value in values.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = {**kept.get(key, {}), **value, "key": key, "note": "corrected by staff"}
        changed.append(key)
    if not changed:
        return []
    row.values = list(kept.values())
    if row.match != Match.MAPPED and set(changed) & set(names):
        _match_again(row)
    assess.reassess(row)
    save_with_history(row, actor, f"Corrected: {', '.join(changed)}")
    return changed


def _match_again(row: StagedCar) -> None:
    found_by = Names()
    found_by.load([row])
    found = found_by.find(row, names_are_sure=RuleBook.of(row.source_id).adds_cars)
    row.match, row.match_note = found.match, found.note
    row.variant_id, row.candidates = found.variant, list(found.candidates)


@transaction.atomic
def staged_split(*, staged: StagedCar, actor: Person | None) -> CatalogChange:
    """Move what is published of it from the car that it was taken for to a car of its own.

    Raises NotPossibleNow where nothing of it is published, or it does not say one model year.
    """
    row = _locked(staged)
    facts = Spec.objects.filter(variant=row.variant, source=row.source, record=row.record)
    moved = list(facts)
    if row.variant is None or not moved:
        raise NotPossibleNow("Nothing of it is published: say that it is a new car instead.")
    if row.year is None:
        raise NotPossibleNow("A car of its own needs one model year. Correct it first.")
    name = CarName(row.make, row.model, row.trim, row.body_style, row.year)
    (own,) = cars_create([name])
    before = {"status": row.status, "variant_id": row.variant_id, "match": row.match}
    change = CatalogChange.objects.create(
        kind=CatalogChange.Kind.SPLIT,
        summary=f"{row} split off {row.variant}"[:300],
        actor_id=account_id(actor),
    )
    keys = [spec.key for spec in moved]
    left = {spec.key: facts_of(spec) for spec in moved}
    ChangedCar.objects.create(change=change, variant=row.variant, source=row.source, before=left)
    ChangedCar.objects.create(
        change=change,
        variant=own,
        staged=row,
        source=row.source,
        is_new=True,
        added=keys,
        staged_before=before,
    )
    facts.update(variant=own)
    row.variant, row.match = own, Match.MAPPED
    save_with_history(row, actor, "Split off")
    return change


# --- Merging ------------------------------------------------------------------------------------------------
@transaction.atomic
def duplicates_merge(
    *, keep: Variant | CarModel, gone: Variant | CarModel, actor: Person | None
) -> CatalogChange:
    """Make one of two cars, or two models, of the catalogue. Raises NotPossibleNow where that can't be."""
    summary = f"{gone} merged into {keep}"
    try:
        if isinstance(keep, Variant) and isinstance(gone, Variant):
            record = merging.variant_merge(keep=keep, gone=gone)
        elif isinstance(keep, CarModel) and isinstance(gone, CarModel):
            record = merging.model_merge(keep=keep, gone=gone)
        else:
            raise NotPossibleNow("Only two cars, or two models, can be merged.")
    except MergeRefused as error:
        raise NotPossibleNow(error.message) from None
    change = CatalogChange.objects.create(
        kind=CatalogChange.Kind.MERGE, summary=summary[:300], actor_id=account_id(actor), record=record
    )
    for car in keep.variants.all() if isinstance(keep, CarModel) else [keep]:
        ChangedCar.objects.create(change=change, variant=car)
    return change


# --- Who is at it -------------------------------------------------------------------------------------------
def staged_open(*, staged: StagedCar, actor: Person | None) -> str:
    """Note that a curator has it open; returns who else has, or an empty text. It locks nothing."""
    other = str(staged.opened_by) if staged.opened_by_another(actor) else ""
    if not other:
        StagedCar.objects.filter(pk=staged.pk).update(opened=timezone.now(), opened_by=account_id(actor))
    return other


def _locked(staged: StagedCar) -> StagedCar:
    return StagedCar.objects.select_for_update().get(pk=staged.pk)


def _pending(staged: StagedCar) -> StagedCar:
    row = _locked(staged)
    if not row.is_pending:
        raise NotPossibleNow(f"Meanwhile it is {row.get_status_display().lower()}. Nothing was changed.")
    return row
