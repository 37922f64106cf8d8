"""Commands about data and models that are neither training nor serving: manifest, verify, leaks, suspects, compare."""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.data.manifests import Row

#: What a check returns that found something.
FOUND = 1


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


def _verify(arguments: argparse.Namespace) -> int:
    from ml.data.manifests import changed_photos

    wrong = changed_photos(arguments.manifest)
    print("\n".join([*wrong, f"{len(wrong)} photos are not as {arguments.manifest} says"]))
    return FOUND if wrong else 0


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


def _suspects(arguments: argparse.Namespace) -> None:
    from ml.data.splits import read_photos
    from ml.evaluation.compared_model import open_model
    from ml.evaluation.suspects import embeddings_of, find_suspects

    photos, labels = read_photos(*arguments.data)
    embeddings = embeddings_of(open_model(arguments.model), photos, threads=arguments.threads)
    found = find_suspects(embeddings, photos, neighbours=arguments.neighbours, least=arguments.share)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["photo", "label", "neighbours say", "share", "share of own label"])
    for one in found:
        shares = (f"{share:.2f}" for share in (one.other_share, one.own_share))
        table.writerow([one.photo.path, labels[one.photo.label], labels[one.other], *shares])
    if arguments.out:
        arguments.out.write_text(text.getvalue(), encoding="utf-8")
    else:
        print(text.getvalue(), end="")
    print(f"{len(found)} of {len(photos)} labels are suspicious", file=sys.stderr)


def _compare(arguments: argparse.Namespace) -> None:
    from ml.evaluation.compared_model import open_model
    from ml.evaluation.comparison import compare, judge, photos_to_judge_by
    from ml.evaluation.comparison_page import write_comparison

    models = [open_model(path) for path in arguments.models]
    photos, labels = photos_to_judge_by(models, arguments.data, arguments.split)
    judged = judge(models, photos, labels, threads=arguments.threads)
    page = write_comparison(judged, compare(judged), arguments.out, photos=not arguments.without_photos)
    print(f"Written: {page}")


def add_commands(commands: Any) -> None:
    """Add the commands to a command line's subparsers."""
    _add_manifest(commands)
    leaks = commands.add_parser("leaks", help="find validation photos with a near duplicate in training")
    leaks.add_argument("folders", nargs="+", type=Path, help="class folders, or manifests with a split")
    leaks.add_argument("--split", type=Path, nargs="+", help="lists of validation photos")
    leaks.add_argument("--distance", type=int, default=4, help="bits of 64 that may differ (default 4)")
    leaks.set_defaults(run_command=_leaks)

    suspects = commands.add_parser("suspects", help="list labels with which a photo's neighbours disagree")
    suspects.add_argument("model", type=Path, help="a run's folder or a bundle")
    suspects.add_argument("--data", type=Path, nargs="+", required=True, help="class folders or manifests")
    suspects.add_argument("--neighbours", type=int, default=10)
    suspects.add_argument(
        "--share", type=float, default=0.6, help="of the neighbours must agree (default 0.6)"
    )
    suspects.add_argument("--threads", type=int, default=2)
    suspects.add_argument("--out", type=Path, help="write the table there (CSV) instead of to the screen")
    suspects.set_defaults(run_command=_suspects)

    compare = commands.add_parser("compare", help="put runs and bundles side by side on one page")
    compare.add_argument("models", nargs="+", type=Path, metavar="RUN", help="a run's folder or a bundle")
    compare.add_argument("--out", type=Path, required=True, help="folder for the page and its charts")
    compare.add_argument(
        "--data", type=Path, nargs="+", default=[], help="judge by these instead of the first run's photos"
    )
    compare.add_argument(
        "--split", type=Path, nargs="+", default=[], help="only by the photos on these lists"
    )
    compare.add_argument("--without-photos", action="store_true", help="show no photo, so that it can be passed on")  # fmt: skip
    compare.add_argument("--threads", type=int, default=2, help="CPU threads (default 2)")
    compare.set_defaults(run_command=_compare)


def _add_manifest(commands: Any) -> None:
    manifest = commands.add_parser("manifest", help="list photos with split, SHA-256, source and licence")
    manifest.add_argument("out", type=Path, help="the table that is made (.csv or .jsonl)")
    manifest.add_argument("folders", nargs="+", type=Path, help="class folders or manifests")
    manifest.add_argument("--split", type=Path, nargs="+", default=[], help="lists of validation photos")
    manifest.add_argument("--share", type=float, default=0.15, help="of a split that is made (default 0.15)")
    manifest.add_argument("--seed", type=int, default=20261121)
    manifest.add_argument("--source", default="", help="where the photos come from")
    manifest.add_argument("--licence", default="", help="what may be done with them")
    manifest.set_defaults(run_command=_manifest)

    verify = commands.add_parser("verify", help="find photos that are not what a manifest says")
    verify.add_argument("manifest", type=Path)
    verify.set_defaults(run_command=_verify)
