"""Two models on the same photos."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ml.data.photo_table import Photo
from ml.evaluation import metrics
from ml.evaluation.paired_comparison import paired_comparison
from ml.evaluation.report import Estimate, PairedReport, ReliabilityBin
from ml.exceptions import DataError
from ml.serving.loaded_bundle import LoadedBundle
from tests.ml.conftest import CLASSES, write_folder
from tests.ml.tiny import write_tiny_bundle

LABELS = sorted(CLASSES)


def loaded(folder: Path, version: str, labels: list[str] = LABELS) -> LoadedBundle:
    bundle = write_tiny_bundle(folder / version, labels, version=version)
    return LoadedBundle.open(bundle, "onnx", 1)


@pytest.fixture
def photos(tmp_path: Path) -> list[Photo]:
    root = write_folder(tmp_path / "cars", CLASSES, 5)
    return [Photo(path, path.name, LABELS.index(path.parent.name)) for path in sorted(root.rglob("*.jpg"))]


def test_same_model_is_no_better_than_itself(tmp_path: Path, photos: list[Photo]) -> None:
    model = loaded(tmp_path, "one")
    report = paired_comparison(model, model, photos)
    assert report.photos == 15
    for figure in report.figures.values():
        assert figure.difference == Estimate(0.0, 0.0, 0.0)
        assert figure.active == figure.candidate


def test_difference_is_that_of_the_figures_with_an_interval_around_it(
    tmp_path: Path, photos: list[Photo]
) -> None:
    report = paired_comparison(loaded(tmp_path, "one"), loaded(tmp_path, "two"), photos)
    for figure in report.figures.values():
        gap = figure.candidate.value - figure.active.value
        assert figure.difference.value == pytest.approx(gap)
        assert figure.difference.low <= gap <= figure.difference.high
    assert any(figure.difference.value for figure in report.figures.values())


def test_models_of_other_cars_are_not_compared(tmp_path: Path, photos: list[Photo]) -> None:
    others = [*LABELS[:2], "Tesla Model S Sedan 2012"]
    with pytest.raises(DataError, match="know other cars"):
        paired_comparison(loaded(tmp_path, "one"), loaded(tmp_path, "two", others), photos)
    with pytest.raises(DataError, match="no photos"):
        paired_comparison(loaded(tmp_path, "one"), loaded(tmp_path, "three"), [])


def test_reliability_counts_photos_by_how_sure_the_model_was() -> None:
    confidence, right = np.array([0.95, 0.9, 0.55, 1.0]), np.array([True, False, True, True])
    low, high = metrics.reliability(confidence, right)
    assert low == ReliabilityBin(confidence=0.55, right=1.0, photos=1)
    assert (high.confidence, high.right, high.photos) == (pytest.approx(0.95), pytest.approx(2 / 3), 3)


def test_report_is_kept_as_json_and_read_again(tmp_path: Path, photos: list[Photo]) -> None:
    report = paired_comparison(loaded(tmp_path, "one"), loaded(tmp_path, "two"), photos)
    kept = json.loads(json.dumps(report.to_json()))
    assert list(kept) == ["photos", "figures", "reliability"]
    assert list(kept["figures"]["top-1"]) == ["active", "candidate", "difference"]
    assert PairedReport.from_json(kept) == report
    assert PairedReport.from_json({"shadow_trouble": "it failed"}) == PairedReport()
