"""Dockerfile and compose.yaml, read and carried out without a container engine: as plain processes in a folder.

Places of the image become places in the folder, hosts of the compose network become addresses of servers that tests have
started. What needs root or another system (users, apt-get, base images, mounts) is left out; `docs/deploy.md` says so.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.services import ROOT

KNOWN = {"FROM", "ARG", "ENV", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}
NEEDS_ROOT = re.compile(r"\b(useradd|apt-get)\b")


@dataclass
class Stage:
    """One FROM of a Dockerfile and what follows."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, word: str) -> str:
        """What the last instruction of a kind says."""
        return [text for kind, text in self.steps if kind == word][-1]


def stages() -> dict[str, Stage]:
    """The stages of the Dockerfile. An instruction that is not known fails the test."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    found: dict[str, Stage] = {}
    current = None
    for line in re.sub(r"\\\n", " ", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if not word:
            continue
        assert word in KNOWN, line
        if word == "FROM":
            base, _, name = re.sub(r"\s+AS\s+", " ", rest).partition(" ")
            current = found[name] = Stage(name, base)
        elif current:
            current.steps.append((word, rest.strip()))
    return found


def compose(**environment: str) -> dict[str, Any]:
    """The services of compose.yaml with variables filled in, and those without a value passed on, as Compose does it."""

    def fill(match: re.Match[str]) -> str:
        name, mark, rest = match["name"], match["mark"], match["rest"] or ""
        if name in environment:
            return environment[name]
        assert mark == ":-", f"{name} is not set: {rest}"
        return rest

    pattern = r"(?<!\$)\$\{(?P<name>\w+)(?:(?P<mark>:[-?])(?P<rest>[^}]*))?\}"

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(pattern, fill, value).replace("$$", "$")
        if isinstance(value, list):
            return [filled(one) for one in value]
        return {name: filled(one) for name, one in value.items()} if isinstance(value, dict) else value

    services: dict[str, Any] = filled(yaml.safe_load((ROOT / "compose.yaml").read_text())["services"])
    for service in services.values():
        told = service.get("environment", {})
        passed = {name: environment[name] for name in told if told[name] is None and name in environment}
        service["environment"] = {name: value for name, value in told.items() if value is not None} | passed
    return services


class Build:
    """A folder that stands for the file system of an image."""

    def __init__(self, folder: Path, places: Mapping[str, Path], *, venv: Path) -> None:
        self.folder = folder
        self.places = {"/venv": venv, "/app": folder / "app", "/var/lib/carsite": folder / "var", **places}
        for place in self.places.values():
            place.parent.mkdir(parents=True, exist_ok=True)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        self.skipped: list[str] = []

    def here(self, text: str) -> str:
        """A text with the places of the image as those of the folder."""
        for place, path in sorted(self.places.items(), key=lambda one: -len(one[0])):
            text = re.sub(rf"(?<![\w./-]){re.escape(place)}(?![\w-])", str(path), text)
        return text

    def carry_out(self, stage: Stage) -> None:
        """Do what a stage says, in order."""
        cwd = self.folder
        for word, text in stage.steps:
            if word == "WORKDIR":
                cwd = Path(self.here(text))
                cwd.mkdir(parents=True, exist_ok=True)
            elif word in ("ENV", "ARG"):
                for pair in shlex.split(text):
                    name, _, value = pair.partition("=")
                    self.env[name] = self.here(value).replace("$PATH", self.env["PATH"])
            elif word == "COPY":
                self._copy(text.split(), cwd)
            elif word == "RUN":
                self._run(text, cwd)

    def _copy(self, words: list[str], cwd: Path) -> None:
        if words[0].startswith("--from="):
            assert words[1] == words[2], "only whole places are copied from other stages"
            return
        ignored = dockerignored()
        target = (cwd / words[-1]).resolve()
        for name in words[:-1]:
            for path in project_files() if name == "." else [name]:
                assert name == "." or not ignored(path), f"{path} is copied but ignored"
                if not ignored(path):
                    (target / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(ROOT / path, target / path)

    def _run(self, text: str, cwd: Path) -> None:
        if NEEDS_ROOT.search(text):
            self.skipped.append(text)
            return
        self.run(self.here(text), cwd=cwd)

    def run(self, command: str, *, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command of a shell; the test fails where it does."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=cwd or self.places["/app"],
            env=self.env | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done


def project_files() -> list[str]:
    """What a fresh clone has."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


def dockerignored() -> Any:
    """Says of a path whether .dockerignore keeps it out of images."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]

    def ignored(path: str) -> bool:
        kept = True
        parts = path.split("/")
        heads = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
        for rule in rules:
            pattern = rule.lstrip("!").removeprefix("**/")
            names = parts if "**/" in rule else heads
            if any(
                fnmatch.fnmatchcase(name, pattern) and ("*" not in pattern or "/" not in name)
                for name in names
            ):
                kept = rule.startswith("!")
        return not kept

    return ignored


def words_of(command: str | list[str]) -> list[str]:
    """The words of a CMD or a compose command, in either way of writing."""
    if isinstance(command, list):
        return command
    return json.loads(command) if command.startswith("[") else shlex.split(command)
