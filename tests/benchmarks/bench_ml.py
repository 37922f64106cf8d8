"""What a photo costs in a worker, stage by stage, beside what most such projects ship.

    python -m tests.benchmarks.bench_ml [BUNDLE]

The other side is eager PyTorch: the photo decoded whole, ResNet-50 at 224 px, one view. Its weights are random, which
takes as long. Both sides run on one thread and take turns, so that a busy machine slows both alike.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from ml.cli.predict import DEFAULT_BUNDLE
from ml.data.photos import open_photo
from ml.serving.loaded_bundle import Views
from ml.serving.predictor import Predictor
from ml.serving.quality import hints
from ml.serving.views import WHOLE, energy, second_box

ROUNDS, WARM_UP = 40, 3
SIZES = {"550 px": (550, 412), "12 megapixels": (4000, 3000)}
#: A box of the usual size: a photo without any structure might not get a second view.
BOX = (0.1, 0.2, 0.9, 0.8)


def photo(size: tuple[int, int]) -> bytes:
    """A JPEG with as much detail, large and small, as a camera's."""
    random = np.random.default_rng(1)
    layers = [
        np.asarray(
            Image.fromarray(random.integers(0, 256, (h, w, 3), dtype=np.uint8)).resize(size), np.float32
        )
        for h, w in ((6, 8), (48, 64), (300, 400))
    ]
    picture = 0.6 * layers[0] + 0.3 * layers[1] + 0.1 * layers[2]
    stream = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def stages(predictor: Predictor, content: bytes) -> dict[str, float]:
    """Seconds of each part of one prediction."""
    loaded, times = predictor.load(), [time.perf_counter()]

    def lap() -> None:
        times.append(time.perf_counter())

    images = [open_photo(content)]
    lap()
    first = loaded.backend(loaded.inputs(images, [WHOLE]))
    lap()
    second = loaded.backend(loaded.inputs(images, [BOX]))
    lap()
    second_box(energy(first.feature_map)[0], images[0].size, loaded.bundle.settings.second_view)
    loaded.assemble(Views(first, second, [BOX], [hints(images[0])]))
    lap()
    return dict(zip(("decode", "first view", "second view", "rest"), np.diff(times), strict=True))


def resnet() -> Callable[[bytes], None]:
    """Eager ResNet-50 with the usual transform."""
    from ml import torchvision_ops

    torchvision_ops.ensure()
    import torch
    import torchvision

    torch.set_num_threads(1)
    model = torchvision.models.resnet50(weights=None).eval()
    transform = torchvision.models.ResNet50_Weights.IMAGENET1K_V1.transforms()

    @torch.inference_mode()
    def run(content: bytes) -> None:
        image = Image.open(io.BytesIO(content)).convert("RGB")
        model(transform(image).unsqueeze(0)).softmax(dim=1).topk(5)

    return run


def main(arguments: list[str]) -> None:
    """Print the table."""
    predictor = Predictor(Path(arguments[0]) if arguments else DEFAULT_BUNDLE, backend="onnx", threads=1)
    on_two = Predictor(predictor.bundle, backend="onnx", threads=2)
    run_resnet = resnet()
    print(
        f"Milliseconds a photo, median of {ROUNDS}, {predictor.bundle.settings.architecture}, one thread but where it says two\n"
    )
    head = ("decode", "view 1", "view 2", "rest", "all", "all, two", "ResNet-50", "ratio")
    print(f"{'':14}" + "".join(f"{name:>10}" for name in head))
    for name, size in SIZES.items():
        content = photo(size)
        parts: list[dict[str, float]] = []
        two: list[float] = []
        other: list[float] = []
        for _ in range(WARM_UP + ROUNDS):
            parts.append(stages(predictor, content))
            two.append(sum(stages(on_two, content).values()))
            start = time.perf_counter()
            run_resnet(content)
            other.append(time.perf_counter() - start)
        medians = [1000 * median(part[stage] for part in parts[WARM_UP:]) for stage in parts[0]]
        own = 1000 * median(sum(part.values()) for part in parts[WARM_UP:])
        theirs = 1000 * median(other[WARM_UP:])
        row = (*medians, own, 1000 * median(two[WARM_UP:]), theirs, theirs / own)
        print(f"{name:14}" + "".join(f"{value:10.1f}" for value in row))


if __name__ == "__main__":
    main(sys.argv[1:])
