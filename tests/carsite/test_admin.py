"""The admin: every page works with rows on it and costs a bounded number of queries.

Also who gets in, and what is shown.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core import checks
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import TabularInline as UnfoldTabularInline

import carsite.urls  # noqa: F401  # finds what the apps register
from accounts.models import ApiToken, User
from carsite.admin import CarsiteAdminSite, dressed
from carsite.admin_navigation import SECTIONS, TASKS, current_link
from catalog.models import Spec, Variant
from classifier.models import Feedback, Identification, Prediction
from core.models import OutgoingEmail
from dealers.models import Enquiry
from tests.carsite.admin_rows import fill, limited, path_of
from tests.conftest import PASSWORD

ROWS = 30
MODELS: dict[str, type[Model]] = {model._meta.label: model for model in admin.site._registry}
#: No page needs more; a query per row would be thirty more.
MOST_QUERIES = 20

pytestmark = pytest.mark.django_db


# --- Every page ---------------------------------------------------------------------------------------------
def test_every_model_of_ours_can_be_looked_at() -> None:
    from django.apps import apps

    ours = {
        model._meta.label
        for app in ("accounts", "catalog", "classifier", "core", "dealers")
        for model in apps.get_app_config(app).get_models()
    }
    assert len(ours) == 25
    assert ours <= set(MODELS)


@pytest.mark.no_cover
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


@pytest.mark.no_cover
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


@pytest.mark.no_cover
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
        "ModelOutput",
        "Sighting",
        "CurationEvent",
        "DatasetVersion",
        "TrainingRun",
        "Enquiry",
        "EnquiryEvent",
        "ApiToken",
        "Authenticator",
        "EmailAddress",
        "OutgoingEmail",
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
    assert figures["New enquiries"]["count"] == Enquiry.objects.filter(status="new").count() == 3
    assert figures["Photos that failed"]["count"] == 2
    for figure in figures.values():
        page = staff.get(figure["link"])
        assert page.status_code == 200
        assert page.context["cl"].result_count == figure["count"]


def links_of(page: Any) -> set[str]:
    """The links of the sidebar."""
    return {item["link"] for section in page.context["sidebar_navigation"] for item in section["items"]}


def test_first_page_and_sidebar_show_only_what_one_may_see(client: Client) -> None:
    fill(1)
    limited(client, "view_enquiry")
    page = client.get(reverse("admin:index"))
    assert [figure["title"] for figure in page.context["figures"]] == ["New enquiries"]
    start, enquiries = reverse("admin:index"), path_of(Enquiry)
    assert links_of(page) == {start, f"{start}#records", enquiries, f"{enquiries}?status__exact=new"}
    assert path_of(User) not in page.text


def test_sidebar_is_ordered_by_tasks(staff: Client) -> None:
    fill(1)
    page = staff.get(reverse("admin:index"))
    titles = [section["title"] for section in page.context["sidebar_navigation"]]
    assert titles == ["", "To decide", "Catalogue", "Dealers", "Models", "System"]
    assert {label for models in SECTIONS.values() for label in models} < set(MODELS), "a name that is gone"
    assert len(links_of(page)) == 1 + len(TASKS) + sum(map(len, SECTIONS.values())) + 1


def test_every_table_can_be_reached_from_the_first_page(staff: Client) -> None:
    page = staff.get(reverse("admin:index")).text
    records = page.partition('id="records"')[2]
    assert [label for label, model in MODELS.items() if f'href="{path_of(model)}"' not in records] == []


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
    token, factor = ApiToken.objects.get(), Authenticator.objects.get()
    email = OutgoingEmail.objects.get(body__contains="https://secret.example/link")
    for row in (token, email, factor):
        for path in (path_of(type(row)), path_of(type(row), "change", row.pk)):
            page = staff.get(path).content.decode()
            assert "secret.example" not in page
            assert token.token_key not in page
            assert factor.data["secret"] not in page


def test_django_finds_no_fault_with_what_is_registered() -> None:
    assert len(admin.site._registry) > 20
    assert checks.run_checks(tags=["admin"]) == []


@pytest.mark.parametrize(
    ("path", "query", "current"),
    [
        ("/admin/", "", "/admin/"),
        ("/admin/photos/", "", "/admin/photos/"),
        ("/admin/photos/", "status=failed", "/admin/photos/?status=failed"),
        ("/admin/photos/", "status=failed&p=2", "/admin/photos/"),
        ("/admin/photos/7/change/", "", "/admin/photos/"),
        ("/admin/elsewhere/", "", "/admin/"),
    ],
)
def test_one_link_of_the_sidebar_is_the_current_one(path: str, query: str, current: str) -> None:
    links = ["/admin/", "/admin/photos/?status=failed", "/admin/photos/", "/admin/#records"]
    assert current_link(links, path, query) == current


def test_the_list_of_photos_is_marked_once(staff: Client) -> None:
    page = staff.get(path_of(Identification), {"status__in": "queued,running"})
    items = [item for section in page.context["sidebar_navigation"] for item in section["items"]]
    assert [item["title"] for item in items if item["active"]] == ["Photos in the queue"]
