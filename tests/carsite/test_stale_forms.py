"""A form whose token is stale loses nothing: it comes back with all fields and is sent by one click."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.classifier.photos import encoded

pytestmark = pytest.mark.django_db
HERE = {"origin": "http://testserver"}
FORMS = [
    ("account_login", {"login": "vera@example.org", "password": "hunter2-hunter2", "next": "/about/"}),
    ("account_signup", {"email": "vera@example.org", "password1": "hunter2-hunter2"}),
    ("account_reset_password", {"email": "vera@example.org"}),
    ("accounts:delete", {"password": "hunter2-hunter2", "confirm": "on"}),
    ("admin:login", {"username": "vera@example.org", "password": "hunter2-hunter2"}),
]


@pytest.fixture
def strict() -> Client:
    return Client(enforce_csrf_checks=True)


def fields_of(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<textarea name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    return [("csrfmiddlewaretoken", token[1]), *((unescape(name), unescape(value)) for name, value in found)]


@pytest.mark.parametrize(("name", "values"), FORMS)
def test_every_form_comes_back_with_what_was_typed_but_no_password(strict, name, values):
    response = strict.post(reverse(name), values | {"csrfmiddlewaretoken": "x" * 64}, headers=HERE)
    assert response.status_code == 403
    text = response.content.decode()
    assert "hunter2" not in text
    kept = dict(fields_of(text))
    assert {key for key in values if "passw" not in key} <= set(kept)
    again = strict.post(reverse(name), kept, headers=HERE)
    assert again.status_code != 403


def test_text_of_any_kind_arrives_as_it_was_typed(strict, user):
    strict.force_login(user)
    typed = "\nOne\n\n  two </textarea><script>alert(1)</script> & “three”\n"
    values = {"q": ["a", "b"], "message": typed, "odd[0].name": "ü", "csrfmiddlewaretoken": "stale"}
    text = strict.post("/account/delete/", values, headers=HERE).content.decode()
    assert "<script>alert" not in text
    kept = fields_of(text)
    assert [value for name, value in kept if name == "q"] == ["a", "b"]
    assert dict(kept)["message"] == typed
    assert dict(kept)["odd[0].name"] == "ü"


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}, {"origin": "http://["}],
)  # fmt: skip
def test_what_another_site_sends_is_not_offered_to_be_sent_again(strict, user, headers):
    strict.force_login(user)
    response = strict.post("/account/delete/", {"confirm": "on", "note": "evil words"}, headers=headers)
    assert response.status_code == 403
    assert "evil words" not in response.content.decode()
    assert User.objects.filter(pk=user.pk).exists()


def test_photos_have_to_be_chosen_again_and_are_named(strict):
    photo = SimpleUploadedFile("my car.jpg", encoded(), "image/jpeg")
    response = strict.post(reverse("classifier:identify"), {"photos": photo, "same_car": "1"}, headers=HERE)
    assert response.status_code == 403
    assert "my car.jpg" in response.content.decode()


def test_a_script_gets_a_code_and_a_token_with_which_it_goes_on(strict, user):
    strict.get("/")
    stale = strict.cookies["csrftoken"].value
    strict.force_login(user)
    strict.cookies.pop("csrftoken", None)  # another tab signed in: the cookie was replaced

    def send(token: str):
        photo = SimpleUploadedFile("car.jpg", encoded(), "image/jpeg")
        data = {"photos": photo, "csrfmiddlewaretoken": token}
        return strict.post(reverse("classifier:identify"), data, headers={"accept": "application/json"})

    refused = send(stale)
    assert (refused.status_code, refused.json()["code"]) == (403, "stale_form")
    assert "Reload the page" in refused.json()["message"]
    fresh = strict.get(reverse("form_token"))
    assert "no-store" in fresh["Cache-Control"]
    assert send(fresh.json()["token"]).status_code == 202
