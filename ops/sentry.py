"""Defects sent to Sentry, or to whatever speaks its protocol, without anything about who met them.

Imported only where `SENTRY_DSN` is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import ignore_logger

from core import logs, outages

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def start(dsn: str) -> None:
    """Send what is not caught from here on, of requests and of tasks."""
    ignore_logger("carsite.requests")  # a request's line tells of outages too, and of a defect a second time
    sentry_sdk.init(
        dsn=dsn,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=_scrubbed,
    )


def _scrubbed(event: Event, hint: Hint) -> Event | None:
    """The event, with the request's id in place of the request.

    None where a service is away, which is no defect.
    """
    if outages.named((hint.get("exc_info") or (None, None))[1]):
        return None
    method = event.pop("request", {}).get("method")
    for name in ("user", "extra", "contexts", "server_name", "modules"):
        event.pop(name, None)  # type: ignore[misc]  # each is a key of Event
    event.setdefault("tags", {}).update({"request_id": logs.request_id(), "method": str(method or "")})
    for raised in event.get("exception", {}).get("values", ()):
        raised["value"] = logs.masked(str(raised.get("value", "")))
    if "logentry" in event:
        said = event["logentry"]
        event["logentry"] = {"message": logs.masked(str(said.get("formatted") or said.get("message")))}
    return event
