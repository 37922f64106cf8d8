"""Run with the present source on a site that an earlier version left: migrates it and says what is not as it was.

    python -m tests.upgrade.site_after ROWS.json

Prints one problem a line, and nothing where everything is still there and reachable.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "carsite.settings"
import django

django.setup()

from django.apps import apps  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

#: Tables whose rows live elsewhere now.
MOVED = {"classifier_reading": "classifier_modeloutput"}
#: Tables whose rows become rows of another shape, which `unsent_mail` looks at.
REPLACED = {"accounts_letter"}
#: Tables that Django itself keeps in step with the models.
DJANGO_OWN = {"django_content_type", "auth_permission", "django_session"}
#: Apps of ours, and their tables that have no page in the admin.
APPS = {"accounts", "catalog", "classifier", "dealers", "scraper"}
WITHOUT_ADMIN = {"changedcar", "historicalstagedcar"}
#: Columns that may change or go: names in addresses (old ones lead on), words for the search, and what the outbox knows now.
MAY_CHANGE = {
    "accounts_apitoken": {"expiry"},  # tokens that never ended do so a year after the upgrade
    "catalog_make": {"slug", "search_text", "sort_key"},
    "catalog_carmodel": {"slug", "search_text", "sort_key"},
    "catalog_variant": {"slug", "search_text", "sort_key"},
    "dealers_city": {"folded", "search_text", "slug"},
    "dealers_enquiry": {"mail_due", "mail_attempts"},
}


def table_rows(table: str) -> dict[Any, dict[str, Any]]:
    """The rows of a table now, by primary key, as the earlier version wrote them down."""
    model = next(
        (one for one in apps.get_models(include_auto_created=True) if one._meta.db_table == table), None
    )
    if model is None:
        return {}
    rows = json.loads(json.dumps(list(model._default_manager.values()), default=str))
    return {row[model._meta.pk.attname]: row for row in rows}


def lost_rows(before: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Rows that are gone, and values that changed."""
    for table, rows in before.items():
        if not rows or table in REPLACED | DJANGO_OWN:
            continue
        now = table_rows(MOVED.get(table, table))
        key = next(iter(rows[0]))
        for row in rows:
            if row[key] not in now:
                yield f"{table}: row {row[key]} is gone"
                continue
            kept = now[row[key]]
            changed = {
                name
                for name, value in row.items()
                if name not in MAY_CHANGE.get(table, ()) and kept.get(name, "(no column)") != value
            }
            if changed:
                yield f"{table}: row {row[key]} has other {sorted(changed)}"


def unsent_mail(before: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Mail that had not left yet: it still waits, to the same person."""
    outbox = apps.get_model("core", "OutgoingEmail")
    waiting = [(mail.to, mail.subject) for mail in outbox.objects.all()]
    for letter in before["accounts_letter"]:
        if not any(letter["to"] in to and letter["subject"] == subject for to, subject in waiting):
            yield f"the letter {letter['subject']!r} to {letter['to']} waits no more"
    for enquiry in before["dealers_enquiry"]:
        copies = [to for to, _ in waiting if enquiry["email"] in to]
        if enquiry["visitor_mailed"] is None and len(copies) < 2:  # its copy, beside the account's letter
            yield f"the visitor's copy of enquiry {enquiry['id']} waits no more"
    dealers = {row["id"]: row["email"] for row in before["dealers_dealer"]}
    for enquiry in before["dealers_enquiry"]:
        address = dealers[enquiry["dealer_id"]]
        if enquiry["dealer_mailed"] is None and not any(address in to for to, _ in waiting):
            yield f"the dealer's mail of enquiry {enquiry['id']} waits no more"


def lost_files(before: list[str]) -> Iterator[str]:
    """Files that are gone."""
    for name in before:
        if not default_storage.exists(name):
            yield f"file {name} is gone"


def unreachable(before: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Addresses that people may have kept: of cars, photos, and pages of the admin."""
    user = apps.get_model("accounts", "User").objects.create_superuser("root@example.org", "correct horse 1")
    client = Client()
    client.force_login(user)
    for address in addresses(before):
        status = client.get(address, follow=True, HTTP_HOST="localhost").status_code
        if status != 200:
            yield f"{address} answers {status}"


def addresses(before: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Addresses as the earlier version made them."""
    makes = {row["id"]: row["slug"] for row in before["catalog_make"]}
    models = {row["id"]: (makes[row["make_id"]], row["slug"]) for row in before["catalog_carmodel"]}
    for make in makes.values():
        yield f"/cars/{make}/"
    for make, model in models.values():
        yield f"/cars/{make}/{model}/"
    for row in before["catalog_variant"]:
        make, model = models[row["model_id"]]
        yield f"/cars/{make}/{model}/{row['slug']}/"
        yield f"/api/v1/variants/{row['slug']}/"
    for table, rows in before.items():
        app, _, model = table.partition("_")
        listed = app in APPS and "_" not in model and model not in WITHOUT_ADMIN
        if rows and listed:
            yield f"/admin/{app}/{model}/"


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text())
    call_command("migrate", verbosity=0)
    for problem in [
        *lost_rows(told["rows"]),
        *unsent_mail(told["rows"]),
        *lost_files(told["files"]),
        *unreachable(told["rows"]),
    ]:
        print(problem)
    connection.close()
