"""A bundle of a few kilobytes with fixed random weights, made in milliseconds without torch, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save

from ml.bundle.bundle import Bundle, Familiarity, Input, SecondView, Settings, Thresholds, write_bundle
from ml.bundle.labels import label_table
from ml.data.splits import SCENES
from ml.serving.embedding_projection import EmbeddingProjection

TINY_LABELS = (
    "AM General Hummer SUV 2000", "Audi A5 Coupe 2012", "Audi S5 Coupe 2012", "Audi S5 Convertible 2012",
    "Ford F-150 Regular Cab 2012", "Toyota Camry Sedan 2012",
)  # fmt: skip
SIZE, CHANNELS, STRIDE = 32, 8, 8
#: With these, every photo of a car gets the decision named.
THRESHOLDS = {
    "sure": Thresholds(sure=0.0, unknown=0.0, exterior=0.5),
    "unsure": Thresholds(sure=2.0, unknown=0.0, exterior=0.5),
    "unknown": Thresholds(sure=2.0, unknown=2.0, exterior=0.5),
}


def write_tiny_bundle(
    path: str | Path,
    labels: Sequence[str] = TINY_LABELS,
    *,
    decision: Literal["sure", "unsure", "unknown"] = "unsure",
    scene: Literal["exterior", "interior", "other"] = "exterior",
    version: str = "tiny",
    seed: int = 7,
    familiarity: Familiarity | None = None,
    projection: bool = True,
    favourite: float = 0.0,
) -> Bundle:
    """Write a valid bundle that finds `scene` and `decision` in every photo; its candidates depend on it.

    `favourite` is added to the logit of the first label: with 30 every photo is certainly that car.

    Bundles of another `version` or `seed` have other weights, and so another digest.
    """
    random = np.random.default_rng([seed, *version.encode()])
    weights = {
        "stem.weight": random.normal(0, 0.2, (CHANNELS, 3, STRIDE, STRIDE)).astype(np.float32),
        "car_head.weight": random.normal(0, 1, (len(labels), CHANNELS)).astype(np.float32),
        "car_head.bias": np.float32([favourite] + [0.0] * (len(labels) - 1)),
        "scene_head.weight": np.zeros((len(SCENES), CHANNELS), np.float32),
        "scene_head.bias": np.float32([6.0 if name == scene else 0.0 for name in SCENES]),
    }
    settings = Settings(
        name="tiny",
        version=version,
        architecture="tiny",
        input=Input(SIZE, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        thresholds=THRESHOLDS[decision],
        second_view=SecondView(energy=0.45, padding=0.0, smallest=0.3, largest=0.9, weight=0.5),
        familiarity=familiarity,
    )
    fitted = EmbeddingProjection(
        np.zeros(CHANNELS, np.float32),
        10 * np.eye(CHANNELS, dtype=np.float32),
        random.normal(0, 1, (len(labels), CHANNELS)).astype(np.float32),
    )
    facts = {
        "created": "2026-01-01T00:00:00+00:00",
        "licence": "Random numbers, free to use.",
        "metrics": {},
        "data": {},
    }
    return write_bundle(
        path,
        settings,
        label_table(labels),
        model=tiny_onnx(weights),
        weights=save(weights),
        projection=fitted.to_file() if projection else None,
        facts=facts,
    )


def tiny_onnx(weights: dict[str, np.ndarray]) -> bytes:
    """One convolution, an average and two heads, with the inputs and outputs of a real model."""
    nodes = [
        helper.make_node("Conv", ["photos", "stem.weight"], ["stem"], strides=[STRIDE, STRIDE]),
        helper.make_node("Relu", ["stem"], ["feature_map"]),
        helper.make_node("ReduceMean", ["feature_map", "axes"], ["embedding"], keepdims=0),
        helper.make_node("Gemm", ["embedding", "car_head.weight", "car_head.bias"], ["car_logits"], transB=1),
        helper.make_node(
            "Gemm", ["embedding", "scene_head.weight", "scene_head.bias"], ["scene_logits"], transB=1
        ),
    ]
    shapes = {
        "car_logits": ["batch", len(weights["car_head.bias"])],
        "scene_logits": ["batch", len(SCENES)],
        "embedding": ["batch", CHANNELS],
        "feature_map": ["batch", CHANNELS, SIZE // STRIDE, SIZE // STRIDE],
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("photos", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [numpy_helper.from_array(array, name) for name, array in weights.items()]
        + [numpy_helper.from_array(np.array([2, 3], np.int64), "axes")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    return model.SerializeToString()
