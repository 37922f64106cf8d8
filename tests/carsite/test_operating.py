"""What an operator is given: services of systemd, rotation of logs, a schedule of backups, and what to do at alarms."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from classifier.models import ModelVersion
from scraper.models import ScrapeRun
from tests.conftest import ROOT
from tests.ops.test_metrics import TOKEN, answered, model, photo, quiet

__all__ = ["model", "quiet"]

UNITS = ROOT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
#: Every process that runs for the site has these; what Chromium or PyTorch can't live with is said in its unit.
ALWAYS = {
    "User": "carsite",
    "UMask": "0077",
    "EnvironmentFile": "/etc/carsite/env",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectControlGroups": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "StateDirectoryMode": "0700",
}


def unit(path: Path) -> configparser.ConfigParser:
    """A unit; a key that is there twice fails the test."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read_string(path.read_text())
    return parser


def test_every_part_of_the_site_is_a_service() -> None:
    names = {path.stem for path in SERVICES}
    assert {
        "carsite",
        "carsite-web",
        "carsite-worker",
        "carsite-trainer",
        "carsite-beat",
        "carsite-backup",
    } <= names
    wanted = set(unit(UNITS / "carsite.target")["Unit"]["Wants"].split())
    assert wanted == {f"carsite-{part}.service" for part in ("web", "worker", "trainer", "beat")}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_is_confined_and_its_command_is_one_of_ours(path: Path) -> None:
    service = unit(path)["Service"]
    assert {key: service.get(key) for key in ALWAYS} == ALWAYS
    words = shlex.split(service["ExecStart"])
    assert words[0].startswith("/opt/carsite/.venv/bin/")
    if "manage.py" in words:
        name, *rest = words[words.index("manage.py") + 1 :]
        command = load_command_class(get_commands()[name], name)
        command.create_parser("manage.py", name).parse_args(rest)
    writable = service["ReadWritePaths"].split()
    assert writable[0] == "/var/lib/carsite"
    assert all(place.startswith(("/var/lib/carsite", "/var/backups/carsite")) for place in writable)


@pytest.mark.parametrize("part", ["web", "worker", "trainer", "beat"])
def test_parts_run_what_up_runs(part: str) -> None:
    """The same queues and options as `ops.stack`."""
    from ops import stack

    service = {
        "web": stack.web_server("127.0.0.1", 8000),
        "worker": stack.worker(2),
        "trainer": stack.trainer(),
        "beat": stack.beat(),
    }[part]
    words = shlex.split(unit(UNITS / f"carsite-{part}.service")["Service"]["ExecStart"])
    for option in ("--queues", "--max-tasks-per-child"):
        ours = [service.command[at + 1] for at, word in enumerate(service.command) if word == option]
        theirs = [words[at + 1] for at, word in enumerate(words) if word == option]
        assert theirs == ours
    if "--hostname" in words:
        assert words[words.index("--hostname") + 1] == "trainer@%%h", "systemd reads %h as a home folder"


@pytest.fixture
def installed(tmp_path: Path) -> list[Path]:
    """The units beside programs that are there, as `systemd-analyze` looks for them."""
    (tmp_path / "bin").mkdir()
    for path in SERVICES:
        program = Path(shlex.split(unit(path)["Service"]["ExecStart"])[0])
        fake = tmp_path / "bin" / program.name
        fake.write_text("#!/bin/sh\n")
        fake.chmod(0o755)
    made = []
    for path in UNITS.iterdir():
        text = (
            path.read_text()
            .replace("/opt/carsite/.venv/bin", str(tmp_path / "bin"))
            .replace("/opt/carsite", str(tmp_path))
        )
        (tmp_path / path.name).write_text(text)
        made.append(tmp_path / path.name)
    return sorted(made)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_no_fault_and_little_exposure(installed: list[Path]) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *installed], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if "carsite" in line]
    assert said == []
    for path in installed:
        if path.suffix == ".service":
            words = ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=50", path]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout.splitlines()[-1] + done.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("name", ["backup", "drill"])
def test_schedules_are_ones_that_come(name: str) -> None:
    when = unit(UNITS / f"carsite-{name}.timer")["Timer"]["OnCalendar"]
    done = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Next elapse" in done.stdout
    assert (UNITS / f"carsite-{name}.service").exists()


@pytest.mark.skipif(not shutil.which("logrotate"), reason="logrotate is not installed")
def test_logs_are_rotated_under_a_process_that_holds_them_open(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir(mode=0o700)
    config = (ROOT / "deploy" / "logrotate").read_text()
    assert "su carsite carsite" in config
    config = config.replace("/var/lib/carsite/log", str(folder))
    config = re.sub(r"^ *su .*\n", "", config, flags=re.M).replace(
        "carsite carsite", f"{os.geteuid()} {os.getegid()}"
    )
    (tmp_path / "conf").write_text(config)
    (tmp_path / "conf").chmod(0o600)
    with (folder / "web.log").open("a") as log:
        for number in range(3):
            log.write(f"line {number}\n" * 10)
            log.flush()
            words = ["logrotate", "--force", "--state", tmp_path / "state", tmp_path / "conf"]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        log.write("the last\n")
    assert (folder / "web.log").read_text() == "the last\n"
    assert (folder / "web.log.1").read_text() == "line 2\n" * 10
    assert (folder / "web.log.2.gz").exists()
    assert not any(path.stat().st_mode & 0o077 for path in folder.iterdir())


# --- Alarms -------------------------------------------------------------------------------------------------
ALARMS = {
    rule["alert"]: rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "carsite.yml").read_text())["groups"]
    for rule in group["rules"]
}
WATCHING = (ROOT / "docs" / "watching.md").read_text()


def test_every_alarm_has_its_section_and_every_section_its_alarm() -> None:
    assert set(re.findall(r"(?m)^### (Carsite\w+)$", WATCHING)) == set(ALARMS)


@pytest.mark.django_db
def test_every_number_that_is_named_is_one_that_the_site_gives(client: Client, model: ModelVersion) -> None:
    answered(model, 0.9, "sure")
    photo(status="failed", failure="timeout", finished=timezone.now())
    ScrapeRun.objects.create(
        source="epa", status="failed", is_open=False, finished=timezone.now(), car_pages=1
    )
    client.get("/about/")
    text = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            for label, value in sample.labels.items():
                found.setdefault(sample.name, {}).setdefault(label, set()).add(value)
            found.setdefault(sample.name, {})
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in found}

    for name in set(re.findall(r"`(carsite_\w+)", WATCHING)):
        assert name in families or name in found, f"docs/watching.md names {name}"
    # Values that only come up when something is wrong, or that other services are asked for.
    later = {("service", "database"), ("service", "pages"), ("status", "500"), ("method", "GET")}
    for alarm, rule in ALARMS.items():
        for name, matchers in re.findall(r"(carsite_\w+)(?:\{([^}]*)\})?", rule["expr"]):
            assert name in found, f"{alarm} asks for {name}"
            for label, _, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers):
                assert label in found[name], f"{alarm} asks {name} for {label}"
                for one in value.split("|"):
                    known = one in found[name][label] or (label, one) in later
                    assert known, f"{alarm}: {label}={one}"
