"""Whatever goes wrong in the API is said in one shape: {code, message, fields}."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from django.urls import path
from pytest_django import Settings
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from carsite import urls as site
from core.api import BurstThrottle
from core.errors import ExpectedError


class Expected(ExpectedError):
    """As the apps' own errors are."""

    code, status, message = "no_room", 409, "There is no room left. Take something away first."


class ExpectedWithMore(Expected):
    """With all that such an error may carry."""

    code, status, retry_after = "too_often", 429, 42

    def __init__(self) -> None:
        super().__init__(fields={"photo": ["too large"]})


class Wheel(serializers.Serializer):
    """A part."""

    size = serializers.IntegerField(min_value=1)


class Car(serializers.Serializer):
    """A whole with parts, to see how errors of parts are named."""

    name = serializers.CharField()
    spare = Wheel()
    wheels = Wheel(many=True)


def view(error: Exception | None = None, **attributes: object) -> Any:
    """A view that raises, or checks a car."""

    def answer(self: APIView, request: Any) -> Response:
        if error:
            raise error
        Car(data=request.data).is_valid(raise_exception=True)
        return Response({})

    class View(APIView):
        permission_classes = [AllowAny]
        post = get = answer

    for name, value in attributes.items():
        setattr(View, name, value)
    return View.as_view()


urlpatterns = [
    path("api/expected", view(Expected())),
    path("api/more", view(ExpectedWithMore())),
    path("api/missing", view(Http404("the table cars has no such row"))),
    path("api/denied", view(PermissionDenied("because of rule 7"))),
    path("api/conflict", view(exceptions.APIException("odd", code="odd"))),
    path("api/plain", view(exceptions.ValidationError("Something is wrong."))),
    path("api/defect", view(RuntimeError("the password is hunter2"))),
    path("api/closed", view(permission_classes=[IsAuthenticated])),
    path("api/slow", view(throttle_classes=[BurstThrottle])),
    path("api/car", view()),
    *site.urlpatterns,
]
handler400, handler403, handler404, handler500 = (
    site.handler400,
    site.handler403,
    site.handler404,
    site.handler500,
)
pytestmark = pytest.mark.urls(__name__)


def said(response: Any) -> tuple[int, str, dict]:
    """Status, code and fields of an answer in the one shape."""
    body = response.json()
    assert set(body) == {"code", "message", "fields"}, body
    assert isinstance(body["code"], str)
    assert isinstance(body["message"], str)
    assert body["message"]
    return response.status_code, body["code"], body["fields"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("expected", 409, "no_room"),
        ("more", 429, "too_often"),
        ("missing", 404, "not_found"),
        ("denied", 403, "permission_denied"),
        ("conflict", 500, "odd"),
        ("plain", 400, "invalid"),
        ("closed", 401, "not_authenticated"),
        ("nowhere", 404, "not_found"),
    ],
)
def test_error_has_its_status_and_code(client: Client, name: str, status: int, code: str) -> None:
    assert said(client.get(f"/api/{name}"))[:2] == (status, code)


def test_expected_error_says_what_its_app_says(client: Client) -> None:
    assert client.get("/api/expected").json()["message"] == Expected.message
    response = client.get("/api/more")
    assert response.json()["fields"] == {"photo": ["too large"]}
    assert response["Retry-After"] == "42"


@pytest.mark.parametrize("name", ["missing", "denied", "defect"])
def test_what_the_site_says_to_itself_stays_inside(client: Client, name: str) -> None:
    client.raise_request_exception = False
    response = client.get(f"/api/{name}")
    text = response.content.decode()
    said(response)
    assert not any(secret in text for secret in ("table", "rule 7", "hunter2", "Traceback"))


def test_defect_is_500_in_the_same_shape(client: Client) -> None:
    client.raise_request_exception = False
    assert said(client.get("/api/defect")) == (500, "server_error", {})


def test_wrong_data_are_named_to_the_last_part(client: Client) -> None:
    data = {"name": "", "spare": {"size": 0}, "wheels": [{"size": 1}, {"size": "x"}]}
    status, code, fields = said(client.post("/api/car", data, content_type="application/json"))
    assert (status, code) == (400, "invalid")
    assert set(fields) == {"name", "spare.size", "wheels.1.size"}
    assert all(isinstance(text, str) for texts in fields.values() for text in texts)


def test_error_of_no_field_is_named_so(client: Client) -> None:
    assert said(client.get("/api/plain"))[2] == {"non_field_errors": ["Something is wrong."]}


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "parse_error"),
        (b"\xff\xfe", "application/json", 400, "parse_error"),
        (b"[1]", "application/json", 400, "invalid"),
        (b"null", "application/json", 400, "invalid"),
        (b"x", "application/xml", 415, "unsupported_media_type"),
        (b"x", "multipart/form-data", 400, "parse_error"),
    ],
)
def test_body_that_can_not_be_read_is_said(
    client: Client, body: bytes, kind: str, status: int, code: str
) -> None:
    assert said(client.post("/api/car", body, content_type=kind))[:2] == (status, code)


def test_method_that_is_not_there_is_said(client: Client) -> None:
    response = client.delete("/api/car")
    assert said(response)[:2] == (405, "method_not_allowed")
    assert response["Allow"]


def test_too_many_requests_say_when_to_come_back(client: Client, rates: Callable[..., None]) -> None:
    rates(burst="1/minute")
    assert client.get("/api/slow").status_code == 400  # there is no car in it, but it was let in
    response = client.get("/api/slow")
    assert said(response)[:2] == (429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60


def test_body_that_is_too_large_is_said(client: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response = client.post(
        "/api/car", io.BytesIO(b"{" + b" " * 20 + b"}").read(), content_type="application/json"
    )
    assert said(response)[0] == 413


@pytest.mark.django_db
def test_who_is_not_signed_in_is_told_how(client: Client) -> None:
    assert client.get("/api/closed")["WWW-Authenticate"] == "Token"


# --- What answers before or instead of a view of the API ----------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/makes", 301, "moved"),
        ("POST", "/api/v1/tokens", 308, "moved"),
        ("DELETE", "/api/v1/tokens/00000000-0000-0000-0000-000000000000", 308, "moved"),
        ("GET", "/api/v1/nowhere/", 404, "not_found"),
        ("GET", "/api/nowhere", 404, "not_found"),
        ("GET", "/api/v1/makes/%00/", 404, "not_found"),
        ("POST", "/api/try/", 405, "method_not_allowed"),
        ("POST", "/api/v1/makes/", 405, "method_not_allowed"),
        ("GET", "/api/v1/variants/?format=xml", 404, "not_found"),
    ],
)
def test_whoever_answers_says_it_in_one_shape(
    client: Client, settings: Settings, debug: bool, method: str, path: str, status: int, code: str
) -> None:
    settings.DEBUG = debug
    response = client.generic(method, path)
    assert said(response)[:2] == (status, code)
    if status < 400:
        assert response["Location"] == f"{path}/"


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True])
def test_host_that_is_not_ours_is_said(client: Client, settings: Settings, debug: bool) -> None:
    settings.DEBUG = debug
    assert said(client.get("/api/v1/", headers={"host": "evil.example"}))[0] == 400


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True])
def test_defect_shows_no_page_to_a_program(client: Client, settings: Settings, debug: bool) -> None:
    settings.DEBUG = debug
    client.raise_request_exception = False
    response = client.get("/api/defect")
    assert said(response)[0] == 500
    assert "hunter2" not in response.content.decode()


@pytest.mark.django_db
def test_redirect_keeps_the_body_of_a_request(client: Client) -> None:
    """308, unlike 301, makes programs send the same again."""
    data = {"email": "nobody@example.org", "password": "wrong"}
    moved = client.post("/api/v1/tokens", data, content_type="application/json")
    response = client.post(moved["Location"], data, content_type="application/json")
    assert said(response)[:2] == (400, "wrong_credentials")


@pytest.mark.parametrize("body", ["[" * 1_000 + "]" * 1_000, '{"a":' * 100_000])
@pytest.mark.django_db
def test_deep_json_is_a_wrong_body(client: Client, body: str) -> None:
    response = client.post("/api/v1/tokens/", body, content_type="application/json")
    assert said(response)[:2] == (400, "parse_error")


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["image/jpeg", "image/*", "text/html", "nonsense", "application/xml"])
def test_no_answer_depends_on_what_is_accepted(client: Client, accept: str) -> None:
    response = client.get("/api/v1/makes/", headers={"accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert said(client.get("/api/v1/me/", headers={"accept": accept}))[0] == 401


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Token \xff", "Token \0", "Token " + "x" * 8_000, "\xff", "Token\t\xa0x"])
def test_odd_tokens_are_refused(client: Client, header: str) -> None:
    assert said(client.get("/api/v1/me/", HTTP_AUTHORIZATION=header))[0] == 401
