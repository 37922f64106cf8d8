"""What `/metrics` says, for Prometheus.

Requests are counted in the web processes: gunicorn's share a folder (`PROMETHEUS_MULTIPROC_DIR`, see
gunicorn.conf.py), so that one answer counts for all of them. Everything about work is read from the database
at each scrape: its rows are right whichever machine did the work and whichever process died, and every web
machine reports the same numbers (aggregate them with `max`, not `sum`). Each app has a function that yields
its figures; METRICS_FIGURES names them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.db import Error
from django.utils.module_loading import import_string
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core.figures import Figure
from ops import health

logger = logging.getLogger(__name__)

_own = CollectorRegistry()
_requests = Histogram(
    "carsite_request_seconds",
    "Time until a view's answer began, by view, method and status.",
    ["view", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_own,
)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def request_done(view: str, method: str, status: int, seconds: float) -> None:
    """Count a request; where the disk is full it stays uncounted, and is answered all the same."""
    known = method if method in _METHODS else "other"  # clients make up methods; each would be a new series
    try:
        _requests.labels(view, known, str(status)).observe(seconds)
    except OSError as error:
        logger.warning("a request is not counted: %s", error)


class _Figures(Collector):
    """Figures of the apps, asked anew at each scrape."""

    def __init__(self, figures: Callable[[], Iterable[Figure]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        # A name may come several times with different labels
        for name, text, labels, value in self._figures():
            if name not in families:
                families[name] = GaugeMetricFamily(name, text, labels=list(labels))
            families[name].add_metric(list(labels.values()), value)
        return iter(families.values())


def _services() -> Iterator[Figure]:
    for name, check in health.report()["checks"].items():
        labels = {"service": name}
        yield Figure("carsite_service_up", "Whether a service answers.", labels, float(check["ok"]))
        yield Figure("carsite_service_seconds", "How long it took.", labels, check["ms"] / 1000)


def of_apps() -> list[Figure]:
    """All of the apps' figures; none where the database is away, which `carsite_service_up` says."""
    try:
        return [figure for name in settings.METRICS_FIGURES for figure in import_string(name)()]
    except Error as error:
        logger.warning("no figures of work: %s", type(error).__name__)
        return []


def render() -> bytes:
    """Everything, in Prometheus' text format."""
    counted, asked = _own, CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    asked.register(_Figures(_services))
    asked.register(_Figures(of_apps))
    return generate_latest(counted) + generate_latest(asked)
