"""How good a bundle is on photos it has not seen."""

from __future__ import annotations

import numpy as np

from ml.bundle.bundle import Bundle
from ml.data.splits import SCENES
from ml.evaluation import metrics
from ml.evaluation.batch_outputs import BatchOutputs, compute_outputs
from ml.evaluation.corruptions import all_corruptions
from ml.evaluation.measures import BundleMeasures
from ml.evaluation.multi_photo import measure_photo_groups
from ml.evaluation.photo_sources import EvaluationPhotos
from ml.evaluation.report import BundleIdentity, EvaluationReport
from ml.serving.loaded_bundle import LoadedBundle

#: Every so many-th of the validation photos is corrupted, in each way.
CORRUPTION_STRIDE = 2


def evaluate(loaded: LoadedBundle, photos: EvaluationPhotos) -> EvaluationReport:
    """The whole report.

    Prints its progress to stderr. Raises DataError naming a photo that can't be decoded.
    """
    measures = BundleMeasures(loaded.bundle, loaded.projection)
    cars = compute_outputs(loaded, photos.cars, title="validation photos")[0]
    both = measures.both_views(cars)
    scenes = compute_outputs(loaded, photos.scenes, title="scenes")[0] if photos.scenes else None
    not_cars: dict[str, BatchOutputs] = {}
    if scenes is not None:
        not_cars["not a car"] = scenes.part(np.flatnonzero(scenes.labels == SCENES.index("other")))
    sample = photos.cars[::CORRUPTION_STRIDE]
    robustness = {
        name: measures.robustness(compute_outputs(loaded, sample, corruption=corruption, title=name)[0])
        for name, corruption in all_corruptions(photos.backgrounds).items()
    }
    other_sources = {
        make: measures.other_source(compute_outputs(loaded, own, title=make)[0], make)
        for make, own in photos.makes.items()
    }
    unknown = {name: compute_outputs(loaded, own, title=name)[0] for name, own in photos.unknown.items()}
    return EvaluationReport(
        bundle=identity(loaded.bundle),
        photos=len(photos.cars),
        first_view=measures.figures(measures.first_view(cars), cars.labels),
        both_views=measures.figures(both, cars.labels),
        decisions=measures.decisions(cars),
        classes=measures.classes(cars),
        confusions=measures.confusions(cars),
        reliability=metrics.reliability(both.max(axis=1), both.argmax(axis=1) == cars.labels),
        photo_groups=measure_photo_groups(cars, temperature=loaded.bundle.settings.calibration.cars),
        scenes=measures.scenes(cars, scenes) if scenes is not None else {},
        robustness=robustness,
        other_sources=other_sources,
        unknown_cars={name: measures.decisions(outputs) for name, outputs in unknown.items()},
        open_set=measures.open_set(cars, {**not_cars, **unknown}),
    )


def identity(bundle: Bundle) -> BundleIdentity:
    """Which bundle a report is about."""
    return BundleIdentity(bundle.name, bundle.version, bundle.digest)
