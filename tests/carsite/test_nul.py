"""A NUL in an address finds nothing and breaks nothing; PostgreSQL, unlike SQLite, refuses it in any text."""

from __future__ import annotations

import pytest
from django.test import Client

ADDRESSES = (
    "/cars/%00/",
    "/cars/audi/%00/",
    "/cars/audi/a5/%00/",
    "/cars/?q=%00&make=%00&body=%00&fuel=%00&sort=%00&year=%00&page=%00",
    "/compare/?car=%00&variant=%00",
    "/dealers/%00/",
    "/dealers/?make=%00&near=%00",
    "/identifications/%00/",
    "/api/v1/makes/?search=%00",
    "/api/v1/variants/%00/",
    "/api/v1/variants/?make=%00&q=%00&year=%00",
    "/api/v1/dealers/?make=%00&near=%00",
    "/accounts/confirm-email/%00/",
)
STAFF_ADDRESSES = (
    "/admin/catalog/variant/?q=%00",
    "/admin/accounts/user/?q=%00",
    "/admin/classifier/identification/?q=%00",
    "/admin/dealers/dealer/%00/change/",
)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_nul_in_an_address_is_not_found_or_not_valid(client: Client, address: str) -> None:
    assert client.get(address, follow=True).status_code in (200, 400, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("address", STAFF_ADDRESSES)
def test_a_nul_in_the_admin_is_not_found_either(client: Client, staff_user: object, address: str) -> None:
    client.force_login(staff_user)  # type: ignore[arg-type]
    assert client.get(address, follow=True).status_code in (200, 400, 404)
