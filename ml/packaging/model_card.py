"""The model card: what `bundle.json` says, for people."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ml.bundle.bundle import Bundle, SecondView
from ml.evaluation.report import EvaluationReport
from ml.evaluation.tables import Table, decisions_table, detail_tables, figures_table

CARD_NAME = "MODEL_CARD.md"


def write_card(bundle: Bundle) -> Path:
    """Write the bundle's model card into its folder, and return its path."""
    path = bundle.path / CARD_NAME
    path.write_text(render_card(bundle), encoding="utf-8")
    return path


def render_card(bundle: Bundle) -> str:
    """The model card as Markdown. What `bundle.json` does not say is left out."""
    card, report = bundle.card, EvaluationReport.of_card(bundle.card)
    parts = [
        f"# {bundle.name} {bundle.version}",
        str(card.get("purpose", "")),
        _markdown(("", ""), _facts(bundle)),
        _section("Data", card.get("data")),
        _section("Licence", card.get("licence")),
        _table_section(figures_table(report)),
        _table_section(decisions_table(report), before=_decision_rules(bundle)),
        *(_table_section(table) for table in detail_tables(report)),
        _section("Limits", "\n".join(f"- {limit}" for limit in card.get("limits", []))),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _section(title: str, text: object) -> str:
    return f"## {title}\n\n{text.strip()}" if isinstance(text, str) and text.strip() else ""


def _table_section(table: Table, *, before: str = "") -> str:
    text = [before, _markdown(table.head, table.rows), table.note]
    return _section(table.title, "\n\n".join(part for part in text if part))


def _markdown(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = list(rows)
    if not lines:
        return ""
    head = list(head)
    rule = ["---"] * len(head)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *lines])


def _facts(bundle: Bundle) -> list[tuple[str, str]]:
    settings = bundle.settings
    size, temperatures = settings.input.size, settings.calibration
    return [
        ("Architecture", settings.architecture),
        ("Classes", str(len(bundle.labels))),
        ("Input", f"RGB, squeezed to {size} x {size} pixels"),
        ("Second view", _second_view(settings.second_view)),
        ("Temperature", f"{temperatures.cars:.3f} for cars, {temperatures.scenes:.3f} for scenes"),
        ("Created", str(bundle.card.get("created", "unknown"))),
        ("SHA-256 of the network", f"`{bundle.digest}`"),
    ]


def _second_view(view: SecondView) -> str:
    """How the second view is framed, and when it is spared."""
    narrow, wide = view.shape
    text = (
        f"mirrored, of the box where the feature map's energy is at least {view.energy}, "
        f"padded by {view.padding:.0%}, each side at least {view.smallest:.0%} of the photo's short one, "
        f"{narrow} to {wide} times as wide as high; "
        f"of the whole photo where that box is more than {view.largest:.0%} of it, of blurred photos, "
        f"and where a side of the box has fewer than {view.pixels} pixels; "
        f"weighs {view.weight:.0%}, and more the closer it is"
    )
    if view.enough is None:
        return text
    spared = f"spared where the best logit of an exterior view leads by {view.enough:.3g} in the first view"
    return f"{text}; {spared}"


def _decision_rules(bundle: Bundle) -> str:
    thresholds, how = bundle.settings.thresholds, bundle.settings.familiarity
    if how:
        unknown = (
            f"where it is less familiar than {how.threshold:.3f} "
            f"({how.logit:.3f} for each unit that the best logit stands out by, "
            f"{how.cosine:.3f} for the cosine with the closest known car)"
        )
    else:
        unknown = f"under {thresholds.unknown:.3f}"
    return (
        f"*sure* from a probability of {thresholds.sure:.3f}, *unknown* {unknown} and wherever the photo is "
        f"no exterior view (its probability under {thresholds.exterior:.3f}), else *unsure*."
    )
