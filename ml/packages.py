"""What training needs and a site does not: PyTorch and its kind, installed when they are first asked for.

Standard library only: a command asks this before it imports anything large.
"""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ml.exceptions import PackagesError

ROOT = Path(__file__).resolve().parents[1]
LIST = "requirements-train.txt"
#: The modules of that list, by the names that they are imported by.
MODULES = (
    "torch",
    "torchvision",
    "timm",
    "pytorch_lightning",
    "onnx",
    "onnxscript",
    "matplotlib",
    "jinja2",
)


def missing() -> list[str]:
    """The modules of training that are not installed here."""
    return [name for name in MODULES if importlib.util.find_spec(name) is None]


def is_missing_one(error: ImportError) -> bool:
    """Whether an import failed for want of one of them."""
    return (error.name or "").partition(".")[0] in MODULES


def how() -> str:
    """The sentence that says what is missing and which command brings it."""
    return (
        f"Training needs packages that are not installed here ({', '.join(missing()) or 'PyTorch'}). "
        f"Install them, and then do the same again: {_command()}"
    )


def install(say: Callable[[str], object]) -> None:
    """Install them into the project's own environment, after `say` said so; nothing where all are there.

    Raises PackagesError with the command where that fails, or where this is another environment, which is not
    ours to change.
    """
    if not missing():
        return
    if not _is_ours():
        raise PackagesError(how())
    say("Installing PyTorch and what else training needs; this takes some minutes, and is done once.")
    script = [sys.executable, str(ROOT / "scripts" / "install.py"), LIST]
    done = subprocess.run(script, stdin=subprocess.DEVNULL, stdout=2, check=False)  # noqa: S603  (our own script)
    importlib.invalidate_caches()
    if done.returncode or missing():
        raise PackagesError(
            f"{how()} (It was tried just now and failed; what it said is above or in the log.)"
        )


def _is_ours() -> bool:
    """Whether this Python is that of the environment that scripts/install.py makes."""
    ours = ROOT / ".venv"
    return (ROOT / "scripts" / "install.py").exists() and Path(sys.prefix).resolve() == ours.resolve()


def _command() -> str:
    return "make install-train" if _is_ours() else f"{sys.executable} -m pip install -r {ROOT / LIST}"
