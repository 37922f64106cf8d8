"""Several photos of the same car: one answer to all of them, its owner's alone, whatever becomes of single photos."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from catalog.models import OldAddress
from classifier.answers.fused import fused_answer
from classifier.answers.identify import identification_run
from classifier.answers.sightings import sighting_create
from classifier.models import Identification, Sighting
from ml.exceptions import PhotoError
from ml.serving.answers import Candidate
from tests.classifier.conftest import GUEST, answer, other_photo, send
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def sent_together(client: Client, *photos: bytes):
    files = [SimpleUploadedFile(f"{i}.jpg", data, "image/jpeg") for i, data in enumerate(photos)]
    return client.post(reverse("classifier:identify"), {"photos": files, "same_car": "1"})


def ranked(p: float) -> tuple[Candidate, ...]:
    return (
        Candidate("Audi A5 Coupe 2012", "audi-a5-coupe-2012", p),
        Candidate("BMW M3 Coupe 2012", "bmw-m3-coupe-2012", 1 - p),
    )


def answered(predictor, row: Identification, p: float, **changes) -> None:
    predictor.answer = answer(changes.pop("decision", "unsure"), p=p, ranking=ranked(p), **changes)
    identification_run(identification_id=row.pk)


@pytest.fixture
def signed_in(client: Client, user) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def photos(user) -> list[Identification]:
    return [send(user, data=other_photo(i)) for i in range(3)]


@pytest.fixture
def sighting(photos, user) -> Sighting:
    return sighting_create(photos=photos, user=user)


def text_of(client: Client, sighting: Sighting) -> str:
    response = client.get(sighting.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def test_photos_said_to_show_the_same_car_lead_to_one_page(signed_in, user):
    response = sent_together(signed_in, other_photo(1), other_photo(2))
    made = Sighting.objects.get(owner=user)
    assert (response.status_code, response["Location"]) == (302, made.get_absolute_url())
    assert made.photos.count() == 2
    assert "Looking at your photos" in text_of(signed_in, made)


def test_a_bad_photo_among_them_keeps_no_other_back_and_is_named(signed_in):
    response = sent_together(signed_in, other_photo(1), b"not a photo", other_photo(2))
    page = signed_in.get(response["Location"]).content.decode()
    assert "1.jpg: This file is not a photo" in page
    assert Sighting.objects.get().photos.count() == 2


def test_without_the_tick_or_with_one_photo_there_is_no_sighting(signed_in):
    files = [SimpleUploadedFile("a.jpg", other_photo(i), "image/jpeg") for i in range(2)]
    signed_in.post(reverse("classifier:identify"), {"photos": files})
    sent_together(signed_in, other_photo(5))
    sent_together(signed_in, other_photo(6), other_photo(6))  # the same photo twice
    assert Identification.objects.count() == 4
    assert not Sighting.objects.exists()


def test_agreeing_photos_make_a_surer_answer_than_each(signed_in, photos, sighting, predictor, version, audi):
    version.card = {"thresholds": {"sure": 0.75}}
    version.save()
    for row in photos:
        answered(predictor, row, 0.7)
    together = fused_answer(list(Sighting.objects.with_photos().get().photos.all()))
    assert together is not None
    assert together.candidates[0].variant == audi
    assert together.candidates[0].probability > 0.75
    assert together.decision == "sure"
    page = text_of(signed_in, sighting)
    assert "Audi A5 Coupe 2012</h1>" in page
    assert "Based on 3 of your 3 photos" in page
    assert page.count("photo-tile-name") == 3
    assert f"identification={photos[0].pk}" in page


def test_answers_from_before_and_after_a_car_got_another_slug_are_of_one_car(
    photos, sighting, predictor, audi
):
    for row in photos:
        answered(predictor, row, 0.7)
    former, audi.slug = audi.slug, "audi-a5-coupe-2012-new"
    audi.save()
    OldAddress.objects.create(path="a/b/c", slug=former, variant=audi)
    last = Identification.objects.get(pk=photos[-1].pk)
    last.ranking = [one | {"slug": one["slug"].replace(former, audi.slug)} for one in last.ranking]
    last.save()
    together = fused_answer(list(Sighting.objects.with_photos().get().photos.all()))
    assert together is not None
    assert [one.variant for one in together.candidates].count(audi) == 1
    assert together.candidates[0].probability > 0.75


def test_deleting_a_photo_changes_the_answer_and_the_last_one_takes_the_sighting_along(
    signed_in, photos, sighting, predictor, audi
):
    for row, p in zip(photos, (0.9, 0.4, 0.4), strict=True):
        answered(predictor, row, p)
    assert "Audi" in text_of(signed_in, sighting).split("</h1>")[0].split("<h1>")[1]
    signed_in.post(reverse("classifier:delete", args=[photos[0].pk]))
    page = text_of(signed_in, sighting)
    assert "BMW" in page.split("</h1>")[0].split("<h1>")[1]
    assert "Based on 2 of your 2 photos" in page
    for row in photos[1:]:
        signed_in.post(reverse("classifier:delete", args=[row.pk]))
    assert not Sighting.objects.exists()
    assert signed_in.get(sighting.get_absolute_url()).status_code == 404


def test_answer_is_made_of_what_is_there_while_others_wait_fail_or_show_no_car(
    signed_in, photos, sighting, predictor, audi
):
    answered(predictor, photos[0], 0.8)
    page = text_of(signed_in, sighting)
    assert "Based on 1 of your 3 photos; 2 are still being looked at" in page
    assert "hx-get" in page
    predictor.answer = PhotoError("damaged")
    identification_run(identification_id=photos[1].pk)
    answered(predictor, photos[2], 0.5, scene="interior", decision="unknown")
    page = text_of(signed_in, sighting)
    assert "Based on 1 of your 3 photos." in page
    assert "hx-get" not in page
    assert "This is the inside of a car" in page
    assert "Failed" in page


def test_photos_without_any_car_say_so(signed_in, photos, sighting, predictor):
    for row in photos:
        answered(predictor, row, 0.5, scene="other", decision="unknown")
    assert "No car in these photos" in text_of(signed_in, sighting)


def test_mostly_unknown_photos_are_of_an_unknown_car(signed_in, photos, sighting, predictor, audi):
    for row, decision in zip(photos, ("unknown", "unknown", "sure"), strict=True):
        answered(predictor, row, 0.9, decision=decision)
    page = text_of(signed_in, sighting)
    assert "<h1>Looks like an Audi A5</h1>" in page
    assert "Specs of the" not in page


def test_answers_older_than_the_ranking_are_put_together_by_their_candidates(
    photos, sighting, predictor, audi
):
    for row in photos:
        predictor.answer = answer(p=0.8)
        identification_run(identification_id=row.pk)
    together = fused_answer(list(Sighting.objects.with_photos().get().photos.all()))
    assert together is not None
    assert together.candidates[0].variant == audi


def test_other_user_and_guest_get_404_for_a_sighting_its_owner_sees(client, signed_in, sighting, other_user):
    assert signed_in.get(sighting.get_absolute_url()).status_code == 200
    stranger = Client()
    assert stranger.get(sighting.get_absolute_url()).status_code == 404
    stranger.force_login(other_user)
    assert stranger.get(sighting.get_absolute_url()).status_code == 404


def test_photos_of_others_can_not_be_grouped(photos, other_user):
    made = sighting_create(photos=photos, user=other_user)
    assert made.photos.count() == 0
    assert not Identification.objects.exclude(sighting=None).exists()


def test_guests_sighting_follows_into_the_account(client, user):
    response = sent_together(client, other_photo(1), other_photo(2))
    address = response["Location"]
    assert client.get(address).status_code == 200
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.get(address).status_code == 200
    made = Sighting.objects.get()
    assert (made.owner, made.guest_key) == (user, "")
    assert Client().get(address).status_code == 404


def test_photo_sent_again_with_another_car_changes_its_sighting(photos, user, sighting):
    later = sighting_create(photos=photos[:2], user=user)
    assert set(later.photos.all()) == set(photos[:2])
    assert list(sighting.photos.all()) == [photos[2]]
    sighting_create(photos=[photos[2]], user=user)
    assert not Sighting.objects.filter(pk=sighting.pk).exists()


def test_page_costs_few_queries_however_many_photos(
    signed_in, user, predictor, audi, django_assert_max_num_queries
):
    rows = [send(user, data=other_photo(i)) for i in range(8)]
    for row in rows:
        answered(predictor, row, 0.7)
    made = sighting_create(photos=rows, user=user)
    with django_assert_max_num_queries(14):
        text_of(signed_in, made)


def test_guests_without_a_key_do_not_share_sightings():
    made = Sighting.objects.create(guest_key="")
    assert not Sighting.objects.visible_to(GUEST, "").filter(pk=made.pk).exists()


# --- API ----------------------------------------------------------------------------------------------------
def test_api_takes_photos_together_and_names_the_refused_ones(signed_in, user, predictor, audi):
    files = [
        SimpleUploadedFile(f"{i}.jpg", data) for i, data in enumerate((other_photo(1), b"x", other_photo(2)))
    ]
    response = signed_in.post(reverse("api:sighting-list"), {"photos": files})
    assert response.status_code == 202
    taken = response.json()
    assert [photo["status"] for photo in taken["photos"]] == ["queued", "queued"]
    assert [(one["name"], one["code"]) for one in taken["refused"]] == [("1.jpg", "not_an_image")]
    assert (taken["answer"], taken["waiting"]) == (None, 2)
    for row in Identification.objects.all():
        answered(predictor, row, 0.7)
    found = signed_in.get(response["Location"]).json()
    assert found["answer"]["predictions"][0]["variant"] == "audi-a5-coupe-2012"
    assert found["answer"]["predictions"][0]["probability"] > 0.7
    assert set(found["answer"]["counted"]) == {photo["id"] for photo in found["photos"]}
    assert found["photos"][0]["sighting"] == found["id"]


def test_api_says_why_where_no_photo_can_be_used(signed_in):
    response = signed_in.post(reverse("api:sighting-list"), {"photos": [SimpleUploadedFile("a.jpg", b"x")]})
    assert (response.status_code, response.json()["code"]) == (400, "not_an_image")
    response = signed_in.post(reverse("api:sighting-list"), {})
    assert response.status_code == 400
    assert "photos" in response.json()["fields"]
    assert not Sighting.objects.exists()


def test_api_shows_sightings_to_their_owner_only(signed_in, sighting, other_user):
    address = reverse("api:sighting-detail", args=[sighting.pk])
    assert signed_in.get(address).status_code == 200
    stranger = Client()
    stranger.force_login(other_user)
    assert stranger.get(address).status_code == 404
