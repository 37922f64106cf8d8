"""What is backed up comes back: every row, every file, to the bit; and nothing is changed where it can't."""

from __future__ import annotations

import hashlib
import io
import random
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from classifier.models import Feedback, Identification
from classifier.photos.receive import identification_create
from ops import backups, restoring
from tests.databases import database_at
from tests.services import photo

PHOTOS = 25


class System:
    """A database and a folder."""

    def __init__(self, folder: Path, database: Path | None, blocker: DjangoDbBlocker) -> None:
        folder.mkdir()
        self.folder, self.path, self._blocker = folder, folder / "db.sqlite3", blocker
        if database:
            shutil.copyfile(database, self.path)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """What the site does meanwhile, it does here."""
        places = {"VAR_DIR": self.folder, "MEDIA_ROOT": self.folder / "media"}
        with self._blocker.unblock(), override_settings(**places), database_at(f"sqlite:///{self.path}"):
            yield

    def contents(self) -> tuple[dict[str, list[tuple[Any, ...]]], dict[str, str]]:
        """All rows by table, and the digests of all files."""
        with self.in_use():
            models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
            rows = {
                model._meta.label: list(model._base_manager.order_by("pk").values_list()) for model in models
            }
        files = [path for place in ("media", "models") for path in (self.folder / place).rglob("*")]
        return rows, {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if path.is_file()
        }

    def state(self) -> dict[str, str]:
        """Digests of everything in its folder, the database too."""
        with self.in_use():
            connections["default"].cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def site(tmp_path: Path, seeded_database: Path, django_db_blocker: DjangoDbBlocker) -> System:
    """A site with people, cars, photos, an answer and a model that was added."""
    system = System(tmp_path / "site", seeded_database, django_db_blocker)
    with system.in_use():
        user = get_user_model().objects.get(email="demo@carsite.example")
        for seed in range(PHOTOS):
            content = photo(seed)
            row, _ = identification_create(file=io.BytesIO(content), size=len(content), user=user)
        Identification.objects.filter(pk=row.pk).update(ranking=[{"label": "Škoda", "p": 0.25}])
        Feedback.objects.create(
            identification=row, verdict=Feedback.Verdict.values[0], text="Ça, c’est vrai\nwhat?"
        )
        bundle = system.folder / "models" / "own-1"
        bundle.mkdir(parents=True)
        (bundle / "model.onnx").write_bytes(random.Random(0).randbytes(10_000))
    return system


@pytest.fixture
def archive(site: System, tmp_path: Path) -> Path:
    path = tmp_path / "carsite.tar"
    with site.in_use():
        call_command("backup", path)
    return path


@pytest.fixture
def system(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> System:
    """A system without even a database."""
    return System(tmp_path / "other", None, django_db_blocker)


def restore(system: System, archive: Path, **options: object) -> None:
    with system.in_use():
        call_command("restore", archive, **options)


def test_a_backup_comes_back_whole_in_an_empty_system(site: System, archive: Path, system: System) -> None:
    restore(system, archive)
    before, after = site.contents(), system.contents()
    assert after[0] == before[0]
    assert len(after[0]["classifier.Identification"]) == PHOTOS
    assert sum(map(len, after[0].values())) > 3000
    some = random.Random(1).sample(sorted(before[1]), 20)
    assert [after[1][name] for name in some] == [before[1][name] for name in some]
    assert after[1] == before[1]
    assert archive.stat().st_mode & 0o077 == 0, "others may read the archive"


def test_a_restored_site_finds_its_cars_and_takes_more(archive: Path, system: System) -> None:
    from catalog.models import Variant

    restore(system, archive)
    with system.in_use():
        assert Variant.objects.filter(search_text__names="lamborghini").exists()
        user = get_user_model().objects.create_user("new@example.org", "correct horse battery staple")
        assert user.pk
        content = photo(999)
        identification_create(file=io.BytesIO(content), size=len(content), user=user)
        assert Identification.objects.count() == PHOTOS + 1


def test_a_site_that_is_in_use_is_not_replaced_unless_forced(
    site: System, archive: Path, seeded_database: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    other = System(tmp_path / "used", seeded_database, django_db_blocker)
    with other.in_use():
        user = get_user_model().objects.first()
        content = photo(555)
        lost, _ = identification_create(file=io.BytesIO(content), size=len(content), user=user)
    before = other.state()
    with pytest.raises(CommandError, match="already"):
        restore(other, archive)
    assert other.state() == before
    restore(other, archive, force=True)
    assert other.contents() == site.contents()
    with other.in_use():
        assert not default_storage.exists(lost.photo.name)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_end(path: Path) -> None:
    """Cut exactly between two members."""
    with tarfile.open(path) as tar:
        offset = tar.getmembers()[-1].offset
    path.write_bytes(path.read_bytes()[:offset] + bytes(1024))


def one_bit_off(path: Path) -> None:
    with tarfile.open(path) as tar:
        place = next(one for one in tar.getmembers() if one.name.startswith("media/")).offset_data + 500
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


def rewritten(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut_short, "cut short"),
        (without_end, "cut short"),
        (one_bit_off, "damaged"),
        (lambda path: path.write_bytes(b"no archive"), "no backup"),
        (lambda path: path.write_bytes(b""), "no backup"),
        (lambda path: path.unlink(), "no backup"),
        (lambda path: rewritten(path, b'"format": 1', b'"format": 2'), "format 2"),
        (lambda path: rewritten(path, b'"format": 1', b'"format": x'), "damaged"),
        (lambda path: rewritten(path, b'"created": ', b'"creatid": '), "damaged"),
        (lambda path: rewritten(path, b'{"format": 1', b'["format", 1'), "damaged"),
        (
            lambda path: rewritten(path, b'"catalog.0001_initial"', b'"catalog.0001_changed"'),
            "another version",
        ),
    ],
)
def test_an_archive_that_can_not_be_restored_changes_nothing(
    archive: Path,
    migrated_database: Path,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
    spoil: Callable[[Path], None],
    said: str,
) -> None:
    system = System(tmp_path / "empty", migrated_database, django_db_blocker)
    before = system.state()
    spoil(archive)
    with pytest.raises(CommandError, match=said) as refusal:
        restore(system, archive)
    assert "Nothing was changed" in str(refusal.value)
    assert system.state() == before


def test_a_storage_that_fails_midway_leaves_database_and_files_as_they_were(
    archive: Path,
    migrated_database: Path,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = System(tmp_path / "empty", migrated_database, django_db_blocker)
    before = system.contents()
    real, calls = restoring.WrittenFiles.media, []

    def fails(self: Any, name: str, content: bytes) -> None:
        calls.append(name)
        if len(calls) > 10:
            raise OSError("No space left on device")
        real(self, name, content)

    monkeypatch.setattr(restoring.WrittenFiles, "media", fails)
    with pytest.raises(OSError, match="No space"):
        restore(system, archive)
    assert len(calls) == 11
    assert system.contents() == before


def test_a_restore_that_fails_late_leaves_other_files_by_the_same_names_as_they_were(
    site: System,
    archive: Path,
    seeded_database: Path,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = System(tmp_path / "used", seeded_database, django_db_blocker)
    shutil.copytree(site.folder / "models", other.folder / "models")
    shutil.copytree(site.folder / "media", other.folder / "media")
    changed = [other.folder / "models" / "own-1" / "model.onnx"]
    changed += sorted(path for path in (other.folder / "media").rglob("*.jpg"))[:2]
    for path in changed:
        path.write_bytes(b"of the other site")
    before = other.contents()

    def fails() -> None:
        raise OSError("the database is gone")

    real = restoring.reset_sequences
    monkeypatch.setattr(restoring, "reset_sequences", fails)
    with pytest.raises(OSError, match="is gone"):
        restore(other, archive, force=True)
    assert other.contents() == before
    monkeypatch.setattr(restoring, "reset_sequences", real)
    restore(other, archive, force=True)
    assert other.contents() == site.contents()


def test_files_that_are_gone_are_left_out_and_named(
    site: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with site.in_use():
        row = Identification.objects.first()
        assert row is not None
        row.photo.storage.delete(row.photo.name)
        call_command("backup", tmp_path / "carsite.tar")
        manifest = backups.check(tmp_path / "carsite.tar")
    assert manifest.missing == [row.photo.name]
    assert row.photo.name in capsys.readouterr().err


def test_a_backup_never_replaces_another_and_leaves_no_part(site: System, archive: Path) -> None:
    with site.in_use(), pytest.raises(CommandError, match="exists already"):
        call_command("backup", archive)
    with site.in_use(), pytest.raises(CommandError, match="can't be written"):
        call_command("backup", Path("/proc/no/such/folder.tar"))
    assert not list(archive.parent.glob("*.part"))
