"""The models in a worker process.

They are loaded once, replaced when another is promoted or a bundle changes, and reported when away. Only
workers call `current` and `shadow`; web processes only ask `is_away`, which costs one cache read and loads
nothing.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache

from classifier.exceptions import ClassifierAway
from classifier.models import ModelVersion
from classifier.training import prototypes, registry
from ml.exceptions import BundleError

if TYPE_CHECKING:
    from ml.serving.predictor import Predictor

logger = logging.getLogger(__name__)
_AWAY_KEY = "classifier-away"
_AWAY_SECONDS = 120


@dataclass(frozen=True)
class Engine:
    """A loaded predictor and the model version that it is."""

    predictor: Predictor
    version_id: int
    stamp: tuple[object, ...]


_lock = threading.Lock()
_engine: Engine | None = None
_shadow: Engine | None = None


def _stamp(folder: Path) -> tuple[object, ...]:
    """What changes when the bundle on disk does; cheap enough to ask before every photo."""
    try:
        state = (folder / "bundle.json").stat()
    except OSError:
        return (str(folder), None)
    return (str(folder), state.st_mtime_ns, state.st_size, state.st_ino)


def current() -> Engine:
    """The active model, loaded, with the cars that it learned from reference photos.

    Costs two small queries and one `stat` where nothing changed since the last photo.

    Raises ClassifierAway where there is no usable bundle.
    """
    global _engine  # noqa: PLW0603  (one model in one process)
    active = ModelVersion.objects.active()
    stamp = _stamp(registry.bundle_path(active))
    with _lock:
        if _engine is None or _engine.stamp != stamp:
            try:
                _engine = _load(active, stamp)
            except (BundleError, OSError) as error:
                _engine = None
                logger.error("classifier away: %s", error)  # noqa: TRY400  (the message says it all)
                cache.set(_AWAY_KEY, "away", _AWAY_SECONDS)
                raise ClassifierAway(str(error)) from error
            cache.delete(_AWAY_KEY)
        prototypes.teach(_engine.predictor, _engine.version_id)
        return _engine


def shadow() -> Engine | None:
    """The shadow model, loaded; None where there is none.

    Raises BundleError where its bundle can't be used.
    """
    global _shadow  # noqa: PLW0603
    version = ModelVersion.objects.shadow()
    with _lock:
        if version is None:
            _shadow = None
            return None
        stamp = _stamp(registry.bundle_path(version))
        if _shadow is None or _shadow.stamp != stamp or _shadow.version_id != version.pk:
            _shadow = None
            loaded = _load(version, stamp)
            if loaded.version_id != version.pk:
                raise BundleError(f"{version} does not ship any more. Add its bundle again.")
            _shadow = loaded
        return _shadow


def _load(version: ModelVersion | None, stamp: tuple[object, ...]) -> Engine:
    from ml.bundle.bundle import read_bundle
    from ml.serving.predictor import Predictor

    bundle = read_bundle(registry.bundle_path(version))
    predictor = Predictor(bundle, threads=settings.MODEL_THREADS)
    predictor.load()
    if version is None or not version.folder:
        version = registry.version_register_shipped(bundle=bundle)
    elif bundle.digest != version.digest:
        raise BundleError(
            f"{bundle.path} does not hold {version}, which was registered. Copy it there again."
        )
    logger.info("model %s loaded", version)
    return Engine(predictor, version.pk, stamp)


def unload() -> None:
    """Forget the models that this process has loaded; the next photo loads them anew."""
    global _engine, _shadow  # noqa: PLW0603
    with _lock:
        _engine = _shadow = None
    prototypes.forget()


def trained_slugs(version: ModelVersion) -> set[str]:
    """The cars that a version was trained on, without loading it; none where its bundle is away."""
    from ml.bundle.bundle import read_bundle

    try:
        return {label.slug for label in read_bundle(registry.bundle_path(version)).labels}
    except BundleError:
        return set()


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
