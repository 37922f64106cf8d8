"""From a photo to an answer: what a worker calls.

Imports neither torch nor, before the first photo, ONNX Runtime.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from PIL import Image

from core.images import Limits
from ml.bundle.bundle import Bundle
from ml.data.photos import ANY_SIZE, Source, open_photo
from ml.exceptions import PhotoError
from ml.serving.answers import Answer
from ml.serving.loaded_bundle import Learned, LoadedBundle
from ml.serving.prototypes import Prototype
from ml.serving.stopwatch import Stopwatch

#: Photos that go through the network at once in `predict_many`.
BATCH = 8


class Predictor:
    """Answers photos with a bundle, which is read and loaded at the first of them. Safe to share between
    threads.

    `backend` is "auto", "onnx" or "torch"; `threads` are the CPU threads of one forward pass; `limits` say
    which photos are refused.
    """

    def __init__(
        self,
        bundle: str | Path | Bundle,
        backend: str = "auto",
        threads: int = 1,
        *,
        limits: Limits = ANY_SIZE,
    ) -> None:
        self._source = bundle
        self._backend = backend
        self._threads = threads
        self._limits = limits
        self._lock = threading.Lock()
        self._loaded: LoadedBundle | None = None
        self._learned: Learned | None = None

    @property
    def bundle(self) -> Bundle:
        """The bundle that answers. Raises BundleError as `load` does."""
        return self.load().bundle

    def load(self) -> LoadedBundle:
        """Load now what the first photo would load. Raises BundleError; the next call then tries again."""
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = LoadedBundle.open(self._source, self._backend, self._threads)
        return self._loaded

    def learn(self, prototypes: Sequence[Prototype]) -> None:
        """Name these cars too from the next photo on, instead of those learned before.

        Cars that the bundle was trained on are left out. Raises BundleError where the bundle can't learn, and
        as `load`.
        """
        self._learned = self.load().learned(prototypes) if prototypes else None

    @property
    def batch(self) -> int:
        """How many photos at a time it is best asked about. Raises BundleError as `load` does."""
        return self.load().backend.batch

    def predict(self, source: Source) -> Answer:
        """The answer to one photo.

        Raises PhotoError where it can't be decoded, BundleError as `load` does.
        """
        answer = next(self.predict_many([source]))
        if isinstance(answer, PhotoError):
            raise answer
        return answer

    def predict_many(self, sources: Iterable[Source], *, batch: int = BATCH) -> Iterator[Answer | PhotoError]:
        """Answers in the order of `sources`, decoded and computed `batch` at a time.

        A photo that can't be decoded yields its PhotoError where its answer would be and stops nothing.
        """
        loaded = self.load()
        rest = iter(sources)
        while group := list(islice(rest, batch)):
            watch = Stopwatch()
            opened = [_try_open(source, self._limits) for source in group]
            watch.lap("decode")
            images = [image for image in opened if isinstance(image, Image.Image)]
            answers = iter(loaded.answers(images, self._learned, watch) if images else [])
            for image in opened:
                yield image if isinstance(image, PhotoError) else next(answers)


def _try_open(source: Source, limits: Limits) -> Image.Image | PhotoError:
    try:
        return open_photo(source, limits=limits)
    except PhotoError as error:
        return error
