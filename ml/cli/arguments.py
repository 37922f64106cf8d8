"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = argparse._SubParsersAction

#: Of the validation split that a command makes.
SEED, SHARE = 20261121, 0.15
#: Bits of 64 in which near duplicates may differ.
DISTANCE = 4


def add_serving(command: argparse.ArgumentParser) -> None:
    """How a bundle is run."""
    command.add_argument("--backend", choices=("auto", "onnx", "torch"), default="auto")
    command.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")


def add_threads(command: argparse.ArgumentParser) -> None:
    """CPU threads of a command that has the machine for itself."""
    command.add_argument("--threads", type=int, default=2, help="CPU threads (default 2)")


def add_photo_sources(command: argparse.ArgumentParser) -> None:
    """The photos that a bundle is measured on."""
    command.add_argument(
        "--data", type=Path, nargs="+", required=True, help="folders of class folders of photos"
    )
    command.add_argument("--split", type=Path, nargs="+", required=True, help="lists of validation photos")
    command.add_argument("--scenes", type=Path, help="folder with the folders interior and other")
    command.add_argument("--scenes-split", type=Path, help="list of validation photos of scenes")
    command.add_argument(
        "--unknown", type=Path, action="append", default=[], help="folder of cars it does not know"
    )
    command.add_argument("--makes", type=Path, help="folder of folders of photos named by make")
    command.add_argument("--left-out", type=Path, help="list of the classes that training left out")
