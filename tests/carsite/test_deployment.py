"""What the containers are told: all that the environment may decide, and nothing that is never read."""

from __future__ import annotations

import ast
import re
import shlex

import pytest
import yaml

from carsite.env import VARIABLES
from tests.carsite.test_settings import setting
from tests.served.containers import compose, stages
from tests.served.test_containers import SECRETS
from tests.services import ROOT

NAMES = {variable.name for variable in VARIABLES}


def fixed() -> set[str]:
    """What is decided already: by the image, and by SITE_URL, beside which DEBUG is refused."""
    pairs = [pair for word, text in stages()["web"].steps if word == "ENV" for pair in shlex.split(text)]
    return {"DEBUG"} | {pair.partition("=")[0] for pair in pairs} & NAMES


def told(**environment: str) -> dict[str, str]:
    """The environment of the site's containers, of the variables that the site reads."""
    services = compose(**SECRETS | environment)
    every: list[dict[str, str]] = [
        services[name]["environment"] for name in ("prepare", "web", "worker", "trainer", "beat")
    ]
    assert all(one == every[0] for one in every)
    return every[0]


def test_containers_are_told_what_stands_in_the_file_beside_them():
    assert fixed() == {"DEBUG", "HOST", "PORT", "VAR_DIR", "STATIC_DIR"}
    values = {name: f"a value of {name}" for name in NAMES - fixed() - set(SECRETS)}
    environment = told(**values)
    assert set(environment) == NAMES - fixed()
    ours = {name for name, value in environment.items() if value == values.get(name)}
    assert {"SCRAPE_CONTACT", "WEB_WORKERS", "WORKER_PROCESSES", "ENQUIRY_DAYS", "TIME_ZONE"} < ours
    assert compose(**SECRETS, ADMIN_PATH="desk")["proxy"]["environment"]["ADMIN_PATH"] == "desk"
    assert "ENQUIRY_DAYS" not in told(), "set to nothing, where its default should hold"


@pytest.mark.django_db
def test_prometheus_finds_the_web_server_where_the_documentation_says(client, settings, monkeypatch):
    blocks = re.findall(
        r"```yaml\n(scrape_configs:.*?)```", (ROOT / "docs" / "watching.md").read_text(), re.S
    )
    job = yaml.safe_load(blocks[0])["scrape_configs"][0]
    assert job.get("scheme", "http") == "http"
    (target,) = job["static_configs"][0]["targets"]
    assert target.partition(":")[0] in compose(**SECRETS)
    assert f"PORT={target.partition(':')[2]}" in shlex.split(stages()["web"].last("ENV"))

    names = ("ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", "SECURE_REDIRECT_EXEMPT", "SECURE_PROXY_SSL_HEADER")
    there = ast.literal_eval(setting(f"({', '.join(f's.{name}' for name in names)})", **told()))
    for name, value in zip(names, there, strict=True):
        setattr(settings, name, value)
    settings.METRICS_TOKEN = "a-token-of-the-operators"
    settings.HEALTH_CHECKS = {"database": "ops.checks.database"}
    monkeypatch.setattr("ops.checks.database", lambda: None)
    token = {"authorization": f"Bearer {settings.METRICS_TOKEN}"}

    def asked(path: str, host: str = target) -> int:
        return int(client.get(path, headers=token | {"host": host}).status_code)

    assert [asked(path) for path in ("/metrics", "/healthz", "/readyz")] == [200] * 3
    assert asked("/about/") == 301, "pages for people without TLS"
    assert asked("/metrics", "elsewhere:8000") == 400
