"""Where the second view goes, what both views say together, and what drew them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.bundle.bundle import SecondView
from ml.serving.views import (
    WHOLE,
    area,
    energy,
    heat_map,
    leads,
    mixed,
    mixed_scenes,
    second_box,
    settled,
    softmax,
)

strengths = arrays(np.float32, (7, 7), elements=st.floats(0, 1, width=32))
sizes = st.tuples(st.integers(64, 2000), st.integers(64, 2000))
shapes = st.tuples(st.floats(0.2, 1.2), st.floats(1.3, 4.0))
ways = st.builds(
    SecondView,
    energy=st.floats(0.1, 0.9),
    padding=st.floats(0, 0.3),
    smallest=st.floats(0.1, 1.0),
    shape=shapes,
    largest=st.floats(0.1, 1.0),
    weight=st.floats(0, 1),
)
#: Of any shape and size.
FREE = SecondView(energy=0.5, padding=0, smallest=0, shape=(0.01, 100.0), largest=1.0)


@given(strengths, sizes, ways)
def test_box_lies_in_the_photo_is_large_enough_and_misses_no_strong_cell(
    strength: np.ndarray, size: tuple[int, int], way: SecondView
) -> None:
    left, top, right, bottom = box = second_box(strength, size, way)
    assert 0 <= left < right <= 1 + 1e-9
    assert 0 <= top < bottom <= 1 + 1e-9
    least = way.smallest * min(size)
    assert (right - left) * size[0] >= least - 1e-6
    assert (bottom - top) * size[1] >= least - 1e-6
    rows, columns = np.nonzero(strength >= way.energy)
    for row, column in zip(rows, columns, strict=True):
        assert top <= row / 7 + 1e-9
        assert bottom >= (row + 1) / 7 - 1e-9
        assert left <= column / 7 + 1e-9
        assert right >= (column + 1) / 7 - 1e-9
    assert box is WHOLE or area(box) <= way.largest


@given(strengths, sizes, ways)
def test_box_has_the_shape_asked_for_where_the_photo_has_room(
    strength: np.ndarray, size: tuple[int, int], way: SecondView
) -> None:
    left, top, right, bottom = box = second_box(strength, size, way)
    if box is WHOLE:
        return
    width, height = (right - left) * size[0], (bottom - top) * size[1]
    assert width / height >= way.shape[0] - 1e-6 or right - left == pytest.approx(1)
    assert width / height <= way.shape[1] + 1e-6 or bottom - top == pytest.approx(1)


@given(strengths, sizes, ways)
def test_more_padding_never_makes_the_box_smaller(
    strength: np.ndarray, size: tuple[int, int], way: SecondView
) -> None:
    wider = replace(way, padding=way.padding + 0.1)
    left, top, right, bottom = second_box(strength, size, way)
    left_, top_, right_, bottom_ = second_box(strength, size, wider)
    assert right_ - left_ >= right - left - 1e-9
    assert bottom_ - top_ >= bottom - top - 1e-9


def test_box_is_tight_around_the_strong_cells() -> None:
    strength = np.zeros((4, 4))
    strength[1, 2] = strength[2, 2] = 1.0
    assert second_box(strength, (400, 400), FREE) == (0.5, 0.25, 0.75, 0.75)


def test_box_at_the_edge_moves_inwards_to_its_smallest_side() -> None:
    strength = np.zeros((4, 4))
    strength[0, 3] = 1.0
    box = second_box(strength, (600, 300), replace(FREE, smallest=0.5))
    assert box == pytest.approx((0.75, 0.0, 1.0, 0.5)), "half of the short side each way"


def test_part_of_an_upright_photo_is_as_wide_as_a_car() -> None:
    strength = np.zeros((8, 8))
    strength[3:6, 2:5] = 1.0  # squeezed to a square, all looks as high as it is wide
    left, top, right, bottom = second_box(strength, (300, 400), replace(FREE, shape=(1.1, 1.8)))
    assert (right - left) * 300 == pytest.approx(1.1 * (bottom - top) * 400)
    assert (top, bottom) == (3 / 8, 6 / 8)
    assert (left + right) / 2 == pytest.approx(3.5 / 8)


def test_car_that_fills_the_photo_is_not_looked_at_closer() -> None:
    strength = np.zeros((4, 4))
    strength[0:3, 0:3] = 1.0
    assert second_box(strength, (400, 400), replace(FREE, largest=0.6)) == (0, 0, 0.75, 0.75)
    assert second_box(strength, (400, 400), replace(FREE, largest=0.5)) is WHOLE


def test_first_view_says_enough_where_its_best_leads_by_far() -> None:
    logits = np.array([[1.0, 5.0, 2.0], [4.0, 4.0, 0.0], [9.0, 1.0, 2.5]])
    assert leads(logits).tolist() == [3.0, 0.0, 6.5]
    outside = np.tile([1.0, 0.0, 0.5], (3, 1))
    assert settled(logits, outside, SecondView(enough=3.0)).tolist() == [True, False, True]
    assert not settled(logits, outside, SecondView()).any()
    alone = settled(logits[:, :1], outside, SecondView(enough=3.0))
    assert alone.all(), "of one class there is nothing to confuse"


def test_first_view_that_sees_no_car_is_not_enough_however_sure_it_is_of_one() -> None:
    logits, scenes = np.array([[9.0, 0.0], [9.0, 0.0]]), np.array([[1.0, 0.0, 1.5], [1.0, 0.0, 0.5]])
    assert settled(logits, scenes, SecondView(enough=3.0)).tolist() == [False, True]


def test_even_energy_means_the_whole_photo() -> None:
    assert second_box(energy(np.ones((8, 7, 7))), (400, 300), SecondView()) is WHOLE


def test_energy_is_the_norm_over_channels_scaled_to_one() -> None:
    feature_map = np.zeros((2, 2, 2))
    feature_map[:, 0, 0] = 3, 4
    feature_map[:, 1, 1] = 0, 2.5
    np.testing.assert_allclose(energy(feature_map), [[1, 0], [0, 0.5]])


@given(arrays(np.float32, (3, 5), elements=st.floats(-50, 50, width=32)), st.floats(0.2, 5))
def test_softmax_gives_probabilities(logits: np.ndarray, temperature: float) -> None:
    shares = softmax(logits, temperature)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert shares.min() >= 0


def test_second_view_counts_for_the_more_the_closer_it_is() -> None:
    first, second = np.array([[4.0, 0.0]]), np.array([[0.0, 4.0]])

    def both(weight: float, seen: float) -> list[float]:
        return mixed(first, second, np.array([seen]), SecondView(weight=weight))[0].tolist()

    assert both(0.0, 1.0) == [4.0, 0.0]
    assert both(0.5, 1.0) == [2.0, 2.0]
    assert both(0.5, 0.5) == [1.0, 3.0]
    assert both(1.0, 1.0) == both(0.5, 0.0) == [0.0, 4.0]


def test_scene_is_judged_by_both_views_alike() -> None:
    first, second = np.array([[4.0, 0.0, 1.0]]), np.array([[0.0, 0.0, 3.0]])
    assert mixed_scenes(first, second).tolist() == [[2.0, 0.0, 2.0]]


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
