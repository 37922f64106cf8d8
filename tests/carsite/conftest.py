"""What tests of the admin share."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User


@pytest.fixture
def staff(client: Client, staff_user: User) -> Client:
    """A browser in which a superuser is signed in."""
    client.force_login(staff_user)
    return client
