"""See that the servers that `make test-services` starts are installed, and name what brings those that are
not.

With --install (as root, where apt-get is there) what is missing is installed. The tests start and stop them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

#: What Debian's packages bring: the name of a program, where it may be, the package. Wheels bring the others.
PROGRAMS = (
    ("postgres", "usr/lib/postgresql/*/bin/postgres", "postgresql"),
    ("rabbitmq-server", "usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server"),
    ("caddy", "usr/bin/caddy", "caddy"),
)


def missing() -> list[str]:
    """Packages whose programs are not on this machine."""
    return [
        package
        for program, pattern, package in PROGRAMS
        if not (shutil.which(program) or list(Path("/").glob(pattern)))
    ]


def install(packages: list[str]) -> None:
    """Install packages without starting what they bring: tests have servers of their own."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *words], check=False, env=os.environ | quiet, stdout=subprocess.DEVNULL)


def main() -> None:
    """Install where asked to; say what is missing, and fail where it had to be installed."""
    wanted = "--install" in sys.argv[1:]
    if wanted and missing() and shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing {', '.join(missing())} ...", flush=True)
        install(missing())
    for package in missing():
        print(
            f"carsite: {package} is not installed, and tests that need it are skipped: apt-get install "
            f"{package}"
        )
    if wanted and missing():
        sys.exit(1)


if __name__ == "__main__":
    main()
