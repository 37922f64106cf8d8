"""What a training step and a schedule compute."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from ml.network.car_net import CarNet
from ml.recipes import Augmentation, Data, Distill, Recipe, Stage
from ml.training.distillation import Teacher
from ml.training.train import CarClassifier, rate_factor

RECIPE = Recipe(
    "r", "cnn", Data(("cars",)), (Stage(32, 4),), label_smoothing=0.0, dropout=0.0, drop_path=0.0, warmup=0.25
)  # fmt: skip
BATCH = (torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(2)), torch.tensor([0, 1, 2, 0]))


def step_of(recipe: Recipe, monkeypatch: pytest.MonkeyPatch, *, teacher: Teacher | None = None) -> float:
    """The loss of the first step."""
    torch.manual_seed(0)
    monkeypatch.setattr(CarClassifier, "log", lambda *_args, **_options: None)
    module = CarClassifier(recipe, classes=3, steps=8)
    module.teacher = teacher
    return float(module.training_step(BATCH, 0).detach())


@pytest.mark.parametrize(
    ("name", "kind"),
    [("adamw", torch.optim.AdamW), ("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)],
)
def test_optimizer_is_the_one_that_the_recipe_names(name: str, kind: type) -> None:
    recipe = replace(RECIPE, optimizer=name, weight_decay=0.3, learning_rate=0.5)
    optimizer = CarClassifier(recipe, classes=3, steps=8).configure_optimizers()["optimizer"]
    assert type(optimizer) is kind
    # Norms and biases are not decayed.
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.3, 0.0]
    assert {p.ndim for p in optimizer.param_groups[1]["params"]} == {1}


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("constant", [0.5, 1, 1, 1, 1, 1, 1, 1]),
        ("linear", [0.5, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]),
        ("cosine", [0.5, 1, 1, 0.933, 0.75, 0.5, 0.25, 0.067]),
    ],
)
def test_rate_goes_as_the_schedule_says(schedule: str, factors: list[float]) -> None:
    factor = rate_factor(replace(RECIPE, schedule=schedule), 8)
    assert [factor(step) for step in range(8)] == pytest.approx(factors, abs=1e-3)


def test_rate_falls_where_nothing_improves() -> None:
    module = CarClassifier(replace(RECIPE, schedule="plateau", learning_rate=1.0), classes=3, steps=8)
    configured = module.configure_optimizers()
    assert configured["lr_scheduler"]["monitor"] == "val_loss"
    for loss in (1.0, 1.0, 1.0, 1.0):
        configured["lr_scheduler"]["scheduler"].step(loss)
    assert configured["optimizer"].param_groups[0]["lr"] == pytest.approx(0.3)


def test_penalties_are_those_of_matrices_and_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = step_of(RECIPE, monkeypatch)
    torch.manual_seed(0)
    tensors = [p for p in CarNet("cnn", classes=3).parameters() if p.ndim > 1]
    l1 = sum(float(p.detach().abs().sum()) for p in tensors)
    l2 = sum(float(p.detach().square().sum()) for p in tensors)
    assert step_of(replace(RECIPE, l1=0.01), monkeypatch) == pytest.approx(plain + 0.01 * l1, rel=1e-4)
    assert step_of(replace(RECIPE, l2=0.1), monkeypatch) == pytest.approx(plain + 0.1 * l2, rel=1e-4)


@pytest.mark.parametrize("way", ["mixup", "cutmix"])
def test_mixed_photos_have_mixed_labels(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(RECIPE, augmentation=Augmentation(**{way: 1.0}))
    mixer = CarClassifier(recipe, classes=3, steps=8).mixer
    assert mixer is not None
    torch.manual_seed(1)
    photos, labels = mixer(*BATCH)
    assert photos.shape == BATCH[0].shape
    assert not torch.equal(photos, BATCH[0])
    torch.testing.assert_close(labels.sum(dim=1), torch.ones(4))
    assert ((labels > 0).sum(dim=1) > 1).any()
    assert step_of(recipe, monkeypatch) > 0


def test_student_learns_the_answers_of_its_teacher_in_its_own_classes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(9)
    knows_five = CarNet("cnn_batchnorm", classes=5)
    how = Distill("t", weight=1.0, temperature=3.0)
    teacher = Teacher(knows_five, [4, 0, 2], how=how, size=64)
    answers = teacher.answers(BATCH[0])
    with torch.no_grad():
        larger = nn.functional.interpolate(BATCH[0], size=(64, 64), mode="bilinear", antialias=True)
        torch.testing.assert_close(answers, knows_five(larger).cars[:, [4, 0, 2]])
    loss = teacher.loss(answers, BATCH[0], torch.tensor(7.0))
    assert float(loss) == pytest.approx(0, abs=1e-5)
    assert float(teacher.loss(BATCH[0][:, :, 0, 0] * 9, BATCH[0], torch.tensor(7.0))) > 0.1
    lenient = Teacher(knows_five, [4, 0, 2], how=replace(how, weight=0.0), size=64)
    assert float(lenient.loss(answers, BATCH[0], torch.tensor(7.0))) == 7.0
    assert step_of(RECIPE, monkeypatch, teacher=lenient) == pytest.approx(step_of(RECIPE, monkeypatch))


def test_teacher_is_no_part_of_what_is_saved() -> None:
    module = CarClassifier(RECIPE, classes=3, steps=8)
    names = set(module.state_dict())
    module.teacher = Teacher(CarNet("cnn", classes=3), [0, 1, 2], how=Distill("t"), size=32)
    assert set(module.state_dict()) == names
