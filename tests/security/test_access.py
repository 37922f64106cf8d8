"""Who may see and do what: every address of the site and its API, as each kind of user, against a written matrix."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import models
from django.urls import reverse

import carsite.urls  # noqa: F401  # finds what the apps register in the admin
from tests.security.requests import data_for, path_to
from tests.security.table import PAGES, admin_rows, people_of, site_rows
from tests.security.walking import METHODS, Address, every_address, outcome
from tests.security.world import STAFF, World, make_world

pytestmark = pytest.mark.django_db
AREAS = ("/api/", "/admin/", "/accounts/", "/account/", "/")
#: What an address may answer to a method that the matrix does not name: nothing was written, nothing was shown.
_HARMLESS = {"ok", "go", "in", "401", "403", "404", "405", "415"}


@pytest.fixture
def world() -> World:
    return make_world()


def is_of_a_model(address: Address) -> bool:
    """Whether it is one of the admin's five pages of a model (or the old form of the change page, which leads there)."""
    if not address.route.startswith("/admin/"):
        return False
    return address.name.endswith(tuple(f"_{page}" for page in PAGES.values())) or address.route.endswith(
        "<path:object_id>/"
    )


def addresses(area: str) -> list[Address]:
    """The addresses of one part of the site: those that no more special part has."""
    special = AREAS[: AREAS.index(area)]
    return [
        one
        for one in every_address()
        if one.route.startswith(area) and not one.route.startswith(special) and not is_of_a_model(one)
    ]


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    asked = {one.route for one in every_address() if not is_of_a_model(one)}
    written = {route for _, route in site_rows()}
    assert asked - written == set(), "a new address: say in access.txt who may see it and do what"
    assert written - asked == set(), "access.txt names what is gone"
    assert len(asked) > 100


@pytest.mark.parametrize("area", AREAS)
def test_each_kind_of_user_gets_what_the_matrix_says_and_nothing_else(area: str, world: World) -> None:
    rows, faults = site_rows(), []
    for address in addresses(area):
        path = path_to(address, world)
        for method in METHODS:
            row = rows.get((method, address.route))
            # What is not named is asked by those who must get nothing from it.
            for who in people_of(address.route) if row else ("guest", "other"):
                data, kind = data_for(address.name, method, world)
                got = outcome(world, who, method, path, data, kind)
                if (row and got != row[who]) or (not row and got not in _HARMLESS):
                    faults.append(
                        f"{method} {address.route} by {who}: {got}, not {row[who] if row else 'harmless'}"
                    )
    assert faults == []


def test_every_model_of_the_admin_has_its_rows() -> None:
    models_there = {model._meta.label for model in admin.site._registry}
    assert {label for label, _ in admin_rows()} == models_there
    assert len(admin_rows()) == len(STAFF) * len(models_there)


@pytest.mark.parametrize("part", range(3))
def test_the_admins_pages_of_each_model_open_to_those_whom_the_matrix_names(part: int, world: World) -> None:
    rows, faults = admin_rows(), []
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label)[part::3]:
        for page in PAGES:
            for who in people_of("/admin/"):
                expected = rows.get((model._meta.label, who), {}).get(page, ("in", "in"))
                got = on_page(world, who, model, page)
                if got != expected:
                    faults.append(f"{model._meta.label} {page} by {who}: {got}, not {expected}")
    assert faults == []


def on_page(world: World, who: str, model: type[models.Model], page: str) -> tuple[str, str]:
    """What becomes of opening a page of a model, and of sending its form."""
    meta = model._meta
    row = next((row for row in world.things_of(model)), None) or model._default_manager.first()
    assert row is not None, meta.label
    args = [row.pk] if page in ("change", "delete", "history") else []
    path = reverse(f"admin:{meta.app_label}_{meta.model_name}_{PAGES[page]}", args=args)
    form = {"post": "yes"} if page == "delete" else {}
    return outcome(world, who, "GET", path, {}), outcome(world, who, "POST", path, form)
