"""Run a command with a PostgreSQL of its own: `python -m tests.on_postgres pytest tests/catalog`.

The command finds the server's address in `DATABASE_URL`; its exit code is this one's.
"""

from __future__ import annotations

import os
import subprocess
import sys

import django


def main() -> int:
    """Start the server, run the command, stop the server."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from tests.servers import NotInstalled, Postgres

    try:
        with Postgres() as server:
            env = os.environ | {"DATABASE_URL": server.url}
            return subprocess.run(sys.argv[1:], env=env, check=False).returncode
    except NotInstalled as missing:
        print(f"carsite: {missing} Tests on PostgreSQL are skipped.", file=sys.stderr)
        return int("CI" in os.environ)


if __name__ == "__main__":
    sys.exit(main())
