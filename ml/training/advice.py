"""What a finished run's own figures say about it: whether it learned, and what to try where it did not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ml.network.weights import RANDOM
from ml.recipes import Recipe, recipe_of
from ml.training.run_log import figures_by_epoch

#: Right so many times as often as by guessing, or the run has learned little.
_LITTLE = 3.0
#: The share by which the validation loss has to fall in the last epoch for the run to count as unfinished.
_STILL = 0.02


def advice(run: Path) -> list[str]:
    """Sentences for whoever trained the run in this folder; none where there is nothing to say."""
    labels = json.loads((run / "labels.json").read_text())
    facts = json.loads((run / "facts.json").read_text())
    recipe = recipe_of(json.loads((run / "recipe.json").read_text()), str(run / "recipe.json"))
    figures = figures_by_epoch(run)
    right, loss = (list(figures.get(name, {}).values()) for name in ("val_top1", "val_loss"))
    if not right or not loss:
        return []
    best = max(right)
    said = []
    if best < min(_LITTLE / len(labels), 0.5):
        said.append(_learned_little(best, len(labels), random=facts.get("weights") == RANDOM))
    if _still_learning(right, loss):
        more = 2 * recipe.epochs
        said.append(
            f"It was still getting better in its last epoch. A longer run would probably be better: --epochs "
            f"{more}, and another folder with --run."
        )
    return [*said, *_of_scenes(recipe)]


def _learned_little(best: float, classes: int, *, random: bool) -> str:
    start = " It began with random numbers; weights that know photos (--weights) help most." if random else ""
    return (
        f"It learned little: {best:.0%} of the validation photos are named right at best, and guessing names "
        f"{1 / classes:.0%}.{start} Try more epochs (--epochs) or another --learning-rate."
    )


def _still_learning(right: list[float], loss: list[float]) -> bool:
    return len(right) > 1 and right[-1] >= right[-2] and loss[-1] < loss[-2] * (1 - _STILL)


def _of_scenes(recipe: Recipe) -> Iterator[str]:
    if recipe.target == "car" and not recipe.data.scenes:
        yield (
            "It has seen no photos of cabins and of other things (--scenes), so it takes every photo for the "
            "outside of a car: a site that runs it can't say that there is no car."
        )
