"""What most projects of this kind ship: eager ResNet-50 inside the request. A WSGI application to be beside."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from PIL import Image


@cache
def classifier() -> Callable[[bytes], list[int]]:
    """ResNet-50 at 224 px with the usual transform; random weights take as long as trained ones."""
    from ml import torchvision_ops

    torchvision_ops.ensure()
    import torch
    import torchvision

    torch.set_num_threads(1)  # one thread in each of two processes: the better way to use two cores
    model = torchvision.models.resnet50(weights=None).eval()
    transform = torchvision.models.ResNet50_Weights.IMAGENET1K_V1.transforms()

    @torch.inference_mode()
    def run(content: bytes) -> list[int]:
        image = Image.open(io.BytesIO(content)).convert("RGB")
        return model(transform(image).unsqueeze(0)).softmax(dim=1).topk(5).indices[0].tolist()

    return run


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """POST a JPEG as the body, get the five likeliest classes; GET answers once the model is loaded."""
    classify = classifier()
    size = int(environ.get("CONTENT_LENGTH") or 0)
    answer = classify(environ["wsgi.input"].read(size)) if size else []
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
