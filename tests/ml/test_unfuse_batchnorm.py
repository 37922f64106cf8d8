"""From a bundle back to a network that can learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ml.bundle.bundle import WEIGHTS, Bundle
from ml.bundle.unfuse_batchnorm import unfuse_batchnorm
from ml.data.photos import open_photo, to_input
from ml.network.car_net import CarNet, load_fused
from tests.classifier.workshop import base_photos, untrained_bundle


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sorted(base_photos(tmp_path_factory.mktemp("unfuse_batchnorm") / "cars").rglob("*.jpg"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return untrained_bundle(tmp_path_factory.mktemp("unfuse_batchnorm") / "bundle")


def inputs(bundle: Bundle, photos: list[Path]) -> torch.Tensor:
    spec = bundle.settings.input
    arrays = [to_input(open_photo(p), size=spec.size, mean=spec.mean, std=spec.std) for p in photos]
    return torch.from_numpy(np.stack(arrays))


@torch.no_grad()
def test_unfused_network_answers_as_the_bundle_does(bundle: Bundle, photos: list[Path]) -> None:
    fused = load_fused(bundle.settings.architecture, bundle.path / WEIGHTS, classes=len(bundle.labels))
    x = inputs(bundle, photos)
    expected, got = fused(x), unfuse_batchnorm(bundle, photos)(x)
    assert torch.allclose(got.cars, expected.cars, atol=1e-4)
    assert torch.allclose(got.scenes, expected.scenes, atol=1e-4)
    assert expected.cars.std() > 0.01, "photos that all look the same to it would prove nothing"


@torch.no_grad()
def test_unfused_network_normalises_by_what_it_sees_and_still_answers_alike(
    bundle: Bundle, photos: list[Path]
) -> None:
    model = unfuse_batchnorm(bundle, photos)
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms
    assert all(norm.running_mean.abs().sum() > 0 for norm in norms)
    x = inputs(bundle, photos)
    in_evaluation = model(x).cars
    in_training = model.train()(x).cars
    assert torch.allclose(in_training, in_evaluation, atol=0.02)


def test_its_weights_fit_a_network_that_is_trained(bundle: Bundle, photos: list[Path]) -> None:
    fresh = CarNet(bundle.settings.architecture, classes=len(bundle.labels))
    fresh.load_state_dict(unfuse_batchnorm(bundle, photos).state_dict())
