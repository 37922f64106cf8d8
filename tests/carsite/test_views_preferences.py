"""Units and colours: a cookie each, and back to where one was."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

HERE = {"origin": "http://testserver"}
FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "http:///evil.example",
    "\x00https://evil.example",
    "",
]


@pytest.mark.parametrize(("name", "value"), [("units", "imperial"), ("units", "metric"), ("theme", "dark")])
def test_choice_is_kept_in_a_cookie_and_leads_back(client: Client, name: str, value: str) -> None:
    response = client.post(reverse(name), {name: value, "next": "/about/?a=1"}, headers=HERE)
    assert response.status_code == 302
    assert response.headers["Location"] == "/about/?a=1"
    cookie = response.cookies[name]
    assert cookie.value == value
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) > 30 * 24 * 3600


@pytest.mark.parametrize("name", ["units", "theme"])
def test_nonsense_is_not_kept(client: Client, name: str) -> None:
    response = client.post(reverse(name), {name: "<script>", "next": "/about/"}, headers=HERE)
    assert response.status_code == 302
    assert name not in response.cookies


@pytest.mark.parametrize("target", FOREIGN)
def test_choice_never_leads_to_another_site(client: Client, target: str) -> None:
    response = client.post(reverse("units"), {"units": "metric", "next": target}, headers=HERE)
    assert response.headers["Location"] == reverse("classifier:home")


@pytest.mark.parametrize("name", ["units", "theme"])
def test_choice_is_made_by_post_only(client: Client, name: str) -> None:
    response = client.get(reverse(name), {name: "dark"})
    assert response.status_code == 405
    assert not response.cookies


@pytest.mark.parametrize("name", ["units", "theme"])
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"sec-fetch-site": "cross-site", **HERE},
        {"sec-fetch-site": "same-site", **HERE},
        {"sec-fetch-site": "none"},
    ],
)
def test_choice_of_another_sites_page_is_refused(name: str, said: dict[str, Any]) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(reverse(name), {"units": "imperial", "theme": "dark"}, headers=said)
    assert response.status_code == 403
    assert not response.cookies.keys() & {"units", "theme"}
    assert b"Please send it again" in response.content


@pytest.mark.parametrize("said", [HERE, {"sec-fetch-site": "same-origin"}])
def test_choice_of_a_page_of_ours_needs_no_token(said: dict[str, Any]) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert (
        strict.post(reverse("units"), {"units": "imperial"}, headers=said).cookies["units"].value
        == "imperial"
    )


@pytest.mark.django_db
def test_page_knows_the_choices(client: Client) -> None:
    page = client.get(reverse("about"))
    assert page.context["units"] == "metric"
    assert 'data-theme="auto"' in page.text
    client.cookies["units"] = "imperial"
    client.cookies["theme"] = "dark"
    page = client.get(reverse("about"))
    assert page.context["units"] == "imperial"
    assert 'data-theme="dark"' in page.text


@pytest.mark.django_db
def test_nonsense_in_the_cookies_means_the_defaults(client: Client) -> None:
    client.cookies["units"] = '"><script>'
    client.cookies["theme"] = '"><script>'
    page = client.get(reverse("about"))
    assert page.context["units"] == "metric"
    assert page.context["theme"] == "auto"
    assert "><script>" not in page.text
