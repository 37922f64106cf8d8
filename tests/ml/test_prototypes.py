"""Cars are learned from five photos, at once, beside those that were trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.bundle.bundle import Bundle, Familiarity
from ml.bundle.labels import parse_label
from ml.exceptions import BundleError
from ml.serving.embedding_projection import EmbeddingProjection
from ml.serving.predictor import Predictor
from ml.serving.prototypes import FEWEST, Prototype, join, project_prototypes, prototype_of
from ml.serving.views import softmax
from tests.ml.conftest import as_bytes, drawn
from tests.ml.tiny import TINY_LABELS, write_tiny_bundle

NEW = parse_label("Tata Nano Hatchback 2012")
PHOTO = as_bytes(drawn((180, 60, 30), 3, size=(300, 200)))
PROJECTION = EmbeddingProjection(
    np.zeros(2, np.float32), np.eye(2, dtype=np.float32), np.array([[10, 0], [-10, 1]], np.float32)
)


def test_fewer_than_five_photos_are_refused() -> None:
    with pytest.raises(ValueError, match="has 4 photos; 5 are the fewest"):
        prototype_of(NEW, [np.zeros(3)] * (FEWEST - 1))


def test_prototype_is_the_mean() -> None:
    made = prototype_of(NEW, [np.full(3, value) for value in range(5)])
    np.testing.assert_allclose(made.embedding, [2, 2, 2])


def test_photo_at_a_learned_car_is_named_so_and_photos_of_others_are_not() -> None:
    logits = np.array([[8.0, -8.0], [8.0, -8.0]])
    # Where the learned car lies, and where the first trained one does.
    projected = np.array([[0.0, 30.0], [10.0, 0.0]])
    learned = project_prototypes(PROJECTION, [Prototype(NEW, np.array([0, 30], np.float32))])
    shares = softmax(join(logits, projected, PROJECTION, learned))
    assert shares.shape == (2, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert shares[0].argmax() == 2
    assert shares[1, 2] < 1e-3
    np.testing.assert_allclose(shares[1, :2] / shares[1, :2].sum(), softmax(logits)[1])


def test_nothing_learned_changes_nothing() -> None:
    logits = np.random.default_rng(0).normal(size=(4, 2))
    np.testing.assert_array_equal(
        join(logits, np.zeros((4, 2)), PROJECTION, project_prototypes(PROJECTION, [])), logits
    )


def test_learned_car_joins_answers_at_once_and_leaves_again(tiny_bundle: Bundle) -> None:
    predictor = Predictor(tiny_bundle)
    before = predictor.predict(PHOTO)
    predictor.learn([prototype_of(NEW, [before.embedding] * FEWEST)])
    after = predictor.predict(PHOTO)
    named = {candidate.slug: candidate.probability for candidate in after.ranking}
    assert after.predictions[0].slug == NEW.slug
    assert sum(named.values()) == pytest.approx(1, abs=1e-3)
    assert ("Tata", named[NEW.slug]) in [(make, share) for make, share in after.makes]
    assert after.similar[0].slug == NEW.slug
    assert after.similar[0].cosine == pytest.approx(1, abs=1e-4)
    assert np.array(after.heat_map).shape == np.array(before.heat_map).shape
    assert next(predictor.predict_many([PHOTO])).predictions[0].slug == NEW.slug
    predictor.learn([])
    assert predictor.predict(PHOTO).predictions == before.predictions


def test_car_that_the_bundle_was_trained_on_is_not_learned_again(tiny_bundle: Bundle) -> None:
    predictor = Predictor(tiny_bundle)
    before = predictor.predict(PHOTO)
    predictor.learn([prototype_of(parse_label(TINY_LABELS[0]), [before.embedding] * FEWEST)])
    assert predictor.predict(PHOTO).predictions == before.predictions


def test_bundle_without_a_projection_says_that_it_can_not_learn(tmp_path: Path) -> None:
    predictor = Predictor(write_tiny_bundle(tmp_path / "b", projection=False))
    with pytest.raises(BundleError, match="can't learn from a few photos"):
        predictor.learn([prototype_of(NEW, [np.zeros(8)] * FEWEST)])


@pytest.mark.parametrize(("closest", "decision"), [(0.99, "sure"), (1.01, "unknown")])
def test_learned_car_is_known_by_its_cosine(tmp_path: Path, closest: float, decision: str) -> None:
    how = Familiarity(logit=1.0, cosine=1.0, threshold=1e9, closest=closest)
    predictor = Predictor(write_tiny_bundle(tmp_path / "b", decision="sure", familiarity=how))
    before = predictor.predict(PHOTO)
    assert before.decision == "unknown"
    predictor.learn([prototype_of(NEW, [before.embedding] * FEWEST)])
    after = predictor.predict(PHOTO)
    assert (after.predictions[0].slug, after.decision) == (NEW.slug, decision)
