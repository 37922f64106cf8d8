"""Commands that train: train, average."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ml.cli.arguments import Commands
from ml.recipes import CHOICES

if TYPE_CHECKING:
    from ml.recipes import Recipe


def add_train(commands: Commands) -> None:
    """`train`: train a recipe."""
    train = commands.add_parser("train", help="train a recipe, or go on with an interrupted run")
    train.add_argument("recipe", type=Path)
    train.add_argument("--run", type=Path, help="folder of the run (default runs/NAME)")
    train.add_argument(
        "--data", nargs="+", metavar="FOLDER", help="train on these class folders or manifests instead"
    )
    train.add_argument(
        "--split",
        nargs="+",
        default=[],
        metavar="LIST",
        help="lists of validation photos (default: made and kept)",
    )
    train.add_argument(
        "--scenes", metavar="FOLDER", help="take the folders interior and other of this one instead"
    )
    train.add_argument("--weights", help="auto, none, a file or the folder of a run, instead of the recipe's")
    train.add_argument("--epochs", type=int, help="so many epochs, shared out among the recipe's stages")
    train.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    train.add_argument("--batch", type=int, help="photos in a step, of all processes together")
    train.add_argument("--workers", type=int, help="processes that load photos, for each that trains")
    train.add_argument("--precision", choices=CHOICES["precision"], help="mixed precision, on a GPU")
    train.add_argument("--accelerator", choices=("auto", "cpu", "gpu"), default="auto")
    train.add_argument("--devices", type=int, default=1, help="processes (GPUs) on each machine (default 1)")
    train.add_argument("--nodes", type=int, default=1, help="machines (default 1)")
    train.add_argument("--threads", type=int, help="CPU threads of each process (default: all)")
    train.set_defaults(run_command=_train)


def _train(arguments: argparse.Namespace) -> None:
    from ml.recipes import read_recipe
    from ml.training.advice import advice
    from ml.training.train import Hardware, train

    recipe = _with_options(read_recipe(arguments.recipe), arguments)
    run = arguments.run or Path("runs") / recipe.name
    hardware = Hardware(arguments.accelerator, arguments.devices, arguments.nodes, arguments.threads)
    finished = train(recipe, run, hardware)
    if os.environ.get("LOCAL_RANK", "0") == "0":  # else one of several processes, of which the first speaks
        print(f"Finished: {finished}")
        for line in advice(run):
            print(line)
        print(f"Next: python -m ml export {run} BUNDLE, for a folder BUNDLE that a site can run.")


def _with_options(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    """The recipe with what the command line says instead."""
    if arguments.data:
        lists = tuple(arguments.split)
        own = replace(recipe.data, cars=tuple(arguments.data), cars_validation=lists, only=(), leave_out=None)
        recipe = replace(recipe, data=own)
    if arguments.scenes:
        recipe = replace(recipe, data=replace(recipe.data, scenes=arguments.scenes, scenes_validation=None))
    if arguments.epochs is not None:
        recipe = recipe.with_epochs(arguments.epochs)
    names = ("weights", "precision", "batch", "workers", "learning_rate")
    changes = {name: getattr(arguments, name) for name in names}
    return replace(recipe, **{name: value for name, value in changes.items() if value is not None})


def add_average(commands: Commands) -> None:
    """`average`: the mean of runs."""
    average = commands.add_parser("average", help="average the weights of runs that started from each other")
    average.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    average.add_argument("out", type=Path, help="folder of the run that is made")
    average.set_defaults(run_command=_average)


def _average(arguments: argparse.Namespace) -> None:
    from ml.training.averaging import average_runs

    print(f"Finished: {average_runs(arguments.runs, arguments.out)}")
