"""The bundle that ships, on real photos its weights have not seen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ml.bundle.bundle import LARGEST, MODEL, read_bundle
from ml.cli.predict import DEFAULT_BUNDLE
from ml.data.splits import Photo, apply_split, read_folder
from ml.evaluation.photo_sources import read_scenes
from ml.serving.answers import Answer
from ml.serving.predictor import Predictor
from tests.ml.conftest import DATA, ROOT

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not (DATA / "stanford-cars").is_dir(), reason="../shared/data is absent: no real photos to judge by"
    ),
    pytest.mark.skipif(
        not (DEFAULT_BUNDLE / MODEL).exists(), reason=f"there is no bundle at {DEFAULT_BUNDLE}"
    ),
]


@dataclass(frozen=True)
class Sample:
    """Photos with the right names of their classes, and the answers to them."""

    names: list[str]
    answers: list[Answer]

    @classmethod
    def of(cls, photos: list[Photo]) -> Sample:
        predictor = Predictor(DEFAULT_BUNDLE, threads=2)
        answers = [
            answer
            for answer in predictor.predict_many(photo.path for photo in photos)
            if isinstance(answer, Answer)
        ]
        assert len(answers) == len(photos)
        return cls([Path(photo.name).parent.name for photo in photos], answers)

    def share_in_top(self, k: int) -> float:
        """Share of the photos whose class is among the first k candidates."""
        found = [
            name in [candidate.label for candidate in answer.predictions[:k]]
            for name, answer in zip(self.names, self.answers, strict=True)
        ]
        return float(np.mean(found))


@pytest.fixture(scope="module")
def cars() -> Sample:
    """One in six of the validation photos."""
    photos, _ = read_folder(DATA / "stanford-cars", DATA / "indian-cars")
    splits = [ROOT / f"ml/splits/{name}-validation.txt" for name in ("cars", "indian")]
    return Sample.of(apply_split(photos, *splits)[1][::6])


@pytest.fixture(scope="module")
def scenes() -> Sample:
    """All validation photos that show no car from outside."""
    return Sample.of(read_scenes(DATA / "scenes", ROOT / "ml/splits/scenes-validation.txt")[1])


def test_car_is_named_right(cars: Sample) -> None:
    assert len(cars.answers) > 200
    assert cars.share_in_top(1) >= 0.87
    assert cars.share_in_top(5) >= 0.96


def test_sure_answers_are_right(cars: Sample) -> None:
    sure = [
        answer.predictions[0].label == name
        for name, answer in zip(cars.names, cars.answers, strict=True)
        if answer.decision == "sure"
    ]
    assert len(sure) > 100
    assert np.mean(sure) >= 0.92


def test_cars_are_not_turned_away(cars: Sample) -> None:
    assert np.mean([answer.scene == "exterior" for answer in cars.answers]) >= 0.98


def test_what_is_no_car_is_turned_away(scenes: Sample) -> None:
    assert len(scenes.answers) > 200
    assert np.mean([answer.decision == "unknown" for answer in scenes.answers]) >= 0.9
    assert np.mean([answer.decision == "sure" for answer in scenes.answers]) <= 0.02


def test_bundle_says_what_it_was_measured_at() -> None:
    bundle = read_bundle(DEFAULT_BUNDLE)
    two = bundle.card["metrics"]["two looks"]
    # A later bundle may not fall behind.
    assert two["top-1"]["value"] >= 0.91
    assert two["top-5"]["value"] >= 0.985
    assert two["make"]["value"] >= 0.965
    assert two["calibration error"]["value"] <= 0.02
    worse = {name: row["two looks top-1"] for name, row in bundle.card["metrics"]["robustness"].items()}
    assert worse.pop("tiny car") >= 0.85
    assert min(worse.values()) >= 0.87
    assert worse["small car"] >= 0.91
    assert sum(file.stat().st_size for file in bundle.path.iterdir()) <= LARGEST
    assert "research" in bundle.card["licence"]
    card = (bundle.path / "MODEL_CARD.md").read_text()
    assert bundle.digest in card
    assert str(ROOT.parent) not in json.dumps(bundle.card)
