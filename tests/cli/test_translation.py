"""From pictures of two kinds to a model that turns the one into the other, as a user goes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import pixelwise as pw
from pixelwise.cli import app
from pixelwise.data.pictures import picture_source, read_pictures
from pixelwise.data.pictures.kinds import find_domains
from pixelwise.data.scenes import write_seasons
from pixelwise.errors import DataError
from pixelwise.inference import Picture
from pixelwise.ops.image_io import read_image, write_png
from pixelwise.reports.plots import plot_history
from pixelwise.training.checkpoint import newest_manifest
from pixelwise.training.run import Run

CRITIC = ("--set", "task.arguments.critic_width=4", "--set", "task.arguments.critic_depth=1")
SMALL = ("--set", "model.arguments.width=4", "--set", "model.arguments.depth=2", *CRITIC)


@pytest.fixture(scope="module")
def seasons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("seasons")
    write_seasons(root, {"train": 10, "test": 3}, height=32, width=40)
    return root


@pytest.fixture(scope="module")
def halves(seasons: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Summer at the left and winter at the right of one file."""
    root = tmp_path_factory.mktemp("halves")
    for i, file in enumerate(sorted((seasons / "testA").iterdir()) * 3):
        both = [read_image(seasons / kind / file.name) for kind in ("testA", "testB")]
        write_png(root / f"{i}.png", np.concatenate(both, axis=1))
    return root


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code != 0
    return str(result.exception) + result.output


def test_pix2pix_from_halves_shows_what_it_makes_while_it_trains(
    halves: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float] = []

    def noted(history: list[dict[str, float]], keys: list[str]) -> Image.Image:
        drawn.append(history[-1]["progress"])
        return plot_history(history, keys)

    monkeypatch.setattr("pixelwise.workflow.job.plot_history", noted)
    monkeypatch.setattr("pixelwise.workflow.job._CURVES_SECONDS", 0.0)  # they are drawn in short trainings, too
    out = run("train", halves, "--task", "paired_translation", "--epochs", "3", "-o", tmp_path / "r", *SMALL)
    assert "psnr_rgb" in out
    plan = Run(tmp_path / "r").plan.training
    assert (plan.batch_size, plan.learning_rate, plan.betas, plan.schedule) == (1, 2e-4, (0.5, 0.999), "linear_decay")
    assert plan.stages[0].max_scale == pytest.approx(286 / 256)
    sheets = sorted((tmp_path / "r" / "samples").iterdir())
    assert sheets
    assert sheets[0].stem == "0000010"
    assert sheets[-1].name == "curves.png"
    assert (drawn[0] < 1, drawn[-1]) == (True, 1)
    assert {"loss_model", "loss_critic"} <= Run(tmp_path / "r").history()[-1].keys()
    assert read_image(sheets[0]).shape[1] == 3 * 40 + 2 * 4  # given, made, wanted
    made = pw.load(tmp_path / "r")(read_image(halves / "0.png")[:, :40])
    assert isinstance(made, Picture)
    assert made.pixels.shape == (32, 40, 3)
    assert repr(made) == "Picture(32 × 40, of an image 32 × 40)"
    with pytest.raises(DataError, match=r"Repeat a grey one three times: np\.stack"):
        pw.load(tmp_path / "r")(np.zeros((32, 40), np.uint8))
    said = refused("evaluate", tmp_path / "r", halves, "--reverse")
    assert "was not told --reverse, so its model knows the other direction only. Leave --reverse out" in said


def test_reverse_turns_halves_and_kinds_round(halves: Path, seasons: Path, tmp_path: Path) -> None:
    there, back = (read_pictures(halves, "halves", image_is_left=is_left) for is_left in (True, False))
    pair, turned = there.splits["train"][0], back.splits["train"][0]
    assert np.array_equal(pair.read_image(), picture_source(turned).target(turned))
    summer, winter = (read_pictures(seasons, "domains", image_is_left=is_left) for is_left in (True, False))
    assert summer.splits == winter.others
    assert summer.others == winter.splits
    assert summer.digest != winter.digest
    assert "A becomes B" in summer.describe()
    assert "B becomes A" in winter.describe()
    for kind in ("a", "b"):
        Image.fromarray(read_image(seasons / f"test{kind.upper()}" / "scene_00000.png")).save(_made(tmp_path / kind))
    one, other = (
        read_pictures(tmp_path, "pairs", image_is_left=i, is_scored=True).splits["all"][0] for i in (True, False)
    )
    assert (one.image, one.target) == (other.target, other.image)
    assert "knows one direction only" in refused("train", halves, "--task", "super_resolution", "--reverse")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder / "x.png"


def test_cyclegan_from_two_kinds_is_scored_as_a_set_and_goes_on_after_a_stop(seasons: Path, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    out = run("train", seasons, "--task", "unpaired_translation", "--reverse", "--epochs", "2", "-o", folder, *SMALL)
    assert "kid_lite0" in out
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "One of that kind" in page
    assert "smaller is better" in page
    assert "Distances, as sets, from real pictures of that kind" in page
    assert "Means over" not in page
    run("resume", folder, "--epochs", "3")
    scored = json.loads(run("evaluate", folder, seasons, "--reverse", "--json"))
    assert scored["images"] == scored["others"] == 3
    assert scored["split"] == "test"
    assert scored["kid_lite0"] > 0
    assert scored["baseline"]["fid_lite0"] > 0
    again = json.loads(run("evaluate", folder, seasons, "--json"))  # the run knows which way round it was
    assert [again[name] for name in ("kid_lite0", "fid_lite0")] == [scored[name] for name in ("kid_lite0", "fid_lite0")]
    run("predict", folder, seasons / "testB", "-o", tmp_path / "out")
    assert len(list((tmp_path / "out").glob("*.png"))) == 3
    for kind in "AB":  # to score, nothing has to be there to train on
        shutil.copytree(seasons / f"test{kind}", tmp_path / "tests" / f"test{kind}")
    alone = json.loads(run("evaluate", folder, tmp_path / "tests", "--json"))
    assert (alone["split"], alone["kid_lite0"]) == ("test", scored["kid_lite0"])


def test_a_collapse_is_said_while_it_trains(halves: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixelwise.training.watch._SMALLEST_SPREAD", 10.0)  # no picture varies as much
    monkeypatch.setattr("pixelwise.training.watch._FLAT_STEPS", 10)
    asked = ("train", str(halves), "--task", "paired_translation", "--epochs", "2", "-o", str(tmp_path / "r"), *SMALL)
    said = CliRunner().invoke(app, asked).output
    assert said.count("Warning: at step 10 the network makes pictures of a single colour") == 1


def test_a_killed_training_against_critics_resumes_to_the_same_bits(seasons: Path, tmp_path: Path) -> None:
    settings = ("training.checkpoint_seconds=0", "training.precision=fp32", "task.arguments.pool_size=3")
    asked: list[str | Path] = ["train", seasons, "--task", "unpaired_translation", "--epochs", "12", *SMALL]
    asked += [word for setting in settings for word in ("--set", setting)]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run(*asked, "-o", whole)
    process = subprocess.Popen(
        [sys.executable, "-m", "pixelwise", *map(str, asked), "-o", str(killed)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while newest_manifest(killed / "checkpoints") is None and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL  # in the middle of it
    run("resume", killed)
    found, expected = (newest_manifest(folder / "checkpoints") for folder in (killed, whole))
    assert found is not None
    assert expected is not None
    assert found["facts"]["step"] == expected["facts"]["step"] > 10
    assert found["sha256"] == expected["sha256"]


def test_one_kind_alone_cannot_be_scored(seasons: Path, tmp_path: Path) -> None:
    shutil.copytree(seasons / "testA", tmp_path / "testA")
    with pytest.raises(DataError, match=r"lacks pictures of kind B to score on: the folders testA and testB are"):
        find_domains(tmp_path, is_scored=True)


def test_what_is_missing_of_two_kinds_is_said(seasons: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "trainA" / "0.png", read_image(seasons / "testA" / "scene_00000.png"))
    said = refused("train", tmp_path, "--task", "unpaired_translation", "-o", tmp_path / "r")
    assert "lacks pictures of kind B to train on" in said
    with_cut = ("--set", "task.arguments.method=cut", "--model", "pix2pix_unet")
    said = refused("train", seasons, "--task", "unpaired_translation", "-o", tmp_path / "r", *with_cut)
    assert "Take --model resnet_generator" in said
    assert not (tmp_path / "r").exists()
