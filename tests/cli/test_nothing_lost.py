"""Checkpoints that were changed, data that were changed, logs, devices, and trainings that are too short."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
import yaml

from pixelwise.models.lite_unet import LiteUNet
from pixelwise.training.checkpoint import newest_manifest
from tests.cli.conftest import TINY, Command, draw_data

SMALL = ("--set=training.stages=[{until: 1.0, height: 64, width: 64, min_scale: 0.5, max_scale: 1.0}]",)


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of the finished run."""
    return shutil.copytree(finished_run, tmp_path / "run")


def test_a_changed_checkpoint_gives_way_to_the_one_before_and_both_steps_are_named(
    run: Path, pixelwise: Command
) -> None:
    assert pixelwise("resume", run, "--epochs=6").code == 0
    older, newest = sorted((run / "checkpoints").glob("*.safetensors"))
    newest.write_bytes(newest.read_bytes()[:-100])
    printed = pixelwise("resume", run, "--epochs=8")
    assert printed.code == 0, printed.err
    steps = [int(path.stem.removeprefix("step-")) for path in (older, newest)]
    assert f"has changed since it was written at step {steps[1]}" in printed.err
    assert f"going on from the one before it, of step {steps[0]}." in printed.err
    assert f"Going on from step {steps[0]} (" in printed.err
    assert not newest.exists()


def test_where_no_checkpoint_is_whole_the_resume_is_refused(run: Path, pixelwise: Command) -> None:
    for path in (run / "checkpoints").glob("*.json"):
        path.write_bytes(b"")
    printed = pixelwise("resume", run, "--epochs=8")
    assert printed.code == 2
    assert "No whole checkpoint is left to go on from" in printed.err


def test_a_resume_on_other_data_is_refused_with_what_is_different(tmp_path: Path, pixelwise: Command) -> None:
    data, run = draw_data(tmp_path / "data"), tmp_path / "run"
    assert pixelwise("train", data, "-o", run, "--epochs=1", "--classes=sky,ground,box", *TINY).code == 0
    for kind in ("images", "masks"):
        (data / kind / "picture_03.png").unlink()
    printed = pixelwise("resume", run, "--epochs=2")
    assert printed.code == 2
    assert "there are 11 images (" in printed.err
    assert "instead of 12 images (" in printed.err
    shutil.rmtree(data)
    draw_data(data)
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("- ground\n", "- street\n", 1))
    printed = pixelwise("resume", run, "--epochs=2")
    assert printed.code == 2
    assert "the classes are sky, street, box (3) instead of sky, ground, box (3)" in printed.err


def test_the_checkpoints_of_another_data_set_are_refused(run: Path, tmp_path: Path, pixelwise: Command) -> None:
    other = tmp_path / "other"
    assert pixelwise("train", draw_data(tmp_path / "few", 9), "-o", other, "--epochs=2", *TINY).code == 0
    shutil.rmtree(run / "checkpoints")
    shutil.copytree(other / "checkpoints", run / "checkpoints")
    printed = pixelwise("resume", run, "--epochs=8")
    assert printed.code == 2
    assert "are those of a training on other data" in printed.err


def test_a_log_is_begun_by_train_and_gone_on_with_by_resume(
    data: Path, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, Any]] = []
    own = SimpleNamespace(
        log=lambda values, step: told.append(("log", step)),
        finish=lambda: told.append(("finish", None)),
        summary=SimpleNamespace(update=lambda scores: told.append(("scores", sorted(scores)))),
    )
    module = ModuleType("wandb")

    def begin(**named: Any) -> SimpleNamespace:
        told.append(("init", named["id"]))
        return own

    vars(module)["init"] = begin
    monkeypatch.setitem(sys.modules, "wandb", module)
    run = tmp_path / "run"
    assert pixelwise("train", data, "-o", run, "--epochs=4", "--log=wandb", *TINY).code == 0
    scores = ("scores", ["final/class_accuracy", "final/miou", "final/pixel_accuracy"])
    assert told[-2:] == [scores, ("finish", None)]
    assert yaml.safe_load((run / "config.yaml").read_text())["log"] == ["wandb"]
    first, last_step = list(told), max(step for kind, step in told if kind == "log")
    told.clear()
    assert pixelwise("resume", run, "--epochs=6").code == 0
    assert told[0] == first[0]
    assert all(step > last_step for kind, step in told if kind == "log")
    monkeypatch.setitem(sys.modules, "wandb", None)
    printed = pixelwise("resume", run, "--epochs=8")
    assert printed.code == 2
    assert "pip install '.[wandb]'" in printed.err


def test_a_logger_without_its_package_is_refused_before_anything_is_made(
    data: Path, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    printed = pixelwise("train", data, "-o", tmp_path / "run", "--epochs=1", "--log", "mlflow", *TINY)
    assert printed.code == 2
    assert "--log mlflow needs packages that are not installed" in printed.err
    assert "Reading the masks" not in printed.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["train", "resume"])
def test_a_device_that_is_not_there_is_refused_in_the_words_of_predict(
    command: str, run: Path, data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    place = ("train", data, "-o", tmp_path / "new", *TINY) if command == "train" else ("resume", run)
    printed = pixelwise(*place, "--epochs=9", "--device=cuda:99")
    assert printed.code == 2
    assert "The device 'cuda:99' cannot be used" in printed.err
    assert "Reading the masks" not in printed.err


def lack_memory(monkeypatch: pytest.MonkeyPatch, most: int, after: int = 0) -> None:
    """Let the network run out of memory with more than `most` views, once it has seen `after` batches in training."""
    scores, seen = LiteUNet.scores, [0]

    def short(self: LiteUNet, image: torch.Tensor) -> torch.Tensor:
        seen[0] += self.training
        if self.training and seen[0] > after and image.shape[0] > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return scores(self, image)

    monkeypatch.setattr(LiteUNet, "scores", short)


def test_memory_that_runs_out_makes_smaller_batches_which_a_resume_begins_with(
    data: Path, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack_memory(monkeypatch, most=2)
    run = tmp_path / "run"
    printed = pixelwise("train", data, "-o", run, "--epochs=2", "--model=lite_unet", *TINY)
    assert printed.code == 0, printed.err
    assert "Memory runs out in step 0: from here on 2 batches of 2 make a step" in printed.err
    training = yaml.safe_load((run / "config.yaml").read_text())["plan"]["training"]
    assert (training["batch_size"], training["accumulate"]) == (2, 2)
    printed = pixelwise("resume", run, "--epochs=3")
    assert printed.code == 0, printed.err
    assert "Memory runs out" not in printed.err


def test_memory_that_runs_out_for_good_ends_in_a_sentence_after_a_checkpoint(
    data: Path, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack_memory(monkeypatch, most=0, after=3)
    run = tmp_path / "run"
    printed = pixelwise("train", data, "-o", run, "--epochs=4", "--model=lite_unet", *TINY, *SMALL)
    assert printed.code == 2
    assert "Memory runs out in step 3 even with 1 view of 64 × 64 in a batch" in printed.err
    manifest = newest_manifest(run / "checkpoints")
    assert manifest is not None
    assert manifest["facts"]["step"] == 3
    monkeypatch.undo()
    assert pixelwise("resume", run).code == 0


def test_a_part_of_an_epoch_is_called_one_at_the_end_and_in_the_report(
    data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    run = tmp_path / "run"
    printed = pixelwise("train", data, "-o", run, "--epochs=0.5", "--device=cpu", *TINY)
    assert printed.code == 0, printed.err
    assert "The training has seen 0." in printed.out
    assert "of the training images have never been learnt from." in printed.out
    assert "have never been learnt from." in (run / "report.html").read_text()
