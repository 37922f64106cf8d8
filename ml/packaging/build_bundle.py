"""From a finished run to a bundle that can be shipped: network, settings, measured figures, model card."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from core.files import write_atomically
from ml.bundle.bundle import Bundle, Settings, Thresholds, write_bundle
from ml.bundle.export import to_files
from ml.bundle.labels import label_table
from ml.bundle.saved_models import open_run
from ml.data.decoding import decode
from ml.evaluation.evaluate import evaluate, identity
from ml.evaluation.photo_sources import EvaluationPhotos, PhotoSources, read_evaluation_photos
from ml.evaluation.report import EvaluationReport, Parity
from ml.exceptions import BundleError, DataError
from ml.network.car_net import CarNet
from ml.network.embeddings import embed_photos
from ml.packaging.model_card import write_card
from ml.packaging.tuning import tune
from ml.recipes import Data, ReleaseNotes
from ml.serving.embedding_projection import EmbeddingProjection, fit_projection
from ml.serving.loaded_bundle import LoadedBundle
from ml.serving.views import WHOLE, softmax

#: PyTorch and ONNX Runtime agree within this on every probability.
PARITY = 1e-3
PARITY_PHOTOS = 48


def build_bundle(
    run: Path, out: Path, *, notes: ReleaseNotes, version: str | None = None, threads: int = 2
) -> tuple[Bundle, EvaluationReport]:
    """Export a run's network, choose its settings on the run's validation photos, measure, write the bundle
    and its card.

    Returns the bundle and the whole report, which is also written to `run/report.json`. Raises MlError with
    what to do where something is missing or where PyTorch and ONNX Runtime don't agree.
    """
    model = open_run(run)
    model_file, weights = to_files(model.network, size=model.input.size)
    now = datetime.now(UTC)
    settings = Settings(
        name=notes.name or model.recipe["name"],
        version=version or f"{now:%Y.%m.%d}",
        architecture=model.architecture,
        input=model.input,
        thresholds=Thresholds(sure=1.0, unknown=0.0, exterior=0.5),
    )
    table = label_table(model.labels, notes.classes)
    with tempfile.TemporaryDirectory() as folder:
        draft = write_bundle(Path(folder) / "draft", settings, table, model=model_file, weights=weights)
        loaded = LoadedBundle.open(draft, "onnx", threads)
        photos = read_evaluation_photos(sources_of(Data(**model.recipe["data"]), notes), draft)
        parity = check_parity(model.network, draft, photos)
        loaded = replace(loaded, projection=learn_projection(loaded, photos))
        settings, crossfitted = tune(loaded, photos)
        report = evaluate(replace(loaded, bundle=replace(draft, settings=settings)), photos)
    both = replace(report.both_views, crossfitted_error=crossfitted)
    report = replace(report, both_views=both, parity=parity)
    facts = _facts(model.recipe, notes, report, created=now.isoformat(timespec="seconds"))
    projection = loaded.projection.to_file() if loaded.projection else None
    bundle = write_bundle(
        out, settings, table, model=model_file, weights=weights, projection=projection, facts=facts
    )
    write_card(bundle)
    report = replace(report, bundle=identity(bundle))
    write_atomically(run / "report.json", json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n")
    return bundle, report


def _facts(
    recipe: dict[str, object], notes: ReleaseNotes, report: EvaluationReport, *, created: str
) -> dict[str, object]:
    """What `bundle.json` says beside the settings."""
    return {
        "created": created,
        "purpose": notes.purpose,
        "data": notes.data,
        "licence": notes.licence,
        "limits": notes.limits,
        "training": {key: recipe[key] for key in ("stages", "batch", "learning_rate", "weights", "seed")},
        "metrics": replace(report, bundle=None, classes=None).to_json(),
    }


def sources_of(data: Data, notes: ReleaseNotes) -> PhotoSources:
    """The photos that a run's recipe and its release notes name."""
    return PhotoSources(
        cars=tuple(map(Path, data.cars)),
        cars_split=tuple(map(Path, data.cars_validation)),
        scenes=Path(data.scenes) if data.scenes else None,
        scenes_split=Path(data.scenes_validation) if data.scenes_validation else None,
        unknown=tuple(map(Path, notes.unknown)),
        makes=Path(notes.makes) if notes.makes else None,
        only=tuple(data.only),
        leave_out=Path(data.leave_out) if data.leave_out else None,
    )


def learn_projection(loaded: LoadedBundle, photos: EvaluationPhotos) -> EmbeddingProjection:
    """The projection in which the network compares cars, by photos that it learned from.

    Raises DataError where a class has none.
    """
    labels = np.array([photo.label for photo in photos.learned])
    missing = [one.label for i, one in enumerate(loaded.bundle.labels) if i not in set(labels.tolist())]
    if missing:
        raise DataError(
            f"There are no training photos of {missing}, so where these cars lie can't be told. "
            "Take some off the list of validation photos."
        )
    return fit_projection(embed_photos(loaded, photos.learned, title="embedding the known cars"), labels)


def check_parity(network: CarNet, bundle: Bundle, photos: EvaluationPhotos) -> Parity:
    """The largest difference of a probability on real photos: between the backends, and by fusing and
    rounding.

    `network` is the one as it was trained. Raises BundleError where the backends differ by more than PARITY.
    """
    backends = [LoadedBundle.open(bundle, backend, 1) for backend in ("onnx", "torch")]
    step = max(1, len(photos.cars) // PARITY_PHOTOS)
    images = [decode(photo) for photo in photos.cars[::step]]
    inputs = backends[0].inputs(images, [WHOLE] * len(images))
    by_onnx, by_torch = (softmax(one.backend(inputs).cars) for one in backends)
    with torch.inference_mode():
        as_trained = softmax(network(torch.from_numpy(inputs)).cars.numpy())
    worst = float(np.abs(by_onnx - by_torch).max())
    if worst > PARITY:
        raise BundleError(
            f"PyTorch and ONNX Runtime differ by {worst:.2g} on a probability; {PARITY} is the most that is "
            "shipped. Use the versions in requirements.txt."
        )
    return Parity(
        onnx_against_torch=worst, exported_against_trained=float(np.abs(by_onnx - as_trained).max())
    )
