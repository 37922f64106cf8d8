"""Bundles are whole or refused, and a refusal says what is wrong."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save, save_file

from ml.bundle.bundle import CARD, LABELS, MODEL, WEIGHTS, Bundle, read_bundle, write_bundle
from ml.exceptions import BundleError
from tests.ml.tiny import TINY_LABELS, tiny_onnx, write_tiny_bundle


@pytest.fixture
def copy(tiny_bundle: Bundle, tmp_path: Path) -> Path:
    """A bundle of one's own to damage."""
    return Path(shutil.copytree(tiny_bundle.path, tmp_path / "copy"))


def change_card(path: Path, **values: object) -> None:
    """Rewrite entries of bundle.json."""
    card = json.loads((path / CARD).read_text())
    (path / CARD).write_text(json.dumps(card | values))


def test_what_was_written_is_read_back(tiny_bundle: Bundle) -> None:
    again = read_bundle(tiny_bundle.path)
    assert again == tiny_bundle
    assert again.name == "tiny"
    assert [label.label for label in again.labels] == list(TINY_LABELS)
    assert again.labels[1].slug == "audi-a5-coupe-2012"
    assert again.settings.input.mean == (0.5, 0.5, 0.5)
    assert len(again.digest) == 64


def test_another_version_has_another_digest(tiny_bundle: Bundle, tmp_path: Path) -> None:
    other = write_tiny_bundle(tmp_path / "other", version="2")
    assert other.digest != tiny_bundle.digest


def test_missing_bundle_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"There is no bundle at .*python -m ml export RUN"):
        read_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [MODEL, WEIGHTS, LABELS, CARD])
def test_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleError, match=f"damaged: {name} is missing. Copy it again"):
        read_bundle(copy)


@pytest.mark.parametrize("name", [MODEL, WEIGHTS, LABELS])
def test_truncated_file_is_named(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(BundleError, match=f"{name} is not the file that was exported"):
        read_bundle(copy)


def test_one_changed_byte_is_found(copy: Path) -> None:
    content = bytearray((copy / MODEL).read_bytes())
    content[-10] ^= 1
    (copy / MODEL).write_bytes(content)
    with pytest.raises(BundleError, match=f"{MODEL} is not the file that was exported"):
        read_bundle(copy)


def test_card_cut_short_is_found(copy: Path) -> None:
    (copy / CARD).write_text((copy / CARD).read_text()[:100])
    with pytest.raises(BundleError, match=f"{CARD} is not valid JSON"):
        read_bundle(copy)


@pytest.mark.parametrize("version", [0, 2, None, "1"])
def test_other_format_says_what_to_do(copy: Path, version: object) -> None:
    change_card(copy, format=version)
    with pytest.raises(
        BundleError, match=rf"is of format {version}, this program reads format 1. Export the run again"
    ):
        read_bundle(copy)


@pytest.mark.parametrize(
    "damage",
    [{"files": {}}, {"files": None}, {"thresholds": {}}, {"input": None}, {"calibration": {"cars": 1.0}}],
)
def test_card_that_lacks_something_is_damaged(copy: Path, damage: dict) -> None:
    change_card(copy, **damage)
    with pytest.raises(BundleError, match=r"is damaged: bundle.json"):
        read_bundle(copy)


def test_labels_of_another_run_are_refused(copy: Path, tmp_path: Path) -> None:
    weights = load_file(copy / WEIGHTS)
    bundle = read_bundle(copy)
    with pytest.raises(
        BundleError, match="5 labels for 6 outputs of the network, so every answer would be wrong"
    ):
        write_bundle(
            tmp_path / "mixed",
            bundle.settings,
            bundle.labels[:5],
            model=tiny_onnx(weights),
            weights=save(weights),
        )
    assert not (tmp_path / "mixed").exists()


def test_weights_without_a_head_are_refused(copy: Path, tmp_path: Path) -> None:
    bundle = read_bundle(copy)
    save_file({"other": np.zeros(3)}, tmp_path / "w")
    with pytest.raises(BundleError, match=r"weights.safetensors names no car_head.weight"):
        write_bundle(
            tmp_path / "b", bundle.settings, bundle.labels, model=b"", weights=(tmp_path / "w").read_bytes()
        )


@pytest.mark.parametrize(
    "header", [b"", b"\xff" * 8, b"\x02" + b"\0" * 7 + b"[]", b"\x08" + b"\0" * 7 + b"not json"]
)
def test_weights_of_nonsense_are_refused(copy: Path, tmp_path: Path, header: bytes) -> None:
    bundle = read_bundle(copy)
    with pytest.raises(BundleError, match=r"weights.safetensors names no car_head.weight"):
        write_bundle(tmp_path / "b", bundle.settings, bundle.labels, model=b"", weights=header)


def test_failed_writing_leaves_the_old_bundle(copy: Path) -> None:
    before = read_bundle(copy)
    with pytest.raises(BundleError, match="limit is 40 MB"):
        write_bundle(copy, before.settings, before.labels, model=bytes(41_000_000), weights=b"")
    assert read_bundle(copy) == before


def test_writing_replaces_and_leaves_nothing_beside(copy: Path) -> None:
    before = read_bundle(copy)
    after = write_tiny_bundle(copy, version="2")
    assert read_bundle(copy) == after != before
    assert [entry.name for entry in copy.parent.iterdir()] == ["copy"]


def test_what_bundle_json_says_more_is_kept(copy: Path) -> None:
    change_card(copy, metrics={"top-1": 0.9})
    assert read_bundle(copy).card["metrics"] == {"top-1": 0.9}


def test_error_code_is_stable(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as caught:
        read_bundle(tmp_path / "nowhere")
    assert caught.value.code == "bundle_error"


def test_a_bundle_with_slugs_of_an_older_program_names_cars_by_todays(copy: Path) -> None:
    labels = json.loads((copy / LABELS).read_text())
    for number, label in enumerate(labels):
        label |= {
            "label": f"Bugatti Veyron 16.{number} Coupe 2009",
            "slug": f"bugatti-veyron-16{number}-coupe-2009",
        }
    table = json.dumps(labels).encode()
    (copy / LABELS).write_bytes(table)
    files = json.loads((copy / CARD).read_text())["files"]
    change_card(copy, files=files | {LABELS: hashlib.sha256(table).hexdigest()})
    assert read_bundle(copy).labels[1].slug == "bugatti-veyron-16-1-coupe-2009"
