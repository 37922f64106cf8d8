"""What staff may do in the admin, with rows and with people, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, User
from catalog.models import Variant
from classifier.models import Feedback, Identification, Prediction
from core.models import OutgoingEmail
from dealers.models import Dealer, Enquiry, EnquiryEvent
from tests.carsite.admin_rows import act, fill, limited, path_of
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


# --- What one may do ----------------------------------------------------------------------------------------
def test_answers_and_letters_are_looked_at_never_edited(staff: Client) -> None:
    fill(1)
    for model in (Identification, Prediction, Feedback, Enquiry, EnquiryEvent, ApiToken, OutgoingEmail):
        row = model._default_manager.first()
        assert staff.post(path_of(model, "change", row.pk), {"status": "closed"}).status_code == 403, model


def test_failed_photos_are_tried_again_and_others_left_alone(staff: Client) -> None:
    fill(2)
    done, failed = Identification.objects.get(status="done"), Identification.objects.get(status="failed")
    page = act(staff, "retry", done, failed).content.decode()
    done.refresh_from_db()
    failed.refresh_from_db()
    assert (done.status, failed.status) == ("done", "queued")
    assert "1 photo is queued again" in page
    assert "1 photo has not failed" in page


def test_trying_again_needs_more_than_looking(client: Client) -> None:
    fill(2)
    failed = Identification.objects.get(status="failed")
    limited(client, "view_identification")
    act(client, "retry", failed)
    failed.refresh_from_db()
    assert failed.status == "failed"


def test_leads_move_on_with_a_history(staff: Client, staff_user: User) -> None:
    fill(1)
    enquiry = Enquiry.objects.get()
    act(staff, "mark_contacted", enquiry)
    act(staff, "mark_closed", enquiry)
    enquiry.refresh_from_db()
    assert enquiry.status == "closed"
    moves = EnquiryEvent.objects.filter(enquiry=enquiry, actor=staff_user).values_list(
        "from_status", "to_status"
    )
    assert list(moves) == [("new", "contacted"), ("contacted", "closed")]


def test_moving_leads_on_needs_more_than_looking(client: Client) -> None:
    fill(1)
    limited(client, "view_enquiry")
    act(client, "mark_closed", Enquiry.objects.get())
    assert Enquiry.objects.get().status == "new"


def test_cars_are_published_and_taken_off(staff: Client) -> None:
    fill(2)
    first, second = Variant.objects.order_by("pk")
    act(staff, "unpublish", first)
    assert [v.pk for v in Variant.objects.published()] == [second.pk]
    act(staff, "publish", first)
    assert Variant.objects.published().count() == 2


def test_car_is_edited_with_its_facts(staff: Client) -> None:
    fill(1)
    variant = Variant.objects.get()
    page = staff.get(path_of(Variant, "change", variant.pk))
    data = {}
    for form in (
        page.context["adminform"].form,
        *(f for i in page.context["inline_admin_formsets"] for f in i.formset),
    ):
        for field in form:
            value = field.value()
            if value is not None and not field.name.startswith("image"):
                data[field.html_name] = str(value) if value is not False else ""
    for inline in page.context["inline_admin_formsets"]:
        management = inline.formset.management_form
        data |= {field.html_name: field.value() for field in management}
    data["trim"] = "Sport"
    response = staff.post(path_of(Variant, "change", variant.pk), data)
    assert response.status_code == 302, [form.errors for form in response.context["errors"]]
    variant.refresh_from_db()
    assert variant.trim == "Sport"
    assert "sport" in variant.search_text


@pytest.mark.parametrize("how", ["page", "action"])
def test_deleting_a_photo_takes_its_files_along(
    staff: Client, how: str, django_capture_on_commit_callbacks: Any
) -> None:
    fill(2)
    row, other = Identification.objects.order_by("created")
    with django_capture_on_commit_callbacks(execute=True):
        if how == "page":
            assert staff.post(path_of(Identification, "delete", row.pk), {"post": "yes"}).status_code == 302
        else:
            data = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
            staff.post(path_of(Identification), data)
    assert list(Identification.objects.all()) == [other]
    assert not default_storage.exists(row.photo.name)
    assert not default_storage.exists(row.thumbnail.name)
    assert default_storage.exists(other.photo.name)


def test_deleting_an_enquiry_takes_its_photo_along(
    staff: Client, django_capture_on_commit_callbacks: Any
) -> None:
    fill(1)
    enquiry = Enquiry.objects.get()
    assert default_storage.exists(enquiry.photo.name)
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(path_of(Enquiry, "delete", enquiry.pk), {"post": "yes"})
    assert not Enquiry.objects.exists()
    assert not default_storage.exists(enquiry.photo.name)


@pytest.mark.parametrize("model", [Prediction, EnquiryEvent])
def test_parts_are_not_deleted_alone(staff: Client, model: type[Model]) -> None:
    fill(1)
    row = model._default_manager.first()
    assert staff.post(path_of(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    act(staff, "delete_selected", row)
    assert model._default_manager.filter(pk=row.pk).exists()


# --- People -------------------------------------------------------------------------------------------------
def test_user_is_added_with_a_password(staff: Client) -> None:
    data = {
        "email": "New@Example.org",
        "name": "New",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "emailaddress_set-TOTAL_FORMS": "0",
        "emailaddress_set-INITIAL_FORMS": "0",
    }
    response = staff.post(path_of(User, "add"), data)
    assert response.status_code == 302, response.context and response.context["errors"]
    assert User.objects.get(name="New").email == "new@example.org"
    assert Client().login(email="new@example.org", password=PASSWORD)


def test_same_address_in_another_case_is_refused(staff: Client, user: User) -> None:
    data = {
        "email": user.email.upper(),
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    page = staff.post(path_of(User, "add"), data)
    assert page.status_code == 200
    assert "email" in page.context["adminform"].form.errors


def test_password_of_a_user_can_be_set(staff: Client, user: User) -> None:
    path = reverse("admin:auth_user_password_change", args=[user.pk])
    assert staff.get(path).status_code == 200
    data = {"usable_password": "true", "password1": "another good one", "password2": "another good one"}
    assert staff.post(path, data).status_code == 302
    user.refresh_from_db()
    assert user.check_password("another good one")


def test_clerk_gives_no_rights_and_touches_no_superuser(client: Client, user: User, staff_user: User) -> None:
    limited(client, "view_user", "change_user", "delete_user")
    data = {"name": "Changed", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    data |= {"emailaddress_set-TOTAL_FORMS": "0", "emailaddress_set-INITIAL_FORMS": "0"}
    assert client.post(path_of(User, "change", user.pk), data).status_code == 302
    user.refresh_from_db()
    assert user.name == "Changed"
    assert not user.is_staff
    assert not user.is_superuser
    assert client.post(path_of(User, "change", staff_user.pk), data).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[staff_user.pk])).status_code == 403
    act(client, "delete_selected", staff_user)
    client.post(path_of(User, "delete", staff_user.pk), {"post": "yes"})
    assert User.objects.filter(pk=staff_user.pk).exists()


def test_staff_do_not_delete_themselves(staff: Client, staff_user: User) -> None:
    assert staff.post(path_of(User, "delete", staff_user.pk), {"post": "yes"}).status_code == 403


def test_deleting_a_user_takes_photos_and_personal_data_along(
    staff: Client, django_capture_on_commit_callbacks: Any
) -> None:
    fill(3)
    row = Identification.objects.filter(owner__isnull=False).first()
    owner, enquiry = row.owner, Enquiry.objects.get(user=row.owner)
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(path_of(User, "delete", owner.pk), {"post": "yes"}).status_code == 302
    assert not Identification.objects.filter(pk=row.pk).exists()
    assert not default_storage.exists(row.photo.name)
    enquiry.refresh_from_db()
    assert owner.name not in f"{enquiry.name}{enquiry.email}"
    assert Dealer.objects.count() == 3
    assert LogEntry.objects.filter(object_id=str(owner.pk)).exists()
