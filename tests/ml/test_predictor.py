"""Photos get answers: the right shape, the same every time, with every scene and decision."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ml.serving.loaded_bundle
import ml.serving.predictor
from ml.bundle.bundle import Bundle, read_bundle, write_bundle
from ml.exceptions import BundleError, PhotoError
from ml.serving.answers import Answer
from ml.serving.loaded_bundle import LoadedBundle
from ml.serving.predictor import Predictor
from ml.serving.views import WHOLE, leads
from tests.ml.conftest import as_bytes, drawn
from tests.ml.tiny import TINY_LABELS, tiny_onnx, write_tiny_bundle

#: What the tiny bundle says of PHOTO: changes only where decoding, resizing or the way of looking changes.
GOLDEN = [
    ("audi-a5-coupe-2012", 0.4758),
    ("toyota-camry-sedan-2012", 0.3155),
    ("audi-s5-convertible-2012", 0.1877),
    ("am-general-hummer-suv-2000", 0.0189),
    ("ford-f-150-regular-cab-2012", 0.0012),
]
GOLDEN_BOX = (0.0, 0.0, 0.75, 1.0)
PHOTO = as_bytes(drawn((180, 60, 30), 3, size=(300, 200)))


@pytest.fixture(scope="module")
def predictor(tiny_bundle: Bundle) -> Predictor:
    return Predictor(tiny_bundle.path)


def test_answer_has_all_its_parts(predictor: Predictor) -> None:
    answer = predictor.predict(PHOTO)
    assert answer.scene == "exterior"
    assert sum(answer.scenes.values()) == pytest.approx(1)
    assert answer.decision == "unsure"
    assert len(answer.predictions) == 5
    probabilities = [candidate.probability for candidate in answer.predictions]
    assert probabilities == sorted(probabilities, reverse=True)
    assert {candidate.label for candidate in answer.predictions} < set(TINY_LABELS)
    assert answer.embedding.shape == (8,)
    assert np.array(answer.heat_map).shape == (4, 4)
    assert max(max(row) for row in answer.heat_map) == 255
    assert 0 <= answer.box[0] < answer.box[2] <= 1
    assert answer.hints == ("blurred",)


def test_makes_and_models_sum_their_classes(predictor: Predictor) -> None:
    answer = predictor.predict(PHOTO)
    shares = dict(answer.makes)
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) == {"AM General", "Audi", "Ford", "Toyota"}
    models = {(make, model): share for make, model, share in answer.models}
    assert shares["Audi"] == pytest.approx(models["Audi", "A5"] + models["Audi", "S5"])


def test_answer_is_the_golden_one(predictor: Predictor) -> None:
    answer = predictor.predict(PHOTO)
    assert [(candidate.slug, round(candidate.probability, 4)) for candidate in answer.predictions] == GOLDEN
    assert answer.box == pytest.approx(GOLDEN_BOX)


def test_same_photo_gets_the_same_answer_however_it_is_asked(tiny_bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(PHOTO)
    one, other = Predictor(tiny_bundle), Predictor(str(tiny_bundle.path), "onnx", 2)
    answers = [one.predict(PHOTO), one.predict(tmp_path / "photo.png"), other.predict(PHOTO)]
    with (tmp_path / "photo.png").open("rb") as file:
        answers.append(other.predict(file))
    assert len({answer.predictions for answer in answers}) == 1
    assert len({answer.heat_map for answer in answers}) == 1


@pytest.mark.parametrize("decision", ["sure", "unsure", "unknown"])
def test_decision_follows_the_thresholds(tmp_path: Path, decision: str) -> None:
    assert Predictor(write_tiny_bundle(tmp_path / "b", decision=decision)).predict(PHOTO).decision == decision


@pytest.mark.parametrize("scene", ["interior", "other"])
def test_what_is_no_car_from_outside_is_never_named_for_sure(tmp_path: Path, scene: str) -> None:
    answer = Predictor(write_tiny_bundle(tmp_path / "b", decision="sure", scene=scene)).predict(PHOTO)
    assert (answer.scene, answer.decision) == (scene, "unknown")
    assert max(answer.scenes, key=answer.scenes.__getitem__) == scene


def test_many_photos_are_answered_as_each_alone(predictor: Predictor) -> None:
    photos = [as_bytes(drawn((20 * i, 90, 200 - 15 * i), i, size=(90 + i, 60))) for i in range(7)]
    together = list(predictor.predict_many(photos, batch=3))
    for photo, answer in zip(photos, together, strict=True):
        alone = predictor.predict(photo)
        assert isinstance(answer, Answer)
        assert [c.label for c in answer.predictions] == [c.label for c in alone.predictions]
        np.testing.assert_allclose(
            [c.probability for c in answer.predictions], [c.probability for c in alone.predictions], atol=1e-5
        )
        assert answer.box == alone.box


def test_unreadable_photo_among_many_stops_nothing(predictor: Predictor) -> None:
    answers = list(predictor.predict_many([PHOTO, b"no photo", PHOTO, PHOTO[:200]], batch=2))
    assert [type(answer) for answer in answers] == [Answer, PhotoError, Answer, PhotoError]
    assert next(predictor.predict_many([b"no photo"])).code == "photo_unreadable"


def test_unreadable_photo_is_an_error(predictor: Predictor) -> None:
    with pytest.raises(PhotoError, match="not a photo"):
        predictor.predict(b"hello")


def test_photo_is_decoded_once_for_both_views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    original = ml.serving.predictor.open_photo
    monkeypatch.setattr(
        ml.serving.predictor,
        "open_photo",
        lambda source, **limits: opened.append(source) or original(source, **limits),
    )
    small_car = Image.new("RGB", (200, 200), (128, 128, 128))
    small_car.paste(drawn((220, 30, 30), 1, size=(50, 50)), (120, 120))
    answer = Predictor(write_tiny_bundle(tmp_path / "b")).predict(as_bytes(small_car))
    assert answer.box != (0, 0, 1, 1)
    assert len(opened) == 1


def test_second_view_is_spared_for_the_photos_whose_first_one_says_enough(tmp_path: Path) -> None:
    twice = LoadedBundle.open(write_tiny_bundle(tmp_path / "b"), "onnx", 1)
    images = [drawn((20 * i, 90, 200 - 15 * i), i, size=(90 + i, 60)) for i in range(7)]
    first = twice.first_view(images)
    order = np.argsort(leads(first.cars))
    always = twice.bundle.settings.second_view
    how = replace(always, enough=float(leads(first.cars)[order[-2]]))
    views, both = twice.second_view(images, first, how), twice.second_view(images, first, always)
    for i in order[-2:]:
        assert (views.second.cars[i] == first.cars[i]).all()
        assert views.boxes[i] is WHOLE
    for i in order[:-2]:
        assert views.second.cars[i] == pytest.approx(both.second.cars[i], abs=1e-5)
        assert views.boxes[i] == both.boxes[i]
    calls = []
    counting = replace(twice, backend=lambda photos: calls.append(len(photos)) or twice.backend(photos))
    counting.second_view(images, first, replace(always, enough=0.0))
    counting.second_view(images, first, how)
    assert calls == [len(images) - 2], "none at all where every first view says enough"


def test_nothing_is_loaded_before_the_first_photo_and_once_for_many_threads(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    original = ml.serving.loaded_bundle.open_backend
    monkeypatch.setattr(
        ml.serving.loaded_bundle,
        "open_backend",
        lambda *args, **named: opened.append(args) or original(*args, **named),
    )
    predictor = Predictor(tiny_bundle.path)
    assert opened == []
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(predictor.predict(PHOTO))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1
    assert len({answer.predictions for answer in answers}) == 1
    assert len(answers) == 8


def test_bundle_that_comes_later_is_found(tmp_path: Path) -> None:
    predictor = Predictor(tmp_path / "late")
    with pytest.raises(BundleError, match="There is no bundle"):
        predictor.predict(PHOTO)
    write_tiny_bundle(tmp_path / "late")
    assert predictor.predict(PHOTO).predictions


def test_network_of_another_run_is_refused(tiny_bundle: Bundle, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save

    weights = load_file(tiny_bundle.path / "weights.safetensors")
    smaller = weights | {
        "car_head.weight": weights["car_head.weight"][:4],
        "car_head.bias": np.zeros(4, np.float32),
    }
    mixed = write_bundle(
        tmp_path / "m",
        tiny_bundle.settings,
        tiny_bundle.labels,
        model=tiny_onnx(smaller),
        weights=save(weights),
    )
    with pytest.raises(BundleError, match="has 4 outputs for 6 labels"):
        Predictor(mixed).load()


def test_network_that_onnx_runtime_can_not_load_is_a_bundle_error(
    tiny_bundle: Bundle, tmp_path: Path
) -> None:
    weights = (tiny_bundle.path / "weights.safetensors").read_bytes()
    broken = write_bundle(
        tmp_path / "x", tiny_bundle.settings, tiny_bundle.labels, model=b"not a network", weights=weights
    )
    with pytest.raises(BundleError, match="ONNX Runtime can't load"):
        Predictor(read_bundle(broken.path)).load()


def test_unknown_backend_is_refused(tiny_bundle: Bundle) -> None:
    with pytest.raises(ValueError, match="no backend 'tensorflow'"):
        Predictor(tiny_bundle, backend="tensorflow").load()


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.convert("L"),
        lambda image: image.resize((1, 1)),
        lambda image: image.resize((3000, 10)),
    ],
)
def test_odd_photos_get_an_answer(predictor: Predictor, change: Callable[[Image.Image], Image.Image]) -> None:
    assert len(predictor.predict(as_bytes(change(drawn((99, 99, 99), 1)))).predictions) == 5
