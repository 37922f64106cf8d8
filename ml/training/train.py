"""Training a recipe: Lightning drives, this module says what a step, an epoch and a run are.

A run is a folder: `recipe.json`, `labels.json`, `facts.json`, `log/version_N/metrics.csv`, `checkpoints/` and
at the end `model.pt`. Starting a run again in the same folder goes on from its last checkpoint.
"""

from __future__ import annotations

import json
import logging
import math
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

import torch
from torch import Tensor, nn

from core.files import write_atomically
from ml.data.loaders import PhotoData, Splits, photos_of_epoch, read_splits, with_split
from ml.data.transforms import mixer
from ml.exceptions import DataError, MlError, RecipeError
from ml.network.car_net import CarNet
from ml.network.weights import RANDOM, load_pretrained
from ml.recipes import Recipe, recipe_of
from ml.training.checkpoints import CheckpointFiles, save_whole
from ml.training.distillation import Teacher, open_teacher
from ml.training.memory import keep_freed
from ml.training.moving_average import MovingAverage
from ml.training.scene_head import fit_scene_head

# After the others: it imports torchvision, which ml.data.transforms makes importable.
import pytorch_lightning as pl  # isort: skip
from pytorch_lightning.callbacks import (  # isort: skip
    Callback,
    EarlyStopping,
    ModelCheckpoint,
    TQDMProgressBar,
)
from pytorch_lightning.loggers import CSVLogger  # isort: skip
from pytorch_lightning.utilities import rank_zero_only  # isort: skip
from pytorch_lightning.utilities.types import OptimizerLRScheduler  # isort: skip

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hardware:
    """Where a run is computed: `devices` processes on each of `nodes` machines, on what `accelerator` says.

    Each process takes `threads` CPU threads, all where it is None.
    """

    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1
    threads: int | None = None

    @property
    def strategy(self) -> str:
        """Lightning's name of how the processes work together."""
        # The scene head is no part of the loss, and frozen stages come and go.
        return "ddp_find_unused_parameters_true" if self.devices * self.nodes > 1 else "auto"


class CarClassifier(pl.LightningModule):
    """What a step is. The backbone and the car head learn here; the scene head is fitted afterwards.

    `steps` are those of the whole run, `classes` the outputs of the car head. Where `pretrained` is false no
    stage is frozen: it has learned nothing yet. The loss is cross-entropy with label smoothing (Szegedy et
    al., 2016) and, where the recipe names a teacher, distillation (`ml.training.distillation`).
    """

    def __init__(self, recipe: Recipe, *, classes: int, steps: int, pretrained: bool = True) -> None:
        super().__init__()
        self.recipe = recipe
        self.steps = steps
        self.pretrained = pretrained
        self.teacher: Teacher | None = None
        self.mixer = mixer(recipe.augmentation, classes)
        network = CarNet(
            recipe.architecture,
            classes=classes,
            hidden=recipe.hidden,
            dropout=recipe.dropout,
            drop_path=recipe.drop_path,
        )
        # 1.7 times as fast on a CPU as the default layout; nn.Module's annotations don't know the argument.
        self.network: CarNet = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loss = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)

    def on_train_epoch_start(self) -> None:
        stage = self.recipe.stage_at(self.current_epoch)
        self.network.train().requires_grad_(requires_grad=True)
        if self.pretrained:
            layers = self.network.first_layers(stage.frozen_layers)
            for part in (*self.network.first_stages(stage.frozen), *layers):
                part.requires_grad_(requires_grad=False).eval()

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        photos, labels = batch if self.mixer is None else self.mixer(*batch)
        logits = self.network(photos.contiguous(memory_format=torch.channels_last)).cars
        loss: Tensor = self.loss(logits, labels)
        if self.teacher is not None:
            loss = self.teacher.loss(logits, photos, loss)
        loss = loss + self._penalty()
        if not torch.isfinite(loss):
            raise MlError(
                f"The loss is not a number any more, in epoch {self.current_epoch}. Lower learning_rate in "
                "the recipe and start a new run (--run); the checkpoints of the epochs before are kept."
            )
        size = len(labels)
        self.log(
            "train_loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=size, sync_dist=True
        )
        return loss

    def _penalty(self) -> Tensor | float:
        """L1 and L2 of the matrices and kernels that learn."""
        l1, l2 = self.recipe.l1, self.recipe.l2
        if not l1 and not l2:
            return 0.0
        tensors = [p for p in self.network.parameters() if p.requires_grad and p.ndim > 1]
        return torch.stack([l1 * p.abs().sum() + l2 * p.square().sum() for p in tensors]).sum()

    def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
        photos, labels = batch
        logits = self.network(photos.contiguous(memory_format=torch.channels_last)).cars
        top = logits.topk(min(5, logits.shape[1]), dim=1).indices
        hits = top == labels[:, None]
        values = {
            "val_loss": nn.functional.cross_entropy(logits, labels),
            "val_top1": hits[:, 0].float().mean(),
            "val_top5": hits.any(dim=1).float().mean(),
        }
        self.log_dict(values, prog_bar=True, batch_size=len(labels), sync_dist=True)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        decayed = [p for p in self.network.parameters() if p.requires_grad and p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.requires_grad and p.ndim <= 1]
        optimizer = _optimizer(
            self.recipe,
            [
                {"params": decayed, "weight_decay": self.recipe.weight_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
        )
        if self.recipe.schedule == "plateau":
            plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.3, patience=2)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": plateau, "monitor": "val_loss"}}
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate_factor(self.recipe, self.steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class _Group(TypedDict):
    params: list[nn.Parameter]
    weight_decay: float


def _optimizer(recipe: Recipe, groups: list[_Group]) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum, Adam (Kingma and Ba, 2015) or AdamW (Loshchilov and Hutter, 2019)."""
    parameters = [dict(group) for group in groups]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(parameters, lr=recipe.learning_rate, momentum=0.9, nesterov=True)
    kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
    return kind(parameters, lr=recipe.learning_rate)


def rate_factor(recipe: Recipe, steps: int) -> Callable[[int], float]:
    """What the learning rate is multiplied by at each of `steps`: a linear warm-up, then the schedule.

    The cosine is half a period of that of Loshchilov and Hutter (2017), without restarts.
    """
    warmup = max(1, round(recipe.warmup * steps))

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        done = min(1.0, (step - warmup) / max(1, steps - warmup))
        if recipe.schedule == "constant":
            return 1.0
        return 1.0 - done if recipe.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))

    return factor


class Facts(TypedDict, total=False):
    """What `facts.json` says: what a run started from, where it is computed, how long it took (seconds)."""

    weights: str
    device: str
    processes: int
    torch: str
    seconds: int


class FactsFile(Callback):
    """Keeps `facts.json`; the seconds are those of all starts of the run together."""

    def __init__(self, run: Path, facts: Facts) -> None:
        self.path = run / "facts.json"
        self.facts = facts
        self.since = time.monotonic()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.since = time.monotonic() - self.facts.get("seconds", 0)
        self.facts |= {
            "device": _device(trainer),
            "processes": trainer.world_size,
            "torch": torch.__version__,
        }
        self.on_train_epoch_end(trainer, pl_module)

    @rank_zero_only
    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        del trainer, pl_module
        self.facts["seconds"] = round(time.monotonic() - self.since)
        write_atomically(self.path, json.dumps(self.facts, indent=2))


def _device(trainer: pl.Trainer) -> str:
    if trainer.strategy.root_device.type == "cuda":
        return torch.cuda.get_device_name(trainer.strategy.root_device)
    return f"CPU ({platform.machine()}, {torch.get_num_threads()} threads)"


def _callbacks(run: Path, recipe: Recipe, facts: Facts) -> Iterator[Callback]:
    yield EarlyStopping(monitor="val_loss", patience=recipe.patience, check_finite=True)
    folder = run / "checkpoints"
    yield ModelCheckpoint(
        dirpath=folder, filename="best", monitor="val_top1", mode="max", enable_version_counter=False
    )
    # Of its own, because `save_last` writes only when there is a new best: a run would go on from there.
    yield ModelCheckpoint(dirpath=folder, filename="last", enable_version_counter=False)
    if recipe.average:
        yield MovingAverage(recipe.average)
    yield FactsFile(run, facts)
    yield TQDMProgressBar(refresh_rate=10)


def train(recipe: Recipe, run: Path, hardware: Hardware | None = None) -> Path:
    """Train `recipe` into folder `run`, going on from its last checkpoint where it has one.

    Returns the path of the finished weights. Raises RecipeError, DataError, WeightsError or MlError
    with what to do next.
    """
    hardware = hardware or Hardware()
    keep_freed()
    pl.seed_everything(recipe.seed, workers=True)
    if hardware.threads:
        torch.set_num_threads(hardware.threads)
    recipe = with_split(recipe, run)
    splits = read_splits(recipe)
    _prepare(run, recipe, splits)
    last = run / "checkpoints" / "last.ckpt"
    module, facts = _start(recipe, splits, run, resumed=last.exists())
    trainer = pl.Trainer(
        max_epochs=recipe.epochs,
        default_root_dir=run,
        # A folder for each start: the logger deletes what it finds in its own.
        logger=CSVLogger(run, name="log"),
        callbacks=list(_callbacks(run, recipe, facts)),
        plugins=[CheckpointFiles()],
        reload_dataloaders_every_n_epochs=1,
        gradient_clip_val=5.0,
        precision=recipe.precision,  # type: ignore[arg-type]  # ml.recipes lists what it may be
        accelerator=hardware.accelerator,
        devices=hardware.devices,
        num_nodes=hardware.nodes,
        strategy=hardware.strategy,
        enable_model_summary=False,
    )
    data = PhotoData(recipe, splits)
    try:
        trainer.fit(module, datamodule=data, ckpt_path=last if last.exists() else None)
    except DataError as error:
        # Out of a loader's process it comes with that one's traceback as text.
        raise DataError(str(error).rpartition(f"{DataError.__name__}: ")[2].strip()) from error
    return _finish(module, run, recipe, splits) if trainer.is_global_zero else run / "model.pt"


#: What may change from one start of a run to the next: it decides how fast the run is, not what it learns.
_FREE = {"workers", "name"}


def _check_recipe(run: Path, recipe: Recipe) -> None:
    """Raises RecipeError where the run's weights have learned by another recipe: its file must stay true."""
    path, last = run / "recipe.json", run / "checkpoints" / "last.ckpt"
    if not path.exists() or not last.exists():
        return
    before = recipe_of(json.loads(path.read_text()), str(path))
    old, new = before.as_dict(), recipe.as_dict()
    changed = sorted(key for key in new.keys() - _FREE if new[key] != old[key])
    if changed and not (changed == ["stages"] and _differs_in_epochs_to_come(last, before, recipe)):
        raise RecipeError(
            f"The run {run} has learned by a recipe with another {', '.join(changed)}, so it can't go on by "
            "this one. Name another folder with --run, or bring the recipe back."
        )


def _differs_in_epochs_to_come(last: Path, before: Recipe, now: Recipe) -> bool:
    """Whether all that the checkpoint has learned was by both recipes, and there is more to learn."""
    done = torch.load(last, map_location="cpu", weights_only=True, mmap=True)["epoch"] + 1
    pairs = [(before.stage_at(epoch), now.stage_at(epoch)) for epoch in range(done)]
    same = all(replace(one, epochs=0) == replace(other, epochs=0) for one, other in pairs)
    return same and now.epochs > done


@rank_zero_only
def _prepare(run: Path, recipe: Recipe, splits: Splits) -> None:
    """Write what the run is made of.

    Raises DataError where the folder holds a run of other classes, RecipeError where one of another recipe.
    """
    path = run / "labels.json"
    if path.exists() and json.loads(path.read_text()) != splits.labels:
        raise DataError(
            f"The run {run} has learned other classes than the photos have now, so it can't go on. Name "
            "another folder with --run, or bring the photos back."
        )
    _check_recipe(run, recipe)
    write_atomically(run / "recipe.json", json.dumps(recipe.as_dict(), indent=2))
    write_atomically(path, json.dumps(splits.labels, indent=2))


def _start(recipe: Recipe, splits: Splits, run: Path, *, resumed: bool) -> tuple[CarClassifier, Facts]:
    """The module, with the weights it starts from unless a checkpoint brings them, and the run's facts."""
    per_epoch = max(1, len(photos_of_epoch(recipe, splits, 0)) // recipe.batch)
    module = CarClassifier(recipe, classes=len(splits.labels), steps=per_epoch * recipe.epochs)
    facts: Facts = {}
    if resumed and (run / "facts.json").exists():
        facts = json.loads((run / "facts.json").read_text())
    elif not resumed:
        facts = {"weights": load_pretrained(module.network, recipe.weight_choices)}
        logger.info("Weights: %s", facts["weights"])
    module.pretrained = facts.get("weights") != RANDOM
    if recipe.distill:
        module.teacher = open_teacher(recipe.distill, splits.labels)
    return module, facts


def _finish(module: CarClassifier, run: Path, recipe: Recipe, splits: Splits) -> Path:
    """The weights of the epoch that the recipe keeps, with a scene head, in a file of their own."""
    kept = torch.load(run / "checkpoints" / f"{recipe.keep}.ckpt", map_location="cpu", weights_only=True)
    module.load_state_dict(kept["state_dict"])
    if len(splits.scenes_train):
        if torch.cuda.is_available():
            module.network.cuda()
        fit_scene_head(module.network, recipe, splits)
    path = run / "model.pt"
    save_whole(module.network.state_dict(), path)
    return path
