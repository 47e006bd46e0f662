"""Every command, from the words that are typed to the files that are there afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.ops.image_io import read_labels, write_png
from pixelwise.training.checkpoint import newest_manifest
from tests.cli.conftest import TINY, Command, draw_data


def test_train_leaves_a_whole_run_folder(finished_run: Path) -> None:
    names = {path.name for path in finished_run.iterdir()}
    settings = {"config.yaml", "plan.json", "environment.json", "splits.json"}
    assert names == settings | {"metrics.jsonl", "checkpoints", "model.safetensors", "report.html"}
    assert json.loads((finished_run / "plan.json").read_text())["decisions"]
    rows = [json.loads(line) for line in (finished_run / "metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["progress"] == 1.0
    assert all({"step", "loss", "learning_rate", "seconds"} <= row.keys() for row in rows)


def test_train_says_what_it_decided_and_what_comes_next(data: Path, tmp_path: Path, pixelwise: Command) -> None:
    printed = pixelwise("train", data, "-o", tmp_path / "run", "--epochs", "1", *TINY)
    assert printed.code == 0
    assert "3 named classes" in printed.err
    assert "lite_unet with encoder test_resnet" in printed.err
    assert "mIoU" in printed.out
    assert f"pixelwise predict {tmp_path / 'run' / 'model.safetensors'}" in printed.out


def test_a_recipe_and_progressive_resizing_are_told_and_in_the_plan(
    data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    recipe, run = tmp_path / "mine.yaml", tmp_path / "run"
    recipe.write_text("training: {epochs: 9, rotation: 30, color: 0}\nprogressive: 0.8:0.3\n")
    options = (*TINY[:-1], "--set=training.stages=[{until: 1, height: 64, width: 128, min_scale: 0.5, max_scale: 1}]")
    asked = ("--config", recipe, "--epochs=1", "--progressive=0.5:0.6", "--set=training.rotation=0")
    printed = pixelwise("train", data, "-o", run, *asked, *options)
    assert printed.code == 0, printed.err
    assert "views of 64 × 64 at 0.25 to 0.5 of the image's scale for the first 60 % of the training" in printed.err
    assert f"training.color = 0\n      asked for ({recipe})" in printed.err
    training = json.loads((run / "plan.json").read_text())["training"]
    assert [(stage["until"], stage["height"], stage["width"]) for stage in training["stages"]] == [
        (0.6, 64, 64),
        (1.0, 64, 128),
    ]
    assert (training["epochs"], training["rotation"], training["color"]) == (1, 0, 0)


def test_evaluate_prints_one_json_object(finished_run: Path, data: Path, pixelwise: Command) -> None:
    printed = pixelwise("evaluate", finished_run, data, "--json")
    scores = json.loads(printed.out)
    assert printed.code == 0
    assert set(scores["iou"]) == {"sky", "ground", "box"}
    assert 0 <= scores["miou"] <= 1
    assert scores["images"] == 2  # what the run held out of its own data
    assert scores["miou"] == pytest.approx(np.mean(list(scores["iou"].values())))


def test_a_report_is_written_when_more_values_are_ignored_than_in_training(
    finished_run: Path, tmp_path: Path, pixelwise: Command
) -> None:
    root = draw_data(tmp_path / "data", count=3)
    mask = root / "masks" / "picture_00.png"
    labels = read_labels(mask).copy()
    labels[:4] = 9
    write_png(mask, labels.astype(np.uint8))
    report = tmp_path / "report.html"
    printed = pixelwise("evaluate", finished_run, root, "--ignore", "9", "--report", report)
    assert printed.code == 0, printed.err
    assert f"Report: {report}" in printed.out
    assert report.exists()


def test_brackets_are_printed_as_they_are_and_one_image_has_no_interval(
    finished_run: Path, tmp_path: Path, pixelwise: Command
) -> None:
    root = draw_data(tmp_path / "data", count=1)
    report = tmp_path / "[red]" / "report.html"
    printed = pixelwise("evaluate", finished_run, root, "--report", report)
    assert printed.code == 0, printed.err
    assert f"Report: {report}" in printed.out
    assert "Reading the masks: 1" in printed.err
    assert "nan" not in printed.out


def test_predict_leaves_out_its_own_results(finished_run: Path, data: Path, tmp_path: Path, pixelwise: Command) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    shutil.copy(data / "images" / "picture_00.png", photos / "a.png")
    for inputs in (photos, photos, photos / "**" / "*.png"):
        printed = pixelwise("predict", finished_run, inputs, "-o", photos / "out")
        assert "1 of 1 images predicted" in printed.out
    assert pixelwise("predict", finished_run, photos, "-o", tmp_path).code == 0
    refused = pixelwise("predict", finished_run, photos, "-o", photos)
    assert refused.code == 2
    assert "lie in the output folder" in refused.err


def test_predict_writes_a_mask_and_an_overlay_at_the_image_s_size(
    finished_run: Path, tmp_path: Path, pixelwise: Command
) -> None:
    (tmp_path / "in").mkdir()
    for name, size in (("wide", (131, 97)), ("tiny", (5, 7))):
        Image.fromarray(np.full((size[1], size[0], 3), 128, dtype=np.uint8)).save(tmp_path / "in" / f"{name}.png")
    printed = pixelwise("predict", finished_run, tmp_path / "in", "-o", tmp_path / "out")
    assert printed.code == 0
    assert "Predicting 2 images on cpu" in printed.err  # before the first, which may take minutes
    assert "2 of 2 images predicted" in printed.out
    with Image.open(tmp_path / "out" / "wide_mask.png") as mask:
        assert mask.mode == "P"
        assert mask.size == (131, 97)
        assert np.asarray(mask).max() < 3
    with Image.open(tmp_path / "out" / "tiny_overlay.png") as overlay:
        assert overlay.size == (5, 7)


def test_predict_passes_over_what_it_cannot_read_and_says_so(
    finished_run: Path, data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    shutil.copy(data / "images" / "picture_00.png", tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no image")
    printed = pixelwise("predict", finished_run, tmp_path / "good.png", tmp_path / "bad.png", "-o", tmp_path / "out")
    assert printed.code == 2
    assert "bad.png" in printed.err
    assert (tmp_path / "out" / "good_mask.png").exists()


def test_a_finished_run_is_trained_on_for_more_epochs(finished_run: Path, tmp_path: Path, pixelwise: Command) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    refused = pixelwise("resume", run)
    assert refused.code == 2
    assert "is finished. To train it further, give more epochs or more time" in refused.err
    assert pixelwise("resume", run, "--epochs", "6").code == 0
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["epoch"] == pytest.approx(6, abs=0.5)


def test_a_killed_training_resumes_to_the_same_bits(data: Path, tmp_path: Path, pixelwise: Command) -> None:
    arguments = ["train", str(data), "--epochs", "6", *TINY, "--set", "training.checkpoint_seconds=0"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert pixelwise(*arguments, "-o", whole).code == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "pixelwise", *arguments, "-o", str(killed)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    checkpoints = killed / "checkpoints"
    while newest_manifest(checkpoints) is None and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert pixelwise("resume", killed).code == 0
    left, expected = newest_manifest(checkpoints), newest_manifest(whole / "checkpoints")
    assert left is not None
    assert expected is not None
    assert left["sha256"] == expected["sha256"]


def test_ctrl_c_saves_and_says_how_to_go_on(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "pixelwise", "train", str(data), "-o", str(run), "--epochs", "5000", *TINY],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = run / "metrics.jsonl"
    while process.poll() is None and not (log.exists() and log.read_text()):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "Go on with: " in err
    assert f"pixelwise resume {run}" in err
    assert newest_manifest(run / "checkpoints") is not None
    assert (run / "model.safetensors").exists()


@pytest.mark.parametrize("kind", ["models", "losses", "tasks", "formats", "encoders"])
def test_list_names_every_component(kind: str, pixelwise: Command) -> None:
    printed = pixelwise("list", kind)
    assert printed.code == 0
    wanted = {
        "models": "lite_unet",
        "losses": "cross_entropy",
        "tasks": "segmentation",
        "formats": "camvid",
        "encoders": "tf_efficientnet_lite0",
    }
    assert wanted[kind] in printed.out


@pytest.mark.parametrize("kind", ["models", "encoders"])
def test_a_filter_that_nothing_fits_is_a_sentence(kind: str, pixelwise: Command) -> None:
    printed = pixelwise("list", kind, "--filter", "zzz")
    assert printed.code == 2
    assert f"None of the {kind} fits 'zzz'. Give another --filter" in printed.err


def test_a_filter_that_is_nearly_a_name_gets_that_name(pixelwise: Command) -> None:
    assert "Did you mean 'resnet34'?" in pixelwise("list", "encoders", "--filter", "resnt34").err


def test_help_imports_no_torch() -> None:
    code = (
        "import sys; sys.argv = ['pixelwise', '--help']\n"
        "from pixelwise.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.exit('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert result.returncode == 0
    assert "train" in result.stdout


def test_the_classic_mistake_is_a_sentence(tmp_path: Path, pixelwise: Command) -> None:
    root = draw_data(tmp_path / "data")
    path = root / "masks" / "picture_03.png"
    with Image.open(path) as image:
        mask = np.array(image)
    mask[:2, :5] = 7
    Image.fromarray(mask).save(path)
    printed = pixelwise("train", root, "-o", tmp_path / "run", *TINY)
    assert printed.code == 2
    assert "picture_03.png" in printed.err
    assert "7" in printed.err
    assert "10 pixels" in printed.err
    assert "--ignore 7" in printed.err
    assert "Traceback" not in printed.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["evaluate", "predict"])
@pytest.mark.parametrize("option", ["--binary", "--no-multilabel", "--classes=a,b"])
def test_what_a_model_knows_is_not_asked_for_again(command: str, option: str, pixelwise: Command) -> None:
    name = option.partition("=")[0]
    printed = pixelwise(command, "model.safetensors", "data", option)
    assert printed.code == 2
    assert printed.err == (
        f"Error: pixelwise {command} takes no {name}: the model knows what it was trained with. Leave {name} out.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "lite_unt"], "There is no model called 'lite_unt'. Did you mean 'lite_unet'?"),
        (["--encoder", "resnet43"], "There is no encoder called 'resnet43'. Did you mean 'resnet"),
        (["--budget", "soon"], "'soon' is no duration"),
        (["--budget", "7m", "--epochs", "3"], "Both a budget and a number of epochs are given"),
        (["--set", "training.epoch=3"], "There is no setting called 'epoch'. Did you mean 'training.epochs'?"),
        (["--validation", "nobody"], "nobody"),
        (["--seed", "-1"], "Invalid value for '--seed'"),
    ],
)
def test_what_is_misspelt_or_impossible_is_a_sentence(
    arguments: list[str], sentence: str, data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    printed = pixelwise("train", data, "-o", tmp_path / "run", *arguments)
    assert printed.code == 2
    assert sentence in printed.err
    assert "Traceback" not in printed.err
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_a_run_is_not_overwritten(finished_run: Path, data: Path, pixelwise: Command) -> None:
    before = (finished_run / "model.safetensors").read_bytes()
    printed = pixelwise("train", data, "-o", finished_run, "--epochs", "1", *TINY)
    assert printed.code == 2
    assert "already holds a run" in printed.err
    assert (finished_run / "model.safetensors").read_bytes() == before


def test_an_output_that_cannot_be_written_is_a_sentence(data: Path, tmp_path: Path, pixelwise: Command) -> None:
    (tmp_path / "file").write_text("in the way")
    printed = pixelwise("train", data, "-o", tmp_path / "file" / "run", "--epochs", "1", *TINY)
    assert printed.code == 2
    assert "cannot be" in printed.err
    assert "Traceback" not in printed.err


def test_no_data_is_a_sentence(tmp_path: Path, pixelwise: Command) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        printed = pixelwise("train", path, "-o", tmp_path / "run")
        assert printed.code == 2
        assert "Traceback" not in printed.err
        assert str(path) in printed.err


def test_a_foreign_file_is_no_model(data: Path, tmp_path: Path, pixelwise: Command) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not a model")
    printed = pixelwise("evaluate", tmp_path / "model.safetensors", data)
    assert printed.code == 2
    assert "model.safetensors" in printed.err


def test_test_time_augmentation_is_an_option_and_the_protocol_says_so(
    finished_run: Path, data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    scores = json.loads(pixelwise("evaluate", finished_run, data, "--tta", "--json").out)
    assert scores["protocol"].endswith("test-time augmentation (flip + 2 scales)")
    assert "augmentation" not in json.loads(pixelwise("evaluate", finished_run, data, "--json").out)["protocol"]
    image = data / "images" / "picture_00.png"
    assert pixelwise("predict", finished_run, image, "-o", tmp_path, "--tta").code == 0
    assert (tmp_path / "picture_00_mask.png").exists()


def test_a_run_is_scored_on_what_it_held_out_of_its_own_data(tmp_path: Path, pixelwise: Command) -> None:
    data, run = draw_data(tmp_path / "data", 10), tmp_path / "run"
    trained = pixelwise("train", data, "--epochs=1", "-o", run, *TINY)
    assert trained.code == 0, trained.err
    scored = pixelwise("evaluate", run, data, "--json")
    assert (json.loads(scored.out)["images"], json.loads(scored.out)["split"]) == (2, "val")
    assert "Scored on the images that this training held out" in scored.err
    of_train = pixelwise("evaluate", run, data, "--json", "--split", "train")
    assert json.loads(of_train.out)["images"] == 8
    assert "the score flatters" in of_train.err
    by_file = pixelwise("evaluate", run / "model.safetensors", data, "--json")  # its run folder knows
    assert (json.loads(by_file.out)["images"], json.loads(by_file.out)["split"]) == (2, "val")
    assert "Scored on the images that this training held out" in by_file.err
    alone = pixelwise("evaluate", shutil.copy(run / "model.safetensors", tmp_path), data, "--json")
    assert json.loads(alone.out)["images"] == 10


def test_images_that_are_added_later_change_nothing_of_what_a_run_held_out(tmp_path: Path, pixelwise: Command) -> None:
    data, run = draw_data(tmp_path / "data", 10), tmp_path / "run"
    assert pixelwise("train", data, "--epochs=1", "-o", run, *TINY).code == 0
    before = json.loads(pixelwise("evaluate", run, data, "--json").out)
    for number in range(6):
        for folder in ("images", "masks"):
            shutil.copy(data / folder / f"picture_0{number}.png", data / folder / f"added_{number}.png")
    printed = pixelwise("evaluate", run, data, "--json")
    after = json.loads(printed.out)
    assert (after["images"], after["miou"]) == (before["images"], before["miou"])
    assert "6 images in the folder are left out: they were added after the training, or not used by it." in printed.err
