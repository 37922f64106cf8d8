"""What people and programs see where something went wrong."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from pytest_django import Settings

from carsite import urls as site

DEFECT = "the password of the database is hunter2"


def _raising(error: BaseException) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


_broken = [
    path("defect", _raising(RuntimeError(DEFECT))),
    path("suspicious", _raising(SuspiciousOperation(DEFECT))),
    path("large", _raising(RequestDataTooBig(DEFECT))),
    path("many", _raising(TooManyFilesSent(DEFECT))),
    path("forbidden", _raising(PermissionDenied(DEFECT))),
]
urlpatterns = [path("broken/", include(_broken)), path("api/broken/", include(_broken)), *site.urlpatterns]
handler400, handler403, handler404, handler500 = (
    site.handler400,
    site.handler403,
    site.handler404,
    site.handler500,
)
pytestmark = pytest.mark.urls(__name__)

CASES = [
    ("defect", 500, "server_error", "Something went wrong on our side"),
    ("suspicious", 400, "bad_request", "We could not understand that request"),
    ("large", 413, "too_large", "That is too much at once"),
    ("many", 413, "too_large", "That is too much at once"),
    ("forbidden", 403, "permission_denied", "You can’t see this page"),
    ("missing", 404, "not_found", "This page does not exist"),
]


@pytest.fixture
def visitor(settings: Settings) -> Client:
    """A browser that gets error pages as in production."""
    settings.DEBUG = False
    return Client(raise_request_exception=False)


class Page(HTMLParser):
    """Counts headings and looks for what the content security policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.headings = 0
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = dict(attributes)
        self.headings += tag == "h1"
        if tag == "style" or (tag == "script" and "src" not in names) or "style" in names:
            self.forbidden.append(tag)
        self.forbidden += [name for name in names if name.startswith("on")]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "status", "code", "words"), CASES)
def test_person_gets_a_page(visitor: Client, name: str, status: int, code: str, words: str) -> None:
    response = visitor.get(f"/broken/{name}")
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert words in response.text
    assert DEFECT not in response.text
    page = Page()
    page.feed(response.text)
    assert page.headings == 1
    assert page.forbidden == []


@pytest.mark.parametrize(("name", "status", "code", "words"), CASES)
def test_program_gets_json(visitor: Client, name: str, status: int, code: str, words: str) -> None:
    response = visitor.get(f"/api/broken/{name}")
    assert response.status_code == status
    body = response.json()
    assert set(body) == {"code", "message", "fields"}
    assert body["code"] == code
    assert body["message"]
    assert body["fields"] == {}
    assert DEFECT not in response.text


def test_page_of_a_defect_asks_no_database(rf: RequestFactory) -> None:
    # No database mark, and a request without session or user: whatever is asked of them would fail.
    response = site.views.server_error(rf.get("/cars/"))
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()


@pytest.mark.django_db
def test_host_that_is_not_ours_gets_a_page_and_no_defect(visitor: Client) -> None:
    response = visitor.get("/about/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "We could not understand that request" in response.text


@pytest.mark.parametrize("name", ["403_csrf.html", "429.html"])
def test_pages_that_others_show_are_there(rf: RequestFactory, name: str) -> None:
    from django.contrib.auth.models import AnonymousUser
    from django.template.loader import render_to_string

    request = rf.get("/accounts/login/")
    request.user = AnonymousUser()
    text = render_to_string(name, request=request)
    page = Page()
    page.feed(text)
    assert page.headings == 1
    assert page.forbidden == []
