"""What every template may use."""

from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """`units`: the visitor's choice, "metric" or "imperial"."""
    units = request.COOKIES.get("units", "metric")
    return {"units": units if units in ("metric", "imperial") else "metric"}
