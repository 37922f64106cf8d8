"""All parts of the design on one page, for people and for tests; no part of the site itself.

    python -m django runserver 8123 --noreload --skip-checks --settings tests.e2e.styleguide_settings

serves http://127.0.0.1:8123/styleguide/ and the error pages beside it, such as /styleguide/404/.
"""

from __future__ import annotations

from pathlib import Path

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import URLPattern, path

from carsite import urls as site

TEMPLATE = Path(__file__).with_suffix(".html")
BODY_STYLES = (
    "sedan", "coupe", "convertible", "hatchback", "wagon", "suv", "minivan", "van", "pickup", "unknown",
)  # fmt: skip
ERRORS = ("400", "403", "403_csrf", "404", "413", "429", "500")
CARDS = (
    ("Audi A5 Coupe", 2012, "coupe", "195 kW · petrol"),
    ("BMW 3 Series Wagon", 2012, "wagon", "184 kW · diesel"),
    ("Ford F-150 SuperCrew Cab", 2012, "pickup", "272 kW · petrol"),
    ("Mercedes-Benz Sprinter Van", 2012, "van", "140 kW · diesel"),
    ("Fiat 500 Convertible", 2012, "convertible", "75 kW · petrol"),
    ("Volkswagen Golf", 2012, "hatchback", "103 kW"),
)
BARS = (("Audi A5 Coupe 2012", 0.81), ("Audi S5 Coupe 2012", 0.12), ("BMW 6 Series Convertible 2007", 0.04))


class ExampleForm(forms.Form):
    """One field of each sort."""

    name = forms.CharField(label="Your name", help_text="As the dealer should address you.")
    email = forms.EmailField(label="E-mail address")
    make = forms.ChoiceField(
        label="Make", choices=[("", "Any"), ("audi", "Audi"), ("bmw", "BMW")], required=False
    )
    message = forms.CharField(label="Message", widget=forms.Textarea(attrs={"rows": 4}))
    contact = forms.ChoiceField(
        label="How to reach you",
        choices=[("mail", "By e-mail"), ("phone", "By phone")],
        widget=forms.RadioSelect,
    )
    photo = forms.FileField(label="Photo", required=False)
    consent = forms.BooleanField(label="The dealer may contact me about this enquiry")


def styleguide(request: HttpRequest) -> HttpResponse:
    """The page; its template lies beside this file, out of the site's own template folders."""
    messages.success(request, "Your enquiry is on its way to Autohaus Nord.")
    context = {
        "form": ExampleForm(),
        "wrong_form": ExampleForm({"email": "ada@", "name": "Ada"}, prefix="wrong"),
        "page_obj": Paginator(range(300), 24).get_page(3),
        "crumbs": [("Cars", "/cars/"), ("Audi", "/cars/audi/"), ("A5 Coupe 2012", None)],
        "body_styles": BODY_STYLES,
        "cards": CARDS,
        "bars": BARS,
    }
    template = engines["django"].from_string(TEMPLATE.read_text(encoding="utf-8"))
    return HttpResponse(template.render(context, request))


def error(request: HttpRequest, name: str) -> HttpResponse:
    """An error page, as if the error had happened."""
    return render(request, f"{name}.html", status=int(name[:3]))


urlpatterns: list[URLPattern] = [
    path("styleguide/", styleguide),
    *(path(f"styleguide/{name}/", error, {"name": name}) for name in ERRORS),
    *site.urlpatterns,
]
