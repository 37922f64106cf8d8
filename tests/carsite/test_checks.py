"""What `check --deploy` says of a site that visitors could not use, or that anyone could listen to."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from carsite.checks import fit_for_visitors
from tests.carsite.test_settings import PRODUCTION, setting

FILES = "django.core.mail.backends.filebased.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def ready(settings: Settings) -> Settings:
    settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL = SMTP, "Cars <hello@example.org>"
    settings.SITE_URL, settings.HTTPS = "https://cars.example.org", True
    return settings


def test_a_site_that_is_ready_is_not_warned(ready: Settings) -> None:
    assert fit_for_visitors() == []


@pytest.mark.parametrize(
    ("name", "value", "number", "said"),
    [
        ("EMAIL_BACKEND", FILES, "W001", "no e-mail leaves this machine"),
        ("DEFAULT_FROM_EMAIL", "Carsite <carsite@localhost>", "W002", "other mail servers refuse"),
        ("SITE_URL", "http://127.0.0.1:8000", "W003", "each reader's own machine"),
        ("SITE_URL", "http://cars.example.org", "W004", "HTTPS is 1"),
    ],
)
def test_each_fault_is_said_with_its_cure(
    ready: Settings, name: str, value: str, number: str, said: str
) -> None:
    setattr(ready, name, value)
    (found,) = fit_for_visitors()
    assert found.id == f"carsite.{number}"
    assert said in found.msg
    assert found.hint


def test_plain_http_is_had_by_asking_for_it_and_said(ready: Settings) -> None:
    ready.HTTPS, ready.SITE_URL = False, "http://cars.home"
    assert [found.id for found in fit_for_visitors()] == ["carsite.W005"]
    expression = (
        "getattr(s, 'SECURE_SSL_REDIRECT', False), getattr(s, 'SECURE_HSTS_SECONDS', 0),"
        " getattr(s, 'SESSION_COOKIE_SECURE', False), getattr(s, 'SESSION_COOKIE_NAME', 'sessionid')"
    )
    assert setting(expression, **PRODUCTION, HTTPS="0") == "False 0 False sessionid"
    assert setting(expression, **PRODUCTION) == "True 31536000 True __Host-session"


def test_preload_is_the_owners_choice() -> None:
    expression = "s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD"
    assert setting(expression, **PRODUCTION) == "31536000 True False"
    assert setting(expression, **PRODUCTION, HSTS_PRELOAD="1") == "31536000 True True"
    assert setting(expression, **PRODUCTION, HSTS_PRELOAD="1", HSTS_SECONDS="0") == "0 False False"
