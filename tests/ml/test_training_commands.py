"""From a folder of photos to runs, to a page that compares them; and every way in which that can go wrong."""

from __future__ import annotations

import csv
import itertools
import json
import re
from pathlib import Path

import pytest

from ml.bundle.bundle import read_bundle
from ml.cli.commands import main
from ml.data.manifests import Row, read_manifest, write_manifest
from ml.network.backbones import WIDTHS
from ml.serving.predictor import Predictor
from tests.ml.conftest import CLASSES, as_bytes, drawn, write_folder

RECIPE = """
name = "{name}"
architecture = "{architecture}"
hidden = [16]
weights = "none"
size = 32
batch = 6
workers = {workers}
learning_rate = {rate}
weight_decay = 0.0
dropout = 0.0
label_smoothing = 0.0
[data]
cars = "nowhere"
share = 0.34
{more}
[[stages]]
size = 32
epochs = {epochs}
"""


def write_recipe(folder: Path, name: str = "small", **changes: object) -> str:
    """A recipe in `folder`; its path."""
    values = {"architecture": "cnn", "workers": 0, "rate": 0.003, "epochs": 2, "more": ""} | changes
    path = folder / f"{name}.toml"
    path.write_text(RECIPE.format(name=name, **values))
    return str(path)


def train(folder: Path, recipe: str, *options: str, run: str = "run", data: str = "cars") -> int:
    """Run the command on class folders."""
    arguments = ["--data", str(folder / data), "--run", str(folder / run), "--threads", "1", *options]
    return main(["train", recipe, *arguments])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, three runs of them (the third taught by the second), a bundle and a comparison."""
    folder = tmp_path_factory.mktemp("lab")
    write_folder(folder / "cars", CLASSES, 8)
    assert train(folder, write_recipe(folder, "plain", epochs=6), run="plain") == 0
    batch_norm = write_recipe(folder, "norm", architecture="cnn_batchnorm")
    split = ("--split", str(folder / "plain/validation.txt"))
    assert train(folder, batch_norm, *split, run="norm") == 0
    taught = f'[distill]\nteacher = "{folder / "plain"}"\nsize = 48\n'
    assert train(folder, write_recipe(folder, "taught", more=taught), *split, run="taught") == 0
    assert main(["export", str(folder / "norm"), str(folder / "bundle"), "--threads", "1"]) == 0
    models = [str(folder / name) for name in ("plain", "norm", "taught", "bundle")]
    assert main(["compare", *models, "--out", str(folder / "page"), "--threads", "1"]) == 0
    return folder


def test_folder_without_a_split_gets_one_that_stays_with_the_run(lab: Path) -> None:
    names = [line for line in (lab / "plain/validation.txt").read_text().splitlines() if line[0] != "#"]
    assert sorted({name.split("/")[0] for name in names}) == sorted(CLASSES)
    assert len(names) == 9
    recipe = json.loads((lab / "plain/recipe.json").read_text())
    assert recipe["data"]["cars_validation"] == [str(lab / "plain/validation.txt")]
    assert recipe["data"]["cars"] == [str(lab / "cars")]


def test_run_says_what_it_started_from_and_where(lab: Path) -> None:
    facts = json.loads((lab / "plain/facts.json").read_text())
    assert facts["weights"] == "none (random start)"
    assert facts["device"].startswith("CPU (")
    assert facts["processes"] == 1
    assert facts["seconds"] >= 0


def test_small_network_learns_colours(lab: Path) -> None:
    report = json.loads((lab / "page/comparison.json").read_text())
    assert report["models"][0]["name"] == "plain"
    assert report["models"][0]["top-1"]["value"] > 0.6


def test_bundle_of_a_network_with_dense_layers_answers(lab: Path) -> None:
    bundle = read_bundle(lab / "bundle")
    assert bundle.settings.architecture == "cnn_batchnorm"
    photo = as_bytes(drawn((200, 40, 40), 5, size=(90, 60)))
    by_onnx, by_torch = (Predictor(bundle, backend).predict(photo) for backend in ("onnx", "torch"))
    assert by_onnx.embedding.shape == (16,)
    assert len(by_onnx.heat_map) == 1
    for one, other in zip(by_onnx.predictions, by_torch.predictions, strict=True):
        assert one.label == other.label
        assert one.probability == pytest.approx(other.probability, abs=1e-3)


def test_comparison_has_every_figure_with_an_interval(lab: Path) -> None:
    report = json.loads((lab / "page/comparison.json").read_text())
    assert [model["name"] for model in report["models"]][:3] == ["plain", "norm", "taught"]
    for model in report["models"]:
        for name in ("top-1", "top-5", "make", "macro F1", "calibration error", "milliseconds"):
            assert (
                model[name]["low"] <= model[name]["value"] <= model[name]["high"]
                or name == "calibration error"
            )
        assert model["top-5"]["value"] == 1
        assert sum(one["photos"] for one in model["reliability"]) == report["photos"] == 9
    plain, norm, taught, bundle = report["models"]
    # 3 x 3 kernels and their biases; a dense layer; two heads. The last map is of one cell.
    pairs = list(itertools.pairwise((3, *WIDTHS)))
    kernels = sum(9 * a * b + b for a, b in pairs)
    assert plain["parameters"] == kernels + (WIDTHS[-1] * 16 + 16) + 2 * (16 * 3 + 3) == norm["parameters"]
    convolutions = sum(9 * a * b * (32 >> stage) ** 2 for stage, (a, b) in enumerate(pairs))
    assert plain["multiply-adds"] == convolutions + WIDTHS[-1] * 16 * (1 + 1) + 2 * 16 * 3
    assert taught["teacher"] == str(lab / "plain")
    assert bundle["bytes"] == (lab / "bundle/model.onnx").stat().st_size
    assert bundle["top-1"] == norm["top-1"]
    assert [epoch for epoch, _ in plain["curve"]["val_loss"]] == [1, 2, 3, 4, 5, 6]
    assert bundle["curve"] == {}
    assert [row["name"] for row in report["by make"]] == ["Audi", "BMW"]
    assert [row["photos"] for row in report["by class"]] == [3, 3, 3]


def test_page_needs_nothing_from_elsewhere(lab: Path) -> None:
    page = (lab / "page/index.html").read_text()
    sources = re.findall(r'(?:src|srcset|href)="([^"]{0,40})', page)
    assert len(sources) > 15
    assert all(source.startswith("data:image/") for source in sources)
    assert "<script" not in page
    assert "prefers-color-scheme: dark" in page
    for words in ("norm", "Top-1", "Multiply-adds", "Sample predictions", "data:image/jpeg"):
        assert words in page


def test_charts_are_files_too_for_light_and_dark(lab: Path) -> None:
    names = {path.name for path in (lab / "page").glob("*.png")}
    kinds = ("accuracy", "cost", "reliability", "curves-accuracy", "curves-loss")
    assert names == {f"{kind}-{theme}.png" for kind in kinds for theme in ("light", "dark")}
    assert all((lab / "page" / name).read_bytes()[:4] == b"\x89PNG" for name in names)
    assert (lab / "page/cost-light.png").read_bytes() != (lab / "page/cost-dark.png").read_bytes()


def test_comparison_without_photos_holds_none(lab: Path, tmp_path: Path) -> None:
    models = [str(lab / "plain"), str(lab / "norm")]
    assert main(["compare", *models, "--out", str(tmp_path), "--without-photos", "--threads", "1"]) == 0
    for name in ("index.html", "README.md"):
        assert "data:image/jpeg" not in (tmp_path / name).read_text()
    table = [
        line for line in (tmp_path / "README.md").read_text().splitlines() if line.startswith("| plain |")
    ]
    assert len(table) == 2
    assert table[0].count("|") == 12


def test_models_that_can_not_be_compared_are_named(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "page")]
    assert main(["compare", str(lab / "bundle"), *out]) == 2
    assert "name photos with --data and --split" in capsys.readouterr().err
    assert main(["compare", str(lab / "plain"), "--data", str(lab / "cars"), *out]) == 2
    assert "was trained on 15 of these 24 photos" in capsys.readouterr().err
    others = write_folder(tmp_path / "others", {"Kia Rio": (9, 9, 9), "Kia Soul": (99, 9, 9)}, 3)
    assert main(["compare", str(lab / "plain"), "--data", str(others), *out]) == 2
    assert "does not know ['Kia Rio', 'Kia Soul']" in capsys.readouterr().err
    assert not (tmp_path / "page").exists()


def test_label_that_its_neighbours_deny_is_listed(lab: Path, tmp_path: Path) -> None:
    odd = write_folder(tmp_path / "odd", CLASSES, 8)
    drawn(CLASSES["BMW M3 Coupe 2012"], 999).save(odd / "Audi TT Hatchback 2011" / "odd.jpg")
    table = tmp_path / "odd.csv"
    arguments = ["--data", str(odd), "--neighbours", "5", "--out", str(table), "--threads", "1"]
    assert main(["suspects", str(lab / "plain"), *arguments]) == 0
    with table.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert Path(rows[0]["photo"]).name == "odd.jpg"
    assert (rows[0]["label"], rows[0]["neighbours say"]) == ("Audi TT Hatchback 2011", "BMW M3 Coupe 2012")
    assert len(rows) < 8


def test_photo_that_straddles_a_split_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cars = write_folder(tmp_path / "cars", CLASSES, 4)
    first, second, third = sorted(CLASSES)
    drawn(CLASSES[first], 900).save(cars / first / "seen.jpg", quality=95)
    drawn(CLASSES[first], 900).resize((80, 54)).save(cars / second / "again.jpg", quality=60)
    split = tmp_path / "split.txt"
    split.write_text(f"{second}/again.jpg\n{third}/00.jpg\n")
    command = ["leaks", str(cars), "--split", str(split)]
    assert main(command) == 1
    out = capsys.readouterr().out
    assert re.search(rf"again\.jpg is nearly .*seen\.jpg of {first} \(\d bits\)", out)
    assert "1 of 2 validation photos have a near duplicate in training" in out
    (cars / first / "seen.jpg").unlink()
    assert main(command) == 0
    assert "0 of 2" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_manifest_is_trained_on_and_checked(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(tmp_path / "cars", CLASSES, 6)
    table = tmp_path / f"photos.{kind}"
    facts = ["--source", "drawn", "--licence", "free", "--share", "0.34"]
    assert main(["manifest", str(table), str(tmp_path / "cars"), *facts]) == 0
    rows = list(read_manifest(table))
    assert len(rows) == 18
    assert {row.split for row in rows} == {"train", "validation"}
    assert {(row.source, row.licence, len(row.sha256)) for row in rows} == {("drawn", "free", 64)}
    assert main(["verify", str(table)]) == 0

    assert train(tmp_path, write_recipe(tmp_path), data=table.name) == 0
    recipe = json.loads((tmp_path / "run/recipe.json").read_text())
    assert recipe["data"]["cars_validation"] == [str(table)]
    assert not (tmp_path / "run/validation.txt").exists()
    assert main(["compare", str(tmp_path / "run"), "--out", str(tmp_path / "page"), "--threads", "1"]) == 0
    held = sum(row.split == "validation" for row in rows)
    assert json.loads((tmp_path / "page/comparison.json").read_text())["photos"] == held

    (tmp_path / rows[0].path).write_bytes(b"other")
    (tmp_path / rows[1].path).unlink()
    capsys.readouterr()
    assert main(["verify", str(table)]) == 1
    out = capsys.readouterr().out
    assert f"{rows[0].path}: its SHA-256 is not" in out
    assert f"{rows[1].path}: there is no such file" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("path,label\nx.jpg,\n", r"row 1 has no path or no label"),
        ("path,label,split\nx.jpg,A,test\n", r"row 1 has the split 'test'; it may be train, validation"),
        ("file,class\nx.jpg,A\n", r"row 1 has no path or no label"),
        ("path,label\nx.jpg,A\nx.jpg,A\n", r"photos of the same class and name, for instance A/x\.jpg"),
        ("path,label\nx.jpg,A\n", r"too few photos .*\['A'\]"),
    ],
)
def test_wrong_manifest_is_named(
    content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.csv").write_text(content)
    assert train(tmp_path, write_recipe(tmp_path), data="m.csv") == 2
    assert re.search(message, capsys.readouterr().err)


def test_only_the_classes_asked_for_are_learned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cars = write_folder(tmp_path / "cars", CLASSES, 6)
    for pattern, status in (("* 2012", 0), ("* 1999", 2)):
        recipe = write_recipe(tmp_path, more=f'only = ["{pattern}"]').replace("nowhere", "cars")
        text = Path(recipe).read_text().replace('"nowhere"', f'"{cars}"')
        Path(recipe).write_text(text)
        assert main(["train", recipe, "--run", str(tmp_path / pattern[2:]), "--threads", "1"]) == status
    assert json.loads((tmp_path / "2012/labels.json").read_text()) == [
        "Audi A5 Coupe 2012",
        "BMW M3 Coupe 2012",
    ]
    assert "No class is called like ['* 1999']" in capsys.readouterr().err


def test_scenes_are_classes_where_the_recipe_says_so(tmp_path: Path) -> None:
    write_folder(tmp_path / "cars", CLASSES, 6)
    scenes = write_folder(tmp_path / "scenes", {"interior": (230, 230, 230), "other": (20, 20, 20)}, 6)
    recipe = write_recipe(tmp_path)
    Path(recipe).write_text('target = "scene"\n' + Path(recipe).read_text())
    assert train(tmp_path, recipe, "--scenes", str(scenes)) == 0
    assert json.loads((tmp_path / "run/labels.json").read_text()) == ["exterior", "interior"]
    assert main(["compare", str(tmp_path / "run"), "--out", str(tmp_path / "page"), "--threads", "1"]) == 0
    rows = json.loads((tmp_path / "page/comparison.json").read_text())["by class"]
    assert [(row["name"], row["photos"]) for row in rows] == [("exterior", 6), ("interior", 2)]


def test_loss_that_is_no_number_ends_the_run_with_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(tmp_path / "cars", CLASSES, 6)
    assert train(tmp_path, write_recipe(tmp_path, rate=1e30, epochs=9)) == 2
    assert "The loss is not a number any more, in epoch 0. Lower learning_rate" in capsys.readouterr().err
    assert not (tmp_path / "run/model.pt").exists()


def test_full_disk_keeps_the_last_good_checkpoint_and_the_run_goes_on_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here, which writes as a full disk does")
    write_folder(tmp_path / "cars", CLASSES, 6)
    assert train(tmp_path, write_recipe(tmp_path, epochs=1)) == 0
    last = tmp_path / "run/checkpoints/last.ckpt"
    good = last.read_bytes()
    (tmp_path / "run/model.pt").unlink()
    # What the next checkpoint is written to first.
    last.with_name("last.ckpt.part").symlink_to("/dev/full")
    longer = write_recipe(tmp_path, epochs=3)
    assert train(tmp_path, longer) == 2
    message = capsys.readouterr().err
    assert re.search(
        r"last\.ckpt can't be written; the disk may be full .* it goes on from .*last\.ckpt\.", message
    )
    assert len(message.strip().splitlines()[-1:]) == 1
    assert last.read_bytes() == good
    assert not list(last.parent.glob("*.part"))
    assert train(tmp_path, longer) == 0
    assert (tmp_path / "run/model.pt").exists()
    logged = (tmp_path / "run/log/version_2/metrics.csv").read_text()
    assert {row["epoch"] for row in csv.DictReader(logged.splitlines())} == {"1", "2"}


@pytest.mark.parametrize("workers", [0, 1])
def test_unreadable_photo_is_named_in_one_line(
    workers: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cars = write_folder(tmp_path / "cars", CLASSES, 6)
    split = tmp_path / "split.txt"
    split.write_text("".join(f"{label}/03.jpg\n" for label in CLASSES))
    damaged = cars / sorted(CLASSES)[1] / "03.jpg"
    damaged.write_bytes(damaged.read_bytes()[:300])
    assert train(tmp_path, write_recipe(tmp_path, workers=workers), "--split", str(split)) == 2
    (line,) = [text for text in capsys.readouterr().err.splitlines() if text.startswith("error:")]
    assert line.startswith(f"error: {damaged}: This photo can't be read: it is damaged")
    assert line.endswith("Remove it or repair it, then resume.")


def test_run_does_not_go_on_with_other_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path / "cars", CLASSES, 6)
    write_folder(tmp_path / "others", {"Kia Rio": (9, 9, 9), "Kia Soul": (99, 9, 9)}, 6)
    recipe = write_recipe(tmp_path, epochs=1)
    assert train(tmp_path, recipe) == 0
    weights = (tmp_path / "run/model.pt").read_bytes()
    (tmp_path / "run/validation.txt").unlink()
    assert train(tmp_path, recipe, data="others") == 2
    assert "has learned other classes than the photos have now" in capsys.readouterr().err
    assert (tmp_path / "run/model.pt").read_bytes() == weights


def test_run_does_not_go_on_by_another_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its recipe says what the weights have learned by, and stays true."""
    write_folder(tmp_path / "cars", CLASSES, 6)
    assert train(tmp_path, write_recipe(tmp_path, epochs=2)) == 0
    kept = {name: (tmp_path / "run" / name).read_bytes() for name in ("model.pt", "recipe.json")}
    capsys.readouterr()
    assert train(tmp_path, write_recipe(tmp_path, epochs=4, rate=0.1)) == 2
    said = capsys.readouterr().err
    assert "has learned by a recipe with another learning_rate, stages" in said
    assert "--run" in said
    assert train(tmp_path, write_recipe(tmp_path, epochs=2), "--batch", "3") == 2
    assert train(tmp_path, write_recipe(tmp_path, epochs=1)) == 2
    other_sizes = "[[stages]]\nsize = 64\nepochs = 1\n"
    assert train(tmp_path, write_recipe(tmp_path, epochs=3, more=other_sizes)) == 2
    assert {name: (tmp_path / "run" / name).read_bytes() for name in kept} == kept
    assert train(tmp_path, write_recipe(tmp_path, epochs=2, rate=0.1), run="other") == 0
    # What only decides how fast it is may change, and what is still to come.
    assert train(tmp_path, write_recipe(tmp_path, epochs=2), "--workers", "1") == 0
    assert train(tmp_path, write_recipe(tmp_path, epochs=3)) == 0
    assert json.loads((tmp_path / "run/recipe.json").read_text())["stages"][0]["epochs"] == 3


def test_options_stand_over_a_recipe_and_the_run_says_what_comes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(tmp_path / "cars", CLASSES, 6)
    recipe = write_recipe(tmp_path, epochs=5)
    assert train(tmp_path, recipe, "--epochs", "2", "--learning-rate", "0.01") == 0
    kept = json.loads((tmp_path / "run/recipe.json").read_text())
    assert (kept["learning_rate"], [stage["epochs"] for stage in kept["stages"]]) == (0.01, [2])
    said = capsys.readouterr().out
    assert "--scenes" in said
    assert f"python -m ml export {tmp_path / 'run'} BUNDLE" in said


def test_average_suits_a_run_of_few_steps(tmp_path: Path) -> None:
    """A decay for thousands of steps would hold the average near random numbers here."""
    write_folder(tmp_path / "cars", CLASSES, 8)
    right = {}
    for decay in (0.0, 0.98, 0.9999):
        text = (
            Path(write_recipe(tmp_path, epochs=12))
            .read_text()
            .replace("[data]", f"average = {decay}\n[data]")
        )
        (tmp_path / f"{decay}.toml").write_text(text)
        assert train(tmp_path, str(tmp_path / f"{decay}.toml"), run=str(decay)) == 0
        with (tmp_path / str(decay) / "log/version_0/metrics.csv").open(newline="") as rows:
            right[decay] = max(float(row["val_top1"]) for row in csv.DictReader(rows) if row["val_top1"])
    assert right[0.0] > 0.8
    assert min(right[0.98], right[0.9999]) >= right[0.0] - 0.15, right


def test_teacher_that_does_not_know_a_class_is_refused(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(tmp_path / "cars", {"Kia Rio": (9, 9, 9), **CLASSES}, 4)
    for teacher in ("plain", "bundle"):
        recipe = write_recipe(tmp_path, more=f'[distill]\nteacher = "{lab / teacher}"')
        assert train(tmp_path, recipe, run=teacher) == 2
        assert "does not know ['Kia Rio']" in capsys.readouterr().err


def test_split_of_a_manifest_is_optional(tmp_path: Path) -> None:
    write_folder(tmp_path / "cars", CLASSES, 6)
    rows = [Row(f"cars/{label}/0{n}.jpg", label) for label in CLASSES for n in range(6)]
    assert write_manifest(tmp_path / "m.csv", rows) == 18
    assert train(tmp_path, write_recipe(tmp_path, epochs=1), data="m.csv") == 0
    held = (tmp_path / "run/validation.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[\w ]+/cars/[\w ]+/0\d\.jpg", name) for name in held[1:])
