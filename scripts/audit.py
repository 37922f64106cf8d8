"""Look up everything that is pinned in the public lists of known holes. Needs the network; ends with 1 where
it finds one.

pip-audit does the work, in an environment of its own in var/, so that the site's holds nothing that the site
does not use.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "audit"
PIP_AUDIT = "pip-audit==2.10.1"
PINS = ("requirements.txt", "constraints.txt")


def main() -> None:
    """Install where it is missing, ask, say what came back."""
    tool = FOLDER / "bin" / "pip-audit"
    if not tool.exists():
        print(f"Installing {PIP_AUDIT} ...", flush=True)
        venv.create(FOLDER, with_pip=True)
        if subprocess.run([FOLDER / "bin" / "pip", "install", "--quiet", PIP_AUDIT], check=False).returncode:
            sys.exit(f"carsite: {PIP_AUDIT} could not be installed, so nothing was audited.")
    files = [argument for name in PINS for argument in ("--requirement", str(ROOT / name))]
    # Everything is pinned, so nothing has to be resolved; `osv` and `pypi` are the two lists that pip-audit
    # knows. Strict: a package that a list does not know is not one without holes.
    for service in ("osv", "pypi"):
        command = [tool, *files, "--no-deps", "--disable-pip", "--vulnerability-service", service]
        done = subprocess.run(
            [*command, "--strict", "--timeout", "10", "--progress-spinner", "off"],
            capture_output=True,
            text=True,
            check=False,
        )
        said = (done.stdout + done.stderr).strip()
        if done.returncode == 0 or re.search(r"Found \d+ known", said):
            print(said)
            sys.exit(done.returncode)
        print(
            f"The list of {service} could not be asked: {said.splitlines()[-1] if said else 'no answer'}",
            file=sys.stderr,
        )
    sys.exit(
        "carsite: nothing was audited: no list of known holes could be reached. Run this where the network "
        "is."
    )


if __name__ == "__main__":
    main()
