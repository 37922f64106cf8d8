"""The about page says how often the model in use is right, by that model's own figures."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from carsite.about import with_code
from classifier.models import ModelVersion
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db
CARD: dict[str, Any] = json.loads((ROOT / "ml" / "bundles" / "lite2" / "bundle.json").read_text())


def page_with(card: dict[str, Any]) -> str:
    ModelVersion.objects.create(name="m", version="1", digest="0" * 64, state="active", card=card)
    text = unescape(Client().get(reverse("about")).content.decode())
    return re.search(r'<section[^>]*id="accuracy".*?</section>', text, re.DOTALL)[0]  # type: ignore[index]


def test_what_is_right_on_the_road_is_said_before_what_is_right_in_tests():
    text = page_with(CARD)
    sources = CARD["metrics"]["other sources"]
    assert len(sources) >= 3
    for make, one in sources.items():
        row = f"<dt>{make}</dt><dd><b>{one['two looks']:.0%}</b> of {one['photos']} photos</dd>"
        assert row in text
        assert text.index(row) < text.index("The very car")
        assert f"{one['decisions']['sure']['share']:.0%} of the {make} photos" in text


def test_the_figures_are_those_of_the_model_that_answers():
    card = json.loads(json.dumps(CARD))
    card["metrics"]["other sources"] = {"Lada": {"photos": 1234, "one look": 0.1, "two looks": 0.07}}
    text = page_with(card)
    assert "<dt>Lada</dt><dd><b>7%</b> of 1,234 photos</dd>" in text
    assert "Ford" not in text
    assert "took itself for sure" not in text


@pytest.mark.parametrize("metrics", [{}, {"photos": 5}, {"other sources": "nonsense"}])
def test_a_model_without_figures_says_so(metrics):
    assert "No figures have been measured" in page_with({"metrics": metrics})


def test_a_model_that_was_not_tried_on_the_road_says_that():
    metrics = {key: value for key, value in CARD["metrics"].items() if key != "other sources"}
    assert "on the road was not measured" in page_with({"metrics": metrics})


def test_code_in_a_card_is_code_on_the_page():
    assert "`" not in page_with(CARD)
    assert "<code>python -m ml train</code>" in with_code("Train with `python -m ml train`.")
    assert with_code("`a` and <b> `<i>`") == "<code>a</code> and &lt;b&gt; <code>&lt;i&gt;</code>"
    assert with_code("a ` alone") == "a  alone"
    assert with_code("") == ""
