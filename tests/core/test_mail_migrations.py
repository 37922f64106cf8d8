"""What waited to leave before there was one outbox waits in it afterwards, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

BEFORE = [("accounts", "0002_end_sessions_everywhere"), ("dealers", "0001_initial"), ("core", None)]
AFTER = [
    ("accounts", "0003_letters_to_outbox"),
    ("dealers", "0004_one_outbox"),
    ("core", "0001_outgoing_email"),
]
NOW = timezone.now()


def migrated(targets: list[tuple[str, Any]]) -> Any:
    """The models as they are after migrating there."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state([one for one in targets if one[1]]).apps


@pytest.fixture
def before(own_tables: None) -> Any:
    """The models of before; the database comes back to all migrations at the end."""
    yield migrated(BEFORE)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def fill(models: Any) -> dict[str, Any]:
    """E-mails of the old table, and enquiries in all states; returns the ids of the enquiries."""
    Letter = models.get_model("accounts", "Letter")
    for subject, attempts in (("fresh", 0), ("tried", 3)):
        Letter.objects.create(
            to="ada@example.org", subject=subject, body="A link", attempts=attempts, due=NOW
        )
    city = models.get_model("dealers", "City").objects.create(
        name="Ulm", country="DE", latitude=48, longitude=10
    )
    dealer = models.get_model("dealers", "Dealer").objects.create(
        name="Isarcars", slug="isarcars", email="cars@example.org", city=city, latitude=48, longitude=10
    )
    states = {
        "fresh": {},
        "half": {"visitor_mailed": NOW, "mail_attempts": 2, "mail_due": NOW + timedelta(minutes=4)},
        "done": {"visitor_mailed": NOW, "dealer_mailed": NOW},
        "given up": {"mail_attempts": 12},
        "erased": {"email": ""},
    }
    asked = {"dealer": dealer, "name": "Ada\nLovelace", "email": "ada@example.org", "message": "Is it there?"}
    Enquiry = models.get_model("dealers", "Enquiry")
    return {
        name: Enquiry.objects.create(**{**asked, "id": uuid4(), "consented": NOW, **state}).pk
        for name, state in states.items()
    }


@pytest.mark.django_db(transaction=True)
def test_what_waits_moves_into_the_outbox_and_back(before: Any, client: Any) -> None:
    ids = fill(before)
    models = migrated(AFTER)
    OutgoingEmail = models.get_model("core", "OutgoingEmail")
    Enquiry = models.get_model("dealers", "Enquiry")
    emails = OutgoingEmail.objects.filter(purpose="account").order_by("attempts")
    assert [(one.subject, one.attempts, one.body) for one in emails] == [
        ("fresh", 0, "A link"),
        ("tried", 3, "A link"),
    ]
    rows = {name: Enquiry.objects.get(pk=pk) for name, pk in ids.items()}
    waits = {name: (bool(row.mail_to_dealer_id), bool(row.mail_to_visitor_id)) for name, row in rows.items()}
    nothing = (False, False)
    assert waits == {
        "fresh": (True, True),
        "half": (True, False),
        "done": nothing,
        "given up": nothing,
        "erased": nothing,
    }
    email = OutgoingEmail.objects.get(pk=rows["half"].mail_to_dealer_id)
    assert (email.to, email.to_name, email.reply_to) == ("cars@example.org", "Isarcars", "ada@example.org")
    assert (email.attempts, email.due) == (2, NOW + timedelta(minutes=4))
    assert email.subject == "Ada Lovelace asks"
    assert "Is it there?" in email.body
    link = email.body.partition("http://")[2].split()[0]
    migrated(MigrationExecutor(connection).loader.graph.leaf_nodes())
    assert client.get("/" + link.partition("/")[2]).status_code == 302, "the link opens the lead"

    models = migrated(BEFORE)
    assert models.get_model("accounts", "Letter").objects.count() == 2
    enquiries = models.get_model("dealers", "Enquiry").objects
    assert enquiries.get(pk=ids["given up"]).mail_attempts == 12
    assert enquiries.get(pk=ids["fresh"]).mail_attempts == 0


@pytest.mark.django_db(transaction=True)
def test_rights_to_the_old_table_become_rights_to_the_outbox(before: Any) -> None:
    ContentType = before.get_model("contenttypes", "ContentType")
    Permission = before.get_model("auth", "Permission")
    kind, _ = ContentType.objects.get_or_create(app_label="accounts", model="letter")
    right, _ = Permission.objects.get_or_create(content_type=kind, codename="view_letter")
    group = before.get_model("auth", "Group").objects.create(name="Post")
    group.permissions.add(right)
    models = migrated(AFTER)
    rights = models.get_model("auth", "Group").objects.get(name="Post").permissions
    assert [(one.content_type.app_label, one.codename) for one in rights.all()] == [
        ("core", "view_outgoingemail")
    ]
