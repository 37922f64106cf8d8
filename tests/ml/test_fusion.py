"""Several photos of a car say more together than each alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.serving.fusion import FLOOR, fuse

shares = st.dictionaries(st.sampled_from("abcdef"), st.floats(1e-4, 1), min_size=1).map(
    lambda found: {name: value / sum(found.values()) for name, value in found.items()}
)


def test_one_photo_stays_as_it_is() -> None:
    assert fuse([{"a": 0.2, "b": 0.8}]) == {"b": 0.8, "a": 0.2}
    assert list(fuse([{"a": 0.2, "b": 0.8}])) == ["b", "a"]


def test_agreement_makes_surer_and_contradiction_less_sure() -> None:
    one = {"a": 0.7, "b": 0.2, "c": 0.1}
    assert fuse([one, one])["a"] > 0.7
    against = fuse([one, {"b": 0.7, "a": 0.2, "c": 0.1}])
    assert against["a"] == pytest.approx(against["b"])
    assert against["a"] < 0.5


def test_what_both_find_possible_beats_what_one_is_sure_of() -> None:
    together = fuse([{"a": 0.55, "b": 0.45}, {"c": 0.6, "b": 0.4}])
    assert next(iter(together)) == "b"


def test_label_that_a_photo_does_not_name_is_not_ruled_out() -> None:
    assert fuse([{"a": 0.99, "b": 0.01}, {"b": 1.0}])["a"] > FLOOR


@given(st.lists(shares, min_size=1, max_size=4))
def test_answers_are_probabilities_in_order_whatever_the_order_of_photos(
    photos: list[dict[str, float]],
) -> None:
    together = fuse(photos)
    assert sum(together.values()) == pytest.approx(1)
    assert list(together.values()) == sorted(together.values(), reverse=True)
    assert fuse(photos[::-1]) == pytest.approx(together)


def test_no_photos_are_no_answer() -> None:
    with pytest.raises(ValueError, match="nothing to put together"):
        fuse([])
