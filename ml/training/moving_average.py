"""A moving average of the weights, whose reach follows the number of steps that were taken."""

from __future__ import annotations

from torch import Tensor

from ml import torchvision_ops

torchvision_ops.ensure()
from pytorch_lightning.callbacks import WeightAveraging  # noqa: E402  (torchmetrics imports torchvision)


def decay_after(steps: int, most: float) -> float:
    """The share of the average that a step keeps, once `steps` have been averaged; at most `most`.

    It rises as (1 + n) / (10 + n), so that the average reaches back over about a ninth of the steps so far: a
    decay that suits 10,000 steps would hold 50 near where they started. (The rule of TensorFlow's
    ExponentialMovingAverage.)
    """
    return min(most, (1 + steps) / (10 + steps))


class MovingAverage(WeightAveraging):
    """Polyak averaging (Polyak and Juditsky, 1992) with the decay of `decay_after`."""

    def __init__(self, most: float) -> None:
        def update(averaged: Tensor, current: Tensor, steps: Tensor | int) -> Tensor:
            kept = decay_after(int(steps), most)
            return kept * averaged + (1 - kept) * current

        super().__init__(avg_fn=update)
