"""A report is read from files and rows as it was written there, and turned into tables."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ml.bundle.bundle import read_bundle
from ml.cli.predict import DEFAULT_BUNDLE
from ml.cli.report_text import table_text
from ml.evaluation import json_fields
from ml.evaluation.report import (
    Decision,
    Decisions,
    Estimate,
    EvaluationReport,
    FewPhotos,
    Figures,
    PairedFigure,
    PairedReport,
    Parity,
)
from ml.evaluation.tables import Table, estimate_text, paired_table, parity_table, report_tables
from ml.exceptions import DataError
from ml.packaging.model_card import CARD_NAME, render_card

HIGH, LOW = Estimate(0.9, 0.85, 0.95), Estimate(0.25, 0.2, 0.3)


@pytest.fixture(scope="module")
def shipped() -> dict:
    """What was measured of the bundle that ships, as its `bundle.json` keeps it."""
    return json.loads((DEFAULT_BUNDLE / "bundle.json").read_text())["metrics"]


def test_report_of_the_bundle_that_ships_is_written_as_it_was_read(shipped: dict) -> None:
    report = EvaluationReport.from_json(shipped)
    assert report.both_views.top_1 is not None
    assert report.both_views.top_1.value == shipped["two looks"]["top-1"]["value"]
    assert json.dumps(report.to_json(), indent=2) == json.dumps(shipped, indent=2)


@pytest.mark.usefixtures("shipped")
def test_card_of_the_bundle_that_ships_is_the_one_that_its_figures_give() -> None:
    assert (DEFAULT_BUNDLE / CARD_NAME).read_text() == render_card(read_bundle(DEFAULT_BUNDLE))


def test_what_a_report_lacks_or_keeps_in_another_form_is_left_out() -> None:
    assert EvaluationReport.from_json(None) == EvaluationReport()
    assert EvaluationReport.of_card({"metrics": {}}) == EvaluationReport()
    values = {"photos": 3, "scenes": "none", "decisions": {"sure": {"share": 1.0}}, "later": {"x": 1}}
    assert EvaluationReport.from_json(values) == EvaluationReport(photos=3)
    assert report_tables(EvaluationReport(photos=3)) == []


def test_keys_that_are_missing_or_of_another_type_are_named() -> None:
    with pytest.raises(DataError, match="Estimate lacks 'high'"):
        json_fields.from_json(Estimate, {"value": 0.5, "low": 0.4})
    with pytest.raises(DataError, match="'low' is str"):
        json_fields.from_json(Estimate, {"value": 0.5, "low": "0.4", "high": 1})
    with pytest.raises(DataError, match="not as list"):
        json_fields.from_json(Estimate, [0.5, 0.4, 0.6])


def test_optional_parts_are_written_only_where_they_were_measured() -> None:
    report = EvaluationReport(
        photos=1, few_photos=FewPhotos(classes=2, photos_each=5, new_top_1=HIGH, known_lose=LOW)
    )
    values = report.to_json()
    assert list(values) == ["photos", "confusions", "reliability", "few photos"]
    assert values["few photos"] == {
        "classes": 2,
        "photos each": 5,
        "new top-1": {"value": 0.9, "low": 0.85, "high": 0.95},
        "known lose": {"value": 0.25, "low": 0.2, "high": 0.3},
    }
    assert EvaluationReport.from_json(json.loads(json.dumps(values))) == report


def test_tables_say_what_was_measured() -> None:
    decision = Decision(share=0.5, right=0.25)
    report = EvaluationReport(
        photos=40,
        both_views=Figures(top_1=HIGH, crossfitted_error=0.0125),
        decisions=Decisions(sure=decision, unsure=decision, unknown=decision),
    )
    figures, decisions = report_tables(report, names={"top-1": "Exact car"})
    assert figures.title == "Measured on 40 photos it has not seen (95% intervals)"
    assert figures.rows == (("Exact car", "–", "0.900 (0.850-0.950)"),)
    assert figures.note == "calibration error, each half at the other's temperature: 0.013."
    assert decisions.rows[0] == ("sure", "50.0%", "25.0%")
    assert parity_table(report).rows == ()
    parity = Parity(onnx_against_torch=1.234e-6, exported_against_trained=0.01)
    assert parity_table(replace(report, parity=parity)).rows[0][1] == "1.2e-06"


def test_interval_with_a_negative_end_is_written_with_a_word() -> None:
    difference = Estimate(0.125, -0.1, 0.35)
    assert estimate_text(difference) == "0.125 (-0.100 to 0.350)"
    report = PairedReport(
        photos=9, figures={"top-1": PairedFigure(active=LOW, candidate=HIGH, difference=difference)}
    )
    table = paired_table(report)
    assert table.title == "Beside the active model on the same 9 photos"
    assert table.rows == (("top-1", "0.250 (0.200-0.300)", "0.900 (0.850-0.950)", "0.125 (-0.100 to 0.350)"),)


def test_columns_of_a_table_on_a_terminal_are_aligned() -> None:
    table = Table("Scenes", ("", "interior", "other"), [("interior", "3", "0"), ("other", "12", "1")], "Few.")
    assert table_text(table) == "\n".join(
        (
            "Scenes",
            "            interior  other",
            "  interior  3         0",
            "  other     12        1",
            "  Few.",
        )
    )
