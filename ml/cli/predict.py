"""The command that names the cars in photos: predict."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.images import PHOTO_LIMITS
from ml.cli.arguments import Commands, add_serving
from ml.exceptions import PhotoError

if TYPE_CHECKING:
    from ml.serving.answers import Answer

DEFAULT_BUNDLE = Path(__file__).parents[1] / "bundles" / "lite2"


def add_predict(commands: Commands) -> None:
    """`predict`: answers to photos, as text or as lines of JSON."""
    predict = commands.add_parser("predict", help="name the cars in photos")
    predict.add_argument("photos", nargs="+", metavar="PHOTO")
    predict.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE, help="default: the one that ships")
    predict.add_argument("--json", action="store_true", help="one line of JSON for each photo")
    add_serving(predict)
    predict.set_defaults(run_command=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    """Answers all photos, those that can't be read too, as the site would; 1 where there was such a one."""
    from ml.serving.predictor import Predictor

    predictor = Predictor(arguments.bundle, arguments.backend, arguments.threads, limits=PHOTO_LIMITS)
    show, failed = (_as_json if arguments.json else _as_text), 0
    for file, answer in zip(arguments.photos, predictor.predict_many(arguments.photos), strict=True):
        print(show(file, answer), flush=True)
        failed += isinstance(answer, PhotoError)
    if failed:
        print(f"{failed} of {len(arguments.photos)} photos could not be read.", file=sys.stderr)
    return 1 if failed else 0


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
