"""The pages of the way of a photo, as their visitors meet them."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from classifier import views
from classifier.answers.identify import identification_run
from classifier.models import Feedback, Identification
from classifier.photos.intake import MAX_BYTES, MAX_PHOTOS
from classifier.photos.receive import identification_create
from ml.exceptions import PhotoError
from tests.classifier.conftest import answer, other_photo, send
from tests.classifier.photos import encoded
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def upload(client: Client, *photos: bytes, name: str = "car.jpg", **headers: str):
    files = [SimpleUploadedFile(name, data, "image/jpeg") for data in photos or (encoded(),)]
    return client.post(reverse("classifier:identify"), {"photos": files}, headers=headers)


def page(client: Client, row: Identification, **headers: str) -> str:
    response = client.get(row.get_absolute_url(), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def signed_in(client: Client, user) -> Client:
    client.force_login(user)
    return client


def test_home_says_the_limits_before_anybody_picks_a_file(client):
    text = client.get("/").content.decode()
    assert f"{MAX_BYTES // 2**20} MB" in text
    assert 'enctype="multipart/form-data"' in text


def test_one_photo_leads_to_its_result(signed_in, user):
    response = upload(signed_in)
    row = Identification.objects.get(owner=user)
    assert response.status_code == 302
    assert response["Location"] == row.get_absolute_url()


def test_several_photos_lead_to_their_page_and_bad_ones_stay_named_there(signed_in):
    response = upload(signed_in, encoded(), other_photo(1), b"not a photo")
    assert response["Location"].startswith(reverse("classifier:sent"))
    assert Identification.objects.count() == 2
    for _ in range(2):  # it reloads itself while it waits
        assert "is not a photo" in signed_in.get(response["Location"]).content.decode()


def test_each_photo_that_was_sent_together_shows_its_answer_as_it_comes(
    signed_in, user, other_user, predictor, audi
):
    address = upload(signed_in, encoded(), other_photo(1), other_photo(2))["Location"]
    rows = list(Identification.objects.filter(owner=user).order_by("created"))
    identification_run(identification_id=rows[0].pk)
    text = signed_in.get(address).content.decode()
    assert "1 of 3 photos answered: 1 named." in text
    assert text.count("?size=thumbnail") == 3
    assert '<noscript><meta http-equiv="refresh"' in text
    assert "hx-get" in text
    predictor.answer = answer(scene="other", decision="unknown")
    identification_run(identification_id=rows[1].pk)
    predictor.answer = PhotoError("broken")
    identification_run(identification_id=rows[2].pk)
    text = signed_in.get(address).content.decode()
    assert "3 photos: 1 named, 1 without a car from outside, 1 failed." in text
    assert "hx-get" not in text
    assert 'http-equiv="refresh"' not in text
    as_json = signed_in.get(address, headers={"accept": "application/json"}).json()
    assert [one["title"] for one in as_json["photos"]] == [
        "Audi A5 Coupe 2012",
        "We see no car here",
        "This photo could not be identified",
    ]
    assert (as_json["waiting"], as_json["summary"] in text) == (0, True)
    stranger = Client()
    stranger.force_login(other_user)
    assert "?size=thumbnail" not in stranger.get(address).content.decode()


@pytest.mark.parametrize("query", ["", "photo=", "photo=x", "photo=" + "9" * 5000, "photo=%00&photo=-1"])
def test_photos_that_are_no_photos_are_left_out(signed_in, query):
    assert signed_in.get(reverse("classifier:sent") + f"?{query}").status_code == 200


def test_too_many_photos_take_the_first_ones_and_name_the_others(signed_in):
    files = [
        SimpleUploadedFile(f"car-{i}.jpg", other_photo(i), "image/jpeg") for i in range(1, MAX_PHOTOS + 3)
    ]
    data = {"photos": files, "not_sent": ["held-back.jpg"]}
    response = signed_in.post(reverse("classifier:identify"), data)
    assert Identification.objects.count() == MAX_PHOTOS
    text = signed_in.get(response["Location"]).content.decode()
    for name in (f"car-{MAX_PHOTOS + 1}.jpg", f"car-{MAX_PHOTOS + 2}.jpg", "held-back.jpg"):
        assert re.search(rf"<b>{name}</b>: Not sent: {MAX_PHOTOS} photos", text)


@pytest.mark.parametrize("scene", ["interior", "other"])
def test_a_photo_that_shows_no_car_to_the_model_is_named_all_the_same_if_one_asks(
    signed_in, user, predictor, audi, scene
):
    predictor.answer = answer(scene=scene, decision="unknown", decision_as_car="sure")
    row = send(user)
    identification_run(identification_id=row.pk)
    ask = reverse("classifier:as_car", args=[row.pk])
    assert "Look at it as a car all the same" in page(signed_in, row)
    assert ask in page(signed_in, row)
    assert signed_in.post(ask).status_code == 302
    row.refresh_from_db()
    assert row.is_waiting
    identification_run(identification_id=row.pk)
    text = page(signed_in, row)
    assert re.search(r"<h1>\s*Audi A5 Coupe 2012\s*</h1>", text)
    assert "because you asked for it" in text
    row.refresh_from_db()
    assert (row.scene, row.decision, row.predictions.count()) == ("exterior", "sure", 2)
    assert signed_in.post(ask).status_code == 302  # once is enough
    row.refresh_from_db()
    assert row.status == "done"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"choice": "other", "text": "Trabant 601"}, "Trabant 601"),
        ({"choice": "other", "text": "Audi A5 Coupe 2012"}, "Audi A5 Coupe 2012"),
        ({"choice": "not_a_car"}, "Not a car"),
    ],
)
@pytest.mark.parametrize("scene", ["exterior", "interior", "other"])
def test_what_a_person_says_becomes_the_photos_name(signed_in, user, predictor, audi, said, name, scene):
    predictor.answer = answer(scene=scene, decision="unknown", p=0.3)
    row = send(user)
    identification_run(identification_id=row.pk)
    assert signed_in.post(reverse("classifier:feedback", args=[row.pk]), said).status_code == 302
    assert f"<h1>{name}</h1>" in page(signed_in, row)
    assert name in signed_in.get(reverse("classifier:history")).content.decode()
    is_of_catalogue = name == str(audi)
    assert ("Specs of the Audi" in page(signed_in, row)) == is_of_catalogue


@pytest.mark.parametrize(("data", "status", "words"), [(b"text", 400, "not a photo"), (b"", 400, "empty")])
def test_a_refused_photo_is_explained_on_the_page(signed_in, data, status, words):
    response = upload(signed_in, data)
    assert response.status_code == status
    assert words in response.content.decode()
    assert not Identification.objects.exists()


def test_a_thirty_megabyte_file_is_refused_and_never_held_whole(signed_in, monkeypatch):
    seen = []
    real = identification_create
    monkeypatch.setattr(views, "identification_create", lambda **kw: seen.append(kw["size"]) or real(**kw))
    response = upload(signed_in, b"\xff\xd8\xff" + b"\x00" * 30 * 2**20)
    assert response.status_code == 413
    assert MAX_BYTES < seen[0] < MAX_BYTES + 2**20, (
        "more of the file was kept than needed to know that it is too large"
    )


def test_no_file_at_all_is_said_kindly(signed_in):
    response = signed_in.post(reverse("classifier:identify"), {})
    assert response.status_code == 400
    assert "No photo was chosen" in response.content.decode()


def test_the_pages_script_gets_json(signed_in):
    response = upload(signed_in, accept="application/json")
    assert response.status_code == 202
    assert response.json()["is_new"] is True
    assert upload(signed_in, accept="application/json").json()["is_new"] is False
    refused = upload(signed_in, b"text", accept="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "not_an_image")


def test_uploading_needs_the_csrf_token(user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert upload(strict).status_code == 403
    assert not Identification.objects.exists()


def test_the_hundredth_photo_of_a_small_quota_is_refused_with_a_time(signed_in, settings):
    settings.UPLOADS_PER_DAY = 2
    for i in range(2):
        assert upload(signed_in, other_photo(i)).status_code == 302
    response = upload(signed_in, other_photo(3))
    assert response.status_code == 429
    assert "Try again in 24 hours" in response.content.decode()
    assert Identification.objects.count() == 2


def test_guests_are_counted_by_address_and_a_forged_header_changes_nothing(client, settings):
    settings.GUEST_UPLOADS_PER_HOUR = 1
    assert upload(client).status_code == 302
    forged = {"X-Forwarded-For": "203.0.113.9"}
    assert upload(Client(), other_photo(1), **forged).status_code == 429


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("result", "get", 200), ("photo", "get", 200), ("delete", "get", 200), ("delete", "post", 302), ("retry", "post", 302),
     ("feedback", "get", 200), ("feedback", "post", 200)],
)  # fmt: skip
def test_another_persons_photo_does_not_exist(path, method, status, user, other_user, predictor):
    row = send(user)
    identification_run(identification_id=row.pk)
    if path == "retry":
        Identification.objects.update(status="failed", failure="timeout")
    address = reverse(f"classifier:{path}", args=[row.pk])
    owner, stranger, guest = Client(), Client(), Client()
    owner.force_login(user)
    stranger.force_login(other_user)
    assert getattr(stranger, method)(address).status_code == 404
    assert getattr(guest, method)(address).status_code == 404
    assert getattr(owner, method)(address).status_code == status


def test_a_guest_sees_their_own_photos_and_takes_them_along_at_sign_in(client, user):
    upload(client)
    row = Identification.objects.get()
    assert client.get(row.get_absolute_url()).status_code == 200
    assert Client().get(row.get_absolute_url()).status_code == 404
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    row.refresh_from_db()
    assert row.owner == user
    assert client.get(row.get_absolute_url()).status_code == 200


def test_staff_may_look_at_photos_but_their_list_is_their_own(client, user, staff_user):
    row = send(user)
    client.force_login(staff_user)
    assert client.get(reverse("classifier:photo", args=[row.pk])).status_code == 200
    assert client.get(row.get_absolute_url()).status_code == 404
    assert str(row.pk) not in client.get(reverse("classifier:history")).content.decode()


def test_photos_are_served_as_plain_private_jpegs(signed_in, user):
    row = send(user)
    for size in ("", "?size=thumbnail"):
        response = signed_in.get(reverse("classifier:photo", args=[row.pk]) + size)
        assert response["Content-Type"] == "image/jpeg"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "private" in response["Cache-Control"]
        assert b"".join(response.streaming_content)[:2] == b"\xff\xd8"
        assert "car.jpg" not in str(response.headers)


def test_a_photo_that_vanished_from_storage_is_a_404(signed_in, user):
    row = send(user)
    row.photo.storage.delete(row.photo.name)
    assert signed_in.get(reverse("classifier:photo", args=[row.pk])).status_code == 404


# --- Six screens --------------------------------------------------------------------------------------------
def test_waiting_polls_and_works_without_script(signed_in, user):
    row = send(user)
    text = page(signed_in, row)
    assert "hx-get" in text
    assert '<noscript><meta http-equiv="refresh"' in text
    assert "Yours is next" in text


def test_waiting_says_how_many_are_before(signed_in, user, other_user):
    for i in range(3):
        send(other_user, data=other_photo(i))
    assert "3 photos ahead of yours" in page(signed_in, send(user))


def test_polling_slows_down_and_ends_with_the_answer(signed_in, user, predictor, audi):
    row = send(user)
    first = page(signed_in, row, **{"HX-Request": "true"})
    assert "<html" not in first
    assert "step=1" in first
    late = signed_in.get(row.get_absolute_url() + "?step=60", headers={"HX-Request": "true"}).content.decode()
    assert "delay:3s" in late
    for nonsense in ("x", "\N{SUPERSCRIPT TWO}", "9" * 5000):
        url = f"{row.get_absolute_url()}?step={nonsense}"
        assert signed_in.get(url, headers={"HX-Request": "true"}).status_code == 200
    identification_run(identification_id=row.pk)
    assert "hx-get" not in page(signed_in, row, **{"HX-Request": "true"})


def test_a_classifier_that_is_away_is_said_and_the_photo_waits(signed_in, user):
    row = send(user)
    cache.set("classifier-away", "away")
    assert "is saved and waiting" in page(signed_in, row)
    assert "unavailable at the moment" in signed_in.get("/").content.decode()


def test_a_sure_answer_leads_to_the_catalogue_and_to_dealers(signed_in, user, predictor, audi):
    row = send(user)
    identification_run(identification_id=row.pk)
    text = page(signed_in, row)
    assert re.search(r"<h1>\s*Audi A5 Coupe 2012\s*</h1>", text)
    assert audi.get_absolute_url() in text
    assert f"make=audi&amp;variant={audi.slug}&amp;identification={row.pk}" in text
    assert text.count("<meter") == 2
    assert "What the model looked at" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"decision": "unsure", "p": 0.6}, "Probably an Audi A5 Coupe 2012"),
        ({"decision": "unsure", "p": 0.4}, "Perhaps one of these"),
        ({"decision": "unknown", "p": 0.2}, "A car we don't know"),
        ({"decision": "unknown", "p": 0.88}, "Looks like an Audi A5"),
        ({"decision": "unknown", "scene": "interior"}, "inside of a car"),
        ({"decision": "unknown", "scene": "other"}, "We see no car here"),
    ],
)
def test_each_answer_has_a_screen_of_its_own(signed_in, user, predictor, audi, changes, words):
    predictor.answer = answer(**changes)
    row = send(user)
    identification_run(identification_id=row.pk)
    text = page(signed_in, row).replace("&#x27;", "'")
    assert words in text
    assert 'class="badge badge--good"' not in text
    if changes.get("scene"):
        assert "<meter" not in text, "no car is named where none is seen"


def test_a_failed_photo_offers_another_try(signed_in, user, predictor):
    predictor.answer = PhotoError("broken")
    row = send(user)
    identification_run(identification_id=row.pk)
    assert "could not be read" in page(signed_in, row)
    predictor.answer = answer()
    assert signed_in.post(reverse("classifier:retry", args=[row.pk])).status_code == 302
    row.refresh_from_db()
    assert row.status == "queued"


def test_hints_are_given_when_the_answer_is_not_sure(signed_in, user, predictor):
    predictor.answer = answer(decision="unsure", p=0.5, hints=("dark",))
    row = send(user)
    identification_run(identification_id=row.pk)
    assert "The photo is dark" in page(signed_in, row)


def test_the_list_costs_the_same_for_many_photos(
    signed_in, user, predictor, audi, django_assert_max_num_queries
):
    for i in range(20):
        identification_run(identification_id=send(user, data=other_photo(i)).pk)
    with django_assert_max_num_queries(12):
        assert signed_in.get(reverse("classifier:history")).status_code == 200


@pytest.mark.parametrize("show", ["", "waiting", "answered", "failed", "nonsense"])
def test_the_list_can_be_filtered(signed_in, user, predictor, show):
    send(user, data=other_photo(1))
    done = send(user)
    identification_run(identification_id=done.pk)
    text = signed_in.get(reverse("classifier:history"), {"show": show}).content.decode()
    assert (str(done.pk) in text) == (show in ("", "answered", "nonsense"))


def test_deleting_asks_first(signed_in, user):
    row = send(user)
    address = reverse("classifier:delete", args=[row.pk])
    assert signed_in.get(address).status_code == 200
    assert Identification.objects.exists()
    assert signed_in.post(address).status_code == 302
    assert not Identification.objects.exists()


# --- Feedback -----------------------------------------------------------------------------------------------
@pytest.fixture
def answered(user, predictor, audi) -> Identification:
    row = send(user)
    identification_run(identification_id=row.pk)
    return row


def say(client: Client, row: Identification, **data: str):
    return client.post(reverse("classifier:feedback", args=[row.pk]), data)


def test_yes_is_one_click(signed_in, answered, audi, user):
    assert say(signed_in, answered, choice="right").status_code == 302
    feedback = Feedback.objects.get()
    assert (feedback.verdict, feedback.variant, feedback.author, feedback.may_train) == (
        "right",
        audi,
        user,
        False,
    )
    assert "You said" in page(signed_in, answered)


def test_another_car_is_found_by_its_full_name_or_kept_in_words(signed_in, answered, audi):
    say(signed_in, answered, choice="other", text="audi a5 COUPE 2012", may_train="on")
    assert (Feedback.objects.get().variant, Feedback.objects.get().may_train) == (audi, True)
    say(signed_in, answered, choice="other", text="Trabant 601 <script>")
    feedback = Feedback.objects.get()
    assert (feedback.verdict, feedback.variant, feedback.text) == ("not_listed", None, "Trabant 601 <script>")
    assert "<script>" not in page(signed_in, answered).split("Trabant 601")[1][:30]


def test_another_car_needs_a_name_and_nothing_typed_is_lost(signed_in, answered):
    response = say(signed_in, answered, choice="other", may_train="on")
    assert response.status_code == 400
    assert "Say which car it is" in response.content.decode()
    assert "checked" in response.content.decode()
    assert say(signed_in, answered, choice="made-up").status_code == 400
    assert not Feedback.objects.exists()
