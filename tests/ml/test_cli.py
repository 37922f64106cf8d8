"""`python -m ml predict` keeps its contract; other commands say in one line what is wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.exceptions import PhotoRefused
from classifier.photos.intake import clean_photo
from ml.bundle.bundle import Bundle
from ml.cli.commands import main
from ml.packaging.model_card import render_card
from tests.ml.conftest import ROOT, as_bytes, drawn
from tests.security.hostile import hostile_files
from tests.security.odd import odd_files


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "a car é.jpg"
    path.write_bytes(as_bytes(drawn((200, 90, 30), 4, size=(200, 150)), "JPEG"))
    return str(path)


def test_json_is_one_line_a_photo_with_exactly_these_keys(
    tiny_bundle: Bundle, photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"not a photo")
    files = [photo, str(bad), str(tmp_path / "none.jpg"), photo]
    assert main(["predict", *files, "--json", "--bundle", str(tiny_bundle.path)]) == 1
    said = capsys.readouterr()
    assert "2 of 4 photos could not be read" in said.err
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["file"] for line in lines] == files
    assert lines[0] == lines[3]
    assert list(lines[0]) == ["file", "scene", "decision", "predictions", "makes"]
    assert lines[0]["scene"] == "exterior"
    assert lines[0]["decision"] in ("sure", "unsure", "unknown")
    assert [list(one) for one in lines[0]["predictions"]] == [["label", "probability"]] * 5
    assert [list(one) for one in lines[0]["makes"]] == [["make", "probability"]] * 4
    assert sum(one["probability"] for one in lines[0]["makes"]) == pytest.approx(1, abs=1e-5)
    assert [list(line) for line in lines[1:3]] == [["file", "error"]] * 2
    assert "not a photo" in lines[1]["error"]
    assert "There is no file" in lines[2]["error"]


def test_no_odd_file_ends_the_run_and_each_is_taken_or_refused_as_the_site_does(
    tiny_bundle: Bundle, photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = [
        (name, data)
        for name, data in odd_files()
        if name.split("/")[0] in ("exif", "stills", "others", "endings")
    ]
    odd += hostile_files()[::4]
    files, refused = [photo], {}
    for number, (_, data) in enumerate(odd):
        files.append(str(tmp_path / f"{number}"))
        Path(files[-1]).write_bytes(data)
        try:
            clean_photo(io.BytesIO(data), size=len(data))
        except PhotoRefused as refusal:
            refused[files[-1]] = refusal.message
    assert main(["predict", *files, photo, "--json", "--bundle", str(tiny_bundle.path)]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == [*files, photo]
    errors = {line["file"]: line["error"] for line in lines if "error" in line}
    assert set(errors) == set(refused)
    assert all(refused[file].startswith(errors[file]) for file in errors)
    assert len(lines) > len(errors) + 100


def test_text_names_the_candidates(
    tiny_bundle: Bundle, photo: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", photo, "--bundle", str(tiny_bundle.path)]) == 0
    out = capsys.readouterr().out
    assert "exterior, unsure" in out
    assert "%  Audi A5 Coupe 2012" in out


def test_missing_bundle_is_one_line_and_2(tmp_path: Path, photo: str) -> None:
    command = [sys.executable, "-m", "ml", "predict", photo, "--bundle", str(tmp_path / "none")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: There is no bundle at")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["predict"], ["predict", "a.jpg", "--backend", "x"], ["nothing"], []])
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m ml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["split", "none", "out.txt"], "There is no folder none"),
        (["train", "none.toml"], "There is no recipe none.toml"),
        (["export", "none", "out"], "none is not a run: recipe.json is missing"),
        (["card", "none"], "There is no bundle at none"),
        (["evaluate", "none", "--data", "x", "--split", "y"], "There is no bundle at none"),
    ],
)
def test_what_can_not_be_done_is_said(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert f"error: {message}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_card_of_a_bundle_without_figures_is_short_and_true(tiny_bundle: Bundle) -> None:
    text = render_card(tiny_bundle)
    assert text.startswith("# tiny tiny\n")
    assert tiny_bundle.digest in text
    assert "Random numbers, free to use." in text
    assert "Measured on" not in text
    assert "Photos from elsewhere" not in text
