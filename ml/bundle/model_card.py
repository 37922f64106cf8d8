"""The model card: what `bundle.json` says, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ml.bundle.bundle import Bundle

CARD_NAME = "MODEL_CARD.md"


def write_card(bundle: Bundle) -> Path:
    """Write the bundle's model card into its folder, and return its path."""
    path = bundle.path / CARD_NAME
    path.write_text(render_card(bundle), encoding="utf-8")
    return path


def render_card(bundle: Bundle) -> str:
    """The model card as Markdown. What `bundle.json` does not say is left out."""
    card, metrics = bundle.card, bundle.card.get("metrics", {})
    parts = [
        f"# {bundle.name} {bundle.version}",
        card.get("purpose", ""),
        _facts(bundle),
        _section("Data", card.get("data")),
        _section("Licence", card.get("licence")),
        _figures(metrics),
        _decisions(bundle, metrics),
        _section("Scenes", _scenes(metrics.get("scenes", {}))),
        _section("Photos that are worse", _robustness(metrics.get("robustness", {}))),
        _section("Photos from elsewhere", _elsewhere(metrics)),
        _section("Several photos of one car", _several(metrics.get("several photos", {}))),
        _section("What it does not know", _open_set(metrics.get("open set", {}))),
        _section("Most confused", _confusions(metrics.get("confusions", [])[:10])),
        _section("Limits", "\n".join(f"- {limit}" for limit in card.get("limits", []))),
    ]
    return "\n\n".join(part.strip() for part in parts if part and part.strip()) + "\n"


def _section(title: str, text: Any) -> str:
    return f"## {title}\n\n{text.strip()}" if isinstance(text, str) and text.strip() else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    lines = [list(map(str, row)) for row in rows]
    if not lines:
        return ""
    head = list(head)
    rule = ["---"] * len(head)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *lines])


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _facts(bundle: Bundle) -> str:
    settings = bundle.settings
    second, spec = settings.second_view, settings.input
    rows = [
        ("Architecture", settings.architecture),
        ("Classes", len(bundle.labels)),
        ("Input", f"RGB, squeezed to {spec.size} x {spec.size} pixels"),
        (
            "Second view",
            f"mirrored, of the box where the feature map's energy is at least {second.energy}, padded by {second.padding:.0%}, each "
            f"side at least {second.smallest:.0%} of the photo's short one, {second.shape[0]} to {second.shape[1]} times as wide as "
            f"high; of the whole photo where that box is more than {second.largest:.0%} of it, of blurred photos, and where a "
            f"side of the box has fewer than {second.pixels} pixels; weighs {second.weight:.0%}, and more the closer it is"
            + (
                ""
                if second.enough is None
                else f"; spared where the best logit of a car's outside leads by {second.enough:.3g} in the first view"
            ),
        ),
        (
            "Temperature",
            f"{settings.calibration.cars:.3f} for cars, {settings.calibration.scenes:.3f} for scenes",
        ),
        ("Created", bundle.card.get("created", "unknown")),
        ("SHA-256 of the network", f"`{bundle.digest}`"),
    ]
    return _table(("", ""), rows)


def _figures(metrics: Mapping[str, Any]) -> str:
    one, two = metrics.get("one look", {}), metrics.get("two looks", {})
    rows = [(name, _interval(one[name]), _interval(two[name])) for name in one if name in two]
    note = "".join(
        f"\n\n{name}: {value:.3f}." for name, value in two.items() if not isinstance(value, Mapping)
    )
    text = _table(("", "one look", "two looks"), rows)
    return _section(
        f"Measured on {metrics.get('photos', 0)} photos it has not seen (95% intervals)", text + note
    )


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}-{figure['high']:.3f})"


def _decisions(bundle: Bundle, metrics: Mapping[str, Any]) -> str:
    thresholds = bundle.settings.thresholds
    how = bundle.settings.familiarity
    unknown = (
        f"where it is less familiar than {how.threshold:.3f} ({how.logit:.3f} for each unit that the best logit stands out by, "
        f"{how.cosine:.3f} for the cosine with the closest known car)"
        if how
        else f"under {thresholds.unknown:.3f}"
    )
    rules = (
        f"*sure* from a probability of {thresholds.sure:.3f}, *unknown* {unknown} and wherever the photo is "
        f"not of a car's outside (its probability under {thresholds.exterior:.3f}), else *unsure*."
    )
    rows = [
        (name, _percent(row["share"]), _percent(row["right"]))
        for name, row in metrics.get("decisions", {}).items()
    ]
    return _section("Decisions", rules + "\n\n" + _table(("decision", "share of photos", "right"), rows))


def _scenes(scenes: Mapping[str, Mapping[str, int]]) -> str:
    return _table(("is \\ taken for", *scenes), ((name, *row.values()) for name, row in scenes.items()))


def _robustness(robustness: Mapping[str, Mapping[str, float]]) -> str:
    head = next(iter(robustness.values()), {})
    return _table(("", *head), ((name, *map(_percent, row.values())) for name, row in robustness.items()))


def _elsewhere(metrics: Mapping[str, Any]) -> str:
    known = [
        (
            name,
            row["photos"],
            _percent(row["one look"]),
            _percent(row["two looks"]),
            _percent(row["decisions"]["sure"]["share"]),
        )
        for name, row in metrics.get("other sources", {}).items()
    ]
    unknown = [
        (name, *(_percent(row[decision]["share"]) for decision in ("sure", "unsure", "unknown")))
        for name, row in metrics.get("unknown cars", {}).items()
    ]
    tables = [
        _table(("make", "photos", "make right, one look", "make right, two looks", "called sure"), known),
        _table(("cars it does not know", "sure", "unsure", "unknown"), unknown),
    ]
    return "\n\n".join(table for table in tables if table)


def _open_set(parts: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (
            name,
            row["photos"],
            _interval(row["area"]),
            _interval(row["area with scene"]),
            _percent(row["called unknown"]),
        )
        for name, row in parts.items()
    ]
    head = (
        "photos of",
        "photos",
        "familiarity tells them from known cars (area under ROC)",
        "together with the scene",
        "called unknown",
    )
    return _table(head, rows)


def _several(parts: Mapping[str, Mapping[str, Any]]) -> str:
    names = ("single top-1", "fused top-1", "gain")
    rows = [
        (count, *(_interval(row[name]) for name in names), f"{row['calibration error']:.3f}")
        for count, row in parts.items()
    ]
    return _table(("", "right, each alone", "right, together", "gain", "calibration error together"), rows)


def _confusions(pairs: Iterable[Mapping[str, Any]]) -> str:
    return _table(
        ("is", "taken for", "photos"), ((pair["label"], pair["taken for"], pair["photos"]) for pair in pairs)
    )
