"""A site that ran before a model got another name keeps its rows, its permissions and its links in the admin's log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from classifier.models import ModelOutput

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = ("classifier", "0003_request_and_timings_of_photos")


@pytest.fixture
def before(own_tables: None) -> Iterator[Any]:
    """The apps as they were before readings were called model outputs."""
    call_command("migrate", *BEFORE, verbosity=0)
    yield MigrationExecutor(connection).loader.project_state([BEFORE]).apps
    call_command("migrate", "classifier", verbosity=0)
    ContentType.objects.clear_cache()


def test_readings_become_model_outputs_with_rows_and_permissions(before: Any) -> None:
    photo = before.get_model("classifier", "Identification").objects.create(
        sha256="1" * 64, width=1, height=1, size=1
    )
    version = before.get_model("classifier", "ModelVersion").objects.create(
        name="old", version="1", digest="2" * 64
    )
    reading = before.get_model("classifier", "Reading").objects.create(
        identification=photo, model_version=version, role="past", answered=timezone.now()
    )
    kind, _ = ContentType.objects.get_or_create(app_label="classifier", model="reading")
    allowed, _ = Permission.objects.get_or_create(
        content_type=kind, codename="view_reading", defaults={"name": "Can view reading"}
    )
    group = Group.objects.create(name="curators")
    group.permissions.add(allowed)

    call_command("migrate", "classifier", verbosity=0)

    row = ModelOutput.objects.get()
    assert (row.pk, row.identification_id, row.model_version_id) == (reading.pk, photo.pk, version.pk)
    assert list(group.permissions.values_list("codename", "content_type")) == [("view_modeloutput", kind.pk)]
    assert ContentType.objects.get(pk=kind.pk).model == "modeloutput"
