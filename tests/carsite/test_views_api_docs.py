"""The API's reference says what the API does."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from carsite.reference import reference

pytestmark = pytest.mark.django_db


def test_reference_shows_each_operation_of_the_schema(client: Client) -> None:
    schema = client.get(reverse("api-schema"), headers={"accept": "application/json"}).json()
    wanted = {(m.upper(), path) for path, methods in schema["paths"].items() for m in methods}
    shown = {(o.method, o.path) for group in reference().groups.values() for o in group}
    assert ("POST", "/api/v1/identifications/") in shown
    assert shown == wanted
    page = client.get(reverse("api-docs")).text
    assert all(path in page for _, path in wanted)


def test_operations_say_what_they_take_and_give() -> None:
    operations = {o.anchor: o for group in reference().groups.values() for o in group}
    sending = operations["identifications_create"]
    assert sending.needs_token
    assert sending.media == "multipart/form-data"
    assert [(field.name, field.required) for field in sending.body] == [("photo", True)]
    assert {answer.status: answer.shape for answer in sending.answers}["202"] == "Identification"
    listing = operations["identifications_list"]
    assert [answer.paged for answer in listing.answers if answer.status == "200"] == [True]
    assert any(field.name == "status" and "queued" in field.kind for field in listing.parameters)
    assert not operations["variants_list"].needs_token


def test_links_of_the_reference_lead_somewhere(client: Client) -> None:
    page = client.get(reverse("api-docs")).text
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert len(targets) > 5
    assert targets <= set(ids)


def test_console_is_shipped_with_the_site(client: Client) -> None:
    page = client.get(reverse("api-try"))
    assert page.status_code == 200
    assert f'data-schema="{reverse("api-schema")}"' in page.text
    scripts = re.findall(r'<script[^>]*src="([^"]+)"', page.text)
    assert len(scripts) == 3
    assert all(script.startswith("/static/") for script in scripts)
