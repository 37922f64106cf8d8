"""Facts of the catalogue as a sheet (CSV, XLSX), out and in again, in the units that people read.

A row is a car, a kind of fact and a source. What comes in is shown as a diff first; then it is one change of
the catalogue, that can be undone as a whole.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models
from django.utils.translation import ngettext
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Result
from import_export.widgets import FloatWidget, ForeignKeyWidget

from catalog.models import Source, Variant
from catalog.specs.units import range_from_si, range_to_si
from catalog.specs.vocabulary import SPECS
from core.sheets import number
from scraper.models.staging import CatalogChange, ChangedCar, Fact
from scraper.staging.publish import facts_of

#: A sheet is read, compared and written within one request.
MOST_ROWS_IN, MOST_ROWS_OUT = 3000, 20_000
_IDENTITY = ("variant", "key", "source")
_CHANGED = ("low", "high", "text", "currency", "source_url", "retrieved", "record", "raw", "note")
#: Rows that one query asks for.
_AT_ONCE = 500
_NEEDED = ("variant", "key", "source", "retrieved")
_WORDS = ("text", "currency", "source_url", "record", "raw", "note")
#: What programs for sheets take for the beginning of a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def _parts(values: list[Any]) -> Iterator[list[Any]]:
    """Values in parts that a query can hold."""
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


class _BySlug(ForeignKeyWidget):
    """A row of another table by its slug, with words for people where there is none.

    `know` fetches all that a sheet names at once.
    """

    def __init__(self, model: type[models.Model], *related: str) -> None:
        super().__init__(model, "slug")
        self._related = related
        self._by_slug: dict[str, Any] = {}
        self.by_pk: dict[int, Any] = {}

    def know(self, slugs: Iterable[str]) -> None:
        """Fetch these rows, a few hundred at a time."""
        for part in _parts(list(dict.fromkeys(slugs))):
            for found in self.model.objects.filter(slug__in=part).select_related(*self._related):
                self._by_slug[found.slug] = self.by_pk[found.pk] = found

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """The row of this slug. Raises ValueError in words for staff."""
        name = self.model._meta.verbose_name
        if not value:
            raise ValueError(f"The line names no {name}.")
        if found := self._by_slug.get(str(value)):
            return found
        raise ValueError(f"There is no {name} “{value}”. Take the word at the end of its address.")


class _Named(Field):
    """Another table's row; those that are known already cost no query."""

    def __init__(self, attribute: str, model: type[models.Model], *related: str) -> None:
        super().__init__(column_name=attribute, attribute=attribute, widget=_BySlug(model, *related))

    def get_value(self, instance: Fact) -> Any:
        """The row, or None."""
        known = self.widget.by_pk.get(getattr(instance, f"{self.attribute}_id"))
        return known or super().get_value(instance)


class _Known:
    """The facts that a sheet may change, fetched at once: what import-export calls a loader of instances."""

    def __init__(self, resource: FactResource, dataset: Any) -> None:
        self._fields = resource.fields
        cars = list(resource.fields["variant"].widget.by_pk)
        found = (fact for part in _parts(cars) for fact in Fact.objects.filter(variant__in=part).order_by())
        self._facts = {(fact.variant_id, fact.key, fact.source_id): fact for fact in found}

    def get_instance(self, row: Any) -> Fact | None:
        """The fact that a line is about, if it is there."""
        car, source = (self._fields[name].clean(row) for name in ("variant", "source"))
        return self._facts.get((car.pk, str(row["key"]), source.pk))


class _End(Field):
    """One end of a figure, in the unit that people read; in memory it is in SI."""

    def __init__(self, name: str) -> None:
        super().__init__(column_name=name, attribute=name, widget=FloatWidget())

    def export(self, instance: Fact, **kwargs: Any) -> str:
        """As a sheet and a diff show it."""
        if instance.low is None or instance.key not in SPECS:
            return ""
        high = instance.low if instance.high is None else instance.high
        ends = range_from_si(instance.low, high, instance.kind.display_unit("metric")[0])
        return f"{ends[self.attribute == 'high']:.8g}"


class _Unit(Field):
    """The unit of both ends."""

    def export(self, instance: Fact, **kwargs: Any) -> str:
        """Empty for words and counts."""
        return instance.kind.display_unit("metric")[0] if instance.key in SPECS else ""


class FactResource(ModelResource):
    """The columns of the sheet."""

    variant = _Named("variant", Variant, "make", "model__make")
    source = _Named("source", Source)
    low = _End("low")
    high = _End("high")
    unit = _Unit(column_name="unit", readonly=True)

    class Meta:
        model = Fact
        fields = (
            *("variant", "key", "low", "high", "unit", "text", "currency"),
            *("source", "source_url", "retrieved", "record", "raw", "note"),
        )
        export_order = fields
        import_id_fields = _IDENTITY
        skip_unchanged = True
        report_skipped = False
        use_transactions = True
        # A query a row for each of these would be a minute for a full sheet.
        instance_loader_class = _Known
        use_bulk = True
        batch_size = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._lines: dict[tuple[str, ...], int] = {}
        self._before: dict[int, dict[str, object]] = {}
        self._saved: list[tuple[Fact, dict[str, object] | None]] = []

    # --- Out ------------------------------------------------------------------------------------------------
    def export_field(self, field: Field, instance: Fact, **kwargs: Any) -> Any:
        """Words of strangers with an apostrophe before what would be a formula."""
        value = super().export_field(field, instance, **kwargs)
        is_formula = field.attribute in _WORDS and isinstance(value, str) and _FORMULA.match(value)
        return f"'{value}" if is_formula else value

    # --- In -------------------------------------------------------------------------------------------------
    def import_data(self, dataset: Any, *args: Any, **kwargs: Any) -> Result:
        """Bring a sheet in; one that is another sheet, or too long, ends it before its first line."""
        if not (wrong := _wrong_with(dataset)):
            return super().import_data(dataset, *args, **kwargs)
        result = self.get_result_class()()
        result.append_base_error(self.get_error_result_class()(ValueError(wrong)))
        return result

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Fetch the cars and sources that the sheet names."""
        for name in ("variant", "source"):
            self.fields[name].widget.know(str(slug) for slug in dataset[name] if slug)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Convert figures into the units of the catalogue. Raises ValueError for an unknown kind or unit."""
        kind = SPECS.get(str(row.get("key") or ""))
        if kind is None:
            raise ValueError(f"“{row.get('key')}” is no kind of fact. There are: {', '.join(SPECS)}.")
        self._check_twice(row, kwargs.get("row_number", 0) + 1)
        if isinstance(row.get("retrieved"), datetime):  # as sheets keep days
            row["retrieved"] = row["retrieved"].date()
        for name in _WORDS:
            row[name] = _as_said(row.get(name))
        low, high = (_number(row.get(end)) for end in ("low", "high"))
        stated = [end for end in (low, high) if end is not None]
        if not stated:
            return
        unit = str(row.get("unit") or kind.display_unit("metric")[0])
        units = dict.fromkeys((kind.display_unit("metric")[0], kind.display_unit("imperial")[0]))
        if unit not in units:
            said = f"It is given in {' or '.join(units)}." if any(units) else "It has none."
            raise ValueError(f"“{unit}” is no unit of {kind.label.lower()}. {said}")
        try:
            row["low"], row["high"] = range_to_si(min(stated), max(stated), unit)
        except ZeroDivisionError:
            raise ValueError(f"0 {unit} is no consumption.") from None

    def _check_twice(self, row: Any, line: int) -> None:
        """Raise ValueError where another line states the same."""
        first = self._lines.setdefault(tuple(str(row.get(name)) for name in _IDENTITY), line)
        if first != line:
            raise ValueError(f"Line {first} is about the same fact of this source. Keep one of the two.")

    def import_field(self, field: Field, instance: Fact, row: Any, **kwargs: Any) -> None:
        """Figures that only went to another unit and back are not changed."""
        before = getattr(instance, field.attribute) if field.attribute in ("low", "high") else None
        super().import_field(field, instance, row, **kwargs)
        if before is not None:
            now = getattr(instance, field.attribute)
            if now is not None and math.isclose(before, now, rel_tol=1e-7):
                setattr(instance, field.attribute, before)

    def validate_instance(
        self,
        instance: Fact,
        import_validation_errors: dict[str, Any] | None = None,
        validate_unique: bool = True,  # noqa: FBT001, FBT002  (the library's own)
    ) -> None:
        """As the database would, but without a query: car and source were looked up, and lines compared."""
        errors = dict(import_validation_errors or {})
        if instance.low is None and not instance.text:
            raise ValidationError("A line needs a figure or words.")
        try:
            instance.clean_fields(exclude={*errors, "variant", "source"})
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def bulk_update(
        self,
        using_transactions: bool,  # noqa: FBT001  (the library's own)
        dry_run: bool,  # noqa: FBT001
        raise_errors: bool,  # noqa: FBT001
        batch_size: int | None = None,
        result: Any = None,
    ) -> None:
        """All at once: a statement for each column of each row would take as long as a save of each."""
        changed = [_copy(fact) for fact in self.update_instances]
        self.update_instances.clear()
        try:
            Fact.objects.bulk_create(
                changed, update_conflicts=True, unique_fields=_IDENTITY, update_fields=_CHANGED
            )
        except DatabaseError as error:
            self.handle_import_error(result, error, raise_errors)

    def after_init_instance(self, instance: Fact, new: bool, row: Any, **kwargs: Any) -> None:  # noqa: FBT001
        """Keep what is there, for the undo of the import."""
        if not new:
            self._before[instance.pk] = facts_of(instance)

    def after_save_instance(self, instance: Fact, row: Any, **kwargs: Any) -> None:
        """Keep what was written, for the change that the import becomes."""
        self._saved.append((instance, self._before.get(instance.pk) if instance.pk else None))

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """One change of the catalogue, of all that was saved."""
        super().after_import(dataset, result, **kwargs)
        if kwargs.get("dry_run") or not self._saved or result.has_errors():
            return
        count = len(self._saved)
        change = CatalogChange.objects.create(
            kind=CatalogChange.Kind.IMPORT,
            summary=ngettext("%d fact from a sheet", "%d facts from a sheet", count) % count,
            actor=kwargs.get("user"),
        )
        cars: dict[tuple[int, int], ChangedCar] = defaultdict(lambda: ChangedCar(change=change))
        for fact, before in self._saved:
            car = cars[fact.variant_id, fact.source_id]
            car.variant_id, car.source_id = fact.variant_id, fact.source_id
            if before is None:
                car.added.append(fact.key)
            else:
                car.before[fact.key] = before
        ChangedCar.objects.bulk_create(cars.values())


def _wrong_with(dataset: Any) -> str:
    """What keeps a sheet from being read at all, in words; empty where nothing does."""
    missing = [name for name in _NEEDED if name not in (dataset.headers or [])]
    if missing:
        return f"The sheet has no column {', '.join(missing)}. Export one first to see what it looks like."
    if len(dataset) > MOST_ROWS_IN:
        return (
            f"The sheet has {len(dataset):,} rows; {MOST_ROWS_IN:,} fit at a time. "
            "Split it, with the column names at the top of each part."
        )
    return ""


def _copy(fact: Fact) -> Fact:
    """A fact without its key in the database: which one it is follows from car, kind and source."""
    values = {field.attname: getattr(fact, field.attname) for field in Fact._meta.concrete_fields}
    return Fact(**{name: value for name, value in values.items() if name != "id"})


def _number(value: str | float | None) -> float | None:
    if value in (None, ""):
        return None
    try:
        found = number(value or 0)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(
            f"“{value}” is no number. Write 9.4, without a unit and without a sign of thousands."
        )
    return found


def _as_said(value: object) -> str:
    """The words without the apostrophe that kept them from being a formula."""
    text = "" if value is None else str(value)
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
