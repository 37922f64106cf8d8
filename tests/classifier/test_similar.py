"""Cars that look like the one in the photo are shown with its answer."""

from __future__ import annotations

import pytest

from catalog.choices import BodyStyle
from catalog.models import Variant
from classifier.answers.identify import identification_run
from classifier.answers.similar import SHOWN, similar_cars
from ml.serving.answers import Similar
from tests.classifier.conftest import answer, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def cars(audi: Variant) -> list[Variant]:
    """The Audi and six more of its model."""
    return [audi] + [
        Variant.objects.create(
            model=audi.model, year=2000 + i, body_style=BodyStyle.WAGON, slug=f"audi-a5-wagon-{2000 + i}"
        )
        for i in range(6)
    ]


def answered(user, predictor, cars: list[Variant], **changes):
    row = send(user)
    similar = tuple(Similar(car.slug, car.slug, 0.9 - i / 10) for i, car in enumerate(cars))
    predictor.answer = answer(**{"similar": similar, **changes})
    identification_run(identification_id=row.pk)
    row.refresh_from_db()
    return row


def test_nearest_cars_are_shown_but_for_the_one_that_is_named(client, user, predictor, cars):
    row = answered(user, predictor, cars)
    assert similar_cars(row) == cars[1 : 1 + SHOWN]
    client.force_login(user)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "Similar cars<" in page
    assert f'href="{cars[1].get_absolute_url()}"' in page
    assert "#wagon" in page


def test_unknown_car_shows_the_nearest_one_too(client, user, predictor, cars):
    row = answered(user, predictor, cars, decision="unknown")
    assert similar_cars(row)[0] == cars[0]
    client.force_login(user)
    assert "Similar cars that we know" in client.get(row.get_absolute_url()).content.decode()


def test_unpublished_and_vanished_cars_are_left_out(user, predictor, cars):
    Variant.objects.filter(pk=cars[1].pk).update(is_published=False)
    row = answered(user, predictor, cars)
    row.similar.insert(0, {"label": "gone", "slug": "gone", "cosine": 1.0})
    assert similar_cars(row) == cars[2 : 2 + SHOWN]


@pytest.mark.parametrize("scene", ["interior", "other"])
def test_what_is_no_car_from_outside_is_like_none(user, predictor, cars, scene):
    assert similar_cars(answered(user, predictor, cars, scene=scene, decision="unknown")) == []


def test_answer_without_similar_cars_has_no_such_part(client, user, predictor, audi):
    row = answered(user, predictor, [])
    assert similar_cars(row) == []
    client.force_login(user)
    assert "Similar cars<" not in client.get(row.get_absolute_url()).content.decode()


def test_similar_cars_cost_two_queries(user, predictor, cars, django_assert_max_num_queries):
    row = answered(user, predictor, cars)
    assert row.best is not None
    row = type(row).objects.with_answer().get(pk=row.pk)
    with django_assert_max_num_queries(2):
        for car in similar_cars(row):
            str(car), list(car.photos.all()), car.get_absolute_url()
