"""Facts of the catalogue as a sheet (CSV, XLSX), out and in again, in the units that people read.

A row is a car, a kind of fact and a source. What comes in is shown as a diff first; then it is one change of
the catalogue, that can be undone as a whole.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import ngettext
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import FloatWidget, ForeignKeyWidget

from catalog.models import Source, Variant
from catalog.specs.units import range_from_si, range_to_si
from catalog.specs.vocabulary import SPECS
from scraper.models.staging import CatalogChange, ChangedCar, Fact
from scraper.staging.publish import facts_of

#: A sheet is read, compared and written within one request.
MOST_ROWS_IN, MOST_ROWS_OUT = 3000, 20_000
_NEEDED = ("variant", "key", "source", "retrieved")
_WORDS = ("text", "currency", "source_url", "record", "raw", "note")
#: What programs for sheets take for the beginning of a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


class _BySlug(ForeignKeyWidget):
    """A row of another table by its slug, with words for people where there is none."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """The row of this slug. Raises ValueError in words for staff."""
        try:
            return super().clean(value, row, **kwargs)
        except self.model.DoesNotExist:
            name = self.model._meta.verbose_name
            raise ValueError(
                f"There is no {name} “{value}”. Take the word at the end of its address."
            ) from None


def _slug(attribute: str, model: type[models.Model]) -> Field:
    return Field(column_name=attribute, attribute=attribute, widget=_BySlug(model, "slug"))


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

    variant = _slug("variant", Variant)
    source = _slug("source", Source)
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
        import_id_fields = ("variant", "key", "source")
        skip_unchanged = True
        report_skipped = False
        use_transactions = True
        clean_model_instances = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._before: dict[int, dict[str, object]] = {}
        self._saved: list[tuple[Fact, dict[str, object] | None]] = []

    # --- Out ------------------------------------------------------------------------------------------------
    def export_field(self, field: Field, instance: Fact, **kwargs: Any) -> Any:
        """Words of strangers with an apostrophe before what would be a formula."""
        value = super().export_field(field, instance, **kwargs)
        is_formula = field.attribute in _WORDS and isinstance(value, str) and _FORMULA.match(value)
        return f"'{value}" if is_formula else value

    # --- In -------------------------------------------------------------------------------------------------
    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Raises ValueError in words for a sheet that is another one, or too long."""
        missing = [name for name in _NEEDED if name not in (dataset.headers or [])]
        if missing:
            raise ValueError(
                f"The sheet has no column {', '.join(missing)}. Export one first to see what it looks like."
            )
        if len(dataset) > MOST_ROWS_IN:
            raise ValueError(
                f"The sheet has {len(dataset):,} rows; {MOST_ROWS_IN:,} fit at a time. "
                "Split it, with the column names at the top of each part."
            )

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Convert figures into the units of the catalogue. Raises ValueError for an unknown kind or unit."""
        kind = SPECS.get(str(row.get("key") or ""))
        if kind is None:
            raise ValueError(f"“{row.get('key')}” is no kind of fact. There are: {', '.join(SPECS)}.")
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

    def import_field(self, field: Field, instance: Fact, row: Any, **kwargs: Any) -> None:
        """Figures that only went to another unit and back are not changed."""
        before = getattr(instance, field.attribute) if field.attribute in ("low", "high") else None
        super().import_field(field, instance, row, **kwargs)
        if before is not None:
            now = getattr(instance, field.attribute)
            if now is not None and math.isclose(before, now, rel_tol=1e-7):
                setattr(instance, field.attribute, before)

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
        if kwargs.get("dry_run") or not self._saved:
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


def _number(value: str | float | None) -> float | None:
    if value in (None, ""):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"“{value}” is no number. Write 9.4, without a unit.")
    return number


def _as_said(value: object) -> str:
    """The words without the apostrophe that kept them from being a formula."""
    text = "" if value is None else str(value)
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
