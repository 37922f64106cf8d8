"""Charts of a comparison as PNG files, each for a light and a dark page.

Told apart by marks as well as colours.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes

from ml.evaluation.comparison_report import ComparisonReport

mpl.use("Agg")  # no window, no display
from matplotlib import pyplot as plt  # after the line above

Draw = Callable[[Axes, ComparisonReport], None]


@dataclass(frozen=True)
class Theme:
    """Colours of a page that a chart stands on."""

    name: str
    face: str
    text: str
    grid: str
    lines: tuple[str, ...]


_LIGHT_LINES = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#a16207", "#be123c")
_DARK_LINES = ("#6db3f8", "#fb923c", "#6ee7a0", "#d0a5fb", "#facc5a", "#fb8fa5")
LIGHT = Theme("light", "#ffffff", "#1c2024", "#d9dde2", _LIGHT_LINES)
DARK = Theme("dark", "#16191d", "#e6e9ec", "#3a4048", _DARK_LINES)
MARKS = "osD^vP*Xh<>"
DASHES = ("-", "--", "-.", ":")


def charts(report: ComparisonReport) -> dict[str, dict[str, bytes]]:
    """PNG files by name and theme ("light", "dark")."""
    kinds: dict[str, Draw] = {"accuracy": _accuracy, "cost": _cost, "reliability": _reliability}
    if any(model.curve for model in report.models):
        kinds |= {"curves-accuracy": _curves_of("val_top1"), "curves-loss": _curves_of("val_loss")}
    return {
        name: {theme.name: _draw(draw, report, theme) for theme in (LIGHT, DARK)}
        for name, draw in kinds.items()
    }


def _draw(draw: Draw, report: ComparisonReport, theme: Theme) -> bytes:
    style: Any = {
        "font.size": 9,
        "figure.facecolor": theme.face,
        "axes.facecolor": theme.face,
        "axes.edgecolor": theme.grid,
        "axes.labelcolor": theme.text,
        "axes.grid": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": theme.grid,
        "text.color": theme.text,
        "xtick.color": theme.text,
        "ytick.color": theme.text,
        "legend.frameon": False,
        "axes.prop_cycle": cycler(color=theme.lines),
    }
    with plt.rc_context(style):
        # Narrow, so that the words can still be read where a phone shows it 300 pixels wide.
        figure, axes = plt.subplots(figsize=(4.2, 3.2 + 0.18 * len(report.models)), layout="constrained")
        draw(axes, report)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=160, metadata={"Software": None})
        plt.close(figure)
    return stream.getvalue()


def _styles(count: int) -> list[dict[str, Any]]:
    """Colour, mark and dash for each of `count` models, no two alike."""
    colours = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    return [
        {
            "color": colours[number % len(colours)],
            "marker": MARKS[number % len(MARKS)],
            "linestyle": DASHES[number // len(colours) % len(DASHES)],
        }
        for number in range(count)
    ]


def _legend(axes: Axes) -> None:
    axes.figure.legend(loc="outside lower left", ncols=2, fontsize=8)


def _accuracy(axes: Axes, report: ComparisonReport) -> None:
    models = report.models
    for number, (model, style) in enumerate(zip(models, _styles(len(models)), strict=True)):
        top = model.top_1
        spread = [[top.value - top.low], [top.high - top.value]]
        axes.errorbar(top.value, number, xerr=spread, fmt=style["marker"], color=style["color"], capsize=3)
    axes.set_yticks(range(len(models)), [model.name for model in models])
    axes.invert_yaxis()
    axes.set_xlabel("top-1 accuracy (95% interval)")


def _cost(axes: Axes, report: ComparisonReport) -> None:
    models = report.models
    for model, style in zip(models, _styles(len(models)), strict=True):
        axes.plot(
            model.milliseconds.value, model.top_1.value, color=style["color"], marker=style["marker"],
            linestyle="none", label=model.name,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds per photo")
    axes.set_ylabel("top-1 accuracy")
    _legend(axes)


def _reliability(axes: Axes, report: ComparisonReport) -> None:
    axes.plot([0, 1], [0, 1], color=mpl.rcParams["axes.edgecolor"], linewidth=1, label="perfectly calibrated")
    models = report.models
    for model, style in zip(models, _styles(len(models)), strict=True):
        bins = model.reliability
        axes.plot(
            [one.confidence for one in bins], [one.right for one in bins], markersize=4, linewidth=1.2,
            label=model.name, **style,
        )  # fmt: skip
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    _legend(axes)


def _curves_of(figure: str) -> Draw:
    titles = {"val_top1": "top-1 accuracy, validation", "val_loss": "loss, validation (faint: training)"}

    def draw(axes: Axes, report: ComparisonReport) -> None:
        models = report.models
        for model, style in zip(models, _styles(len(models)), strict=True):
            points = model.curve.get(figure)
            if not points:
                continue
            axes.plot(*zip(*points, strict=True), markersize=3, linewidth=1.2, label=model.name, **style)
            if figure == "val_loss" and model.curve.get("train_loss"):
                learned = model.curve["train_loss"]
                axes.plot(*zip(*learned, strict=True), color=style["color"], alpha=0.35, linewidth=1)
        axes.set_xlabel("epoch")
        axes.set_ylabel(titles[figure])
        _legend(axes)

    return draw
