"""A comparison as files: one HTML page that needs nothing else, PNG charts, Markdown and JSON."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from ml.data.photos import open_photo
from ml.evaluation.charts import charts
from ml.evaluation.comparison import ComparedOutputs, prediction_sample
from ml.evaluation.comparison_report import ComparisonReport
from ml.evaluation.report import Estimate
from ml.exceptions import PhotoError

#: What the charts show, in the order of the page.
CAPTIONS = {
    "accuracy": "Top-1 accuracy of each model.",
    "curves-accuracy": "Top-1 accuracy by epoch, on photos that were not trained on.",
    "curves-loss": "Loss by epoch. Training loss (faint) that falls below validation loss means overfitting.",
    "reliability": "Accuracy by confidence: below the diagonal overconfident, above it underconfident.",
    "cost": "Accuracy and speed.",
}
GRID = 24


def write_comparison(outputs: ComparedOutputs, report: ComparisonReport, out: Path, *, photos: bool) -> Path:
    """Write `index.html`, `README.md`, `comparison.json` and the charts into `out`; returns the page.

    Without `photos` no photo and no part of one is in any of them.
    """
    out.mkdir(parents=True, exist_ok=True)
    drawn = charts(report)
    for name, themes in drawn.items():
        for theme, content in themes.items():
            (out / f"{name}-{theme}.png").write_bytes(content)
    values = {
        "report": report,
        "best": report.models[outputs.best].name,
        "captions": {name: text for name, text in CAPTIONS.items() if name in drawn},
        "pictures": {
            name: {theme: _data_url(content, "png") for theme, content in themes.items()}
            for name, themes in drawn.items()
        },
        "pairs": _pairs(outputs, report) if photos else [],
        "grid": _grid(outputs) if photos else [],
    }
    pages = _environment()
    for template, file in (("comparison.html", "index.html"), ("comparison.md", "README.md")):
        (out / file).write_text(pages.get_template(template).render(values), encoding="utf-8")
    plain = json.dumps(report.to_json(), indent=1, ensure_ascii=False)
    (out / "comparison.json").write_text(plain + "\n", encoding="utf-8")
    return out / "index.html"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent, "count": _count, "minutes": _minutes}
    return environment


def _percent(share: Estimate) -> str:
    """A share in per cent with its interval."""
    return f"{100 * share.value:.1f} ({100 * share.low:.1f}–{100 * share.high:.1f})"


def _count(number: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.0f}"


def _minutes(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds / 60:.0f} min"


def _data_url(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _thumbnail(outputs: ComparedOutputs, index: int | None) -> str | None:
    """A photo, small, as a data URL."""
    if index is None:
        return None
    try:
        image = open_photo(outputs.photos[index].path, short_side=160)
    except PhotoError:  # decoded a moment ago: it was taken away meanwhile
        return None
    image.thumbnail((240, 160))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=75)
    return _data_url(stream.getvalue(), "jpeg")


def _pairs(outputs: ComparedOutputs, report: ComparisonReport) -> list[dict[str, object]]:
    return [
        {
            "pair": pair,
            "mistaken": _thumbnail(outputs, pair.example),
            "alike": _thumbnail(outputs, pair.other),
        }
        for pair in report.confusions
    ]


def _grid(outputs: ComparedOutputs) -> list[dict[str, object]]:
    """Photos with what each model says of them."""
    cells: list[dict[str, object]] = []
    for index in prediction_sample(outputs, GRID):
        label = int(outputs.photos.labels[index])
        answers = []
        for model, probabilities in zip(outputs.models, outputs.probabilities, strict=True):
            said = int(probabilities[index].argmax())
            answers.append({
                "model": model.saved.name, "said": outputs.labels[said], "right": said == label,
                "share": float(probabilities[index, said]),
            })  # fmt: skip
        cells.append(
            {"photo": _thumbnail(outputs, index), "label": outputs.labels[label], "answers": answers}
        )
    return cells
