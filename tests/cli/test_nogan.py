"""NoGAN as a user asks for it: the plan says its phases, the training names them, the model file is the network's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors
import yaml
from typer.testing import CliRunner

import pixelwise as pw
from pixelwise.cli import app
from pixelwise.inference import Picture
from pixelwise.ops.image_io import write_png
from pixelwise.training.run import Run

SMALL = ("--set", "training.batch_size=4", "--set", "model.arguments.width=4", "--set", "model.arguments.depth=1")
GREY = ("--task", "restoration", "--degrade", "grey", "--model", "lite_sr")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for i in range(10):
        blocks = np.random.default_rng(i).integers(0, 256, (3, 4, 3), dtype=np.uint8)
        write_png(folder / f"{i}.png", blocks.repeat(8, 0).repeat(8, 1))
    return folder


def run(*arguments: str | Path, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == exit_code or exit_code, result.output
    return result.output + str(result.exception or "")


def test_colours_are_learnt_in_three_phases_which_the_plan_gives_reasons_for(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    short = ("--epochs", "25", "--loss", "l1", "--set", "task.arguments.critic_width=4")  # 50 steps
    out = run("train", photos, *GREY, "--adversarial", "nogan", *short, "-o", folder, *SMALL)
    assert "task.arguments.phases = [0.6, 0.15, 0.25]" in out
    assert "of the training: 60 %, 15 % and 25 %" in out
    plan = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))["plan"]
    assert plan["task"]["arguments"]["phases"] == [0.6, 0.15, 0.25]
    assert plan["training"]["betas"] == [0.5, 0.999]
    phases = [row["phase"] for row in Run(folder).history()]
    assert list(dict.fromkeys(phases)) == ["network alone", "critic alone", "network against critic"]
    assert "critic alone  loss" in out
    with safetensors.safe_open(folder / "model.safetensors", framework="pt") as file:
        names = sorted(file.keys())
    assert [name for name in names if "critic" in name] == []
    made = pw.load(folder)(np.zeros((20, 30, 3), dtype=np.uint8))
    assert isinstance(made, Picture)
    assert made.pixels.shape == (20, 30, 3)


def test_what_nogan_cannot_be_is_said_before_anything_is_written(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    own = run("train", photos, "--task", "paired_translation", "--adversarial", "nogan", "-o", folder, exit_code=2)
    assert "--adversarial has no place in the task paired_translation, which has its own" in own
    assert "no adversarial training called 'gan'" in run(
        "train", photos, *GREY, "--adversarial", "gan", "-o", folder, exit_code=2
    )
    by_set = run("train", photos, *GREY, "--set", "task.arguments.adversarial=nogan", "-o", folder, exit_code=2)
    assert "it is set by --adversarial, not by --set, when a training begins." in by_set
    masks = run("train", photos, "--adversarial", "nogan", "-o", folder, exit_code=2)
    assert "--adversarial is for tasks that make pictures" in masks
    missing = run("train", photos, *GREY, "--loss", "perceptual:vgg16.pth", "-o", folder, *SMALL, exit_code=2)
    assert f"There is no file {Path('vgg16.pth').resolve()} to read VGG16 from" in missing
    assert not folder.exists()
