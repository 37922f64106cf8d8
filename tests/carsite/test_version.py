"""One version, the same wherever it is shown."""

from __future__ import annotations

import pytest
from django.test import Client

from carsite import __version__

pytestmark = pytest.mark.django_db


def test_version_is_in_the_footer(client: Client) -> None:
    assert f"Carsite {__version__}" in client.get("/about/").text


def test_api_says_its_version_and_where_it_is_described(client: Client) -> None:
    said = client.get("/api/v1/").json()
    assert said["version"] == __version__
    assert (
        client.get(said["schema"], headers={"accept": "application/json"}).json()["info"]["version"]
        == __version__
    )
    assert client.get(said["documentation"]).status_code == 200
