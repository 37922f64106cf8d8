"""A backup of PostgreSQL and a bucket comes back as SQLite and a folder, and as PostgreSQL and another bucket."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

from tests.rows import answered_once, send
from tests.served.test_way_of_a_photo import storage
from tests.servers import S3, Postgres
from tests.servers.site import ServedSite
from tests.services import Visitor

# What a site holds, as it says itself: rows by table, digests of all files that rows name, and a row to the last digit.
CONTENTS = """
import hashlib, json
from django.apps import apps
from ops import tables
from classifier.models import Identification
models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
rows = {model._meta.label: model._base_manager.count() for model in models}
files = {name: hashlib.sha256(storage.open(name).read()).hexdigest() for name, storage in tables.file_names().items()}
last = Identification.objects.order_by("pk").values_list().first()
print("CONTENTS", json.dumps([rows, files, str(last)]))
"""


def contents(site: ServedSite, **environment: str) -> Any:
    """What the site of that environment holds."""
    said = site.manage("shell", "--no-imports", "--command", CONTENTS, **environment).stdout
    return json.loads(said.partition("CONTENTS ")[2])


def test_a_backup_moves_a_site_to_other_services_and_back(
    site: ServedSite, visitor: Visitor, postgres: Postgres, s3: S3, tmp_path: Path
) -> None:
    rows = [send(visitor, seed) for seed in range(200, 212)]
    for row in rows:
        answered_once(row)
    first, second = str(tmp_path / "first.tar"), str(tmp_path / "second.tar")
    site.manage("backup", first)
    here = contents(site)
    assert here[0]["classifier.Identification"] == 12
    assert here[0]["catalog.Variant"] > 100
    assert len(here[1]) >= 24

    simple = {"DATABASE_URL": "", "STORAGE_URL": "", "VAR_DIR": str(tmp_path / "simple")}
    Path(simple["VAR_DIR"]).mkdir()
    site.manage("restore", first, **simple)
    assert contents(site, **simple) == here
    site.manage("backup", second, **simple)

    s3.client().create_bucket(Bucket="restored")
    other = {
        "DATABASE_URL": postgres.create_database("restored"),
        "STORAGE_URL": s3.url.replace(s3.bucket, "restored"),
        "VAR_DIR": str(tmp_path / "other"),
    }
    Path(other["VAR_DIR"]).mkdir()
    site.manage("restore", second, **other)
    there = contents(site, **other)
    assert there == here
    for name in random.Random(3).sample(sorted(here[1]), 20):
        content = s3.client().get_object(Bucket="restored", Key=name)["Body"].read()
        assert hashlib.sha256(content).hexdigest() == here[1][name]
        assert storage(s3).exists(name), "the backup took the files away"

    changed = sorted(here[1])[0]
    s3.client().put_object(Bucket="restored", Key=changed, Body=b"of another site")
    site.manage("restore", second, "--force", **other)
    assert contents(site, **other) == here
    kept = s3.client().list_objects_v2(Bucket="restored")["Contents"]
    assert {one["Key"] for one in kept} == set(here[1]), "what was put beside is left there"

    refused = site.manage("restore", first, check=False, **other)
    assert refused.returncode == 1
    assert "There is a site here already" in refused.stderr
    assert contents(site, **other) == here
