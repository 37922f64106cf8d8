"""Rules that a reader of one file can't see. How the source is built is in `test_structure`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "carsite", "catalog", "classifier", "core", "dealers", "ml", "ops", "scraper")
SOURCES = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
HEAVY = (
    "torch",
    "torchvision",
    "timm",
    "onnxruntime",
    "pytorch_lightning",
    "boto3",
    "scrapy",
    "playwright",
    "pint",
)


def test_there_is_something_to_check():
    assert len(SOURCES) > 40


def test_a_web_process_never_loads_the_heavy_libraries(tmp_path):
    """Start as gunicorn does, load every address, and look at what got imported."""
    script = """
import sys
from carsite.wsgi import application
from django.urls import get_resolver
import django.test
list(get_resolver().reverse_dict)
assert django.test.Client().get("/healthz").status_code == 200
print(",".join(sorted(set(sys.argv[1].split(",")) & set(sys.modules))))
"""
    env = os.environ | {"DEBUG": "1", "VAR_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script, ",".join(HEAVY)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("pattern", [r"\.delay\(", r"\.apply_async\("])
def test_tasks_are_queued_on_commit_only(pattern):
    """Queued inside a transaction, a task can run before its row exists, or for one that never will."""
    found = [f"{path.relative_to(ROOT)}" for path in SOURCES if re.search(pattern, path.read_text())]
    assert found in ([], ["core/queue.py"])


def test_serializers_name_their_fields():
    for path in SOURCES:
        text = path.read_text()
        assert not re.search(r"fields\s*=\s*.__all__", text), path
        assert not re.search(r"^\s+exclude = ", text, re.MULTILINE), path


def test_nothing_unsafe_is_marked_safe():
    for path in SOURCES:
        assert "mark_safe" not in path.read_text(), path
    for path in ROOT.glob("*/templates/**/*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape off", path.read_text()), path


def test_templates_keep_to_the_content_security_policy():
    """No inline script, style or handler: the policy would block them, and the page would be broken in
    silence.
    """
    site = set(ROOT.glob("*/templates/**/*.html")) - set(
        ROOT.glob("ml/evaluation/templates/*.html")
    )  # reports are files
    assert len(site) > 50
    for path in site:
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on", text), path


def test_the_queue_can_not_lose_or_poison():
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_TIME_LIMIT > settings.CELERY_TASK_SOFT_TIME_LIMIT
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT


def test_a_photos_task_ends_before_its_lease():
    from classifier.answers.identify import LEASE
    from classifier.tasks import identify

    assert identify.soft_time_limit < identify.time_limit < LEASE.total_seconds()
