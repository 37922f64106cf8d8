"""Where the second look goes, what both looks say together, and what drew them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.bundle import SecondLook
from ml.looks import WHOLE, combine, energy, heat_map, leads, second_box, settled, softmax

strengths = arrays(np.float32, (7, 7), elements=st.floats(0, 1, width=32))
ways = st.builds(
    SecondLook,
    energy=st.floats(0.1, 0.9),
    padding=st.floats(0, 0.3),
    smallest=st.floats(0.1, 1.0),
    largest=st.floats(0.1, 1.0),
    weight=st.floats(0, 1),
)


@given(strengths, ways)
def test_box_lies_in_the_photo_is_large_enough_and_misses_no_strong_cell(
    strength: np.ndarray, way: SecondLook
) -> None:
    left, top, right, bottom = box = second_box(strength, way)
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1
    assert min(right - left, bottom - top) >= way.smallest - 1e-9
    rows, columns = np.nonzero(strength >= way.energy)
    for row, column in zip(rows, columns, strict=True):
        assert top <= row / 7 + 1e-9
        assert bottom >= (row + 1) / 7 - 1e-9
        assert left <= column / 7 + 1e-9
        assert right >= (column + 1) / 7 - 1e-9
    assert box is WHOLE or (right - left) * (bottom - top) <= way.largest


@given(strengths, ways)
def test_more_padding_never_makes_the_box_smaller(strength: np.ndarray, way: SecondLook) -> None:
    wider = replace(way, padding=way.padding + 0.1)
    left, top, right, bottom = second_box(strength, way)
    left_, top_, right_, bottom_ = second_box(strength, wider)
    assert right_ - left_ >= right - left - 1e-9
    assert bottom_ - top_ >= bottom - top - 1e-9


def test_box_is_tight_around_the_strong_cells() -> None:
    strength = np.zeros((4, 4))
    strength[1, 2] = strength[2, 2] = 1.0
    assert second_box(strength, SecondLook(energy=0.5, padding=0, smallest=0.1)) == (0.5, 0.25, 0.75, 0.75)


def test_box_at_the_edge_moves_inwards_to_its_smallest_side() -> None:
    strength = np.zeros((4, 4))
    strength[0, 3] = 1.0
    box = second_box(strength, SecondLook(energy=0.5, padding=0, smallest=0.5))
    assert box == pytest.approx((0.5, 0.0, 1.0, 0.5))


def test_car_that_fills_the_photo_is_not_looked_at_closer() -> None:
    strength = np.zeros((4, 4))
    strength[0:3, 0:3] = 1.0
    assert second_box(strength, SecondLook(smallest=0.1, largest=0.6)) == (0, 0, 0.75, 0.75)
    assert second_box(strength, SecondLook(smallest=0.1, largest=0.5)) is WHOLE


def test_first_look_says_enough_where_its_best_leads_by_far() -> None:
    logits = np.array([[1.0, 5.0, 2.0], [4.0, 4.0, 0.0], [9.0, 1.0, 2.5]])
    assert leads(logits).tolist() == [3.0, 0.0, 6.5]
    assert settled(logits, SecondLook(enough=3.0)).tolist() == [True, False, True]
    assert not settled(logits, SecondLook()).any()
    assert settled(logits[:, :1], SecondLook(enough=3.0)).all(), "of one class there is nothing to confuse"


def test_even_energy_means_the_whole_photo() -> None:
    assert second_box(energy(np.ones((8, 7, 7))), SecondLook()) is WHOLE


def test_energy_is_the_norm_over_channels_scaled_to_one() -> None:
    feature_map = np.zeros((2, 2, 2))
    feature_map[:, 0, 0] = 3, 4
    feature_map[:, 1, 1] = 0, 2.5
    np.testing.assert_allclose(energy(feature_map), [[1, 0], [0, 0.5]])


@given(arrays(np.float32, (3, 5), elements=st.floats(-50, 50, width=32)), st.floats(0, 1), st.floats(0.2, 5))
def test_two_looks_together_are_probabilities(logits: np.ndarray, weight: float, temperature: float) -> None:
    both = combine(logits, logits[::-1], temperature=temperature, weight=weight)
    np.testing.assert_allclose(both.sum(axis=1), 1)
    assert both.min() >= 0


def test_weight_says_how_much_the_second_look_counts() -> None:
    first, second = np.array([[4.0, 0.0]]), np.array([[0.0, 4.0]])
    np.testing.assert_allclose(combine(first, second, temperature=1, weight=0), softmax(first))
    np.testing.assert_allclose(combine(first, second, temperature=1, weight=0.5), [[0.5, 0.5]])
    np.testing.assert_allclose(
        combine(first, second, temperature=2, weight=0.25), softmax(np.array([[1.5, 0.5]]))
    )
    np.testing.assert_allclose(combine(first, second, temperature=1, weight=1), softmax(second))


def test_temperature_flattens() -> None:
    assert softmax(np.array([3.0, 0.0]), 2.0)[0] == pytest.approx(1 / (1 + np.exp(-1.5)))


def test_heat_map_shows_what_speaks_for_the_class_and_nothing_against_it() -> None:
    feature_map = np.zeros((2, 2, 3))
    feature_map[0, 0, 1] = 2.0
    feature_map[0, 1, 2] = 1.0
    feature_map[1, 0, 0] = 5.0
    np.testing.assert_array_equal(heat_map(np.array([1.0, -1.0]), feature_map), [[0, 255, 0], [0, 0, 128]])


def test_heat_map_of_nothing_is_black() -> None:
    assert heat_map(np.array([-1.0]), np.ones((1, 3, 3))).max() == 0
