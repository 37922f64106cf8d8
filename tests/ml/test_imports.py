"""What may be imported where, each asked in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.ml.conftest import ROOT


def fresh(code: str) -> str:
    """What a new interpreter prints for `code`."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "module",
    [
        "ml.bundle.bundle",
        "ml.data.photos",
        "ml.serving.predictor",
        "ml.bundle.labels",
        "ml.data.splits",
        "ml.__main__",
    ],
)
def test_serving_imports_no_heavy_library(module: str) -> None:
    heavy = "('torch', 'torchvision', 'timm', 'onnxruntime', 'onnx', 'pytorch_lightning', 'django')"
    assert fresh(f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_bundle_is_read_with_the_standard_library_alone() -> None:
    assert (
        fresh(
            "import sys, ml.bundle.bundle; print([name for name in ('numpy', 'PIL') if name in sys.modules])"
        )
        == "[]"
    )


def test_predicting_on_a_cpu_never_imports_torch() -> None:
    code = """
import sys, tempfile
from PIL import Image
from ml.serving.predictor import Predictor
from tests.ml.tiny import write_tiny_bundle
from tests.ml.conftest import as_bytes
with tempfile.TemporaryDirectory() as folder:
    photo = as_bytes(Image.new("RGB", (40, 30)))
    Predictor(write_tiny_bundle(folder + "/tiny"), backend="onnx").predict(photo)
print("onnxruntime" in sys.modules, "torch" in sys.modules)
"""
    assert fresh(code) == "True False"


def test_torchvision_imports_beside_a_cpu_build_of_torch() -> None:
    code = """
from ml import torchvision_ops
torchvision_ops.ensure()
import torch, torchvision
network = torchvision.models.resnet18(weights=None).eval()
print(network(torch.zeros(1, 3, 32, 32)).shape[1], torchvision_ops.ensure())
"""
    assert fresh(code) == "1000 False"


def test_schemas_are_declared_only_where_they_are_missing() -> None:
    code = """
import torch
from ml import torchvision_ops
def no_library(): pass  # as where torchvision's own library does not load
added = [torchvision_ops.ensure(load_library=no_library) for _ in range(2)]
print(*added, hasattr(torch.ops.torchvision, "nms"))
"""
    assert fresh(code) == "True False True"


def test_nothing_is_declared_where_torchvision_brings_its_own() -> None:
    code = """
import torch
from ml import torchvision_ops
own = torch.library.Library("torchvision", "FRAGMENT")
own.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
own.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
print(torchvision_ops.ensure())
"""
    assert fresh(code) == "False"
