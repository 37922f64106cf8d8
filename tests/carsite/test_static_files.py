"""Versions share a folder of static files, and none takes another one's away."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import storages
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.functional import empty

from carsite import static_files
from carsite.static_files import StaticFiles, StaticFilesMiddleware
from ops import preparing


@pytest.fixture
def source(settings: Any, tmp_path: Path) -> Path:
    """The folder of one version's sources."""
    folder = tmp_path / "source"
    folder.mkdir()
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [folder]
    settings.STATIC_ROOT = tmp_path / "static"
    settings.DEBUG = False
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "carsite.static_files.StaticFiles"}}
    (folder / "site.css").write_text("body { color: black }" * 50)
    (folder / "page.js").write_text("let a = 1;" * 50)
    return folder


def collected() -> StaticFiles:
    """A version's storage as its processes have it; each command is a process of its own."""
    storages._storages.pop("staticfiles", None)  # type: ignore[attr-defined]
    staticfiles_storage._wrapped = empty  # type: ignore[attr-defined]
    call_command("collectstatic", interactive=False, verbosity=0)
    return StaticFiles()


def asked(middleware: StaticFilesMiddleware, url: str) -> Any:
    return middleware(RequestFactory().get(url))


def test_an_old_version_goes_on_while_a_new_one_is_collected_and_both_serve_each_others_files(
    source: Path,
) -> None:
    old = collected()
    serving_old = StaticFilesMiddleware(lambda request: HttpResponse(status=404))
    (source / "site.css").write_text("body { color: red }" * 50)
    (source / "page.js").unlink()
    new = collected()
    assert old.manifest_name != new.manifest_name
    assert {"site.css", "page.js"} == set(old.hashed_files)
    assert set(new.hashed_files) == {"site.css"}
    # Started anew, by a crash or a restart, the old one still finds its own names.
    again = StaticFiles()
    again.manifest_name = old.manifest_name
    assert again.load_manifest()[0] == old.hashed_files
    assert asked(serving_old, old.url("page.js")).status_code == 200
    answer = asked(serving_old, new.url("site.css"))
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]
    assert b"red" in b"".join(answer.streaming_content)
    answer.close()
    for path in ("/static/../../etc/passwd", "/static/none.css", "/static/"):
        assert asked(serving_old, path).status_code == 404


def test_what_was_collected_is_not_collected_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    preparing.prepare_files(lines.append)
    assert len(lines) == 1
    storage = StaticFiles()
    assert storage.is_collected
    monkeypatch.setattr(preparing, "staticfiles_storage", storage)
    preparing.prepare_files(lines.append)
    assert len(lines) == 1
    compressed = {path: path.stat().st_mtime_ns for path in Path(storage.location).glob("*.gz")}
    assert len(compressed) == 2
    (source / "more.css").write_text("p { color: blue }" * 50)
    assert not StaticFiles().is_collected
    time.sleep(0.01)
    collected()
    now = {path: path.stat().st_mtime_ns for path in Path(storage.location).glob("*.gz")}
    assert len(now) == 3
    assert compressed.items() <= now.items()


def test_a_collection_that_was_cut_short_does_not_count(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StaticFiles, "compress_files", fail)
        with pytest.raises(KeyboardInterrupt):
            collected()
    assert not StaticFiles().is_collected


def test_files_of_versions_of_long_ago_go(source: Path) -> None:
    old = collected()
    (source / "site.css").write_text("body { color: red }" * 50)
    middle = collected()
    folder = Path(old.location)
    long_ago = time.time() - static_files.KEPT_SECONDS - 100
    os.utime(folder / old.manifest_name, (long_ago, long_ago))
    (source / "page.js").write_text("let a = 2;" * 50)
    new = collected()
    assert not (folder / old.manifest_name).exists()
    assert not list(folder.glob(f"{old.hashed_files['site.css']}*"))
    for kept in (middle, new):
        names = json.loads((folder / kept.manifest_name).read_text())["paths"].values()
        assert all((folder / name).exists() for name in names)
