"""Mistakes that cost nothing to find are found before the data are read; refusals leave nothing behind."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from pixelwise.cli.console import program
from pixelwise.data import understand
from pixelwise.data.pictures import doctor
from pixelwise.encoders import weights
from pixelwise.workflow import job
from tests.cli.conftest import TINY, Command, draw_data


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "unett"], "There is no model called 'unett'. Did you mean 'unet'?"),
        (["--encoder", "resnet43"], "There is no encoder called 'resnet43'."),
        (["--encoder", "resnet35"], "Did you mean 'resnet34'?"),
        (["--model", "fcn:wide"], "The model 'fcn' has no variants"),
        (["--model", "eomt", "--encoder", "resnet18"], "The backbone 'resnet18' is no plain vision transformer"),
        (["--set", "model.arguments.widths=[8, 0]"], "only the finest scales can be left out"),
        (["--set", "model.arguments={encoder: resnet43}"], "There is no encoder called 'resnet43'."),
        (
            ["--encoder", "resnet18", "--set", "model.arguments={encoder: resnet34}"],
            "--encoder asks for 'resnet18', but --set replaces all arguments of the model, with the encoder 'resnet34'",
        ),
        (["--set", "model.arguments.depth=3"], "There is no argument of the model 'lite_unet' called 'depth'."),
        (["--set", "model.arguments.out_channels=7"], "model.arguments.out_channels is given, but how many channels"),
        (["--encoder", "resnetblur18"], "timm publishes no pretrained weights for 'resnetblur18'."),
        (["--loss", "ce+dise"], "There is no loss called 'dise'. Did you mean 'dice'?"),
        (["--loss", "focal(gama=3)"], "There is no setting of the loss 'focal' called 'gama'. Did you mean 'gamma'?"),
        (["--separate", "--no-binary"], "Both --separate and --no-binary are given, but objects that are kept apart"),
        (["--binary", "--multilabel"], "Both --binary and --multilabel are given, but one object"),
        (["--unlabelled", ".", "--multilabel"], "Both --unlabelled and --multilabel are given"),
        (["--model", "eomt", "--loss", "dice"], "but the task mask_classification has its own."),
        (["--model", "eomt", "--separate"], "weighs single pixels, which the task mask_classification cannot."),
        (["--model", "eomt", "--multilabel"], "classes that overlap, which a model of the task mask_classification"),
        (["--loss", "dice", "--separate"], "(--separate) weighs single pixels, which the loss 'dice' does not take"),
        (["--set", "task.arguments.loss=ce+dise"], "There is no loss called 'dise'. Did you mean 'dice'?"),
        (["--set", "task.arguments.loss=3"], "task.arguments.loss is 3, but a sum of losses is expected"),
        (["--set", "task.arguments.lose=ce"], "There is no argument of the task 'segmentation' called 'lose'."),
        (["--set", "task.arguments={loss: ce}"], "--set task.arguments replaces all arguments of the task"),
        (["--unlabelled", ".", "--set", "training.batch_size=1"], "training.batch_size is 1, but --unlabelled takes"),
        (
            ["--unlabelled", ".", "--set", "training.batch_size=3", "--set", "training.mix=cutmix"],
            "training.batch_size is 3, but --unlabelled takes with training.mix=cutmix two images with masks and two",
        ),
        (["--set", "learning_rate=0.1"], "no setting called 'learning_rate'. Did you mean 'training.learning_rate'?"),
        (["--set", "num_classes=7"], "'num_classes' follows from the data and the task, and is not set. Leave it out."),
        (["--set", "training.loss=ce"], "There is no setting called 'loss'. Did you mean 'task.arguments.loss'?"),
        (["--set", "training.lr=1"], "There is no setting called 'lr'"),
        (["--set", "training"], "--set training gives no value. Write it as NAME=VALUE, such as"),
        (["--set", "training.warmup=2"], "training.warmup must be below 1, not 2."),
        (["--progressive", "0.5:60"], "but the share of the training is 60."),
        (
            [
                "--progressive",
                "0.5",
                "--set",
                "training.stages=[{until: 1.0, height: 64, width: 64, min_scale: 1, max_scale: 1}]",
            ],
            "The planned views are 64 × 64, and those of progressive resizing would be smaller",
        ),
        (["--config", "none.yaml"], "There is no file none.yaml, which --config names."),
        (["--config", "wrong.yaml"], "wrong.yaml: There is no setting called 'rotaton'. Did you mean 'rotation'?"),
        (
            ["--scale", "20", "--task", "super_resolution"],
            "--scale is 20, but super-resolution enlarges 2 to 8 times.",
        ),
        (
            ["--config", "small.yaml", "--task", "restoration", "--degrade", "noise:5"],
            "small.yaml: progressive resizing is for masks; the task restoration learns pictures.",
        ),
        (["--progressive", "0.5", "--task", "restoration"], "--progressive is for masks"),
        (["--task", "restauration", "--binary"], "There is no task called 'restauration'. Did you mean 'restoration'?"),
        (["--task", "restoration", "--degrade", "grey", "--set", "training.lr=1"], "There is no setting called 'lr'"),
        (
            ["--task", "restoration", "--degrade", "grey", "--encoder", "resnet43"],
            "There is no encoder called 'resnet43'.",
        ),
        (
            ["--task", "restoration", "--degrade", "grey", "--config", "wrong.yaml"],
            "wrong.yaml: There is no setting called 'rotaton'. Did you mean 'rotation'?",
        ),
        (["--task", "restoration", "--degrade", "grey", "--loss", "perceptual:none.pth"], "There is no file "),
        (
            ["--task", "unpaired_translation", "--config", "loss.yaml"],
            "loss.yaml: task.arguments.loss has no place in the task unpaired_translation",
        ),
        (["--epochs", "3", "--budget", "7m"], "Both a budget and a number of epochs are given"),
        (["--epochs", "0"], "epochs must be above 0, not 0."),
        (["-o", "file"], "The folder file cannot be made: there is a file of that name."),
        (["-o", "file/run"], "part of its path is a file, not a folder"),
        (["-o", "run"], "run already holds a run. Go on with it (pixelwise resume run)"),
    ],
    ids=str,
)
def test_a_cheap_mistake_is_found_before_the_data_are_read(
    arguments: list[str], sentence: str, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the data were read")

    monkeypatch.setattr(understand, "scan_pairs", never)
    monkeypatch.setattr(doctor, "examine_pictures", never)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "wrong.yaml").write_text("training: {rotaton: 3}")
    (tmp_path / "small.yaml").write_text("progressive: 0.5:0.6")
    (tmp_path / "loss.yaml").write_text("task: {arguments: {loss: l1}}")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("")
    before = sorted(tmp_path.rglob("*"))
    printed = pixelwise("train", draw_data(tmp_path.parent / f"{tmp_path.name}-data", count=1), *arguments)
    assert printed.code == 2
    assert sentence in printed.err
    assert "Run folder" not in printed.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["train", "tune"])
@pytest.mark.parametrize("asked", [["--loss=dice"], ["--set=task.arguments.loss=dice"], ["--model=eomt"]])
def test_what_cannot_weigh_single_pixels_is_refused_where_the_data_say_that_objects_are_kept_apart(
    command: str, asked: list[str], tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the data were read")

    monkeypatch.setattr(understand, "scan_pairs", never)
    data = draw_data(tmp_path / "data", count=1)
    (data / "dataset.yaml").write_text("separate: true\n")
    printed = pixelwise(command, data, "--budget=1m", "-o", tmp_path / "run", *asked)
    assert printed.code == 2
    assert "weighs single pixels, which the" in printed.err
    assert "(in dataset.yaml: separate: false)" in printed.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["train", "tune"])
def test_a_network_that_cannot_learn_the_classes_that_the_data_let_overlap_is_refused_before_they_are_read(
    command: str, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the data were read")

    monkeypatch.setattr(understand, "scan_pairs", never)
    data = draw_data(tmp_path / "data", count=1)
    (data / "dataset.yaml").write_text("multilabel: true\n")
    printed = pixelwise(command, data, "--budget=1m", "-o", tmp_path / "run", "--model=eomt")
    assert printed.code == 2
    assert "classes that overlap, which a model of the task mask_classification cannot learn" in printed.err
    assert "(in dataset.yaml: multilabel: false)" in printed.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        (["--encoder=test_resnet"], "Take the encoder 'tf_efficientnet_lite0', whose weights are installed"),
        (["--set=model.arguments.encoder=test_resnet"], "Take the encoder 'tf_efficientnet_lite0', whose weights are"),
        (["--model=eomt"], "Take a model that is built on the encoder 'tf_efficientnet_lite0', whose weights are"),
    ],
    ids=str,
)
def test_weights_that_cannot_be_had_are_missed_before_the_data_are_read(
    asked: list[str], advice: str, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("[Errno -2] Name or service not known")

    monkeypatch.setattr(weights, "try_to_load_from_cache", lambda *_, **__: None)
    monkeypatch.setattr(weights, "get_hf_file_metadata", unreachable)
    printed = pixelwise("train", tmp_path / "no such data", *asked)
    assert printed.code == 2
    assert "are not on this machine, and there is no connection to the hub that has them. " in printed.err
    assert advice in printed.err
    assert "Errno" not in printed.err


def test_views_too_small_for_the_network_are_a_sentence_and_leave_nothing(
    data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    one_view = ("--set=training.batch_size=1", *(option for option in TINY if "batch_size" not in option))
    printed = pixelwise("train", data, "-o", tmp_path / "runs" / "run", "--epochs=1", *one_view)
    assert printed.code == 2
    assert "LiteUNet cannot be trained on a batch of one view of 32 × 32 pixels" in printed.err
    assert list(tmp_path.iterdir()) == []


def test_a_budget_that_is_too_short_is_answered_with_one_that_suffices(
    data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    output = tmp_path / "runs" / "first"
    printed = pixelwise("train", data, "-o", output, "--budget", "2s", *TINY)
    assert printed.code == 2
    assert "A budget of 2s leaves no time to train: starting and reading the data took" in printed.err
    assert "validation images and writing the model will take about" in printed.err
    assert "Give at least --budget " in printed.err
    assert list(tmp_path.iterdir()) == []


def test_a_finished_run_is_refused_before_anything_is_read(finished_run: Path, pixelwise: Command) -> None:
    printed = pixelwise("resume", finished_run)
    assert printed.code == 2
    assert printed.err.startswith(f"Error: The training in {finished_run} is finished.")
    assert f"pixelwise resume {finished_run} --epochs N, or --budget 10m" in printed.err


def test_a_finished_run_is_trained_on_for_a_time(
    finished_run: Path, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "_SPARE_SECONDS", 0.0)
    run = shutil.copytree(finished_run, tmp_path / "run")
    assert "Both a budget and" in pixelwise("resume", run, "--budget=3s", "--epochs=9").err
    for _ in range(2):  # the same budget again counts from then
        printed = pixelwise("resume", run, "--budget=3s")
        assert printed.code == 0, printed.err


def test_a_share_that_is_none_is_refused_before_the_model_is_read(tmp_path: Path, pixelwise: Command) -> None:
    printed = pixelwise("predict", tmp_path / "no model", tmp_path, "-o", tmp_path / "out", "--alpha", "5")
    assert printed.code == 2
    assert "Invalid value for '--alpha'" in printed.err
    assert "no model" not in printed.err


def test_predict_makes_no_folder_for_nothing(finished_run: Path, tmp_path: Path, pixelwise: Command) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    printed = pixelwise("predict", finished_run, tmp_path / "notes.txt", "-o", tmp_path / "out")
    assert printed.code == 2
    assert "0 of 1 images predicted" in printed.out
    assert not (tmp_path / "out").exists()


def test_predictions_have_a_legend_beside_them(
    finished_run: Path, data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    image = data / "images" / "picture_00.png"
    printed = pixelwise("predict", finished_run, image, "-o", tmp_path, "--precision", "fp32")
    assert "legend.png shows the colours" in printed.out
    with Image.open(tmp_path / "legend.png") as legend:
        assert legend.height > 3 * 30
    assert "There is no precision called 'fp8'" in pixelwise("predict", "m", image, "-o", "o", "--precision=fp8").err


def test_the_next_command_is_one_that_the_shell_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["my env/bin/pixelwise", "demo"])
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert program() == "'my env/bin/pixelwise'"
    monkeypatch.setattr(sys, "argv", ["/somewhere/pixelwise/__main__.py", "demo"])
    assert program() == f"{sys.executable} -m pixelwise"
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pixelwise", "demo"])
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/pixelwise")
    assert program() == "pixelwise"
