"""The environment decides, what is missing stops the start, and `.env.example` says what there is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from carsite.env import VARIABLES, env_example

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "a-secret-of-forty-characters-for-one-test",
    "ALLOWED_HOSTS": "cars.example.org",
}


def setting(expression: str, **environment: str) -> str:
    """The value of an expression over the settings in another environment, or what stopped the start."""
    env = os.environ | {variable.name: variable.default or "" for variable in VARIABLES} | environment
    code = f"from carsite import settings as s; print({expression})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_production_starts_with_a_secret_and_hosts():
    assert (
        setting("s.DEBUG, s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE", **PRODUCTION) == "False True True"
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_does_not_start_without(name):
    assert f"{name} is not set" in setting("s.DEBUG", **PRODUCTION | {name: ""})


def test_production_does_not_start_with_the_public_development_key():
    key = setting("s.SECRET_KEY", DEBUG="1")
    assert len(key) > 32
    assert "SECRET_KEY has to be a secret" in setting("s.DEBUG", **PRODUCTION | {"SECRET_KEY": key})


def test_a_site_for_the_public_does_not_start_with_debug_on():
    assert "DEBUG is on" in setting(
        "s.DEBUG", **PRODUCTION | {"DEBUG": "1", "SITE_URL": "https://cars.example.org"}
    )
    assert setting("s.DEBUG", DEBUG="1", SITE_URL="http://127.0.0.1:8000") == "True"


@pytest.mark.parametrize(
    ("environment", "needed"),
    [({"DEBUG": "1"}, "False"), (PRODUCTION, "True"), (PRODUCTION | {"STAFF_MFA_REQUIRED": "0"}, "False"),
     ({"DEBUG": "1", "STAFF_MFA_REQUIRED": "1"}, "True")],
)  # fmt: skip
def test_staff_need_a_second_factor_wherever_debug_is_off_unless_it_is_said_otherwise(environment, needed):
    assert setting("s.STAFF_MFA_REQUIRED", **environment) == needed


def test_debug_is_off_unless_set():
    assert "SECRET_KEY is not set" in setting("s.DEBUG")


@pytest.mark.parametrize(
    ("environment", "expression", "value"),
    [
        ({"DATABASE_URL": "postgres://ann:secret@db.example/cars"}, "s.DATABASES['default']['ENGINE']", "django.db.backends.postgresql"),
        ({"REDIS_URL": "redis://redis.example:6379"}, "s.CELERY_BROKER_URL", "redis://redis.example:6379/0"),
        ({"REDIS_URL": "redis://redis.example:6379"}, "s.REDIS_SOCKET", "None"),
        ({"BROKER_URL": "amqp://rabbit.example"}, "s.CELERY_BROKER_URL", "amqp://rabbit.example"),
        ({"STORAGE_URL": "s3://key:secret@s3.example/cars"}, "s.STORAGES['default']['OPTIONS']['bucket_name']", "cars"),
        ({"EMAIL_URL": "submission://me:secret@mail.example:587"}, "s.EMAIL_HOST, s.EMAIL_USE_TLS", "mail.example True"),
        ({"VAR_DIR": "/x/" + "y" * 120}, "len(str(s.REDIS_SOCKET)) < 107", "True"),
    ],
)  # fmt: skip
def test_addresses_in_the_environment_replace_the_defaults(environment, expression, value):
    assert setting(expression, DEBUG="1", **environment) == value


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"MODEL_THREADS": "many"}, "MODEL_THREADS has to be a whole number"),
        ({"EMAIL_URL": "pigeon://mail.example"}, "EMAIL_URL has to look like"),
        ({"STORAGE_URL": "ftp://host/bucket"}, "STORAGE_URL has to look like"),
    ],
)
def test_a_value_that_makes_no_sense_is_told(environment, message):
    assert message in setting("s.DEBUG", DEBUG="1", **environment)


def test_the_example_of_an_environment_is_up_to_date():
    call_command("env_example", check=True)


def test_an_example_that_is_out_of_date_is_told_and_written_anew(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="out of date"):
        call_command("env_example", check=True)
    call_command("env_example")
    assert (tmp_path / ".env.example").read_text() == env_example()
    call_command("env_example", check=True)


def test_the_example_names_every_variable_once():
    text = env_example()
    for variable in VARIABLES:
        assert sum(line.lstrip("#").startswith(f"{variable.name}=") for line in text.splitlines()) == 1
