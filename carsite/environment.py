"""What the environment says, read as a text, a number, a choice, a rate or a list.

Each raises ImproperlyConfigured with the variable's name where that makes no sense.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import Env
from limits import parse

from carsite.env import VARIABLES

env = Env()  # `carsite.env.prepare` has read .env into it
_defaults = {variable.name: variable.default for variable in VARIABLES}
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str) -> str:
    """A variable's text; without DEBUG one that has no default has to be there."""
    value = env.str(name, _defaults[name] or "")
    if not value and _defaults[name] is None and not flag("DEBUG"):
        raise ImproperlyConfigured(
            f"{name} is not set. With DEBUG off it is needed: put it in the environment or in .env "
            f"(see .env.example). `make run` runs a development site that needs none of this."
        )
    return value


def number(name: str) -> int:
    """A whole number; 0 where the text is empty and so is the default."""
    written = env.str(name, "") or _defaults[name] or "0"
    try:
        return int(written)
    except ValueError:
        raise ImproperlyConfigured(f"{name} has to be a whole number, not {written!r}.") from None


def flag(name: str) -> bool:
    """1 or 0, and the words that mean the same."""
    written = env.str(name, "") or _defaults[name] or "0"
    if written.lower() in _TRUE | _FALSE:
        return written.lower() in _TRUE
    raise ImproperlyConfigured(f"{name} has to be 1 or 0, not {written!r}.")


def rate(name: str) -> str | None:
    """A rate such as 60/minute; None, no limit, where the variable is set to nothing."""
    written = env.str(name, _defaults[name] or "")
    if not written:
        return None
    try:
        parse(written)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} has to look like 60/minute or 10/hour, not {written!r}."
        ) from None
    return written


def listed(name: str) -> list[str]:
    """Comma-separated words."""
    return [item.strip() for item in text(name).split(",") if item.strip()]


def redis_socket(folder: Path) -> Path:
    """The Unix socket on which the default Redis listens.

    A TCP port could be taken already, and other users of the machine could connect to it.
    """
    path = folder / "redis.sock"
    if len(str(path)) < 100:  # the kernel's limit is 107 bytes
        return path
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"carsite-{digest}.sock"


DEBUG = flag("DEBUG")
