"""A stand-in for the model: tests here are about rows; `tests/integration` has the real one."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from pytest_django import Settings

from accounts.models import User
from catalog.choices import BodyStyle
from catalog.models import CarModel, Make, Variant
from classifier.answers import engine
from classifier.models import Identification, ModelVersion
from classifier.photos.receive import identification_create
from classifier.training import registry, steps
from ml.bundle.bundle import read_bundle
from ml.exceptions import PhotoError
from ml.serving.answers import Answer, Candidate, MakeShare, ModelShare
from tests.classifier.photos import encoded, picture

GUEST = AnonymousUser()


def answer(decision: str = "sure", scene: str = "exterior", p: float = 0.9, **changes: Any) -> Answer:
    """An answer that names an Audi A5, which the catalogue has, before a BMW, which it has not."""
    values = {
        "scene": scene,
        "scenes": {"exterior": 1.0, "interior": 0.0, "other": 0.0},
        "decision": decision,
        "predictions": (
            Candidate("Audi A5 Coupe 2012", "audi-a5-coupe-2012", p),
            Candidate("BMW M3 Coupe 2012", "bmw-m3-coupe-2012", 1 - p),
        ),
        "makes": (MakeShare("Audi", p), MakeShare("BMW", 1 - p)),
        "models": (ModelShare("Audi", "A5", p), ModelShare("BMW", "M3", 1 - p)),
        "embedding": np.zeros(4, np.float32),
        "heat_map": ((0, 255), (128, 0)),
        "box": (0.1, 0.2, 0.9, 1.0),
        "hints": (),
    }
    return Answer(**(values | changes))


class StubPredictor:
    """Answers `answer`, or raises it; counts its calls."""

    def __init__(self) -> None:
        self.answer: Answer | Exception = answer()
        self.calls = 0
        self.batch = 1

    def predict(self, source: bytes) -> Answer:
        self.calls += 1
        assert source[:2] == b"\xff\xd8", "the worker got something else than the kept JPEG"
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def predict_many(self, sources: Iterable[bytes], *, batch: int) -> Iterator[Answer | PhotoError]:
        """Like the real one: all of a batch before the first answer, and a photo that can't be read is an answer too."""
        assert batch <= self.batch
        answers: list[Answer | PhotoError] = []
        for source in sources:
            try:
                answers.append(self.predict(source))
            except PhotoError as error:
                answers.append(error)
        yield from answers


@pytest.fixture
def version(db: None) -> ModelVersion:
    return ModelVersion.objects.create(name="stub", version="1", digest="0" * 64, state="active")


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch, version: ModelVersion) -> StubPredictor:
    stub = StubPredictor()
    monkeypatch.setattr(engine, "current", lambda: SimpleNamespace(predictor=stub, version_id=version.pk))
    return stub


@pytest.fixture
def audi(db: None) -> Variant:
    model = CarModel.objects.create(make=Make.objects.create(name="Audi", slug="audi"), name="A5", slug="a5")
    return Variant.objects.create(
        model=model, year=2012, body_style=BodyStyle.COUPE, slug="audi-a5-coupe-2012"
    )


@pytest.fixture
def wake_ups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the photos for which a worker was woken, in order; on commit only."""
    from classifier import tasks

    ids: list[str] = []
    monkeypatch.setattr(tasks.identify, "delay", ids.append)
    return ids


def send(
    user: User | AnonymousUser = GUEST, guest_key: str = "", data: bytes | None = None
) -> Identification:
    """Take in a photo."""
    data = data or encoded()
    row, _ = identification_create(file=io.BytesIO(data), size=len(data), user=user, guest_key=guest_key)
    return row


def other_photo(seed: int) -> bytes:
    """A photo that differs with its seed."""
    image = picture()
    image.putpixel((0, 0), (seed % 256, seed // 256, 7))
    return encoded(image, "PNG") if seed < 0 else encoded(image, comment=str(seed).encode())


def stored_files() -> list[str]:
    """Names of all files that are kept."""
    return sorted(path.name for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file())


# --- Training runs ------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that has learned nothing yet."""
    from tests.classifier.workshop import untrained_bundle

    return untrained_bundle(tmp_path_factory.mktemp("bundles") / "untrained").path


@pytest.fixture
def trainer_calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the runs for which the trainer was woken; leases are renewed every 0.05 s."""
    from classifier.tasks import retrain

    ids: list[int] = []
    monkeypatch.setattr(retrain, "delay", ids.append)
    monkeypatch.setattr(steps, "PULSE", 0.05)
    return ids


@pytest.fixture
def workshop(settings: Settings, tmp_path: Path, untrained: Path, trainer_calls: list[int]) -> Path:
    """A site whose active model has learned nothing yet, a catalogue with its cars, and drawn photos to learn from."""
    from tests.classifier.bundles import stock
    from tests.classifier.workshop import base_photos, recipe_file
    from tests.ml.conftest import CLASSES

    stock(tuple(CLASSES))
    settings.MODEL_BUNDLE = untrained
    registry.version_register_shipped(bundle=read_bundle(untrained))
    settings.RETRAIN_RECIPE = recipe_file(tmp_path / "retrain.toml", base_photos(tmp_path / "cars"))
    return tmp_path
