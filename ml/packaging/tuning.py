"""Choose how a network is used, on validation photos.

That is: its second view, its temperatures and thresholds, and from where on a photo is familiar.
"""

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
from ml.evaluation.metrics import log_loss
from ml.evaluation.photo_sources import EvaluationPhotos
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
#: Of the validation photos, every so many-th is set small on another picture, in each way, to choose the
#: second view by.
DISTANT_STRIDE = 3
#: Share of right first views from which on a second one is spared.
ENOUGH = 0.995


def tune(loaded: LoadedBundle, photos: EvaluationPhotos) -> tuple[Settings, float]:
    """The settings that served best, and their crossfitted calibration error.

    The second view is spared where the first is as good as certain. Where the bundle has a projection, what
    is familiar is chosen too, and takes the place of the probability under which a car is unknown. Prints its
    progress to stderr.
    """
    settings = loaded.bundle.settings
    chosen = choose_second_view(loaded, photos)
    temperatures = Calibration(
        cars=fit_temperature(chosen.labelled()), scenes=_scene_temperature(loaded, photos, chosen)
    )
    settings = replace(settings, second_view=chosen.how, calibration=temperatures)
    settings = replace(settings, thresholds=_thresholds(settings, chosen))
    if loaded.projection is not None:
        directions = loaded.projection.project(chosen.embedding)
        closest = cosines(directions, loaded.projection.centroids).max(axis=1)
        settings = replace(
            settings,
            familiarity=fit_familiarity(chosen.car_logits, closest),
            thresholds=replace(settings.thresholds, unknown=0.0),
        )
    return settings, crossfitted_error(chosen.labelled())


def choose_second_view(loaded: LoadedBundle, photos: EvaluationPhotos) -> BatchOutputs:
    """The outputs for known cars as they would be served, in the best way (`how`) to frame and weigh the
    second view.

    It is that with the least log loss, each at its own temperature, on validation photos as they are and with
    the car further away in several ways, all kinds counting the same. Photos from afar need scenes to be set
    on; without them the first kind decides.
    """
    pixels = round(loaded.bundle.settings.input.size * LEAST_PIXELS)
    ways = [replace(way, pixels=pixels) for way in WAYS]
    cars = compute_outputs(loaded, photos.cars, ways=ways, title="choosing the second view")
    kinds = [cars]
    for name, corruption in distant(photos.backgrounds).items():
        sample = photos.cars[::DISTANT_STRIDE]
        title = f"the same, {name}"
        kinds.append(compute_outputs(loaded, sample, ways=ways, corruption=corruption, title=title))

    def loss(choice: tuple[int, float]) -> float:
        way, weight = choice
        return sum(_least_loss(_reweighted(kind[way], weight)) for kind in kinds)

    best, weight = min(((way, weight) for way in range(len(ways)) for weight in WEIGHTS), key=loss)
    enough = enough_lead([_reweighted(kind[best], weight) for kind in kinds])
    return cars[best].as_served(replace(ways[best], weight=weight, enough=enough))


def _reweighted(outputs: BatchOutputs, weight: float) -> BatchOutputs:
    return replace(outputs, how=replace(outputs.how, weight=weight))


def enough_lead(kinds: Sequence[BatchOutputs]) -> float | None:
    """The least lead of the best logit from which on the first view alone is right ENOUGH of the time.

    It holds for each kind of photos. That on photos as they are nothing is lost by sparing the second view
    earlier still says little: on photos from the road, of which there are none to choose by, the second view
    is worth far more. None where no lead is enough. See ml.serving.views.leads.
    """
    least = []
    for outputs in kinds:
        logits = outputs.first.cars
        right = logits.argmax(axis=1) == outputs.labels
        least.append(lowest_right(leads(logits), right, precision=ENOUGH))
    found = [lead for lead in least if lead is not None]
    return round(max(found), 3) if len(found) == len(kinds) else None


def _least_loss(outputs: BatchOutputs) -> float:
    logits = outputs.labelled()
    return log_loss(logits.probabilities(fit_temperature(logits)), outputs.labels)


def _scene_temperature(loaded: LoadedBundle, photos: EvaluationPhotos, cars: BatchOutputs) -> float:
    if not photos.scenes:
        return 1.0
    scenes = compute_outputs(loaded, photos.scenes, ways=[cars.how], title="scenes")[0]
    labels = np.concatenate([np.full(len(cars.labels), SCENES.index("exterior")), scenes.labels])
    return fit_temperature(Labelled(np.concatenate([cars.scene_logits, scenes.scene_logits]), labels))


def _thresholds(settings: Settings, cars: BatchOutputs) -> Thresholds:
    probabilities = cars.labelled().probabilities(settings.calibration.cars)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == cars.labels
    exterior = softmax(cars.scene_logits, settings.calibration.scenes)[:, SCENES.index("exterior")]
    return Thresholds(
        sure=sure_threshold(confidence, right),
        unknown=unknown_threshold(confidence, right),
        exterior=exterior_threshold(exterior),
    )
