"""The admin: every page works with rows on it and costs a bounded number of queries; who gets in, and what they may do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import TabularInline as UnfoldTabularInline

from accounts.models import ApiToken, Letter, User
from carsite.admin import SECTIONS, CarsiteAdminSite, dressed
from catalog.models import Spec, Variant
from classifier.models import Feedback, Identification, Prediction
from dealers.models import Dealer, Enquiry, EnquiryEvent
from tests.carsite.admin_rows import fill
from tests.conftest import PASSWORD

ROWS = 30
MODELS: dict[str, type[Model]] = {model._meta.label: model for model in admin.site._registry}
#: No page needs more; a query per row would be thirty more.
MOST_QUERIES = 20

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client, staff_user: User) -> Client:
    """A browser in which a superuser is signed in."""
    client.force_login(staff_user)
    return client


def path_of(model: type[Model], page: str = "changelist", *args: Any) -> str:
    """The address of a page of a model."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def act(client: Client, action: str, *rows: Model) -> Any:
    """Run an action on rows of one model."""
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(path_of(type(rows[0])), data, follow=True)


def limited(client: Client, *permissions: str) -> User:
    """Staff who may only what they are given; signed in."""
    user = User.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    found = Permission.objects.filter(codename__in=permissions)
    assert found.count() == len(permissions)
    user.user_permissions.set(found)
    client.force_login(user)
    return user


# --- Every page ---------------------------------------------------------------------------------------------
def test_every_model_of_ours_can_be_looked_at() -> None:
    from django.apps import apps

    ours = {
        model._meta.label
        for app in ("accounts", "catalog", "classifier", "dealers")
        for model in apps.get_app_config(app).get_models()
    }
    assert len(ours) == 25
    assert ours <= set(MODELS)
    assert set(MODELS) == {label for models in SECTIONS.values() for label in models}


def test_every_list_works_and_no_row_costs_a_query(staff: Client) -> None:
    fill(ROWS)
    faults = {}
    for label, model in MODELS.items():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = staff.get(path_of(model))
        shown = page.context and page.context["cl"].result_count
        if page.status_code != 200 or shown < ROWS or len(queries) > MOST_QUERIES:
            faults[label] = (page.status_code, shown, len(queries))
    assert faults == {}


def test_every_search_and_filter_works(staff: Client) -> None:
    fill(2)
    faults = {}
    for label, model in MODELS.items():
        model_admin = admin.site._registry[model]
        addresses = [f"{path_of(model)}?q=car"] if model_admin.search_fields else []
        page = staff.get(path_of(model))
        for spec in page.context["cl"].filter_specs:
            choices = list(spec.choices(page.context["cl"]))
            addresses.append(path_of(model) + choices[-1]["query_string"])
        for address in addresses:
            if staff.get(address).status_code != 200:
                faults[label] = address
    assert faults == {}


def test_every_change_page_works_and_costs_few_queries(staff: Client) -> None:
    fill(ROWS)
    faults = {}
    for label, model in MODELS.items():
        row = model._default_manager.order_by("pk").last()
        with CaptureQueriesContext(connection) as queries:
            page = staff.get(path_of(model, "change", row.pk))
        if page.status_code != 200 or len(queries) > MOST_QUERIES:
            faults[label] = (page.status_code, len(queries))
    assert faults == {}


def test_change_page_does_not_cost_more_with_more_facts(staff: Client) -> None:
    fill(1)
    variant, counts = Variant.objects.get(), []
    first = Spec.objects.filter(variant=variant).first()
    for more in (("width",), ("height", "wheelbase", "mass", "torque", "fuel", "drive", "cylinders")):
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(path_of(Variant, "change", variant.pk)).status_code == 200
        counts.append(len(queries))
        for key in more:
            Spec.objects.create(
                variant=variant, key=key, low=1, high=1, source=first.source, retrieved=first.retrieved
            )
    with CaptureQueriesContext(connection) as queries:
        staff.get(path_of(Variant, "change", variant.pk))
    assert len(queries) <= counts[0] + 2


def test_every_add_page_works_where_one_may_add(staff: Client) -> None:
    opened = {}
    for label, model in MODELS.items():
        opened[label] = staff.get(path_of(model, "add")).status_code
    closed = {
        "Identification",
        "Prediction",
        "Feedback",
        "ModelEvent",
        "Reading",
        "Sighting",
        "CurationEvent",
        "DatasetVersion",
        "TrainingRun",
        "Enquiry",
        "EnquiryEvent",
        "ApiToken",
        "Letter",
        "OldAddress",
        "StagedCar",
        "SourcePhoto",
        "ScrapeRun",
        "Fact",
        "CatalogChange",
    }
    assert {label.partition(".")[2] for label, status in opened.items() if status == 403} == closed
    assert set(opened.values()) == {200, 403}


def test_every_autocomplete_answers(staff: Client) -> None:
    fill(3)
    asked = 0
    for model, model_admin in admin.site._registry.items():
        for field in model_admin.autocomplete_fields:
            query = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field,
                "term": "",
            }
            assert staff.get(reverse("admin:autocomplete"), query).json()["results"], (model, field)
            asked += 1
    assert asked >= 8


def test_pages_are_dressed_in_unfold(staff: Client) -> None:
    assert type(admin.site._wrapped) is CarsiteAdminSite
    for model_admin in admin.site._registry.values():
        assert isinstance(model_admin, UnfoldModelAdmin), model_admin
        for inline in model_admin.inlines:
            assert "unfold" in {base.__module__.partition(".")[0] for base in inline.__mro__}, inline


def test_dressing_keeps_what_an_app_says() -> None:
    class Inline(admin.TabularInline):
        model = Spec
        extra = 7

    class Plain(admin.ModelAdmin):
        list_display = ("pk",)
        inlines = (Inline,)

        def has_add_permission(self, request: Any) -> bool:
            return False

    result = dressed(Plain)
    assert issubclass(result, Plain)
    assert result.list_display == ("pk",)
    assert result.has_add_permission is Plain.has_add_permission
    assert issubclass(result.inlines[0], UnfoldTabularInline)
    assert result.inlines[0].extra == 7
    assert dressed(result) is result
    assert Plain.inlines == (Inline,), "the app's own class is left as it is"


# --- In and out ---------------------------------------------------------------------------------------------
def test_guest_signs_in_on_the_sites_page_and_comes_back(client: Client, staff_user: User) -> None:
    path = path_of(Variant)
    response = client.get(path, follow=True)
    assert response.redirect_chain[-1][0] == f"{reverse('account_login')}?next={path}"
    assert 'name="login"' in response.content.decode()
    done = client.post(
        reverse("account_login"), {"login": staff_user.email, "password": PASSWORD, "next": path}, follow=True
    )
    assert done.request["PATH_INFO"] == path
    assert done.status_code == 200


def test_admins_own_sign_in_takes_no_password(client: Client, staff_user: User) -> None:
    response = client.post(reverse("admin:login"), {"username": staff_user.email, "password": PASSWORD})
    assert response.status_code == 302
    assert "_auth_user_id" not in client.session


def test_who_is_not_staff_is_told_so(client: Client, user: User) -> None:
    client.force_login(user)
    response = client.get(reverse("admin:index"), follow=True)
    assert response.status_code == 403
    assert "<h1" in response.content.decode()


def test_staff_who_open_the_sign_in_are_led_on(staff: Client) -> None:
    assert staff.get(reverse("admin:login")).url == reverse("admin:index")


def test_signing_out_is_the_sites(staff: Client) -> None:
    assert staff.post(reverse("admin:logout")).url == reverse("classifier:home")
    assert "_auth_user_id" not in staff.session


def test_changing_the_password_is_the_sites(staff: Client) -> None:
    assert staff.get(reverse("admin:password_change")).url == reverse("account_change_password")


def test_policy_gives_way_in_the_admin_only(staff: Client) -> None:
    def policy(path: str) -> dict[str, str]:
        header = staff.get(path)["Content-Security-Policy"]
        return dict(part.strip().partition(" ")[::2] for part in header.split(";"))

    inside, outside = policy(reverse("admin:index")), policy(reverse("accounts:me"))
    assert "'unsafe-inline'" in inside["script-src"]
    assert "unsafe" not in " ".join(outside.values())
    for name in ("default-src", "object-src", "frame-ancestors", "form-action", "base-uri"):
        assert inside[name] == outside[name]
    assert not re.search(r"https?:|\*", " ".join(inside.values()))


# --- What is shown ------------------------------------------------------------------------------------------
def test_first_page_counts_what_waits(staff: Client) -> None:
    fill(5)
    figures = {figure["title"]: figure for figure in staff.get(reverse("admin:index")).context["figures"]}
    assert figures["New leads"]["count"] == Enquiry.objects.filter(status="new").count() == 3
    assert figures["Photos that failed"]["count"] == 2
    for figure in figures.values():
        page = staff.get(figure["link"])
        assert page.status_code == 200
        assert page.context["cl"].result_count == figure["count"]


def test_first_page_and_sidebar_show_only_what_one_may_see(client: Client) -> None:
    fill(1)
    limited(client, "view_enquiry")
    page = client.get(reverse("admin:index"))
    assert [figure["title"] for figure in page.context["figures"]] == ["New leads"]
    links = {item["link"] for section in page.context["sidebar_navigation"] for item in section["items"]}
    assert links == {reverse("admin:index"), path_of(Enquiry)}


def test_lists_show_thumbnails_that_staff_may_open(staff: Client) -> None:
    fill(2)
    row = Identification.objects.first()
    photo = f"{reverse('classifier:photo', args=[row.pk])}?size=thumbnail"
    for model in (Identification, Prediction, Feedback):
        assert photo in staff.get(path_of(model)).content.decode(), model
    assert staff.get(photo).status_code == 200
    assert Client().get(photo).status_code == 404


def test_pages_lead_from_photo_to_car_to_enquiry_and_back(staff: Client) -> None:
    fill(1)
    row, enquiry = Identification.objects.get(), Enquiry.objects.get()
    page = staff.get(path_of(Identification, "change", row.pk)).content.decode()
    assert path_of(Variant, "change", enquiry.variant_id) in page
    assert f"{path_of(Enquiry)}?identification_id={row.pk}" in page
    assert staff.get(f"{path_of(Enquiry)}?identification_id={row.pk}").context["cl"].result_count == 1
    page = staff.get(path_of(Enquiry, "change", enquiry.pk)).content.decode()
    assert path_of(Identification, "change", row.pk) in page
    assert reverse("dealers:enquiry_photo", args=[enquiry.pk]) in page
    page = staff.get(path_of(Variant, "change", enquiry.variant_id)).content.decode()
    answers = f"{path_of(Prediction)}?variant__id__exact={enquiry.variant_id}"
    assert answers in page
    assert staff.get(answers).context["cl"].result_count == 1


def test_what_visitors_write_is_escaped(staff: Client) -> None:
    fill(1)
    page = staff.get(path_of(Enquiry, "change", Enquiry.objects.get().pk)).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_no_page_shows_a_secret(staff: Client) -> None:
    fill(1)
    token, letter = ApiToken.objects.get(), Letter.objects.first()
    assert "https://secret.example/link" in letter.body
    for row in (token, letter):
        for path in (path_of(type(row)), path_of(type(row), "change", row.pk)):
            page = staff.get(path).content.decode()
            assert "secret.example" not in page
            assert token.token_key not in page


# --- What one may do ----------------------------------------------------------------------------------------
def test_answers_and_letters_are_looked_at_never_edited(staff: Client) -> None:
    fill(1)
    for model in (Identification, Prediction, Feedback, Enquiry, EnquiryEvent, ApiToken, Letter):
        row = model._default_manager.first()
        assert staff.post(path_of(model, "change", row.pk), {"status": "closed"}).status_code == 403, model


def test_failed_photos_are_tried_again_and_others_left_alone(staff: Client) -> None:
    fill(2)
    done, failed = Identification.objects.get(status="done"), Identification.objects.get(status="failed")
    page = act(staff, "retry", done, failed).content.decode()
    done.refresh_from_db()
    failed.refresh_from_db()
    assert (done.status, failed.status) == ("done", "queued")
    assert "1 photos are queued again" in page
    assert "1 photos have not failed" in page


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


def test_clerk_gives_nobody_rights_and_touches_no_superuser(
    client: Client, user: User, staff_user: User
) -> None:
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


def test_nobody_deletes_themselves(staff: Client, staff_user: User) -> None:
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
