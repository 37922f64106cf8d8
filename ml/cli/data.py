"""Commands about photos: check, split, manifest, verify, leaks."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ml.cli.arguments import DISTANCE, SEED, SHARE, Commands

if TYPE_CHECKING:
    from ml.data.manifests import Row

#: What a check returns that found something.
FOUND = 1


def add_split(commands: Commands) -> None:
    """`split`: a list of validation photos."""
    split = commands.add_parser(
        "split", help="make a stratified validation split of a folder of class folders"
    )
    split.add_argument("folder", type=Path)
    split.add_argument("out", type=Path)
    split.add_argument("--share", type=float, default=SHARE)
    split.add_argument("--seed", type=int, default=SEED)
    split.add_argument(
        "--distance",
        type=int,
        default=DISTANCE,
        help="bits of 64 in which near duplicates may differ (default 4)",
    )
    split.set_defaults(run_command=_split)


def _split(arguments: argparse.Namespace) -> None:
    from ml.data.duplicates import make_split
    from ml.data.splits import read_photos, write_split

    photos, labels = read_photos(arguments.folder)
    names = make_split(photos, share=arguments.share, seed=arguments.seed, distance=arguments.distance)
    print(write_split(arguments.out, names, photos, labels))


def add_manifest(commands: Commands) -> None:
    """`manifest`: a table of photos."""
    manifest = commands.add_parser("manifest", help="list photos with split, SHA-256, source and licence")
    manifest.add_argument("out", type=Path, help="the table that is made (.csv or .jsonl)")
    manifest.add_argument("folders", nargs="+", type=Path, help="class folders or manifests")
    manifest.add_argument("--split", type=Path, nargs="+", default=[], help="lists of validation photos")
    manifest.add_argument("--share", type=float, default=SHARE, help="of a split that is made (default 0.15)")
    manifest.add_argument("--seed", type=int, default=SEED)
    manifest.add_argument("--source", default="", help="where the photos come from")
    manifest.add_argument("--licence", default="", help="what may be done with them")
    manifest.set_defaults(run_command=_manifest)


def _manifest(arguments: argparse.Namespace) -> None:
    from ml.data.duplicates import make_split
    from ml.data.manifests import Row, digest, write_manifest
    from ml.data.splits import read_photos, read_split

    photos, labels = read_photos(*arguments.folders)
    held = {name for split in arguments.split for name in read_split(split)}
    if not arguments.split:
        held = set(make_split(photos, share=arguments.share, seed=arguments.seed))

    def rows() -> Iterator[Row]:
        for photo in photos:
            path = os.path.relpath(photo.path, arguments.out.parent)
            split = "validation" if photo.name in held else "train"
            label = labels[photo.label]
            yield Row(path, label, split, digest(photo.path), arguments.source, arguments.licence)

    print(f"Written: {arguments.out} ({write_manifest(arguments.out, rows())} photos)")


def add_verify(commands: Commands) -> None:
    """`verify`: photos that have changed."""
    verify = commands.add_parser("verify", help="find photos that are not what a manifest says")
    verify.add_argument("manifest", type=Path)
    verify.set_defaults(run_command=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    from ml.data.manifests import changed_photos

    wrong = changed_photos(arguments.manifest)
    print("\n".join([*wrong, f"{len(wrong)} photos are not as {arguments.manifest} says"]))
    return FOUND if wrong else 0


def add_check(commands: Commands) -> None:
    """`check`: photos before they are trained on."""
    check = commands.add_parser("check", help="count photos, and find those that spoil a training")
    check.add_argument("folders", nargs="+", type=Path, help="class folders or manifests")
    check.set_defaults(run_command=_check)


def _check(arguments: argparse.Namespace) -> int:
    from ml.data.soundness import check_photos

    found = check_photos(*arguments.folders)
    print("\n".join(found.lines()))
    return FOUND if found.has_faults else 0


def add_leaks(commands: Commands) -> None:
    """`leaks`: photos on both sides of a split."""
    leaks = commands.add_parser("leaks", help="find validation photos with a near duplicate in training")
    leaks.add_argument("folders", nargs="+", type=Path, help="class folders, or manifests with a split")
    leaks.add_argument("--split", type=Path, nargs="+", help="lists of validation photos")
    leaks.add_argument(
        "--distance", type=int, default=DISTANCE, help="bits of 64 that may differ (default 4)"
    )
    leaks.set_defaults(run_command=_leaks)


def _leaks(arguments: argparse.Namespace) -> int:
    from ml.data.duplicates import find_leaks
    from ml.data.splits import read_photos, split_photos

    photos, labels = read_photos(*arguments.folders)
    training, validation = split_photos(photos, *(arguments.split or arguments.folders))
    leaks = find_leaks(training, validation, distance=arguments.distance)
    for leak in leaks:
        other = "" if leak.training.label == leak.validation.label else f" of {labels[leak.training.label]}"
        print(f"{leak.validation.path} is nearly {leak.training.path}{other} ({leak.distance} bits)")
    print(f"{len(leaks)} of {len(validation)} validation photos have a near duplicate in training")
    return FOUND if leaks else 0
