"""Make the virtual environment and install what the project needs. Does nothing where nothing has changed.

Usage: python3 scripts/install.py [requirements-dev.txt | requirements-train.txt | …]
Without a name: what a site on one machine needs.

Standard library only, and plain enough that an old Python can read it and say that it is too old.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

MINIMUM = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SITE, TRAINING = "requirements-site.txt", "requirements-train.txt"
#: Megabytes of disk that a fresh installation takes, with room for pip's own work; what is not named: 3000.
NEEDED_MB = {SITE: 1300, "requirements-docs.txt": 200}


def stop(line: str) -> NoReturn:
    """End with one line that says what to do."""
    sys.exit("carsite: " + line)


def runs(path: str) -> bool:
    """Whether this is a Python that starts and is new enough."""
    question = f"import sys; sys.exit(sys.version_info < {MINIMUM})"
    return subprocess.call([path, "-c", question], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def pythons() -> "list[str]":
    """Every Python on the PATH that is new enough, by its version's name; the newest first."""
    found = []
    for minor in range(30, 10, -1):
        path = shutil.which(f"python3.{minor}")
        if path and runs(path):  # managers of versions leave names of ones that are not installed
            found.append(path)
    return found


def find_python() -> str:
    """A Python that is new enough: this one, or another one on the PATH."""
    if sys.version_info >= MINIMUM:
        return sys.executable
    others = pythons()
    if others:
        return others[0]
    this = f"{sys.version_info[0]}.{sys.version_info[1]}"
    stop(
        f"Python 3.{MINIMUM[1]} or newer is needed and {sys.executable} is {this}. "
        "Install a newer one, or name it: make run PYTHON=/path/to/python3"
    )


def files_of(name: str) -> "list[str]":
    """A requirements file and all that it includes, each once."""
    found = [name]
    for included in re.findall(r"(?m)^-[rc]\s+(\S+)", (ROOT / name).read_text(encoding="utf-8")):
        found += [one for one in files_of(included) if one not in found]
    return found


def fingerprint(name: str) -> str:
    """Changes when the requirements or the environment's Python do."""
    digest = hashlib.sha256((VENV / "pyvenv.cfg").read_bytes())
    for one in sorted(files_of(name)):
        digest.update((ROOT / one).read_bytes())
    return digest.hexdigest()


def stamp_of(name: str) -> Path:
    """The file that says what was installed last."""
    return VENV / f"{name}.installed"


def is_installed(name: str) -> bool:
    """Whether the last finished installation was of these very requirements."""
    stamp = stamp_of(name)
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == fingerprint(name)


def check_room(name: str) -> None:
    """Stop early, rather than in the middle of a download."""
    needed = NEEDED_MB.get(name, 3000)
    free = shutil.disk_usage(str(ROOT)).free // 2**20
    if free < needed:
        cuda = " (8000 MB where pip chooses PyTorch with CUDA)" if needed == 3000 else ""
        stop(
            f"the disk has {free} MB left, and installing {name} needs about {needed} MB{cuda}. "
            "Free some space and run the same command again."
        )


def is_whole() -> bool:
    """Whether .venv has a Python that is new enough, and pip."""
    question = f"import sys, pip; sys.exit(sys.version_info < {MINIMUM})"
    return PYTHON.exists() and subprocess.call([str(PYTHON), "-c", question], stderr=subprocess.DEVNULL) == 0


def create_environment() -> None:
    """An empty virtual environment with a working pip, in place of a broken one."""
    python = find_python()
    shutil.rmtree(str(VENV), ignore_errors=True)
    print("Making the virtual environment .venv ...", flush=True)
    if subprocess.call(
        [python, "-m", "venv", str(VENV)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ):
        shutil.rmtree(str(VENV), ignore_errors=True)
        stop(
            f"{python} can't make a virtual environment. On Debian and Ubuntu `apt-get install "
            "python3-venv` (as root) "
            "cures it; elsewhere install a Python that has the modules venv and ensurepip."
        )


def install(name: str) -> None:
    """Install a requirements file; pip's own words are shown where it fails."""
    print(f"Installing {name} (the first time this takes some minutes) ...", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "-r", str(ROOT / name)]
    if not sys.stdout.isatty():
        command.append("--quiet")
    if subprocess.call(command):
        stop(
            "installing failed; pip says why above. Mend that (network? disk?) and run the same command "
            "again."
        )


def main() -> None:
    """Install what the named file lists, unless that is done."""
    name = sys.argv[1] if len(sys.argv) > 1 else SITE
    if is_installed(name):
        return
    if not os.access(str(ROOT), os.W_OK):
        stop(f"{ROOT} can't be written to. Clone the project into a folder of your own and run it there.")
    with (ROOT / "requirements.txt").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second terminal waits here, and then finds everything done
        if is_installed(name):
            return
        check_room(name)
        if not is_whole():
            create_environment()
        install(name)
        for one in files_of(name):  # what it includes is installed too
            stamp_of(one).write_text(fingerprint(one))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("stopped. Run the same command again to go on.")
