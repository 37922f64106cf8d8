"""What the containers are told: all that the environment may decide, and nothing that is never read."""

from __future__ import annotations

import ast
import re
import shlex
import sys

import pytest
import yaml

from carsite.env import VARIABLES
from scripts import pin_images
from tests.carsite.test_settings import setting
from tests.served.containers import compose, stages
from tests.served.test_containers import SECRETS
from tests.services import ROOT

NAMES = {variable.name for variable in VARIABLES}


def fixed() -> set[str]:
    """What is decided already: by the image, and by SITE_URL, beside which DEBUG is refused."""
    pairs = [pair for word, text in stages()["web"].steps if word == "ENV" for pair in shlex.split(text)]
    return {"DEBUG"} | {pair.partition("=")[0] for pair in pairs} & NAMES


SITE = ("prepare", "web", "worker", "trainer", "beat")
#: Each secret, and the containers that work with it.
SECRET_OF = {
    "SECRET_KEY": {"prepare", "web", "worker"},
    "DATABASE_URL": set(SITE),
    "REDIS_URL": {"web", "worker", "trainer", "beat"},
    "BROKER_URL": {"web", "worker", "trainer", "beat"},
    "STORAGE_URL": {"prepare", "web", "worker", "trainer"},
    "EMAIL_URL": {"worker"},
    "METRICS_TOKEN": {"web"},
    "SENTRY_DSN": {"web", "worker"},
}


def told(name: str = "web", **environment: str) -> dict[str, str]:
    """The environment of one of the site's containers."""
    found: dict[str, str] = compose(**SECRETS | environment)[name]["environment"]
    return found


def test_containers_are_told_what_stands_in_the_file_beside_them():
    assert fixed() == {"DEBUG", "HOST", "PORT", "VAR_DIR", "STATIC_DIR"}
    values = {name: f"a value of {name}" for name in NAMES - fixed() - set(SECRETS)}
    environments = {name: told(name, **values) for name in SITE}
    for name, environment in environments.items():
        secrets = {secret for secret, readers in SECRET_OF.items() if name in readers}
        assert set(environment) == NAMES - fixed() - set(SECRET_OF) | secrets | {"SECRET_KEY"}, name
    ours = {name for name, value in environments["web"].items() if value == values.get(name)}
    assert {"SCRAPE_CONTACT", "WEB_WORKERS", "WORKER_PROCESSES", "ENQUIRY_DAYS", "TIME_ZONE"} < ours
    assert compose(**SECRETS, ADMIN_PATH="desk")["proxy"]["environment"]["ADMIN_PATH"] == "desk"
    assert "ENQUIRY_DAYS" not in told(), "set to nothing, where its default should hold"


def test_each_container_has_its_own_secrets_and_no_others():
    services = compose(**SECRETS, METRICS_TOKEN="a-token", SENTRY_DSN="https://a-key@sentry.example/1")
    readers = {
        SECRETS["SECRET_KEY"]: SECRET_OF["SECRET_KEY"],
        SECRETS["POSTGRES_PASSWORD"]: {*SITE, "postgres"},
        SECRETS["REDIS_PASSWORD"]: {*SECRET_OF["REDIS_URL"], "redis"},
        SECRETS["S3_SECRET"]: {*SECRET_OF["STORAGE_URL"], "s3"},
        SECRETS["EMAIL_URL"]: {"worker"},
        "a-token": {"web"},
        "a-key": {"web", "worker"},
    }
    for secret, wanted in readers.items():
        assert {name for name, service in services.items() if secret in repr(service)} == wanted, secret
    for name in ("trainer", "beat"):
        assert setting("len(s.SECRET_KEY)", **told(name)).isdecimal(), f"{name} does not start"


def test_no_container_can_become_more_than_it_is():
    for name, service in compose(**SECRETS).items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name
        assert service["pids_limit"] <= 500, name
        assert re.fullmatch(r"\d+[mg]", str(service["mem_limit"])), name
        assert float(service["cpus"]) > 0, name
        assert not service.get("privileged"), name
        assert not any("docker.sock" in str(volume) for volume in service.get("volumes", ())), name
        writable = [str(one).partition(":")[0] for one in service["tmpfs"]]
        writable += [str(one).split(":")[1] for one in service.get("volumes", ())]
        assert "/tmp" in writable, name
    added = {name: set(one["cap_add"]) for name, one in compose(**SECRETS).items() if "cap_add" in one}
    assert set(added) == {"postgres", "redis", "s3", "proxy"}
    assert added["proxy"] == {"NET_BIND_SERVICE"}
    assert not any(found & {"SYS_ADMIN", "NET_ADMIN", "NET_RAW", "SYS_PTRACE"} for found in added.values())


def test_networks_let_each_container_reach_what_it_works_with_and_no_more():
    whole = yaml.safe_load((ROOT / "compose.yaml").read_text())
    inner = {name for name, network in whole["networks"].items() if network.get("internal")}
    services = compose(**SECRETS)
    networks = {name: set(service["networks"]) for name, service in services.items()}
    assert inner == {"front", "data"}

    def meets(name: str) -> set[str]:
        return {other for other, there in networks.items() if other != name and there & networks[name]}

    assert meets("crawler") == set(), "it opens foreign pages and reaches nothing of the site"
    assert networks["crawler"] - inner, "it reaches the pages"
    assert meets("proxy") == {"web"}
    for name in ("postgres", "redis", "s3", "trainer", "beat", "prepare"):
        assert networks[name] <= inner, f"{name} reaches the internet"
    assert {name for name, service in services.items() if service.get("ports")} == {"proxy"}


def test_crawls_go_to_the_container_for_crawls_by_a_folder_that_both_see():
    services = compose(**SECRETS)
    command, socket = shlex.split(services["crawler"]["command"]), told("trainer")["SCRAPE_SOCKET"]
    assert command == ["python", "-m", "scraper.crawl.apart", "attend", socket]
    shared = f"scrapes:{socket.rpartition('/')[0]}"
    assert services["crawler"]["volumes"] == [shared]
    assert shared in services["trainer"]["volumes"]
    assert shared in services["web"]["volumes"], "the admin shows the log of a crawl"
    assert set(services["crawler"]["environment"]) == {"HOME"}


def test_every_foreign_image_can_be_pinned(tmp_path, monkeypatch, capsys):
    """A stand-in for Docker gives the digests: what is tried is which images are asked for and what is written."""
    wanted = pin_images.images((ROOT / "compose.yaml").read_text())
    assert set(wanted) == {"PYTHON_IMAGE", "POSTGRES_IMAGE", "REDIS_IMAGE", "S3_IMAGE", "PROXY_IMAGE"}
    bases = {stage.base for stage in stages().values()} - set(stages())
    assert bases == {"${PYTHON_IMAGE}"}
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\n[ "$4" != "$BAD" ] && echo sha256:{"a" * 64} || exit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    file = tmp_path / ".env"
    file.write_text(f"SECRET_KEY=x\nREDIS_IMAGE=redis:7@sha256:{'b' * 64}")
    monkeypatch.setattr(sys, "argv", ["pin_images.py", str(file)])
    monkeypatch.setenv("BAD", "caddy:2")
    with pytest.raises(SystemExit, match=r"digest of caddy:2 can't be had, and nothing was changed"):
        pin_images.main()
    assert "postgres" not in file.read_text()
    monkeypatch.setenv("BAD", "")
    pin_images.main()
    lines = file.read_text().splitlines()
    assert lines[:2] == ["SECRET_KEY=x", f"REDIS_IMAGE=redis:7@sha256:{'a' * 64}"]
    assert len(lines) == 6
    pins = dict(line.split("=", 1) for line in lines)
    services = compose(**SECRETS, **{name: pin for name, pin in pins.items() if name in wanted})
    foreign = {
        service["image"] for name, service in services.items() if not service["image"].startswith("carsite")
    }
    assert all(image.endswith(f"@sha256:{'a' * 64}") for image in foreign)


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
