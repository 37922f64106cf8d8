"""The command line of the science: from photos to a model, to what it is worth, to what it says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from ml import packages
from ml.cli import bundles, data, evaluation, predict, training
from ml.cli.arguments import Commands
from ml.exceptions import MlError, PackagesError

#: What adds each command, in the order of the help.
_COMMANDS: tuple[Callable[[Commands], None], ...] = (
    data.add_check,
    data.add_split,
    training.add_train,
    training.add_average,
    bundles.add_export,
    evaluation.add_evaluate,
    evaluation.add_experiment,
    bundles.add_card,
    predict.add_predict,
    data.add_manifest,
    data.add_verify,
    data.add_leaks,
    evaluation.add_suspects,
    evaluation.add_compare,
)


def parser() -> argparse.ArgumentParser:
    """The command line. Commands import what they need when they run, so help costs no PyTorch."""
    found = argparse.ArgumentParser(
        prog="python -m ml",
        description="`python -m ml COMMAND`: from photos to a model, to what it is worth, to what it says.",
    )
    commands = found.add_subparsers(dest="command", required=True)
    for add in _COMMANDS:
        add(commands)
    return found


def main(argv: list[str] | None = None) -> int:
    """Run a command; 1 where a check found something, 2 with one clear line where it can't be done."""
    arguments = parser().parse_args(argv)
    try:
        return _run(arguments) or 0
    except MlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _run(arguments: argparse.Namespace) -> int | None:
    """Run a command, once more after installing what it turned out to need.

    Commands import what they need before they begin, so nothing is done twice.
    """
    run: Callable[[argparse.Namespace], int | None] = arguments.run_command
    try:
        return run(arguments)
    except (ImportError, PackagesError) as error:
        if isinstance(error, ImportError) and not packages.is_missing_one(error):
            raise
    packages.install(lambda line: print(line, file=sys.stderr))
    try:
        return run(arguments)
    except ImportError as error:
        raise PackagesError(f"{packages.how()} ({error})") from error
