"""Choose how a network is used (second view, temperatures, thresholds, what is familiar) on validation photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ml.bundle.bundle import Calibration, SecondView, Settings, Thresholds
from ml.data.splits import SCENES
from ml.evaluation.batch_outputs import BatchOutputs, compute_outputs
from ml.evaluation.calibration import (
    Labelled,
    crossfitted_error,
    exterior_threshold,
    fit_temperature,
    lowest_right,
    sure_threshold,
    unknown_threshold,
)
from ml.evaluation.corruptions import distant
from ml.evaluation.evaluate import Material
from ml.evaluation.metrics import log_loss
from ml.serving.loaded_bundle import LoadedBundle
from ml.serving.openset import cosines, fit_familiarity
from ml.serving.views import leads, softmax

#: Ways to frame the second view that are tried.
WAYS = (
    SecondView(smallest=0.65, largest=0.6),
    SecondView(smallest=0.5, largest=0.6),
    SecondView(smallest=0.5, largest=0.85),
    SecondView(smallest=0.35, largest=0.85),
)
WEIGHTS = (0.3, 0.4, 0.5, 0.6)
#: A second view has at least this share of the pixels, along each side, of the input of the network.
LEAST_PIXELS = 0.25
#: Of the validation photos, every so many-th is set small on another picture, in each way, to choose the second view by.
DISTANT_STRIDE = 3
#: Share of right first views from which on a second one is spared.
ENOUGH = 0.995


def tune(loaded: LoadedBundle, material: Material) -> tuple[Settings, dict[str, float]]:
    """The settings that served best, and figures of the choice that a report should mention.

    The second view is spared where the first is as good as certain. It is the way and weight with the least log loss, each at
    its own temperature, on validation photos as they are and with the car further away in several ways, all kinds counting
    the same. Photos from afar need scenes to be set on; without them the first kind decides. Where the bundle has a projection,
    what is familiar is chosen too, and takes the place of the probability under which a car is unknown.
    """
    settings = loaded.bundle.settings
    pixels = round(settings.input.size * LEAST_PIXELS)
    ways = [replace(way, pixels=pixels) for way in WAYS]
    cars = compute_outputs(loaded, material.cars, ways=ways, title="choosing the second view")
    backgrounds = [photo.path for photo in material.scenes if SCENES[photo.label] == "other"]
    kinds = [cars]
    for name, corruption in distant(backgrounds).items():
        sample = material.cars[::DISTANT_STRIDE]
        kinds.append(
            compute_outputs(loaded, sample, ways=ways, corruption=corruption, title=f"the same, {name}")
        )
    best, weight = min(
        ((way, weight) for way in range(len(ways)) for weight in WEIGHTS),
        key=lambda choice: sum(_least_loss(_reweighted(kind[choice[0]], choice[1])) for kind in kinds),
    )
    enough = enough_lead([_reweighted(kind[best], weight) for kind in kinds])
    chosen = cars[best].as_served(replace(ways[best], weight=weight, enough=enough))
    calibration = Calibration(
        fit_temperature(chosen.labelled()), _scene_temperature(loaded, material, chosen)
    )
    settings = replace(settings, second_view=chosen.how, calibration=calibration)
    settings = replace(settings, thresholds=_thresholds(settings, chosen))
    if loaded.projection is not None:
        closest = cosines(loaded.projection.project(chosen.embedding), loaded.projection.centroids).max(
            axis=1
        )
        settings = replace(
            settings,
            familiarity=fit_familiarity(chosen.car_logits, closest),
            thresholds=replace(settings.thresholds, unknown=0.0),
        )
    return settings, {
        "calibration error, each half at the other's temperature": crossfitted_error(chosen.labelled())
    }


def _reweighted(seen: BatchOutputs, weight: float) -> BatchOutputs:
    return replace(seen, how=replace(seen.how, weight=weight))


def enough_lead(kinds: Sequence[BatchOutputs]) -> float | None:
    """The least lead (see ml.serving.views.leads) from which on the first view alone is right ENOUGH of the time, for each kind of photos.

    That on photos as they are nothing is lost by sparing the second view earlier still says little: on photos from the road,
    of which there are none to choose by, the second view is worth far more. None where no lead is enough.
    """
    least = [
        lowest_right(leads(seen.first.cars), seen.first.cars.argmax(axis=1) == seen.labels, precision=ENOUGH)
        for seen in kinds
    ]
    found = [lead for lead in least if lead is not None]
    return round(max(found), 3) if len(found) == len(kinds) else None


def _least_loss(seen: BatchOutputs) -> float:
    logits = seen.labelled()
    return log_loss(logits.probabilities(fit_temperature(logits)), seen.labels)


def _scene_temperature(loaded: LoadedBundle, material: Material, cars: BatchOutputs) -> float:
    if not material.scenes:
        return 1.0
    scenes = compute_outputs(loaded, material.scenes, ways=[cars.how], title="scenes")[0]
    truth = np.concatenate([np.full(len(cars.labels), SCENES.index("exterior")), scenes.labels])
    return fit_temperature(Labelled(np.concatenate([cars.scene_logits, scenes.scene_logits]), truth))


def _thresholds(settings: Settings, cars: BatchOutputs) -> Thresholds:
    probabilities = cars.labelled().probabilities(settings.calibration.cars)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == cars.labels
    exterior = softmax(cars.scene_logits, settings.calibration.scenes)[:, SCENES.index("exterior")]
    return Thresholds(
        sure=sure_threshold(confidence, right),
        unknown=unknown_threshold(confidence, right),
        exterior=exterior_threshold(exterior),
    )
