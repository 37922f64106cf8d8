"""What a curator may decide on, and what a decision is worth: only what its owner allows is ever learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from catalog.models import Variant
from classifier.answers.identify import identification_run
from classifier.exceptions import NotPossibleNow
from classifier.models import CurationEvent, Feedback, Identification, ModelOutput
from classifier.photos.delete import identification_delete
from classifier.training import curation
from classifier.training.feedback import feedback_record
from tests.classifier.bundles import stock
from tests.classifier.conftest import other_photo, send
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("predictor", "wake_ups")]
QUEUE = "/admin/classifier/feedback/queue/"
Verdict = Feedback.Verdict


@pytest.fixture
def cars() -> dict[str, Variant]:
    return stock()


@pytest.fixture
def other_car(cars: dict[str, Variant]) -> Variant:
    return cars["Audi S5 Coupe 2012"]


@pytest.fixture
def feedback(user: User, other_car: Variant) -> Feedback:
    """A correction that may train."""
    return corrected(user, other_car)


def corrected(
    user: User, variant: Variant | None, seed: int = 1, *, may_train: bool = True, **said: Any
) -> Feedback:
    row = send(user, guest_key="" if user.is_authenticated else f"g{seed}", data=other_photo(seed))
    assert identification_run(identification_id=row.pk)
    row.refresh_from_db()
    values = {"verdict": Verdict.OTHER_VARIANT, "variant": variant, "may_train": may_train} | said
    return feedback_record(identification=row, author=user, **values)


@pytest.fixture
def curator(client: Client, django_user_model: type[User]) -> Client:
    """Staff who may curate and nothing else."""
    person = django_user_model.objects.create_user("curator@example.org", PASSWORD, is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="curate_feedback"))
    client.force_login(person)
    return client


def waiting() -> list[Feedback]:
    return list(Feedback.objects.to_curate())


# --- Who sees what ------------------------------------------------------------------------------------------
def test_queue_shows_what_may_train_and_nothing_else(
    curator: Client, feedback: Feedback, other_user: User, other_car: Variant
) -> None:
    private = corrected(other_user, other_car, seed=2, may_train=False)
    page = curator.get(QUEUE).content.decode()
    assert str(feedback.identification_id) in page
    assert "Audi S5 Coupe 2012" in page
    assert "Audi A5 Coupe 2012" in page, "what the model answered"
    assert str(private.identification_id) not in page
    photo = "classifier:photo"
    assert curator.get(reverse(photo, args=[feedback.identification_id])).status_code == 200
    assert curator.get(reverse(photo, args=[private.identification_id])).status_code == 404


def test_queue_and_photos_are_hidden_from_staff_without_the_permission(
    client: Client, feedback: Feedback, django_user_model: type[User]
) -> None:
    clerk = django_user_model.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    client.force_login(clerk)
    assert client.get(QUEUE).status_code == 403
    assert client.post(QUEUE, {"confirm": feedback.pk}).status_code == 403
    assert client.get(reverse("classifier:photo", args=[feedback.identification_id])).status_code == 404
    feedback.refresh_from_db()
    assert feedback.curation == "pending"


def test_photo_leaves_the_queue_when_its_owner_takes_the_permission_back_or_deletes_it(
    user: User, feedback: Feedback, other_car: Variant
) -> None:
    second = corrected(user, other_car, seed=2)
    assert waiting() == [feedback, second]
    feedback_record(
        identification=feedback.identification, author=user, verdict=Verdict.RIGHT, may_train=False
    )
    assert waiting() == [second]
    identification_delete(identification=second.identification)
    assert waiting() == []


# --- Deciding -----------------------------------------------------------------------------------------------
def test_confirmed_feedback_may_be_learned_from_and_says_who_confirmed(
    staff_user: User, feedback: Feedback, other_car: Variant
) -> None:
    curation.feedback_confirm(feedback=feedback, actor=staff_user)
    assert [row.confirmed_variant for row in Feedback.objects.confirmed()] == [other_car]
    event = CurationEvent.objects.get()
    assert (event.action, event.variant, event.actor) == ("confirmed", other_car, staff_user)
    assert waiting() == []


def test_rejected_feedback_is_not_learned_from(staff_user: User, feedback: Feedback) -> None:
    curation.feedback_reject(feedback=feedback, actor=staff_user)
    assert not Feedback.objects.confirmed()
    assert waiting() == []


def test_undone_decision_waits_again(staff_user: User, feedback: Feedback) -> None:
    curation.feedback_confirm(feedback=feedback, actor=staff_user)
    curation.feedback_undo(feedback=feedback, actor=staff_user)
    assert waiting() == [feedback]
    assert not Feedback.objects.confirmed()
    assert [event.action for event in CurationEvent.objects.all()] == ["undone", "confirmed"]
    with pytest.raises(NotPossibleNow, match="no decision"):
        curation.feedback_undo(feedback=feedback, actor=staff_user)


def test_right_answer_is_confirmed_as_the_answered_car(user: User, audi: Variant, staff_user: User) -> None:
    row = corrected(user, None, verdict=Verdict.RIGHT)
    curation.feedback_confirm(feedback=row, actor=staff_user)
    row.refresh_from_db()
    assert row.confirmed_variant == audi


def test_car_in_own_words_needs_the_curator_to_name_it(
    user: User, staff_user: User, other_car: Variant
) -> None:
    row = corrected(user, None, verdict=Verdict.NOT_LISTED, text="an S5")
    with pytest.raises(NotPossibleNow, match="Say which car"):
        curation.feedback_confirm(feedback=row, actor=staff_user)
    curation.feedback_confirm(feedback=row, actor=staff_user, variant=other_car)
    row.refresh_from_db()
    assert (row.curation, row.confirmed_variant) == ("confirmed", other_car)


def test_second_curator_is_told_who_decided(staff_user: User, other_user: User, feedback: Feedback) -> None:
    curation.feedback_confirm(feedback=feedback, actor=staff_user)
    with pytest.raises(NotPossibleNow, match=r"staff@example.org has already decided: confirmed"):
        curation.feedback_reject(feedback=feedback, actor=other_user)
    feedback.refresh_from_db()
    assert feedback.curation == "confirmed"


def test_withdrawn_feedback_can_not_be_confirmed(user: User, staff_user: User, feedback: Feedback) -> None:
    feedback_record(
        identification=feedback.identification,
        author=user,
        verdict=Verdict.OTHER_VARIANT,
        variant=feedback.variant,
        may_train=False,
    )
    with pytest.raises(NotPossibleNow, match="taken the permission back"):
        curation.feedback_confirm(feedback=feedback, actor=staff_user)
    assert not CurationEvent.objects.exists()


def test_decision_ends_when_the_person_says_something_else(
    user: User, staff_user: User, feedback: Feedback, cars: dict[str, Variant]
) -> None:
    curation.feedback_confirm(feedback=feedback, actor=staff_user)
    said = {"author": user, "verdict": Verdict.OTHER_VARIANT, "may_train": True}
    same = feedback_record(identification=feedback.identification, variant=feedback.variant, **said)
    assert same.curation == "confirmed", "saying the same again changes nothing"
    feedback_record(identification=feedback.identification, variant=cars["Toyota Camry Sedan 2012"], **said)
    assert waiting() == [feedback]
    assert CurationEvent.objects.first().action == "reset"


# --- The page -----------------------------------------------------------------------------------------------
def test_buttons_confirm_reject_and_undo(curator: Client, user: User, other_car: Variant) -> None:
    rows = [corrected(user, other_car, seed=seed) for seed in (1, 2, 3)]
    curator.post(QUEUE, {"confirm": rows[0].pk})
    curator.post(QUEUE, {"all": "reject", "ticked": [rows[1].pk, rows[2].pk]})
    states = [Feedback.objects.get(pk=row.pk).curation for row in rows]
    assert states == ["confirmed", "rejected", "rejected"]
    page = curator.post(QUEUE, {"undo": rows[1].pk}, follow=True).content.decode()
    assert str(rows[1].identification_id) in page
    assert waiting() == [rows[1]]


def test_page_says_when_the_owner_has_changed_it_since(
    curator: Client, user: User, feedback: Feedback, cars: dict[str, Variant]
) -> None:
    seen = feedback.updated.isoformat()
    feedback_record(
        identification=feedback.identification,
        author=user,
        verdict=Verdict.OTHER_VARIANT,
        variant=cars["Toyota Camry Sedan 2012"],
        may_train=True,
    )
    page = curator.post(QUEUE, {"confirm": feedback.pk, f"seen-{feedback.pk}": seen}, follow=True)
    assert "has changed what they said" in page.content.decode()
    assert not Feedback.objects.confirmed()


def test_curator_names_another_car_by_its_name(
    curator: Client, feedback: Feedback, cars: dict[str, Variant]
) -> None:
    camry = cars["Toyota Camry Sedan 2012"]
    page = curator.post(QUEUE, {"confirm": feedback.pk, f"car-{feedback.pk}": "no such car"}, follow=True)
    assert "The catalogue has no “no such car”" in page.content.decode()
    curator.post(QUEUE, {"confirm": feedback.pk, f"car-{feedback.pk}": str(camry).upper()})
    feedback.refresh_from_db()
    assert (feedback.curation, feedback.confirmed_variant) == ("confirmed", camry)


def test_page_says_who_agrees(
    curator: Client, user: User, other_user: User, feedback: Feedback, other_car: Variant, version: Any
) -> None:
    corrected(other_user, other_car)  # the very same photo, of another person
    corrected(AnonymousUser(), None, verdict=Verdict.RIGHT, may_train=False)  # not counted: not allowed
    ModelOutput.objects.create(
        identification=feedback.identification,
        model_version=version,
        role="shadow",
        scene="exterior",
        predictions=[{"label": "Audi S5 Coupe 2012", "slug": other_car.slug, "probability": 0.8}],
        answered=feedback.created,
    )
    page = curator.get(QUEUE).content.decode()
    assert "1 of 1 others say the same" in page
    assert "the model disagrees" in page
    assert "stub 1 agrees" in page


def test_page_costs_no_more_with_more_photos(
    curator: Client, user: User, other_car: Variant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for seed in range(12):
        corrected(user, other_car, seed=seed)
    with django_assert_max_num_queries(20):
        assert curator.get(QUEUE).content.decode().count("data-item") == 12


def test_page_works_by_keys_too(curator: Client, feedback: Feedback) -> None:
    page = curator.get(QUEUE).content.decode()
    assert "classifier/queue.js" in page
    script = Path("classifier/static/classifier/queue.js").read_text()
    for key in ("c", "r", "x"):
        assert f'data-key="{key}"' in page
        assert f'"{key}"' in script


def test_actions_of_the_list_take_the_permission(
    client: Client, staff_user: User, feedback: Feedback, django_user_model: type[User]
) -> None:
    address = reverse("admin:classifier_feedback_changelist")
    data = {"action": "confirm", "_selected_action": [feedback.pk]}
    viewer = django_user_model.objects.create_user("viewer@example.org", PASSWORD, is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_feedback"))
    client.force_login(viewer)
    assert "Confirm for training" not in client.get(address).content.decode()
    client.post(address, data)
    assert waiting() == [feedback]
    client.force_login(staff_user)
    assert "Confirm for training" in client.get(address).content.decode()
    client.post(address, data)
    assert waiting() == []
    assert Identification.objects.count() == 1
