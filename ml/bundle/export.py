"""From a trained network to the two files that a bundle holds it in.

Half precision on disk, single in use.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings

import numpy as np
import onnx
import safetensors.torch
import torch
from onnx import TensorProto, helper, numpy_helper

from ml.exceptions import MlError
from ml.network.car_net import CarNet, fuse_batchnorm

OPSET = 20
OUTPUTS = ("car_logits", "scene_logits", "embedding", "feature_map")


def to_files(model: CarNet, *, size: int) -> tuple[bytes, bytes]:
    """(ONNX file, safetensors file) of the fused network, for photos of `size` x `size` pixels."""
    fused = fuse_batchnorm(model)
    tensors = {
        name: (tensor.half() if tensor.ndim > 1 else tensor).contiguous()
        for name, tensor in fused.state_dict().items()
    }
    return to_onnx(fused, size=size), safetensors.torch.save(tensors)


def to_onnx(fused: CarNet, *, size: int) -> bytes:
    """An ONNX file of a fused network with any number of photos at a time."""
    photos = torch.zeros(2, 3, size, size)
    batch = torch.export.Dim("batch", min=1, max=4096)
    # The exporter reports its progress on stdout and warns of its own deprecated calls.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            fused, (photos,), dynamo=True, optimize=True, verbose=False, opset_version=OPSET,
            input_names=["photos"], output_names=list(OUTPUTS), dynamic_shapes=({0: batch},),
        )  # fmt: skip
    if program is None:
        raise MlError("The exporter gave no network; use the version of torch in requirements.txt.")
    model = program.model_proto
    _halve(model.graph)
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content


def _halve(graph: onnx.GraphProto) -> None:
    """Store matrices and kernels in 16 bits, each behind a cast that a runtime folds away while loading."""
    kept, casts = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.ndim > 1:
            half = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}.half")
            casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
            kept.append(half)
        else:
            kept.append(tensor)
    nodes = casts + list(graph.node)
    for node in nodes:
        # Stack traces of the exporting machine.
        del node.metadata_props[:]
    del graph.initializer[:], graph.node[:], graph.value_info[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
