"""Unknown cars are told from known ones, and bundles without the means for it answer as before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from ml.bundle.bundle import CARD, PROJECTION, Familiarity, SecondView, read_bundle, write_bundle
from ml.evaluation.metrics import roc_area, roc_interval
from ml.exceptions import BundleError
from ml.packaging.model_card import render_card
from ml.serving.embedding_projection import EmbeddingProjection, distances, fit_projection, read_projection
from ml.serving.openset import cosines, familiarity, fit_familiarity
from ml.serving.predictor import Predictor
from ml.serving.views import WHOLE, shows_enough
from tests.ml.conftest import as_bytes, drawn
from tests.ml.tiny import TINY_LABELS, write_tiny_bundle

PHOTO = as_bytes(drawn((180, 60, 30), 3, size=(300, 200)))


def clusters(classes: int, each: int, *, size: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings around class means; their spread is three times as wide in the first direction."""
    random = np.random.default_rng(seed)
    means = np.random.default_rng(99).normal(0, 2, (classes, size))
    labels = np.repeat(np.arange(classes), each)
    spread = np.r_[3.0, np.ones(size - 1)]
    return means[labels] + random.normal(0, 0.5, (len(labels), size)) * spread, labels


def test_projection_evens_the_spread_out_and_keeps_classes_apart() -> None:
    embeddings, labels = clusters(6, 40)
    projection = fit_projection(embeddings, labels, directions=5, shrinkage=0.0)
    projected = projection.project(embeddings)
    assert projected.shape == (240, 5)
    np.testing.assert_allclose((projected - projection.centroids[labels]).std(axis=0), 1, atol=0.05)
    fresh, own = clusters(6, 40, seed=1)
    assert (distances(projection.project(fresh), projection.centroids).argmin(axis=1) == own).mean() > 0.95
    assert (projection.neighbours(projection.project(fresh), 3)[:, 0] == own).mean() > 0.95


def test_projection_of_fewer_photos_than_directions_is_finite() -> None:
    embeddings, labels = clusters(3, 2)
    projection = fit_projection(embeddings, labels)
    assert projection.centroids.shape == (3, 3)
    assert np.isfinite(projection.project(embeddings)).all()


def test_distances_are_the_squares_of_the_usual_ones() -> None:
    one, other = np.random.default_rng(1).normal(size=(4, 3)), np.random.default_rng(2).normal(size=(5, 3))
    expected = np.square(one[:, None] - other[None]).sum(axis=-1)
    np.testing.assert_allclose(distances(one, other), expected, atol=1e-9)


def test_familiarity_tells_strangers_by_either_part() -> None:
    random = np.random.default_rng(0)
    known = random.normal(0, 1, (500, 20))
    known[np.arange(500), random.integers(0, 20, 500)] += 10
    close = random.normal(0.7, 0.1, 500)
    how = fit_familiarity(known, close, turned_away=0.05)
    own = familiarity(how, known, close)
    assert (own < how.threshold).mean() == pytest.approx(0.05, abs=0.004)
    flat = familiarity(how, random.normal(0, 1, (200, 20)), random.normal(0.7, 0.1, 200))
    far = familiarity(how, known[:200], random.normal(0.1, 0.1, 200))
    for strangers in (flat, far):
        assert roc_area(own, strangers) > 0.95
        assert (strangers < how.threshold).mean() > 0.8


def test_familiarity_does_not_change_where_all_logits_are_raised() -> None:
    logits = np.random.default_rng(0).normal(size=(5, 9))
    how = Familiarity(1.0, 1.0, 0.0, 0.0)
    np.testing.assert_allclose(
        familiarity(how, logits + 7, np.zeros(5)), familiarity(how, logits, np.zeros(5))
    )


def test_interval_of_the_area_holds_it() -> None:
    random = np.random.default_rng(0)
    figure = roc_interval(random.normal(1, 1, 200), random.normal(0, 1, 100), resamples=200)
    assert figure.low < figure.value < figure.high
    assert 0.7 < figure.value < 0.85


@pytest.mark.parametrize(("threshold", "decision"), [(-1e9, "sure"), (1e9, "unknown")])
def test_unfamiliar_photo_is_unknown_however_likely_its_best_candidate(
    tmp_path: Path, threshold: float, decision: str
) -> None:
    bundle = write_tiny_bundle(
        tmp_path / "b", decision="sure", familiarity=Familiarity(1.0, 1.0, threshold, 0.0)
    )
    answer = Predictor(bundle).predict(PHOTO)
    assert answer.decision == decision
    assert answer.familiarity is not None


def test_similar_cars_are_the_nearest_ones(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "b")
    answer = Predictor(bundle).predict(PHOTO)
    projection = read_projection(bundle)
    assert projection is not None
    near = cosines(projection.project(answer.embedding)[None], projection.centroids)[0]
    assert [one.label for one in answer.similar] == [TINY_LABELS[i] for i in np.argsort(-near)]
    assert [one.cosine for one in answer.similar] == pytest.approx(sorted(near, reverse=True))


def test_bundle_without_a_space_answers_without_what_needs_it(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "b", projection=False)
    card = json.loads((bundle.path / CARD).read_text())
    del card["familiarity"], card["second_look"]["pixels"], card["second_look"]["shape"]  # as once exported
    (bundle.path / CARD).write_text(json.dumps(card))
    old = read_bundle(bundle.path)
    assert (old.settings.familiarity, old.settings.second_view.pixels, old.has_projection) == (None, 0, False)
    assert old.settings.second_view.shape == SecondView().shape
    answer = Predictor(old).predict(PHOTO)
    with_space = Predictor(write_tiny_bundle(tmp_path / "s")).predict(PHOTO)
    assert answer.predictions == with_space.predictions
    assert (answer.familiarity, answer.similar) == (None, ())


def test_changed_space_is_a_damaged_bundle(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "b")
    (bundle.path / PROJECTION).write_bytes(save({"mean": np.zeros(3, np.float32)}))
    with pytest.raises(BundleError, match=r"space\.safetensors is not the file that was exported"):
        read_bundle(bundle.path)


def test_projection_of_another_run_is_refused(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "b")
    files = {name: (bundle.path / name).read_bytes() for name in ("model.onnx", "weights.safetensors")}
    other = EmbeddingProjection(
        np.zeros(8, np.float32), np.eye(8, dtype=np.float32), np.zeros((4, 8), np.float32)
    )
    mixed = write_bundle(
        tmp_path / "m", bundle.settings, bundle.labels, model=files["model.onnx"],
        weights=files["weights.safetensors"], projection=other.to_file(),
    )  # fmt: skip
    with pytest.raises(BundleError, match="has 4 classes for 6 labels"):
        Predictor(mixed).load()


def test_settings_that_need_a_space_are_refused_without_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="names no digest"):
        write_tiny_bundle(tmp_path / "b", familiarity=Familiarity(1.0, 1.0, 0.0, 0.0), projection=False)


def test_few_or_blurred_pixels_are_not_enlarged() -> None:
    how, box = SecondView(pixels=60), (0.25, 0.25, 0.75, 0.75)
    assert shows_enough(box, (120, 120), how, ())
    assert not shows_enough(box, (500, 118), how, ())
    assert not shows_enough(box, (500, 500), how, ("dark", "blurred"))
    assert shows_enough(WHOLE, (10, 10), how, ("blurred",))
    assert shows_enough(box, (10, 10), SecondView(pixels=0), ("blurred",))


def test_card_says_what_is_known_of_the_unknown_and_of_several_photos(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "b", familiarity=Familiarity(0.5, 7.25, 8.125, 0.4))
    area = {"value": 0.9, "low": 0.85, "high": 0.95}
    figures = {"photos": 40, "area": area, "area with scene": area, "called unknown": 0.75}
    several = {
        "2 photos": {"single top-1": area, "fused top-1": area, "gain": area, "calibration error": 0.0125}
    }
    metrics = {"open set": {"cars of elsewhere": figures}, "several photos": several, "photos": 1}
    card = bundle.card | {"metrics": metrics}
    text = render_card(replace(bundle, card=card))
    assert "| cars of elsewhere | 40 | 0.900 (0.850-0.950) | 0.900 (0.850-0.950) | 75.0% |" in text
    assert "less familiar than 8.125" in text
    assert "| 2 photos | 0.900 (0.850-0.950) | 0.900 (0.850-0.950) | 0.900 (0.850-0.950) | 0.013 |" in text
