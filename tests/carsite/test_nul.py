"""A NUL in an address finds nothing and breaks nothing; PostgreSQL, unlike SQLite, refuses it in any text."""

from __future__ import annotations

import pytest
from django.test import Client

#: What each answers: nothing is there, the question is not valid, or a page that found nothing.
ADDRESSES = {
    "/cars/%00/": 404,
    "/cars/audi/%00/": 404,
    "/cars/audi/a5/%00/": 404,
    "/cars/?q=%00&make=%00&body=%00&fuel=%00&sort=%00&year=%00&page=%00": 200,
    "/compare/?car=%00&variant=%00": 200,
    "/dealers/%00/": 404,
    "/dealers/?make=%00&near=%00": 200,
    "/identifications/%00/": 404,
    "/api/v1/makes/?search=%00": 200,
    "/api/v1/variants/%00/": 404,
    "/api/v1/variants/?make=%00&q=%00&year=%00": 200,
    "/api/v1/dealers/?make=%00&near=%00": 400,
    "/accounts/confirm-email/%00/": 404,
}
#: And where each leads to, if anywhere.
STAFF_ADDRESSES = {
    "/admin/catalog/variant/?q=%00": [],
    "/admin/accounts/user/?q=%00": [],
    "/admin/classifier/identification/?q=%00": [],
    "/admin/dealers/dealer/%00/change/": [("/admin/", 302)],
}


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), ADDRESSES.items())
def test_a_nul_in_an_address_is_not_found_or_not_valid(client: Client, address: str, status: int) -> None:
    assert client.get(address).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "led_to"), STAFF_ADDRESSES.items())
def test_a_nul_in_the_admin_is_not_found_either(
    client: Client, staff_user: object, address: str, led_to: list[tuple[str, int]]
) -> None:
    client.force_login(staff_user)  # type: ignore[arg-type]
    response = client.get(address, follow=True)
    assert (response.status_code, response.redirect_chain) == (200, led_to)
