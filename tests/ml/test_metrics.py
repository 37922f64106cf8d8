"""Figures against cases small enough to count by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve

from ml.evaluation.metrics import (
    calibration_error,
    group_hits,
    group_sums,
    interval,
    log_loss,
    macro_f1,
    reliability,
    roc_area,
    top_k_hits,
)

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [0.2, 0.5, 0.3]])
LABELS = np.array([0, 2, 2, 0])


def test_top_k_counts_labels_among_the_k_likeliest() -> None:
    np.testing.assert_array_equal(top_k_hits(PROBABILITIES, LABELS, 1), [True, False, True, False])
    np.testing.assert_array_equal(top_k_hits(PROBABILITIES, LABELS, 2), [True, True, True, False])
    assert top_k_hits(PROBABILITIES, LABELS, 3).all()


def test_network_that_says_the_same_of_everything_gets_no_top_1() -> None:
    assert not top_k_hits(np.full((4, 3), 1 / 3), LABELS, 1).any()


def test_macro_f1_weighs_classes_the_same() -> None:
    # Class 0: precision 1, recall 1/2; class 2: 1 and 1/2; class 1 is said twice and never true.
    assert macro_f1(PROBABILITIES.argmax(axis=1), LABELS, 3) == pytest.approx((2 / 3 + 0 + 2 / 3) / 3)


def test_macro_f1_leaves_out_classes_that_do_not_occur() -> None:
    assert macro_f1(np.array([0, 1]), np.array([0, 1]), 50) == 1.0


def test_calibration_error_is_the_mean_distance_in_bins() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, True])
    assert calibration_error(confidence, right) == pytest.approx((4 * 0.20 + 2 * 0.45) / 6)


def test_calibration_error_of_full_confidence_falls_into_the_last_bin() -> None:
    assert calibration_error(np.ones(5), np.ones(5, bool)) == 0.0


@given(st.integers(0, 2**32 - 1))
def test_calibrated_confidence_has_a_small_error(seed: int) -> None:
    random = np.random.default_rng(seed)
    confidence = random.random(4000)
    assert calibration_error(confidence, random.random(4000) < confidence) < 0.06


def test_log_loss_of_even_odds() -> None:
    assert log_loss(np.full((3, 4), 0.25), np.array([0, 1, 2])) == pytest.approx(np.log(4))


def test_groups_sum_their_classes() -> None:
    sums, names = group_sums(PROBABILITIES, ["Audi", "BMW", "Audi"])
    assert names == ["Audi", "BMW"]
    np.testing.assert_allclose(sums[1], [0.5, 0.5])
    np.testing.assert_array_equal(
        group_hits(PROBABILITIES, LABELS, ["Audi", "BMW", "Audi"]), [True, True, True, True]
    )
    np.testing.assert_array_equal(
        group_hits(PROBABILITIES, LABELS, ["Audi", "BMW", "BMW"]), [True, True, True, False]
    )


@pytest.mark.parametrize(
    ("inside", "outside", "area"),
    [([3, 4], [1, 2], 1.0), ([1, 2], [3, 4], 0.0), ([1, 1], [1, 1], 0.5), ([1, 3], [2], 0.5)],
)
def test_roc_area(inside: list, outside: list, area: float) -> None:
    assert roc_area(np.array(inside), np.array(outside)) == pytest.approx(area)


def test_interval_holds_the_figure_and_is_the_same_every_time() -> None:
    hits = np.random.default_rng(1).random(400) < 0.9
    figure = interval(lambda drawn: float(hits[drawn].mean()), 400)
    assert figure.low < figure.value == hits.mean() < figure.high
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * np.sqrt(0.09 / 400), rel=0.2)
    assert figure == interval(lambda drawn: float(hits[drawn].mean()), 400)


# --- The same as scikit-learn's -----------------------------------------------------------------------------
def sample(seed: int, *, photos: int = 300, classes: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, C) without ties, and labels (N), which the likeliest class often is."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1, (photos, classes))
    labels = random.integers(0, classes, photos)
    logits[np.arange(photos), labels] += 1.5
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), labels


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("k", [1, 2, 5])
def test_top_k_accuracy_is_that_of_scikit_learn(seed: int, k: int) -> None:
    probabilities, labels = sample(seed)
    expected = sklearn_metrics.top_k_accuracy_score(labels, probabilities, k=k, labels=range(12))
    assert top_k_hits(probabilities, labels, k).mean() == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_macro_f1_is_that_of_scikit_learn(seed: int) -> None:
    probabilities, labels = sample(seed, photos=40, classes=30)  # some classes do not occur
    predicted = probabilities.argmax(axis=1)
    expected = sklearn_metrics.f1_score(labels, predicted, average="macro", zero_division=0)
    assert macro_f1(predicted, labels, 30) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_log_loss_is_that_of_scikit_learn(seed: int) -> None:
    probabilities, labels = sample(seed)
    expected = sklearn_metrics.log_loss(labels, probabilities, labels=range(12))
    assert log_loss(probabilities, labels) == pytest.approx(expected)


@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=40),
    st.lists(st.integers(-5, 5), min_size=1, max_size=40),
)
def test_roc_area_is_that_of_scikit_learn_with_ties_too(inside: list[int], outside: list[int]) -> None:
    is_inside = [True] * len(inside) + [False] * len(outside)
    expected = sklearn_metrics.roc_auc_score(is_inside, inside + outside)
    assert roc_area(np.array(inside), np.array(outside)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_reliability_diagram_and_calibration_error_are_those_of_scikit_learn(seed: int) -> None:
    probabilities, labels = sample(seed, photos=2000)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    share_right, mean_confidence = calibration_curve(right, confidence, n_bins=10, strategy="uniform")
    bins = reliability(confidence, right)
    np.testing.assert_allclose([one.right for one in bins], share_right)
    np.testing.assert_allclose([one.confidence for one in bins], mean_confidence)
    # scikit-learn has no expected calibration error; it follows from its curve and the photos of each bin.
    weights = np.array([one.photos for one in bins]) / len(labels)
    expected = (weights * np.abs(share_right - mean_confidence)).sum()
    assert calibration_error(confidence, right, bins=10) == pytest.approx(expected)
