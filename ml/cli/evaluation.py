"""Commands that measure and compare models: evaluate, experiment, suspects, compare."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ml.cli.arguments import Commands, add_photo_sources, add_serving, add_threads

if TYPE_CHECKING:
    from ml.evaluation.photo_sources import PhotoSources
    from ml.evaluation.report import EvaluationReport


def add_evaluate(commands: Commands) -> None:
    """`evaluate`: the figures of a bundle."""
    evaluate = commands.add_parser("evaluate", help="measure a bundle on photos it has not seen")
    _add_report_arguments(evaluate)
    evaluate.set_defaults(run_command=_evaluate)


def add_experiment(commands: Commands) -> None:
    """`experiment`: the same, and what the bundle makes of classes left out of training."""
    what = "measure also what it makes of classes left out of training, before and after five photos of each"
    experiment = commands.add_parser("experiment", help=what)
    _add_report_arguments(experiment)
    experiment.set_defaults(run_command=_experiment)


def _add_report_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("bundle", type=Path)
    add_photo_sources(command)
    add_serving(command)
    command.add_argument("--out", type=Path, help="write the whole report there (JSON)")


def _evaluate(arguments: argparse.Namespace) -> None:
    from ml.evaluation.evaluate import evaluate
    from ml.evaluation.photo_sources import read_evaluation_photos
    from ml.serving.loaded_bundle import LoadedBundle

    loaded = LoadedBundle.open(arguments.bundle, arguments.backend, arguments.threads)
    photos = read_evaluation_photos(_sources(arguments), loaded.bundle)
    _show(evaluate(loaded, photos), arguments.out)


def _experiment(arguments: argparse.Namespace) -> None:
    from ml.evaluation.experiments import experiment
    from ml.evaluation.photo_sources import read_evaluation_photos
    from ml.serving.loaded_bundle import LoadedBundle

    loaded = LoadedBundle.open(arguments.bundle, arguments.backend, arguments.threads)
    sources = _sources(arguments)
    photos = read_evaluation_photos(sources, loaded.bundle)
    _show(experiment(loaded, photos, sources), arguments.out)


def _sources(arguments: argparse.Namespace) -> PhotoSources:
    from ml.evaluation.photo_sources import PhotoSources

    return PhotoSources(
        cars=tuple(arguments.data),
        cars_split=tuple(arguments.split),
        scenes=arguments.scenes,
        scenes_split=arguments.scenes_split,
        unknown=tuple(arguments.unknown),
        makes=arguments.makes,
        leave_out=arguments.left_out,
    )


def _show(report: EvaluationReport, out: Path | None) -> None:
    from ml.cli.report_text import print_report

    print_report(report)
    if out:
        out.write_text(json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"Written: {out}")


def add_suspects(commands: Commands) -> None:
    """`suspects`: labels that may be wrong."""
    suspects = commands.add_parser("suspects", help="list labels with which a photo's neighbours disagree")
    suspects.add_argument("model", type=Path, help="a run's folder or a bundle")
    suspects.add_argument("--data", type=Path, nargs="+", required=True, help="class folders or manifests")
    suspects.add_argument("--neighbours", type=int, default=10)
    suspects.add_argument(
        "--share", type=float, default=0.6, help="of the neighbours must agree (default 0.6)"
    )
    add_threads(suspects)
    suspects.add_argument("--out", type=Path, help="write the table there (CSV) instead of to the screen")
    suspects.set_defaults(run_command=_suspects)


def _suspects(arguments: argparse.Namespace) -> None:
    from ml.data.splits import read_photos
    from ml.evaluation.compared_model import ComparedModel
    from ml.evaluation.suspects import find_suspects
    from ml.network.embeddings import embed_photos

    photos, labels = read_photos(*arguments.data)
    session = ComparedModel.open(arguments.model).start(arguments.threads)
    embeddings = embed_photos(session, photos)
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


def add_compare(commands: Commands) -> None:
    """`compare`: runs and bundles side by side."""
    compare = commands.add_parser("compare", help="put runs and bundles side by side on one page")
    compare.add_argument("models", nargs="+", type=Path, metavar="RUN", help="a run's folder or a bundle")
    compare.add_argument("--out", type=Path, required=True, help="folder for the page and its charts")
    compare.add_argument(
        "--data",
        type=Path,
        nargs="+",
        default=[],
        help="compare on these instead of the first run's validation photos",
    )
    compare.add_argument(
        "--split", type=Path, nargs="+", default=[], help="only on the photos of these lists"
    )
    compare.add_argument(
        "--without-photos", action="store_true", help="show no photo, so that it can be passed on"
    )
    add_threads(compare)
    compare.set_defaults(run_command=_compare)


def _compare(arguments: argparse.Namespace) -> None:
    from ml.evaluation.compared_model import ComparedModel
    from ml.evaluation.comparison import compare, compute_compared, photos_to_compare_on
    from ml.evaluation.comparison_page import write_comparison

    models = [ComparedModel.open(path) for path in arguments.models]
    photos, labels = photos_to_compare_on(models, arguments.data, arguments.split)
    outputs = compute_compared(models, photos, labels, threads=arguments.threads)
    page = write_comparison(outputs, compare(outputs), arguments.out, photos=not arguments.without_photos)
    print(f"Written: {page}")
