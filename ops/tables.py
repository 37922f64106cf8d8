"""Every table of the site, its values as JSON, and the files that rows name; for backup and restore."""

from __future__ import annotations

import base64
import datetime
from typing import TYPE_CHECKING, TypeAlias

from django.apps import apps
from django.core.files.storage import Storage
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field, FileField, JSONField, Model

if TYPE_CHECKING:
    Column: TypeAlias = Field[object, object]


def models() -> list[type[Model]]:
    """All models that have a table which migrations made, with those of many-to-many fields."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def fields_of(model: type[Model]) -> list[Column]:
    """The columns of a model's own table, without those that the database computes."""
    return [one for one in model._meta.local_concrete_fields if not one.generated]


def file_names() -> dict[str, Storage]:
    """The files that rows name, with where they are."""
    names: dict[str, Storage] = {}
    for model in models():
        for one in model._meta.local_concrete_fields:
            if isinstance(one, FileField):
                rows = model._base_manager.exclude(**{one.name: ""}).values_list(one.name, flat=True)
                names |= dict.fromkeys(map(str, rows.iterator()), one.storage)
    return names


def migrations() -> list[str]:
    """The migrations that this version of the site brings."""
    return sorted(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations)


def encoded(value: object) -> object:
    """A field's value as JSON has it, exactly: Django's own encoder would cut times to milliseconds."""
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return value
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    return str(value)


def decoded(field: Column, value: object) -> object:
    """What `encoded` wrote, as the field has it."""
    return value if isinstance(field, JSONField) else field.to_python(value)
