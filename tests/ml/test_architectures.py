"""Every architecture gives the same outputs: logits, an embedding, a map that heads can be put on."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file

from ml.exceptions import RecipeError, WeightsError
from ml.network.backbones import create_backbone, single_layers, split_stages
from ml.network.car_net import CarNet, fuse_batchnorm, load_fused
from ml.network.weights import RANDOM, load_pretrained, models
from ml.recipes import Data, Recipe, Stage
from ml.training.train import CarClassifier

ARCHITECTURES = (
    "cnn",
    "cnn_batchnorm",
    "mobilenet_v2",
    "efficientnet_b1",
    "resnet50",
    "tf_efficientnet_lite0",
)
PHOTOS = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def recipe_for(architecture: str, *stages: Stage) -> Recipe:
    return Recipe("r", architecture, Data(("cars",)), stages, drop_path=0.0, hidden=(8,))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("hidden", [(), (12, 6)])
def test_network_gives_what_serving_needs(
    architecture: str, hidden: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without rounding, fusing changes nothing; what rounding changes is checked on trained networks.
    monkeypatch.setattr(torch.Tensor, "half", lambda tensor: tensor)
    torch.manual_seed(0)
    network = CarNet(architecture, classes=5, hidden=hidden)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network(PHOTOS)  # without statistics of photos, deep networks with random weights say nothing
        network.eval()
        seen, fused = network(PHOTOS), fuse_batchnorm(network)(PHOTOS)
    width = hidden[-1] if hidden else network.backbone.num_features
    assert seen.cars.shape == (2, 5)
    assert seen.scenes.shape == (2, 3)
    assert seen.embedding.shape == (2, width)
    assert seen.feature_map.shape[:2] == (2, width)
    torch.testing.assert_close(network.car_head(seen.embedding), seen.cars)
    torch.testing.assert_close(fused.cars, seen.cars, atol=1e-3, rtol=1e-3)
    assert not torch.equal(seen.cars[0], seen.cars[1])


def test_map_of_a_class_adds_up_to_its_logit() -> None:
    network = CarNet("cnn", classes=3).eval()
    with torch.no_grad():
        seen = network(PHOTOS)
        maps = torch.einsum("cd,bdhw->bchw", network.car_head.weight, seen.feature_map)
    torch.testing.assert_close(maps.mean(dim=(2, 3)) + network.car_head.bias, seen.cars)


def test_architecture_that_is_none_is_named() -> None:
    with pytest.raises(
        RecipeError, match=r"no architecture 'resnet5'; there are cnn, .*resnet101 and all of timm's"
    ):
        create_backbone("resnet5")
    with pytest.raises(RecipeError, match="use `frozen_layers` instead"):
        split_stages(torch.nn.Identity())


def learning(module: CarClassifier) -> list[bool]:
    """For each single layer of the backbone that has weights or counts, whether it learns; in order."""
    layers = single_layers(module.network.backbone)
    return [all(p.requires_grad for p in layer.parameters()) and layer.training for layer in layers]


def test_first_70_layers_of_mobilenet_keep_what_they_know() -> None:
    stages = (Stage(32, 1, frozen_layers=70), Stage(32, 1))
    module = CarClassifier(recipe_for("mobilenet_v2", *stages), classes=3, steps=1)
    module.train()
    module.on_train_epoch_start()
    with_weights = [bool(list(layer.parameters())) for layer in single_layers(module.network.backbone)]
    frozen = [not learns for learns in learning(module)]
    assert frozen == [True] * 70 + [False] * (139 - 70)
    assert all(p.requires_grad for p in module.network.neck.parameters())
    before = {name: tensor.clone() for name, tensor in module.network.state_dict().items()}
    optimizer = module.configure_optimizers()["optimizer"]
    module.network(torch.randn(4, 3, 32, 32)).cars.square().sum().backward()
    optimizer.step()
    names = [name for name, layer in module.network.backbone.named_modules() if not list(layer.children())]
    changed = [
        any(
            not torch.equal(before[f"backbone.{name}.{part}"], tensor)
            for part, tensor in module.network.backbone.get_submodule(name).state_dict().items()
        )
        for name in names
    ]
    assert [i for i, one in enumerate(changed) if one] == [
        i for i, has in enumerate(with_weights) if has and i >= 70
    ]


def test_later_stage_learns_what_an_earlier_one_froze(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = (Stage(32, 1, frozen=4), Stage(32, 1, frozen=1))
    module = CarClassifier(recipe_for("resnet50", *stages), classes=3, steps=1)
    learns = []
    for epoch in (0, 1):
        monkeypatch.setattr(CarClassifier, "current_epoch", epoch)
        module.on_train_epoch_start()
        learns.append(learning(module))
    assert not any(learns[0])
    stem, stages_of = split_stages(module.network.backbone)
    first = len(stem) + len(single_layers(stages_of[0]))
    assert learns[1] == [False] * first + [True] * (len(learns[1]) - first)


def test_nothing_is_frozen_that_has_learned_nothing() -> None:
    recipe = recipe_for("cnn", Stage(32, 1, frozen=5))
    for pretrained in (False, True):
        module = CarClassifier(recipe, classes=3, steps=1, pretrained=pretrained)
        module.on_train_epoch_start()
        assert any(learning(module)) is not pretrained


def test_weights_of_torchvision_fit_wherever_they_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(3)
    whole = models.get_model("mobilenet_v2", weights=None).eval()
    torch.save(whole.state_dict(), tmp_path / "mobilenet.pth")
    save_file(whole.state_dict(), tmp_path / "mobilenet.safetensors")
    for choice in ("mobilenet.pth", "mobilenet.safetensors", "auto"):
        network = CarNet("mobilenet_v2", classes=2).eval()
        if choice == "auto":
            monkeypatch.setattr(models, "get_model", lambda _name, weights: whole if weights else None)
            assert load_pretrained(network, "auto") == "hub"
        else:
            load_pretrained(network, str(tmp_path / choice))
        with torch.no_grad():
            torch.testing.assert_close(network(PHOTOS).feature_map, whole.features(PHOTOS))


def test_hub_out_of_reach_says_how_to_give_a_path(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    network = CarNet("mobilenet_v2", classes=2)

    def unreachable(*_names: object, **_options: object) -> None:
        raise URLError("no route")

    monkeypatch.setattr(models, "get_model", unreachable)
    with pytest.raises(WeightsError, match=r"hub can't be reached \(URLError\).*--weights PATH"):
        load_pretrained(network, "auto")
    assert load_pretrained(network, ("auto", "none")) == RANDOM
    assert "hub can't be reached" in caplog.text
    with pytest.raises(WeightsError, match=r"no ImageNet weights for cnn.*weights = \"none\""):
        load_pretrained(CarNet("cnn", classes=2), "auto")


def test_weights_of_a_run_with_other_classes_fill_all_but_the_head(tmp_path: Path) -> None:
    torch.manual_seed(5)
    old, new = CarNet("cnn", classes=4, hidden=(6,)), CarNet("cnn", classes=2, hidden=(6,))
    torch.save(old.state_dict(), tmp_path / "model.pt")
    head = new.car_head.weight.clone()
    assert load_pretrained(new, str(tmp_path)) == str(tmp_path)
    torch.testing.assert_close(new.neck[0].weight, old.neck[0].weight)
    torch.testing.assert_close(new.backbone.stage0[0].weight, old.backbone.stage0[0].weight)
    torch.testing.assert_close(new.car_head.weight, head)


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"PK\x03\x04 cut short"])
def test_file_that_holds_no_weights_is_named(tmp_path: Path, content: bytes) -> None:
    for name in ("w.pth", "w.safetensors"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError, match=r"w\.\w+ is no file of weights, or is cut short"):
            load_pretrained(CarNet("cnn", classes=2), str(tmp_path / name))
    torch.save({"a": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"other\.pth do not fit cnn"):
        load_pretrained(CarNet("cnn", classes=2), str(tmp_path / "other.pth"))


def test_dense_layers_of_a_bundle_are_found(tmp_path: Path) -> None:
    fused = fuse_batchnorm(CarNet("cnn_batchnorm", classes=3, hidden=(8, 4)))
    save_file(fused.state_dict(), tmp_path / "w.safetensors")
    again = load_fused("cnn_batchnorm", tmp_path / "w.safetensors", classes=3)
    with torch.no_grad():
        torch.testing.assert_close(again(PHOTOS).cars, fused(PHOTOS).cars)
    with pytest.raises(WeightsError, match="do not fit cnn_batchnorm"):
        load_fused("cnn_batchnorm", tmp_path / "w.safetensors", classes=4)
