"""The admin's site: apps register plain ModelAdmins, this site gives them django-unfold's style.

Also how staff get in (the site's own sign-in), what unfold needs relaxed in the Content Security Policy, and
what the first page and the sidebar show.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from unfold import admin as unfold
from unfold import forms as unfold_forms
from unfold.sites import UnfoldAdminSite

from core.admin_questions import delete_selected

#: unfold's pages carry inline styles and scripts, and Alpine evaluates expressions in attributes. So here,
#: and only here, scripts and styles may be inline and evaluated; the rest of the site's policy holds, and
#: everything still comes from this site alone.
ADMIN_POLICY = {"script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}

#: A view of the admin.
View = Callable[..., HttpResponseBase]

#: The site's racing green, from light to dark.
GREEN = {
    "50": "#eef6f0", "100": "#dcebdd", "200": "#b6d8c1", "300": "#86d6ad", "400": "#5bbd90", "500": "#35a277",
    "600": "#0d5c41", "700": "#0a4f38", "800": "#07452f", "900": "#053624", "950": "#032418",
}  # fmt: skip


class CarsiteAdminSite(UnfoldAdminSite):
    """Unfold's site in our colours; staff sign in on the same page as visitors."""

    site_header = site_title = "Carsite staff"
    index_title = "Today"
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.add_action(delete_selected, "delete_selected")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Takes plain ModelAdmins, as Django's own site does."""
        super().register(model_or_iterable, dressed(admin_class or admin.ModelAdmin), **options)

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # noqa: FBT001, FBT002  (Django's signature)
        """Every page of the admin, with the policy it needs."""
        return csp_replace(ADMIN_POLICY)(super().admin_view(view, cacheable))

    # --- In and out -----------------------------------------------------------------------------------------
    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, with a second factor where one is needed."""
        return super().has_permission(request) and not getattr(request.user, "lacks_second_factor", False)

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """To the site's sign-in and back; to the second factor where it is missing; else 403."""
        target = request.GET.get("next") or reverse("admin:index")
        if self.has_permission(request):
            return redirect("admin:index")
        if getattr(request.user, "lacks_second_factor", False):
            return redirect("mfa_index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(target, settings.LOGIN_URL)

    def logout(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """As on every other page."""
        from allauth.account.views import logout

        return logout(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """On the page that visitors use, which sends the notice by mail."""
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

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, object]]:
        """What waits for a decision, then the sections, of what this person may see."""
        # Models exist only after the admin's app is set up
        from carsite import admin_navigation as navigation

        links = {
            model["model"]._meta.label: model["admin_url"]
            for app in self.get_app_list(request)
            for model in app["models"]
            if model["admin_url"]
        }
        start = reverse("admin:index")
        tasks = [
            {"title": task.title, "icon": task.icon, "link": task.link}
            for task in navigation.tasks_of(request.user)
        ]
        sections = {
            "": [{"title": self.index_title, "icon": "today", "link": start}],
            "To decide": tasks,
            **navigation.sections_of(links),
        }
        sections["System"].append({"title": "All records", "icon": "database", "link": f"{start}#records"})
        shown = [item["link"] for items in sections.values() for item in items]
        query = unquote(request.META.get("QUERY_STRING", ""))
        current = navigation.current_link(shown, request.path, query)

        def marked(item: dict[str, str]) -> dict[str, object]:
            return {**item, "active": partial(_known, item["link"] == current)}

        return [
            {"title": title, "items": self._get_navigation_items(request, list(map(marked, items)))}
            for title, items in sections.items()
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """The first page: what waits for a decision, the sections, and every table."""
        from carsite import admin_navigation as navigation

        context = {"figures": navigation.figures(request.user), **(extra_context or {})}
        page: HttpResponse = super().index(request, context)
        return page


def _known(answer: bool, request: HttpRequest) -> bool:  # noqa: FBT001  (partial fills it in)
    """An answer as unfold wants it: as a function of the request."""
    return answer


# --- Dressing -----------------------------------------------------------------------------------------------
Dressed = TypeVar("Dressed", bound=BaseModelAdmin)
_INLINES = {admin.TabularInline: unfold.TabularInline, admin.StackedInline: unfold.StackedInline}


def dressed(admin_class: type[admin.ModelAdmin]) -> type[admin.ModelAdmin]:
    """The same ModelAdmin in unfold's style: its own attributes and methods win over unfold's."""
    if issubclass(admin_class, unfold.ModelAdmin):
        return admin_class
    attributes: dict[str, object] = {
        "__doc__": admin_class.__doc__,
        "__module__": admin_class.__module__,
        "inlines": [_dressed_inline(inline) for inline in admin_class.inlines],
        "compressed_fields": True,
        "list_filter_sheet": False,
        "list_fullwidth": True,
    }
    # Django's UserAdmin cannot be named here: its module registers on this site when it is imported.
    if hasattr(admin_class, "add_form"):
        attributes |= {
            "form": unfold_forms.UserChangeForm,
            "add_form": unfold_forms.UserCreationForm,
            "change_password_form": unfold_forms.AdminPasswordChangeForm,
        }
    return _with_https(type(admin_class.__name__, (admin_class, unfold.ModelAdmin), attributes))


def _dressed_inline(inline: type) -> type:
    for plain, styled in _INLINES.items():
        if issubclass(inline, plain) and not issubclass(inline, styled):
            attributes = {"__module__": inline.__module__, "hide_title": True}
            return _with_https(type(inline.__name__, (inline, styled), attributes))
    return inline


def _with_https(dressed_class: type[Dressed]) -> type[Dressed]:
    """Addresses that are typed without a scheme get https, as they will in Django 6 (until then it warns)."""
    overrides = dressed_class.formfield_overrides
    of_urls = {**overrides.get(models.URLField, {}), "assume_scheme": "https"}
    dressed_class.formfield_overrides = {**overrides, models.URLField: of_urls}
    return dressed_class
