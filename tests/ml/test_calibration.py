"""Temperatures and thresholds are found where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from ml.evaluation.calibration import (
    Labelled,
    crossfitted_error,
    exterior_threshold,
    fit_temperature,
    minimise,
    sure_threshold,
    unknown_threshold,
)
from ml.evaluation.metrics import calibration_error
from ml.serving.views import softmax


def overconfident(temperature: float, count: int = 4000) -> Labelled:
    """Logits whose right temperature is known: labels are drawn from softmax(logits / temperature)."""
    random = np.random.default_rng(5)
    logits = random.normal(0, 3, (count, 6))
    cumulated = softmax(logits, temperature).cumsum(axis=1)
    labels = (random.random((count, 1)) > cumulated).sum(axis=1)
    return Labelled(logits, labels)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_is_found(temperature: float) -> None:
    logits = overconfident(temperature)
    assert fit_temperature(logits) == pytest.approx(temperature, rel=0.1)


def test_temperature_mends_the_calibration_error() -> None:
    logits = overconfident(3.0)

    def error(temperature: float) -> float:
        probabilities = logits.probabilities(temperature)
        return calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == logits.labels)

    assert error(1.0) > 0.2
    assert error(fit_temperature(logits)) < 0.03
    assert crossfitted_error(logits) < 0.04


def test_minimise_finds_the_dip() -> None:
    assert minimise(lambda x: (x - 1.3) ** 2, -4, 4) == pytest.approx(1.3, abs=1e-5)


def test_sure_is_as_low_as_its_precision_allows() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    assert sure_threshold(confidence, right, precision=1.0) == 0.8
    assert sure_threshold(confidence, right, precision=0.75) == 0.6
    assert sure_threshold(confidence, right, precision=0.6) == 0.5


def test_sure_is_out_of_reach_where_nothing_is_right() -> None:
    assert sure_threshold(np.array([0.9, 0.8]), np.array([False, False])) == 1.0


def test_unknown_costs_few_right_answers() -> None:
    confidence = np.linspace(0, 1, 101)
    right = confidence >= 0.2
    threshold = unknown_threshold(confidence, right, lost=0.05)
    assert (confidence[right] < threshold).mean() <= 0.05
    assert 0.2 < threshold < 0.3


def test_exterior_turns_few_cars_away() -> None:
    probability = np.linspace(0, 1, 1001)
    assert (probability < exterior_threshold(probability)).mean() <= 0.01
    assert exterior_threshold(np.full(50, 0.99)) == 0.5
