"""The design keeps its promises: contrast, symbols that exist, pages that load nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.template.loader import render_to_string
from django.test import Client

from catalog.choices import BodyStyle
from tests.conftest import ROOT

APPS = ("accounts", "carsite", "catalog", "classifier", "dealers")
STATIC = ROOT / "carsite" / "static" / "carsite"
TEXT = 4.5  # WCAG 2.2, 1.4.3
PARTS = 3.0  # WCAG 2.2, 1.4.11
PAIRS = [
    *((name, ground, TEXT) for name in ("text", "muted", "accent", "bad") for ground in ("bg", "surface")),
    *((name, "sunken", TEXT) for name in ("text", "muted")),
    ("accent-text", "accent", TEXT),
    ("accent-text", "accent-strong", TEXT),
    ("accent-strong", "accent-soft", TEXT),
    *((name, f"{name}-soft", TEXT) for name in ("good", "warn", "bad", "info")),
    *(("text", f"{name}-soft", TEXT) for name in ("accent", "good", "warn", "bad", "info")),
    *((name, ground, PARTS) for name in ("control", "accent") for ground in ("bg", "surface")),
    ("accent", "sunken", PARTS),
]


def _stylesheets() -> list[Path]:
    """All but the admin's: that has the design of its package."""
    sheets = [path for app in APPS for path in (ROOT / app / "static").rglob("*.css")]
    return [path for path in sheets if path.name != "admin.css"]


def _templates() -> list[Path]:
    return [path for app in APPS for path in (ROOT / app / "templates").rglob("*.html")]


def _tokens(sheet: str = "base.css") -> dict[str, tuple[str, str]]:
    text = (STATIC / sheet).read_text()
    pattern = r"--color-([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)"
    return {name: (light, dark) for name, light, dark in re.findall(pattern, text)}


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_colours_can_be_read(front: str, ground: str, least: float, scheme: int) -> None:
    tokens = _tokens()
    assert _contrast(tokens[front][scheme], tokens[ground][scheme]) >= least


def test_the_admin_has_the_colours_of_the_site() -> None:
    assert _tokens("admin.css")
    assert _tokens("admin.css").items() <= _tokens().items()


def _symbols(name: str) -> set[str]:
    root = ET.parse(STATIC / name).getroot()
    return {symbol.attrib["id"] for symbol in root.iter("{http://www.w3.org/2000/svg}symbol")}


def test_each_body_style_has_a_silhouette() -> None:
    assert _symbols("silhouettes.svg") == set(BodyStyle.values)


def test_silhouette_of_nothing_is_the_unknown_one() -> None:
    assert "#unknown" in render_to_string("carsite/silhouette.html", {"body_style": ""})
    assert "#pickup" in render_to_string("carsite/silhouette.html", {"body_style": "pickup"})


def test_each_icon_that_a_template_asks_for_exists() -> None:
    asked = {
        name
        for path in _templates()
        for name in re.findall(r"carsite/icon\.html\" with name=\"([\w-]+)\"", path.read_text())
    }
    assert len(asked) > 5
    assert asked <= _symbols("icons.svg")


def _rules_outside_layers(css: str) -> Iterator[str]:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    depth, start = 0, 0
    for index, sign in enumerate(css):
        if sign == "{":
            if depth == 0:
                yield css[start:index].strip()
            depth += 1
        elif sign == "}":
            depth -= 1
            start = index + 1
        elif sign == ";" and depth == 0:
            start = index + 1


@pytest.mark.parametrize("path", _stylesheets(), ids=lambda path: path.name)
def test_all_styles_stand_in_layers(path: Path) -> None:
    heads = list(_rules_outside_layers(path.read_text()))
    assert heads
    assert all(head.startswith(("@layer", "@media print")) for head in heads), heads


def test_apps_use_the_colours_of_the_design() -> None:
    sheets = [path for path in _stylesheets() if STATIC not in path.parents]
    assert sheets
    raw = {
        path.name: found
        for path in sheets
        if (
            found := re.findall(
                r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|rgba?\([^)]*\)|hsl\([^)]*\)", path.read_text()
            )
        )
    }
    assert raw == {}


def test_nothing_is_loaded_from_elsewhere() -> None:
    files = [*_stylesheets(), *_templates()]
    pattern = r"(?:src|href|action)=[\"'](?:https?:)?//|url\([\"']?(?:https?:)?//|@import"
    assert {path.name for path in files if re.search(pattern, path.read_text())} == set()


def test_templates_keep_to_the_content_security_policy() -> None:
    pattern = r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=[\"']|hx-on"
    found = {str(path): re.findall(pattern, path.read_text()) for path in _templates()}
    assert {name: signs for name, signs in found.items() if signs} == {}


@pytest.mark.urls("tests.e2e.styleguide")
@pytest.mark.django_db
def test_style_guide_shows_each_part(client: Client) -> None:
    text = client.get("/styleguide/").text
    for part in ("button--primary", "notice--error", "car-card", "breadcrumbs", "pagination", "field--error"):
        assert part in text
    # Django ties help and errors to their controls; the parts have to give them the ids that it promises.
    ids = set(re.findall(r'\sid="([^"]+)"', text))
    told = {name for names in re.findall(r'aria-describedby="([^"]*)"', text) for name in names.split()}
    assert len(told) > 4
    assert told <= ids
    linked = set(re.findall(r'<li><a href="#([^"]+)">', text))
    assert linked
    assert linked <= ids
