"""Figures against cases small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.evaluation.metrics import (
    calibration_error,
    group_hits,
    group_sums,
    interval,
    log_loss,
    macro_f1,
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
