"""Knowledge distillation (Hinton et al., 2015): a student learns from a teacher beside the labels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ml.bundle.saved_models import open_model
from ml.exceptions import DataError
from ml.network.car_net import CarNet
from ml.recipes import Distill


class Teacher:
    """A finished network that answers a student's photos. It is no part of the student: not learned, not
    saved.

    `columns` are the numbers of the student's classes among those of `network`; `size` is the side of the
    photos, in pixels, that the network was made for.
    """

    def __init__(self, network: CarNet, columns: Sequence[int], *, how: Distill, size: int) -> None:
        self._network = network.eval().requires_grad_(requires_grad=False)
        self._columns = torch.tensor(columns)
        self._how = how
        self._size = how.size or size

    def __deepcopy__(self, _memo: object) -> Teacher:
        return self  # Lightning copies a student to average its weights

    @torch.no_grad()
    def answers(self, photos: Tensor) -> Tensor:
        """The teacher's logits (B, C) in the student's classes for the student's photos (B, 3, H, W)."""
        self._network.to(photos.device)
        seen = nn.functional.interpolate(
            photos, size=(self._size, self._size), mode="bilinear", antialias=True
        )
        logits: Tensor = self._network(seen.contiguous(memory_format=torch.channels_last)).cars
        return logits[:, self._columns.to(photos.device)]

    def loss(self, logits: Tensor, photos: Tensor, labelled: Tensor) -> Tensor:
        """The student's loss for its logits (B, C) of photos (B, 3, H, W).

        That is `labelled`, the loss by the labels, and the divergence from the teacher's softened answers.
        """
        soft = self._how.temperature
        distance = nn.functional.kl_div(
            (logits / soft).log_softmax(dim=1),
            (self.answers(photos) / soft).log_softmax(dim=1),
            reduction="batchmean",
            log_target=True,
        )
        # The square keeps the size of the gradient, which shrinks with the square of the temperature.
        return (1 - self._how.weight) * labelled + self._how.weight * soft**2 * distance


def open_teacher(how: Distill, labels: Sequence[str]) -> Teacher:
    """The teacher of a recipe, for a student of these classes.

    Raises DataError where the teacher does not know one of them, and what reading a run or a bundle raises.
    """
    teacher = open_model(how.teacher)
    if missing := sorted(set(labels) - set(teacher.labels)):
        raise DataError(
            f"The teacher {teacher.path} does not know {missing}. Choose one that was trained on these "
            "classes, or learn only classes it knows (`only` in [data])."
        )
    columns = [teacher.labels.index(label) for label in labels]
    return Teacher(teacher.network, columns, how=how, size=teacher.input.size)
