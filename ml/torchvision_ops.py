"""Make `import torchvision` work beside a CPU build of torch.

The torchvision wheel on the package index is built against CUDA torch. Its C++ library does not load
beside a CPU-only torch, so the operators it registers do not exist, and importing torchvision dies
with "operator torchvision::nms does not exist" while it attaches fake kernels to them. Declaring the two
schemas is enough: nothing here ever calls them.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
# A torch Library unregisters its schemas when it is collected, so it has to live as long as the process.
_declared: list[object] = []


def _exists(name: str) -> bool:
    return hasattr(torch.ops.torchvision, name)


def load_native_library() -> None:
    """Load torchvision's own C++ ops where they fit this torch, without importing torchvision."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return
    # torch annotates neither this nor the library below.
    load = cast("Callable[[str], None]", torch.ops.load_library)
    for library in Path(spec.origin).parent.glob("_C*.so"):
        try:
            load(str(library))
        except OSError:
            # Linked against CUDA libraries that a CPU torch does not bring.
            continue


def ensure(*, load_library: Callable[[], None] = load_native_library) -> bool:
    """Declare the missing torchvision schemas. Call before the first `import torchvision`.

    Returns True where something had to be declared, False where the ops were there already.
    """
    # A torchvision that loads its own C++ library registers the ops itself; let it try first.
    load_library()
    missing = [schema for name, schema in _SCHEMAS.items() if not _exists(name)]
    if not missing:
        return False
    make_library = cast("Callable[[str, str], Any]", torch.library.Library)
    library = make_library("torchvision", "FRAGMENT")
    for schema in missing:
        library.define(schema)
    _declared.append(library)
    return True
