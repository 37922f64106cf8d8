"""Merging two entries for one car or model: what refers to one moves to the other; its address redirects.

Nothing is lost: each merge returns a record, in plain data, of which its reverse makes the former state
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, cast
from uuid import UUID

from django.apps import apps
from django.core.serializers import deserialize, serialize
from django.db import IntegrityError, models, transaction

from catalog.exceptions import MergeRefused
from catalog.models import CarModel, Make, OldAddress, Spec, Variant

Record = dict[str, Any]
Key = int | str | UUID
AnyForeignKey: TypeAlias = "models.ForeignKey[models.Model, models.Model]"


def path_of(page: Variant | CarModel) -> str:
    """The slugs of a page, as `OldAddress.path` has them."""
    return page.get_absolute_url().removeprefix("/cars/").strip("/")


@transaction.atomic
def variant_merge(*, keep: Variant, gone: Variant) -> Record:
    """`gone` becomes part of `keep`. Of facts of one kind and source, that of `keep` stays.

    Raises MergeRefused where they are one already, or both have something of which there can be only one.
    """
    if keep.pk == gone.pk:
        raise MergeRefused("A car can't be merged into itself. Choose another one.")
    held = {(spec.key, spec.source_id) for spec in keep.specs.all()}
    double = [spec for spec in gone.specs.all() if (spec.key, spec.source_id) in held]
    record = {
        "kind": "variant",
        "kept": keep.pk,
        "gone": serialize("json", [gone]),
        "dropped": serialize("json", double),
        "path": path_of(gone),
    }
    Spec.objects.filter(pk__in=[spec.pk for spec in double]).delete()
    record["moved"] = _move(gone, keep)
    path, slug, pk = record["path"], gone.slug, gone.pk
    gone.delete()
    gone.pk = pk
    record["replaced"] = _addresses_write([OldAddress(path=path, slug=slug, variant=keep)])
    Variant.objects.filter(pk=keep.pk).refresh_facts()
    return record


@transaction.atomic
def model_merge(*, keep: CarModel, gone: CarModel) -> Record:
    """All cars of `gone` become cars of `keep`; addresses of the model and its cars redirect.

    Raises MergeRefused where they are one already, or of different makes.
    """
    if keep.pk == gone.pk or keep.make_id != gone.make_id:
        raise MergeRefused("Only two different models of one make can be merged.")
    cars = list(gone.variants.with_names())
    addresses = [OldAddress(path=path_of(car), slug="", variant=car) for car in cars]
    record: Record = {"kind": "model", "kept": keep.pk, "gone": serialize("json", [gone]), "dropped": "[]"}
    record["path"] = path_of(gone)
    record["moved"] = _move(gone, keep)
    record["addresses"] = [address.path for address in addresses]
    gone_slug = gone.slug
    gone.delete()
    record["replaced"] = _addresses_write(
        [*addresses, OldAddress(path=record["path"], slug=gone_slug, model=keep)]
    )
    Variant.objects.filter(pk__in=[car.pk for car in cars]).refresh_names()
    return record


@transaction.atomic
def merge_undo(*, record: Record) -> None:
    """Restores the state before a merge, as far as its rows still exist.

    Raises MergeRefused where another entry has its slug by now.
    """
    OldAddress.objects.filter(path__in=[record["path"], *record.get("addresses", [])]).delete()
    try:
        with transaction.atomic():
            back = next(iter(deserialize("json", record["gone"])))
            back.save()
    except IntegrityError:
        raise MergeRefused("Another car has its address by now, so the merge can't be undone.") from None
    for address in deserialize("json", record.get("replaced", "[]")):
        if _leads_somewhere(cast("OldAddress", address.object)):
            address.save()
    for label, field, pks in record["moved"]:
        model = apps.get_model(label)
        still = model._base_manager.filter(pk__in=pks, **{field: record["kept"]})
        still.update(**{field: back.object.pk})
    for spec in deserialize("json", record["dropped"]):
        spec.save()
    if record["kind"] == "model":
        Variant.objects.filter(model=back.object.pk).refresh_names()
    else:
        Variant.objects.filter(pk__in=[back.object.pk, record["kept"]]).refresh_facts()


def _addresses_write(addresses: list[OldAddress]) -> str:
    """Writes old addresses; returns, serialised, those of the same paths that led elsewhere before."""
    before = OldAddress.objects.filter(path__in=[address.path for address in addresses])
    replaced: str = serialize("json", before)
    before.delete()
    OldAddress.objects.bulk_create(addresses)
    return replaced


def _leads_somewhere(address: OldAddress) -> bool:
    targets = ((Variant, address.variant_id), (CarModel, address.model_id), (Make, address.make_id))
    return any(pk is not None and model._base_manager.filter(pk=pk).exists() for model, pk in targets)


def references_to(row: models.Model) -> Iterator[tuple[AnyForeignKey, list[Key]]]:
    """Every foreign key of the site that leads to this row, with the rows that hold it."""
    for relation in row._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        field = cast("AnyForeignKey", relation.field)  # type: ignore[union-attr]
        if relation.on_delete is models.DO_NOTHING:  # type: ignore[union-attr]  # what happened, on record
            continue
        rows = field.model._base_manager.filter(**{field.name: row.pk})
        if pks := list(rows.values_list("pk", flat=True)):
            yield field, pks


def _move(gone: models.Model, keep: models.Model) -> list[tuple[str, str, list[int | str]]]:
    """Point all that refers to `gone` to `keep`. Returns model, field and keys of what was moved."""
    moved = []
    for field, pks in references_to(gone):
        rows = field.model._base_manager.filter(pk__in=pks)
        try:
            with transaction.atomic():
                rows.update(**{field.name: keep.pk})
        except IntegrityError:
            raise MergeRefused(
                f"Both have the same {field.model._meta.verbose_name}. Delete it from one of them first."
            ) from None
        moved.append((field.model._meta.label, field.name, [_plain(pk) for pk in pks]))
    return moved


def _plain(pk: Key) -> int | str:
    return pk if isinstance(pk, int) else str(pk)
