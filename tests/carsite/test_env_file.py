"""Every variable works from `.env`, whichever program reads it first, and the file is its owner's alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from carsite.env import VARIABLES
from tests.conftest import ROOT

NAMES = {variable.name for variable in VARIABLES}
#: name → (what stands in the file, what of the settings it decides, what that is then).
DECIDES: dict[str, tuple[str, str, object]] = {
    "DEBUG": ("0", "s.DEBUG", False),
    "SECRET_KEY": ("k" * 50, "s.SECRET_KEY", "k" * 50),
    "ALLOWED_HOSTS": ("cars.example.org, www.example.org", "s.ALLOWED_HOSTS", ["cars.example.org", "www.example.org"]),
    "CSRF_TRUSTED_ORIGINS": ("https://cars.example.org", "s.CSRF_TRUSTED_ORIGINS", ["https://cars.example.org"]),
    "SITE_URL": ("https://cars.example.org", "s.SITE_URL", "https://cars.example.org"),
    "HTTPS": ("0", "s.SECURE_SSL_REDIRECT if hasattr(s, 'SECURE_SSL_REDIRECT') else False", False),
    "HSTS_SECONDS": ("3600", "environment.number('HSTS_SECONDS')", 3600),
    "HSTS_PRELOAD": ("1", "environment.flag('HSTS_PRELOAD')", True),
    "ADMIN_PATH": ("desk", "s.ADMIN_PATH", "desk"),
    "STAFF_MFA_REQUIRED": ("0", "s.STAFF_MFA_REQUIRED", False),
    "TRUSTED_PROXIES": ("2", "s.TRUSTED_PROXIES", 2),
    "TIME_ZONE": ("Europe/Warsaw", "s.TIME_ZONE", "Europe/Warsaw"),
    "VAR_DIR": ("{tmp}/var", "str(s.VAR_DIR)", "{tmp}/var"),
    "STATIC_DIR": ("{tmp}/static", "str(s.STATIC_ROOT)", "{tmp}/static"),
    "DATABASE_URL": ("postgres://a:b@db.example/cars", "s.DATABASES['default']['HOST']", "db.example"),
    "REDIS_URL": ("redis://redis.example:6379", "s.CACHES['default']['LOCATION']", "redis://redis.example:6379/1"),
    "BROKER_URL": ("amqp://rabbit.example", "s.CELERY_BROKER_URL", "amqp://rabbit.example"),
    "STORAGE_URL": ("s3://a:b@s3.example/cars", "s.STORAGES['default']['OPTIONS']['bucket_name']", "cars"),
    "EMAIL_URL": ("smtp://mail.example:25", "s.EMAIL_HOST", "mail.example"),
    "DEFAULT_FROM_EMAIL": ("Cars <a@example.org>", "s.DEFAULT_FROM_EMAIL", "Cars <a@example.org>"),
    "MODEL_BUNDLE": ("{tmp}/bundle", "str(s.MODEL_BUNDLE)", "{tmp}/bundle"),
    "MODEL_THREADS": ("3", "s.MODEL_THREADS", 3),
    "RETRAIN_RECIPE": ("recipes/lite0.toml", "s.RETRAIN_RECIPE.name", "lite0.toml"),
    "UPLOADS_PER_DAY": ("7", "s.UPLOADS_PER_DAY", 7),
    "GUEST_UPLOADS_PER_HOUR": ("8", "s.GUEST_UPLOADS_PER_HOUR", 8),
    "API_BURST_RATE": ("11/minute", "s.REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['burst']", "11/minute"),
    "API_TOKEN_RATE": ("12/minute", "s.REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['token']", "12/minute"),
    "API_UPLOAD_RATE": ("", "s.REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['upload']", None),
    "API_ENQUIRY_RATE": ("13/hour", "s.REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['enquiry']", "13/hour"),
    "API_ENQUIRY_NETWORK_RATE": (
        "14/hour",
        "environment.rate('API_ENQUIRY_NETWORK_RATE')",
        "14/hour",
    ),
    "ENQUIRIES_PER_DAY": ("15", "environment.number('ENQUIRIES_PER_DAY')", 15),
    "ENQUIRIES_PER_DEALER_DAY": ("16", "environment.number('ENQUIRIES_PER_DEALER_DAY')", 16),
    "GUEST_PHOTO_HOURS": ("5", "s.GUEST_PHOTO_HOURS", 5),
    "ENQUIRY_DAYS": ("30", "s.ENQUIRY_DAYS", 30),
    "SCRAPE_CONTACT": ("me@example.org", "s.SCRAPE_CONTACT", "me@example.org"),
    "SCRAPE_PRIVATE_ADDRESSES": ("10.0.0.1:80", "s.SCRAPE_PRIVATE_ADDRESSES", ["10.0.0.1:80"]),
    "SCRAPE_BROWSER": ("/usr/bin/chromium", "s.SCRAPE_BROWSER", "/usr/bin/chromium"),
    "SCRAPE_SOCKET": ("/run/crawls.sock", "s.SCRAPE_SOCKET", "/run/crawls.sock"),
    "SHARED_PAGES_SECONDS": ("9", "s.SHARED_PAGES_SECONDS", 9),
    "HOST": ("127.0.0.2", "up('host')", "127.0.0.2"),
    "PORT": ("8123", "up('port')", "8123"),
    "WEB_WORKERS": ("3", "value('WEB_WORKERS')", "3"),
    "WORKER_PROCESSES": ("4", "s.WORKER_PROCESSES", 4),
    "LOG_LEVEL": ("ERROR", "s.LOGGING['root']['level']", "ERROR"),
    "LOG_FORMAT": ("text", "environment.text('LOG_FORMAT')", "text"),
    "METRICS_TOKEN": ("a token", "s.METRICS_TOKEN", "a token"),
    "SENTRY_DSN": ("https://a@sentry.example/1", "s.SENTRY_DSN", "https://a@sentry.example/1"),
}  # fmt: skip
SCRIPT = """
import json, os
from carsite.env import value
from carsite import environment, settings as s
from ops.management.commands.up import Command
os.environ["DJANGO_SETTINGS_MODULE"] = "carsite.settings"
def up(option):
    return getattr(Command().create_parser("manage.py", "up").parse_args([]), option)
print(json.dumps({{name: eval(what) for name, what in {asked!r}.items()}}))
"""


def python(code: str, file: Path, **environment: str) -> str:
    """What a new process prints that has no variable of the site but in the file."""
    env = {name: told for name, told in os.environ.items() if name not in NAMES}
    env |= {"ENV_FILE": str(file)} | environment
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_variable_is_in_this_table() -> None:
    assert set(DECIDES) == NAMES


def test_every_variable_works_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    written = {name: told.replace("{tmp}", str(tmp_path)) for name, (told, _, _) in DECIDES.items()}
    file.write_text("".join(f"{name}={told}\n" for name, told in written.items()))
    found = json.loads(
        python(SCRIPT.format(asked={name: what for name, (_, what, _) in DECIDES.items()}), file)
    )
    wanted = {
        name: there.replace("{tmp}", str(tmp_path)) if isinstance(there, str) else there
        for name, (_, _, there) in DECIDES.items()
    }
    assert found == wanted


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("DEBUG=1\nUPLOADS_PER_DAY=7\nPORT=8123\n")
    code = SCRIPT.format(asked={"UPLOADS_PER_DAY": "s.UPLOADS_PER_DAY", "PORT": "up('port')"})
    assert json.loads(python(code, file, PORT="8200")) == {"UPLOADS_PER_DAY": 7, "PORT": "8200"}


def test_the_web_server_listens_where_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("DEBUG=1\nHOST=127.0.0.2\nPORT=8123\nWEB_WORKERS=3\n")
    code = "import runpy; found = runpy.run_path('gunicorn.conf.py'); print(found['bind'], found['workers'])"
    assert python(code, file).split() == ["127.0.0.2:8123", "3"]


def test_a_file_that_was_copied_is_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("DEBUG=1\n")
    file.chmod(0o644)
    python("import carsite", file)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to other groups")
def test_a_group_that_the_file_was_given_to_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("DEBUG=1\n")
    os.chown(file, -1, 12345)
    file.chmod(0o644)
    python("import carsite", file)
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("API_BURST_RATE=often", "API_BURST_RATE has to look like 60/minute"),
        ("HSTS_PRELOAD=maybe", "HSTS_PRELOAD has to be 1 or 0, not 'maybe'"),
        ("HTTPS=perhaps", "HTTPS has to be 1 or 0"),
        ("UPLOADS_PER_DAY=many", "UPLOADS_PER_DAY has to be a whole number, not 'many'"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(line: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"SECRET_KEY={'k' * 50}\nALLOWED_HOSTS=a.example\n{line}\n")
    env = {name: told for name, told in os.environ.items() if name not in NAMES} | {"ENV_FILE": str(file)}
    done = subprocess.run(
        [sys.executable, "-c", "import carsite.settings"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in done.stderr.splitlines()[-1]
