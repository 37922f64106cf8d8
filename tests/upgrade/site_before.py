"""Run inside the source of an earlier version: makes a site with rows and files of every kind, and writes down all of it.

    python site_before.py ROWS.json

Its settings come from the environment (VAR_DIR, DATABASE_URL). Nothing of the version under test is imported here.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))
os.environ["DJANGO_SETTINGS_MODULE"] = "carsite.settings"
import django

django.setup()

from django.apps import apps  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import call_command  # noqa: E402

COUNT = 4


def rows() -> dict[str, list[dict]]:
    """Every row of every table that a model owns, by the table's name."""
    models = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    return {
        model._meta.db_table: list(model._default_manager.order_by("pk").values())
        for model in models
        if model._meta.managed
    }


def files() -> list[str]:
    """The names of all stored files."""
    root = Path(default_storage.location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    call_command("load_catalog", verbosity=0)
    from tests.carsite.admin_rows import fill

    fill(COUNT)
    Path(sys.argv[1]).write_text(json.dumps({"rows": rows(), "files": files()}, default=str))
