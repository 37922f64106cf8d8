"""From which lead on the first view is enough."""

from __future__ import annotations

import numpy as np

from ml.bundle.bundle import SecondView
from ml.evaluation.batch_outputs import BatchOutputs
from ml.packaging.tuning import ENOUGH, enough_lead
from ml.serving.runtime import Arrays
from ml.serving.views import leads, settled


def photos(lead: np.ndarray, right: np.ndarray) -> BatchOutputs:
    """Photos of class 0 of two, whose first view leads so, rightly or not; the second is always right."""
    sign = np.where(right, 1.0, -1.0)
    first = np.stack([sign * lead, np.zeros_like(lead)], axis=1)
    second = np.tile([9.0, 0.0], (len(lead), 1))
    outside = np.tile([1.0, 0.0, 0.0], (len(lead), 1))
    looks = [Arrays(cars, outside, outside, outside[:0]) for cars in (first, second)]
    return BatchOutputs(SecondView(weight=0.5), np.zeros(len(lead), int), *looks, np.ones(len(lead)))


def test_first_view_is_enough_only_where_it_is_right_on_every_kind_of_photos() -> None:
    lead = np.linspace(0.1, 10, 1000)
    easy, hard = photos(lead, lead > 1.0), photos(lead, lead > 4.0)
    alone, both = enough_lead([easy]), enough_lead([easy, hard])
    assert alone is not None
    assert both is not None
    assert alone < 1.1 < 3.9 < both < 4.1
    for seen in (easy, hard):
        kept = leads(seen.first.cars) >= both
        assert (seen.first.cars.argmax(axis=1) == seen.labels)[kept].mean() >= ENOUGH


def test_second_view_is_never_spared_where_no_lead_is_sure() -> None:
    lead = np.linspace(0.1, 10, 1000)
    wrong_at_the_top = photos(lead, lead < 9.9)
    assert enough_lead([wrong_at_the_top]) is None


def test_spared_photos_are_judged_by_their_first_view() -> None:
    seen = photos(np.array([1.0, 5.0]), np.array([False, False]))
    how = SecondView(weight=0.5, enough=3.0)
    served = seen.as_served(how)
    assert settled(seen.first.cars, seen.first.scenes, how).tolist() == [False, True]
    assert served.car_logits.argmax(axis=1).tolist() == [0, 1]
    assert seen.car_logits.argmax(axis=1).tolist() == [0, 0]
