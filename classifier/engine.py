"""The model in a worker process: loaded once, replaced when its bundle changes, reported when it is away.

Only workers call `answer`; web processes only ask `away_message`, which costs one cache read and loads nothing.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache

from classifier.exceptions import ClassifierAway
from classifier.models import ModelVersion
from ml.exceptions import BundleError

if TYPE_CHECKING:
    from ml.predictor import Predictor

logger = logging.getLogger(__name__)
_AWAY_KEY = "classifier-away"
_AWAY_SECONDS = 120


@dataclass(frozen=True)
class Engine:
    """A loaded predictor and the model version that it is."""

    predictor: Predictor
    version_id: int
    stamp: tuple[Any, ...]


_lock = threading.Lock()
_engine: Engine | None = None


def _stamp() -> tuple[Any, ...]:
    """What changes when the bundle on disk does; cheap enough to ask before every photo."""
    try:
        state = (settings.MODEL_BUNDLE / "bundle.json").stat()
    except OSError:
        return (str(settings.MODEL_BUNDLE), None)
    return (str(settings.MODEL_BUNDLE), state.st_mtime_ns, state.st_size, state.st_ino)


def current() -> Engine:
    """The loaded engine, loading or reloading it where needed. Raises ClassifierAway where there is no usable bundle."""
    global _engine  # noqa: PLW0603  (one model in one process)
    stamp = _stamp()
    with _lock:
        if _engine is None or _engine.stamp != stamp:
            try:
                _engine = _load(stamp)
            except BundleError as error:
                _engine = None
                logger.error("classifier away: %s", error)  # noqa: TRY400  (the message says it all)
                cache.set(_AWAY_KEY, "away", _AWAY_SECONDS)
                raise ClassifierAway(str(error)) from error
            cache.delete(_AWAY_KEY)
        return _engine


def _load(stamp: tuple[Any, ...]) -> Engine:
    from ml.bundle import read_bundle
    from ml.predictor import Predictor

    bundle = read_bundle(settings.MODEL_BUNDLE)
    predictor = Predictor(bundle, threads=settings.MODEL_THREADS)
    predictor.load()
    version = model_version_register(
        name=bundle.name, version=bundle.version, digest=bundle.digest, card=bundle.card
    )
    logger.info("model %s loaded", version)
    return Engine(predictor, version.pk, stamp)


def model_version_register(*, name: str, version: str, digest: str, card: dict[str, Any]) -> ModelVersion:
    """The row of a bundle, made at its first use; the newest one in use is the active one."""
    from django.db import transaction

    with transaction.atomic():
        row, _ = ModelVersion.objects.get_or_create(
            digest=digest, defaults={"name": name, "version": version, "card": card}
        )
        if not row.is_active:
            ModelVersion.objects.filter(is_active=True).update(is_active=False)
            ModelVersion.objects.filter(pk=row.pk).update(is_active=True)
            row.is_active = True
    return row


def warm() -> None:
    """Load the model before the first photo comes; a worker without one still starts and lets photos wait."""
    try:
        current()
    except ClassifierAway:
        pass
    except Exception:
        # A database that is not migrated or not up yet must not keep the worker from starting.
        logger.exception("the model could not be loaded in advance")


def is_away() -> bool:
    """Whether workers lately found no usable model. For pages: one cache read."""
    return bool(cache.get(_AWAY_KEY))
