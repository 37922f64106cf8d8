"""The scene head (exterior, interior, other): a linear head fitted on the finished features."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml.data.loaders import Batch, Splits, photo_loader
from ml.data.photo_table import Photo, PhotoTable
from ml.data.splits import SCENES, PhotoDataset
from ml.data.transforms import Transform, evaluation_transform, train_transform
from ml.network.car_net import CarNet, Outputs
from ml.network.embeddings import embed_batches
from ml.recipes import Recipe


@torch.no_grad()
def embed_transformed(
    network: CarNet, photos: Sequence[Photo], transform: Transform, *, workers: int, batch: int = 32
) -> NDArray[np.float32]:
    """(N, D) embeddings of photos put through `transform`, in their order, computed where the network is."""
    network.eval()
    device = network.car_head.weight.device
    loader = photo_loader(PhotoDataset(photos, transform), batch=batch, workers=workers)

    def embedding(loaded: Batch) -> NDArray[np.float32]:
        inputs = loaded[0].to(device).contiguous(memory_format=torch.channels_last)
        outputs: Outputs = network(inputs)
        return outputs.embedding.cpu().numpy()

    return embed_batches(loader, embedding)


def fit_scene_head(network: CarNet, recipe: Recipe, splits: Splits) -> None:
    """Fit exterior | interior | other as a linear head on the finished features, by L-BFGS (Liu and Nocedal,
    1989).

    Every photo counts three times: whole and twice as training sees it (cropped, or from afar on another
    scene), since visitors crop, and stand across the road; classes weigh the same however many photos they
    have. Of cars, every third photo is taken. The network is on the CPU afterwards.
    """
    thinned = splits.cars_train[::3]
    cars = (Photo(p.path, p.name, SCENES.index("exterior")) for p in thinned)
    photos = PhotoTable.of(chain(cars, splits.scenes_train))
    scenes = [photo.path for photo in splits.scenes_train if SCENES[photo.label] == "other"]
    as_trained = train_transform(recipe.augmentation, size=recipe.size, backgrounds=scenes)
    views = [evaluation_transform(size=recipe.size), as_trained, as_trained]
    embedded = [embed_transformed(network, photos, view, workers=recipe.workers) for view in views]
    x = torch.from_numpy(np.concatenate(embedded))
    y = torch.from_numpy(np.tile(photos.labels, len(views)).astype(np.int64))
    network.cpu()
    fit_linear(network.scene_head, x, y)


def fit_linear(head: nn.Linear, x: Tensor, y: Tensor, *, l2: float = 1e-3, steps: int = 100) -> None:
    """Class-balanced logistic regression of `y` (N) on `x` (N, D) into `head`, with an L2 penalty."""
    counts = torch.bincount(y, minlength=head.out_features).clamp(min=1)
    weight = len(y) / (head.out_features * counts.float())
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer: torch.optim.Optimizer = torch.optim.LBFGS(
        head.parameters(), max_iter=steps, line_search_fn="strong_wolfe"
    )

    def closure() -> float:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(head(x), y, weight=weight) + l2 * head.weight.square().sum()
        torch.autograd.backward(loss)
        return float(loss.detach())

    with torch.enable_grad():
        optimizer.step(closure)
