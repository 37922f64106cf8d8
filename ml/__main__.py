"""`python -m ml COMMAND`: split, train, export, evaluate, predict."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ml.exceptions import MlError


def _split(arguments: argparse.Namespace) -> None:
    from ml.data import make_split, read_folder

    photos, labels = read_folder(arguments.folder)
    names = make_split(photos, share=arguments.share, seed=arguments.seed)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    head = f"# {len(names)} of {len(photos)} photos in {len(labels)} classes, share {arguments.share}, seed {arguments.seed}\n"
    arguments.out.write_text(head + "\n".join(names) + "\n")
    print(head.strip("# \n"))


def _train(arguments: argparse.Namespace) -> None:
    from ml.recipes import read_recipe
    from ml.training import train

    recipe = read_recipe(arguments.recipe)
    run = arguments.run or Path("runs") / recipe.name
    print(f"Finished: {train(recipe, run, threads=arguments.threads)}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = main.add_subparsers(dest="command", required=True)

    split = commands.add_parser(
        "split", help="make a stratified validation split of a folder of class folders"
    )
    split.add_argument("folder", type=Path)
    split.add_argument("out", type=Path)
    split.add_argument("--share", type=float, default=0.15)
    split.add_argument("--seed", type=int, default=20261121)
    split.set_defaults(run_command=_split)

    train = commands.add_parser("train", help="train a recipe, or go on with an interrupted run")
    train.add_argument("recipe", type=Path)
    train.add_argument("--run", type=Path, help="folder of the run (default runs/NAME)")
    train.add_argument("--threads", type=int, help="CPU threads (default: all)")
    train.set_defaults(run_command=_train)
    return main


def main(argv: list[str] | None = None) -> int:
    """Run a command; 2 with one clear line where it can't be done."""
    arguments = parser().parse_args(argv)
    try:
        arguments.run_command(arguments)
    except MlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
