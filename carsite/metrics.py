"""What `/metrics` says, for Prometheus.

Requests are counted in the web processes: gunicorn's share a folder (`PROMETHEUS_MULTIPROC_DIR`, see gunicorn.conf.py), so
one answer counts for all of them. Everything about work is asked of the database when Prometheus asks: that is the truth
whichever machine or process did it and whoever of them died, and each web machine says the same (so: `max`, not `sum`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator

from django.db import Error
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

import accounts.figures
import classifier.figures
import dealers.figures
import scraper.figures
from ops import health

logger = logging.getLogger(__name__)

#: (name, what it says, labels, value); a name may come several times with different labels.
Figure = tuple[str, str, dict[str, str], float]

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
    """Count a request."""
    known = method if method in _METHODS else "other"  # clients make up methods; each would be a new series
    _requests.labels(view, known, str(status)).observe(seconds)


class _Figures(Collector):
    """Figures of the apps, asked anew at each scrape."""

    def __init__(self, figures: Callable[[], Iterable[Figure]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for name, text, labels, value in self._figures():
            if name not in families:
                families[name] = GaugeMetricFamily(name, text, labels=list(labels))
            families[name].add_metric(list(labels.values()), value)
        return iter(families.values())


def _services() -> Iterator[Figure]:
    for name, check in health.report()["checks"].items():
        yield "carsite_service_up", "Whether a service answers.", {"service": name}, float(check["ok"])
        yield "carsite_service_seconds", "How long it took.", {"service": name}, check["ms"] / 1000


def _work() -> list[Figure]:
    """All of the apps' figures; none where the database is away, which `carsite_service_up` says."""
    try:
        return [
            *classifier.figures.figures(),
            *dealers.figures.figures(),
            *accounts.figures.figures(),
            *scraper.figures.figures(),
        ]
    except Error as error:
        logger.warning("no figures of work: %s", type(error).__name__)
        return []


def render() -> bytes:
    """Everything, in Prometheus' text format."""
    counted, asked = _own, CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)
    asked.register(_Figures(_services))
    asked.register(_Figures(_work))
    return generate_latest(counted) + generate_latest(asked)
