"""The way of a photo for programs."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.test import APIClient

from catalog.models import OldAddress
from classifier.answers.identify import identification_run
from classifier.models import Identification
from ml.exceptions import PhotoError
from tests.classifier.conftest import answer, other_photo, send
from tests.classifier.photos import encoded

pytestmark = pytest.mark.django_db
LIST = "/api/v1/identifications/"


@pytest.fixture
def api(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def upload(api: APIClient, data: bytes | None = None, name: str = "car.jpg"):
    photo = SimpleUploadedFile(name, encoded() if data is None else data)
    return api.post(LIST, {"photo": photo}, format="multipart")


def test_a_photo_is_accepted_with_an_address_to_ask_at(api, predictor, audi):
    response = upload(api)
    assert response.status_code == 202
    address = response["Location"]
    assert api.get(address).json()["status"] == "queued"
    identification_run(identification_id=response.json()["id"])
    body = api.get(address).json()
    assert (body["status"], body["decision"], body["scene"]) == ("done", "sure", "exterior")
    best = body["predictions"][0]
    assert (best["label"], best["probability"], best["variant"]) == ("Audi A5 Coupe 2012", 0.9, audi.slug)
    assert best["url"].endswith(audi.get_absolute_url())
    assert body["makes"][0] == {"make": "Audi", "probability": 0.9}
    assert body["models"][0] == {"make": "Audi", "model": "A5", "probability": 0.9}
    again = upload(api)
    assert (again.status_code, again["Location"]) == (200, address)


def test_strangers_get_401_and_foreign_photos_404(api, other_user, predictor):
    assert APIClient().get(LIST).status_code == 401
    assert upload(APIClient()).status_code == 401
    foreign = send(other_user)
    mine = upload(api).json()["id"]
    assert [row["id"] for row in api.get(LIST).json()["results"]] == [mine]
    for suffix, method in (
        ("", "get"),
        ("", "delete"),
        ("feedback/", "post"),
        ("retry/", "post"),
        ("photo/", "get"),
    ):
        assert getattr(api, method)(f"{LIST}{foreign.pk}/{suffix}", {}).status_code == 404
    assert api.get(f"{LIST}{mine}/photo/").status_code == 200
    assert Identification.objects.filter(pk=foreign.pk).exists()


@pytest.mark.parametrize(
    ("data", "name", "status", "code"),
    [
        (b"", "a.jpg", 400, "empty"),
        (b"text", "a.jpg", 400, "not_an_image"),
        (b"%PDF-1.7", "a.jpg", 400, "unsupported_format"),
    ],
)
def test_errors_have_one_shape(api, data, name, status, code):
    response = upload(api, data, name)
    assert response.status_code == status
    assert set(response.json()) == {"code", "message", "fields"}
    assert response.json()["code"] == code


def test_a_missing_photo_names_the_field(api):
    response = api.post(LIST, {}, format="multipart")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert "photo" in response.json()["fields"]


def test_the_quota_says_when_to_come_back(api, settings):
    settings.UPLOADS_PER_DAY = 1
    upload(api)
    response = upload(api, other_photo(1))
    assert (response.status_code, response.json()["code"]) == (429, "too_many_photos")
    assert int(response["Retry-After"]) > 0


def test_what_the_model_said_can_not_be_written(api, predictor):
    pk = upload(api).json()["id"]
    for method in (api.patch, api.put):
        assert method(f"{LIST}{pk}/", {"status": "done", "owner": 1}).status_code == 405
    assert Identification.objects.get().status == "queued"


def test_feedback_by_slug_or_in_words(api, predictor, audi, user):
    pk = upload(api).json()["id"]
    address = f"{LIST}{pk}/feedback/"
    assert api.post(address, {"verdict": "right"}).status_code == 409
    identification_run(identification_id=pk)
    assert api.post(address, {"verdict": "other_variant"}).json()["fields"].keys() == {"variant"}
    assert api.post(address, {"verdict": "not_listed"}).json()["fields"].keys() == {"text"}
    said = api.post(address, {"verdict": "other_variant", "variant": audi.slug, "may_train": True})
    assert said.status_code == 200
    assert api.get(f"{LIST}{pk}/").json()["feedback"]["variant"] == audi.slug


def test_feedback_knows_a_car_by_its_former_slug(api, predictor, audi, user):
    OldAddress.objects.create(path="a/b/before", slug="before", variant=audi)
    pk = upload(api).json()["id"]
    identification_run(identification_id=pk)
    said = {"verdict": "other_variant", "variant": "before"}
    assert api.post(f"{LIST}{pk}/feedback/", said).status_code == 200
    assert api.get(f"{LIST}{pk}/").json()["feedback"]["variant"] == audi.slug


def test_retry_is_for_failed_photos(api, predictor):
    pk = upload(api).json()["id"]
    assert api.post(f"{LIST}{pk}/retry/").status_code == 409
    predictor.answer = PhotoError("broken")
    identification_run(identification_id=pk)
    assert api.get(f"{LIST}{pk}/").json()["failure"] == "unreadable"
    assert api.post(f"{LIST}{pk}/retry/").json()["status"] == "queued"


def test_programs_read_the_words_of_the_page_and_may_ask_for_a_car_all_the_same(api, predictor, audi):
    predictor.answer = answer(scene="interior", decision="unknown", decision_as_car="unknown", p=0.88)
    pk = upload(api).json()["id"]
    assert api.get(f"{LIST}{pk}/").json()["headline"] is None
    assert api.post(f"{LIST}{pk}/as-car/").status_code == 409
    identification_run(identification_id=pk)
    assert api.get(f"{LIST}{pk}/").json()["headline"]["title"] == "This is the inside of a car"
    assert api.post(f"{LIST}{pk}/as-car/").status_code == 202
    identification_run(identification_id=pk)
    body = api.get(f"{LIST}{pk}/").json()
    assert (body["scene"], body["as_car"]) == ("exterior", True)
    assert body["headline"]["title"] == "Looks like an Audi A5"
    assert body["headline"]["stated"] is None
    assert api.post(f"{LIST}{pk}/as-car/").status_code == 409
    api.post(f"{LIST}{pk}/feedback/", {"verdict": "other_variant", "variant": audi.slug})
    assert api.get(f"{LIST}{pk}/").json()["headline"]["title"] == str(audi)


def test_lists_cost_the_same_for_many_photos(api, user, predictor, audi, django_assert_max_num_queries):
    for i in range(15):
        identification_run(identification_id=send(user, data=other_photo(i)).pk)
    with django_assert_max_num_queries(8):
        assert api.get(LIST).json()["count"] == 15


def test_deleting_by_api_removes_the_row(api):
    pk = upload(api).json()["id"]
    assert api.delete(reverse("api:identification-detail", args=[pk])).status_code == 204
    assert not Identification.objects.exists()
