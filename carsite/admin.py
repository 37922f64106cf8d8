"""The admin's look, in one place: apps register plain ModelAdmins, this site dresses them in django-unfold.

Also how staff get in (the site's own sign-in), what of the Content Security Policy has to give way for
unfold, and what the first page and the sidebar show.
"""

from __future__ import annotations

from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from unfold import admin as unfold
from unfold import forms as unfold_forms
from unfold.sites import UnfoldAdminSite

#: unfold's pages carry inline styles and scripts, and Alpine evaluates expressions in attributes. So here,
#: and only here, scripts and styles may be inline and evaluated; the rest of the site's policy holds, and
#: everything still comes from this site alone.
ADMIN_POLICY = {"script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}

#: The sidebar: section → model → symbol. A model that is not named here is found under "Everything".
SECTIONS = {
    "Photos": {
        "classifier.Identification": "photo_camera",
        "classifier.Feedback": "rate_review",
        "classifier.Prediction": "format_list_numbered",
        "classifier.ModelOutput": "visibility",
        "classifier.Sighting": "photo_library",
    },
    "Models": {
        "classifier.ModelVersion": "network_intelligence",
        "classifier.ModelEvent": "history",
        "classifier.ReferencePhoto": "add_a_photo",
        "classifier.TrainingRun": "model_training",
        "classifier.DatasetVersion": "dataset",
        "classifier.CurationEvent": "fact_check",
    },
    "Catalogue": {
        "catalog.Variant": "directions_car",
        "catalog.CarModel": "garage",
        "catalog.Make": "workspaces",
        "catalog.Spec": "speed",
        "catalog.VariantPhoto": "photo_library",
        "catalog.Source": "menu_book",
        "catalog.OldAddress": "alt_route",
    },
    "Supply": {
        "scraper.StagedCar": "inbox",
        "scraper.ScrapeRun": "travel_explore",
        "scraper.CatalogChange": "published_with_changes",
        "scraper.ApprovalRule": "rule",
        "scraper.Fact": "table_view",
        "scraper.SourcePhoto": "add_photo_alternate",
    },
    "Dealers": {
        "dealers.Enquiry": "mail",
        "dealers.Dealer": "storefront",
        "dealers.EnquiryEvent": "history",
        "dealers.City": "location_on",
    },
    "People": {
        "accounts.User": "person",
        "account.EmailAddress": "alternate_email",
        "mfa.Authenticator": "phonelink_lock",
        "auth.Group": "group",
        "accounts.ApiToken": "key",
        "core.OutgoingEmail": "outgoing_mail",
    },
}

#: The site's racing green, from light to dark.
GREEN = {
    "50": "#eef6f0", "100": "#dcebdd", "200": "#b6d8c1", "300": "#86d6ad", "400": "#5bbd90", "500": "#35a277",
    "600": "#0d5c41", "700": "#0a4f38", "800": "#07452f", "900": "#053624", "950": "#032418",
}  # fmt: skip


class CarsiteAdminSite(UnfoldAdminSite):
    """Unfold's site in our colours; staff sign in on the same page as everybody."""

    site_header = site_title = "Carsite staff"
    index_title = "Today"
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Takes plain ModelAdmins, as Django's own site does."""
        super().register(model_or_iterable, dressed(admin_class or admin.ModelAdmin), **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002  (Django's signature)
        """Every page of the admin, with the policy it needs."""
        return csp_replace(ADMIN_POLICY)(super().admin_view(view, cacheable))

    # --- In and out -----------------------------------------------------------------------------------------
    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, with a second factor where one is needed."""
        return super().has_permission(request) and not getattr(request.user, "lacks_second_factor", False)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the site's sign-in and back. Who is signed in and still sent here has to set up a second factor,
        or is not staff: 403.
        """
        target = request.GET.get("next") or reverse("admin:index")
        if self.has_permission(request):
            return redirect("admin:index")
        if getattr(request.user, "lacks_second_factor", False):
            return redirect("mfa_index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(target, settings.LOGIN_URL)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As on every other page."""
        from allauth.account.views import logout

        return logout(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As for everybody, with the notice by mail."""
        return redirect("account_change_password")

    # --- What is shown --------------------------------------------------------------------------------------
    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Our colours, name and links."""
        context = super().each_context(request)
        context["colors"]["primary"] = GREEN
        return context | {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_symbol": "directions_car",
            "styles": [static("carsite/admin.css")],
            "site_favicons": [
                {"rel": "icon", "href": static("carsite/favicon.svg"), "type": "image/svg+xml"}
            ],
            "account_links": [
                {"title": "My account", "link": reverse("accounts:me")},
                {"title": "Change password", "link": reverse("account_change_password")},
            ],
        }

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The sections, each with the models that this person may see."""
        seen = {
            model["model"]._meta.label: {"title": model["name"], "link": model["admin_url"]}
            for app in self.get_app_list(request)
            for model in app["models"]
            if model["admin_url"]
        }
        sections = [
            {
                "title": title,
                "items": self._get_navigation_items(
                    request, [seen[label] | {"icon": icon} for label, icon in models.items() if label in seen]
                ),
            }
            for title, models in SECTIONS.items()
        ]
        home = {"title": self.index_title, "icon": "today", "link": reverse("admin:index")}
        return [{"items": self._get_navigation_items(request, [home])}, *sections]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The first page: what waits for somebody, then everything."""
        return super().index(request, {"figures": figures(request.user), **(extra_context or {})})


def figures(user: Any) -> list[dict[str, Any]]:
    """What waits for somebody, of what this person may see: name, number, where to look."""
    from classifier.models import Feedback, Identification
    from core.models import OutgoingEmail
    from dealers.models import Enquiry
    from scraper.models import StagedCar

    status = Identification.Status
    wrong = [verdict for verdict in Feedback.Verdict.values if verdict != Feedback.Verdict.RIGHT]
    rows = (
        ("New leads", Enquiry.objects.filter(status=Enquiry.Status.NEW), "status__exact=new"),
        ("Photos that failed", Identification.objects.filter(status=status.FAILED), "status__exact=failed"),
        ("Photos waiting", Identification.objects.waiting(), "status__in=queued,running"),
        (
            "Answers called wrong",
            Feedback.objects.filter(verdict__in=wrong),
            f"verdict__in={','.join(wrong)}",
        ),
        (
            "Photos to learn from",
            Feedback.objects.may_train().filter(curation=Feedback.Curation.PENDING),
            "may_train__exact=1&curation__exact=pending",
        ),
        ("Cars to decide on", StagedCar.objects.filter(status__in=StagedCar.PENDING), ""),
        ("E-mails that could not be sent", OutgoingEmail.objects.filter(attempts__gt=0), "attempts__gt=0"),
    )
    return [
        {
            "title": title,
            "count": queryset.count(),
            "link": f"{reverse(f'admin:{meta.app_label}_{meta.model_name}_changelist')}?{query}",
        }
        for title, queryset, query in rows
        if (meta := queryset.model._meta) and user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
    ]


# --- Dressing -----------------------------------------------------------------------------------------------
_INLINES = {admin.TabularInline: unfold.TabularInline, admin.StackedInline: unfold.StackedInline}


def dressed(admin_class: type[admin.ModelAdmin]) -> type[admin.ModelAdmin]:
    """The same ModelAdmin with unfold's looks: its own attributes and methods win, unfold's come before
    Django's.
    """
    if issubclass(admin_class, unfold.ModelAdmin):
        return admin_class
    looks: dict[str, Any] = {
        "__doc__": admin_class.__doc__,
        "__module__": admin_class.__module__,
        "inlines": [_dressed_inline(inline) for inline in admin_class.inlines],
        "compressed_fields": True,
        "list_filter_sheet": False,
        "list_fullwidth": True,
    }
    if hasattr(
        admin_class, "add_form"
    ):  # Django's UserAdmin, whose module registers on this site when imported
        looks |= {
            "form": unfold_forms.UserChangeForm,
            "add_form": unfold_forms.UserCreationForm,
            "change_password_form": unfold_forms.AdminPasswordChangeForm,
        }
    return type(admin_class.__name__, (admin_class, unfold.ModelAdmin), looks)


def _dressed_inline(inline: type) -> type:
    for plain, look in _INLINES.items():
        if issubclass(inline, plain) and not issubclass(inline, look):
            return type(
                inline.__name__, (inline, look), {"__module__": inline.__module__, "hide_title": True}
            )
    return inline
