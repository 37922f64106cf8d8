"""Where the site keeps files: the folders that file fields name."""

from __future__ import annotations

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import FileField


def by_folder() -> dict[str, list[FileField]]:
    """The first part of the names that file fields give, with the fields that give them.

    Raises ImproperlyConfigured for a field whose `upload_to` does not begin with a folder of that name (a
    function, a date, nothing): backup, restore and the search for orphans would miss its files, or take them
    for those of another field.
    """
    found: dict[str, list[FileField]] = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, FileField):
                found.setdefault(_folder(field), []).append(field)
    return found


def _folder(field: FileField) -> str:
    text = field.upload_to if isinstance(field.upload_to, str) else ""
    folder, slash, _ = text.partition("/")
    if not (folder and slash) or "%" in folder:
        raise ImproperlyConfigured(
            f"{field}: upload_to has to begin with the name of a folder, as in photos/%Y/."
        )
    return folder
