"""`python -m ml COMMAND`: from photos to a model, to what it is worth, to what it says."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.cli import data
from ml.exceptions import MlError, PhotoError
from ml.recipes import CHOICES

if TYPE_CHECKING:
    from ml.serving.answers import Answer

DEFAULT_BUNDLE = Path(__file__).parent / "bundles" / "lite2"


def _split(arguments: argparse.Namespace) -> None:
    from ml.data.duplicates import make_split
    from ml.data.loaders import write_split
    from ml.data.splits import read_photos

    photos, labels = read_photos(arguments.folder)
    names = make_split(photos, share=arguments.share, seed=arguments.seed, distance=arguments.distance)
    print(write_split(arguments.out, names, photos, labels))


def _train(arguments: argparse.Namespace) -> None:
    from ml.recipes import read_recipe
    from ml.training.train import Hardware, train

    recipe = read_recipe(arguments.recipe)
    if arguments.data:
        lists = tuple(arguments.split)
        own = replace(recipe.data, cars=tuple(arguments.data), cars_validation=lists, only=(), leave_out=None)
        recipe = replace(recipe, data=own)
    if arguments.scenes:
        recipe = replace(recipe, data=replace(recipe.data, scenes=arguments.scenes, scenes_validation=None))
    changes = {name: getattr(arguments, name) for name in ("weights", "precision", "batch", "workers")}
    recipe = replace(recipe, **{name: value for name, value in changes.items() if value is not None})
    run = arguments.run or Path("runs") / recipe.name
    hardware = Hardware(arguments.accelerator, arguments.devices, arguments.nodes, arguments.threads)
    finished = train(recipe, run, hardware)
    if os.environ.get("LOCAL_RANK", "0") == "0":  # else one of several processes, of which the first speaks
        print(f"Finished: {finished}")


def _average(arguments: argparse.Namespace) -> None:
    from ml.training.averaging import average_runs

    print(f"Finished: {average_runs(arguments.runs, arguments.out)}")


def _export(arguments: argparse.Namespace) -> None:
    from ml.packaging.build_bundle import build_bundle
    from ml.recipes import read_notes

    bundle, report = build_bundle(
        arguments.run,
        arguments.out,
        notes=read_notes(arguments.notes),
        version=arguments.version,
        threads=arguments.threads,
    )
    _print_report(report)
    size = sum(file.stat().st_size for file in bundle.path.iterdir())
    print(
        f"Written: {bundle.path} ({size / 1e6:.1f} MB); the whole report is {arguments.run / 'report.json'}"
    )


def _evaluate(arguments: argparse.Namespace) -> None:
    from ml.evaluation.evaluate import Sources, evaluate, read_material
    from ml.serving.predictor import Predictor

    loaded = Predictor(arguments.bundle, arguments.backend, arguments.threads).load()
    sources = Sources(
        tuple(arguments.data),
        tuple(arguments.split),
        arguments.scenes,
        arguments.scenes_split,
        tuple(arguments.unknown),
        arguments.makes,
        leave_out=arguments.left_out,
    )
    material = read_material(sources, loaded.bundle)
    if arguments.command == "experiment":
        from ml.evaluation.experiments import experiment

        report = experiment(loaded, material, sources)
    else:
        report = evaluate(loaded, material)
    _print_report(report)
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"Written: {arguments.out}")


def _card(arguments: argparse.Namespace) -> None:
    from ml.bundle.bundle import read_bundle
    from ml.bundle.model_card import write_card

    print(f"Written: {write_card(read_bundle(arguments.bundle))}")


def _predict(arguments: argparse.Namespace) -> None:
    from ml.serving.predictor import Predictor

    predictor = Predictor(arguments.bundle, arguments.backend, arguments.threads)
    show = _as_json if arguments.json else _as_text
    for file, answer in zip(arguments.photos, predictor.predict_many(arguments.photos), strict=True):
        print(show(file, answer), flush=True)


def _as_json(file: str, answer: Answer | PhotoError) -> str:
    if isinstance(answer, PhotoError):
        return json.dumps({"file": file, "error": str(answer)}, ensure_ascii=False)
    line = {
        "file": file,
        "scene": answer.scene,
        "decision": answer.decision,
        "predictions": [
            {"label": one.label, "probability": round(one.probability, 6)} for one in answer.predictions
        ],
        "makes": [{"make": make, "probability": round(probability, 6)} for make, probability in answer.makes],
    }
    return json.dumps(line, ensure_ascii=False)


def _as_text(file: str, answer: Answer | PhotoError) -> str:
    if isinstance(answer, PhotoError):
        return f"{file}\n  {answer}\n"
    lines = [file, f"  {answer.scene}, {answer.decision}"]
    if answer.scene == "exterior":
        lines += [f"  {one.probability:6.1%}  {one.label}" for one in answer.predictions]
        lines.append(f"  {answer.makes[0].probability:6.1%}  {answer.makes[0].make}, any model")
    return "\n".join(lines) + "\n"


#: Parts of a report that not every bundle or command has.
_LATER = ("open set", "few photos", "several photos")


def _print_report(report: dict[str, Any]) -> None:
    print(f"\n{report['photos']} validation photos      one look   two looks (95% interval)")
    for name, one in report["one look"].items():
        two = report["two looks"][name]
        print(f"  {name:24} {one['value']:8.3f}   {two['value']:8.3f} ({two['low']:.3f}-{two['high']:.3f})")
    for name, value in report["two looks"].items():
        if not isinstance(value, dict):
            print(f"  {name}: {value:.3f}")
    for title in ("parity", "decisions", "scenes", "robustness", "other sources", "unknown cars", *_LATER):
        for name, row in report.get(title, {}).items():
            print(f"{title:14} {name:24} {_short(row)}")


def _short(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"value", "low", "high"}:
        return f"{value['value']:.3f} ({value['low']:.3f}-{value['high']:.3f})"
    if isinstance(value, dict):
        return "  ".join(f"{name} {_short(part)}" for name, part in value.items())
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _add_sources(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data", type=Path, nargs="+", required=True, help="folders of class folders of photos"
    )
    command.add_argument(
        "--split", type=Path, nargs="+", required=True, help="lists of the photos to judge by"
    )
    command.add_argument("--scenes", type=Path, help="folder with the folders interior and other")
    command.add_argument("--scenes-split", type=Path, help="list of the scenes to judge by")
    command.add_argument(
        "--unknown", type=Path, action="append", default=[], help="folder of cars it does not know"
    )
    command.add_argument("--makes", type=Path, help="folder of folders of photos named by make")
    command.add_argument("--left-out", type=Path, help="list of the classes that training left out")


def _add_serving(command: argparse.ArgumentParser) -> None:
    command.add_argument("--backend", choices=("auto", "onnx", "torch"), default="auto")
    command.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")


def _add_train(commands: Any) -> None:
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
        help="lists of what to judge by (default: made and kept)",
    )
    train.add_argument(
        "--scenes", metavar="FOLDER", help="take the folders interior and other of this one instead"
    )
    train.add_argument("--weights", help="auto, none, a file or the folder of a run, instead of the recipe's")
    train.add_argument("--batch", type=int, help="photos in a step, of all processes together")
    train.add_argument("--workers", type=int, help="processes that load photos, for each that trains")
    train.add_argument("--precision", choices=CHOICES["precision"], help="mixed precision, on a GPU")
    train.add_argument("--accelerator", choices=("auto", "cpu", "gpu"), default="auto")
    train.add_argument("--devices", type=int, default=1, help="processes (GPUs) on each machine (default 1)")
    train.add_argument("--nodes", type=int, default=1, help="machines (default 1)")
    train.add_argument("--threads", type=int, help="CPU threads of each process (default: all)")
    train.set_defaults(run_command=_train)


def _add_runs(commands: Any) -> None:
    split = commands.add_parser(
        "split", help="make a stratified validation split of a folder of class folders"
    )
    split.add_argument("folder", type=Path)
    split.add_argument("out", type=Path)
    split.add_argument("--share", type=float, default=0.15)
    split.add_argument("--seed", type=int, default=20261121)
    split.add_argument(
        "--distance", type=int, default=4, help="bits of 64 in which near duplicates may differ (default 4)"
    )
    split.set_defaults(run_command=_split)

    _add_train(commands)

    average = commands.add_parser("average", help="average the weights of runs that started from each other")
    average.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    average.add_argument("out", type=Path, help="folder of the run that is made")
    average.set_defaults(run_command=_average)


def _add_bundles(commands: Any) -> None:
    export = commands.add_parser(
        "export", help="make the bundle of a run: network, calibration, figures, model card"
    )
    export.add_argument("run", type=Path, help="folder of the run")
    export.add_argument("out", type=Path, help="folder of the bundle; one that is there is replaced")
    export.add_argument(
        "--notes", type=Path, help="release notes (TOML): further photos to judge by, data, licence, limits"
    )
    export.add_argument("--version", help="version of the bundle (default: today)")
    export.add_argument("--threads", type=int, default=2, help="CPU threads (default 2)")
    export.set_defaults(run_command=_export)

    for name, what in (
        ("evaluate", "measure a bundle on photos it has not seen"),
        (
            "experiment",
            "measure also what it makes of classes left out of training, before and after five photos of each",
        ),
    ):
        evaluate = commands.add_parser(name, help=what)
        evaluate.add_argument("bundle", type=Path)
        _add_sources(evaluate)
        _add_serving(evaluate)
        evaluate.add_argument("--out", type=Path, help="write the whole report there (JSON)")
        evaluate.set_defaults(run_command=_evaluate)

    card = commands.add_parser("card", help="write a bundle's model card anew from its bundle.json")
    card.add_argument("bundle", type=Path)
    card.set_defaults(run_command=_card)

    predict = commands.add_parser("predict", help="name the cars in photos")
    predict.add_argument("photos", nargs="+", metavar="PHOTO")
    predict.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE, help="default: the one that ships")
    predict.add_argument("--json", action="store_true", help="one line of JSON for each photo")
    _add_serving(predict)
    predict.set_defaults(run_command=_predict)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = main.add_subparsers(dest="command", required=True)
    _add_runs(commands)
    _add_bundles(commands)
    data.add_commands(commands)
    return main


def main(argv: list[str] | None = None) -> int:
    """Run a command; 1 where a check found something, 2 with one clear line where it can't be done."""
    arguments = parser().parse_args(argv)
    try:
        found: int | None = arguments.run_command(arguments)
    except MlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return found or 0


if __name__ == "__main__":
    sys.exit(main())
