"""`make soak`, or `python -m tests.soak [--photos N] [--seed N]`: exit code 1 where a photo was lost or answered twice."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
import django

django.setup()

from tests.faults.site import FaultySite  # noqa: E402  (Django has to be set up first)
from tests.ml.tiny import write_tiny_bundle  # noqa: E402
from tests.services import ROOT  # noqa: E402
from tests.soak.breaking import FAULTS  # noqa: E402
from tests.soak.soak import NoBlocker, Soak, soak  # noqa: E402


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the order of the faults")
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--pause", type=float, default=0.3, help="seconds between two photos, on average")
    parser.add_argument("--bundle", type=Path, help="a model; without it a tiny one of random weights")
    parser.add_argument("--only", help="names of faults, with commas between; without it all")
    parser.add_argument("--logs", type=Path, help="keep the services' logs in this folder")
    return parser.parse_args()


def _migrated(folder: Path) -> Path:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "carsite.settings",
        "DEBUG": "1",
        "VAR_DIR": str(folder),
        "DATABASE_URL": "",
    }
    words = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(words, cwd=ROOT, env=environment, check=True)
    return folder / "db.sqlite3"


def main() -> int:
    """Run it, print what happened."""
    options = _arguments()
    names = (options.only or "").replace(" ", "_").split(",")
    faults = [fault for fault in FAULTS if not options.only or fault.__name__ in names]
    with tempfile.TemporaryDirectory(prefix="carsite-soak-") as name:
        folder = Path(name)
        if options.bundle:
            bundle = shutil.copytree(options.bundle, folder / "bundle")
        else:
            bundle = write_tiny_bundle(folder / "bundle").path
        with FaultySite(_migrated(folder), bundle) as site, site.database(NoBlocker()):
            site.start_beat()
            usable = [fault for fault in faults if site.clock.jumps or "clock" not in fault.__name__]
            try:
                went = soak(
                    site,
                    photos=options.photos,
                    seed=options.seed,
                    people=options.people,
                    pause=options.pause,
                    faults=usable,
                    say=lambda line: print(line, flush=True),
                )
            finally:
                if options.logs:
                    shutil.copytree(site.var / "log", options.logs, dirs_exist_ok=True)
    return _report(went, options)


def _report(went: Soak, options: argparse.Namespace) -> int:
    print(
        f"\n{options.photos} photos, seed {options.seed}, {sum(went.faults.values())} faults, {went.seconds:.0f} s"
    )
    print("\nFaults")
    for name, count in sorted(went.faults.items()):
        print(f"  {name:58}{count:>7}")
    print(f"\nTally\n{went.tally}\n")
    wrong = went.tally.wrong
    print(f"WRONG: {'; '.join(wrong)}" if wrong else "Nothing lost, nothing doubled.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
