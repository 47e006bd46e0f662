"""From a folder of pictures to a model that makes pictures, as a user goes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import pixelwise as pw
from pixelwise.cli import app
from pixelwise.data.scenes import write_scenes
from pixelwise.inference import Picture
from pixelwise.ops.image_io import image_size, read_image
from pixelwise.training.run import Run

SMALL = ("--set", "training.batch_size=4", "--set", "model.arguments.width=8", "--set", "model.arguments.depth=1")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scenes")
    write_scenes(root, {"train": 8}, height=48, width=64)
    return next(path for path in sorted(root.rglob("*")) if path.is_dir() and any(path.glob("*.png")))


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code != 0
    return str(result.exception) + result.output


def test_super_resolution_from_sharp_pictures_alone(photos: Path, tmp_path: Path) -> None:
    out = run(
        "train", photos, "--task", "super_resolution", "--scale", "3", "--epochs", "2", "-o", tmp_path / "r", *SMALL
    )
    assert "psnr_y_crop3" in out
    model = pw.load(tmp_path / "r")
    small = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    made = model(small)
    assert isinstance(made, Picture)
    assert made.pixels.shape == (60, 90, 3)
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "dB PSNR" in page
    assert "enlarged by bicubic interpolation" in page
    Image.fromarray(small).save(tmp_path / "small.png")
    run("predict", tmp_path / "r", tmp_path / "small.png", "-o", tmp_path / "out")
    assert image_size(tmp_path / "out" / "small.png") == (60, 90)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["small.png"]


def test_restoration_learns_from_degraded_pictures_and_goes_on_after_a_stop(photos: Path, tmp_path: Path) -> None:
    run(
        "train", photos, "--task", "restoration", "--degrade", "noise:25", "--epochs", "2", "-o", tmp_path / "r", *SMALL
    )
    scores = [row["psnr_rgb"] for row in Run(tmp_path / "r").history() if "psnr_rgb" in row]
    assert all(10 < score < 40 for score in scores)
    run("resume", tmp_path / "r", "--epochs", "3")
    scored = json.loads(run("evaluate", tmp_path / "r", photos, "--json"))
    assert scored["psnr_rgb"] > 15
    assert scored["baseline"]["psnr_rgb"] == pytest.approx(20.5, abs=1.5)  # 10 log10(255² / 25²), less what was clipped
    assert scored["images"] == 2  # a fifth of eight, which was held out
    model = tmp_path / "r" / "model.safetensors"
    assert json.loads(run("evaluate", model, photos, "--json"))["images"] == 2  # its run folder knows
    model.rename(tmp_path / "alone.safetensors")
    asked = ["evaluate", str(tmp_path / "alone.safetensors"), str(photos)]
    assert "most were probably trained on, and the score flatters" in CliRunner().invoke(app, asked).output
    (tmp_path / "alone.safetensors").rename(model)
    assert ("images made by noise:25", "of each picture anew, whenever it is seen") in Run(
        tmp_path / "r"
    ).plan.decisions
    (tmp_path / "link").symlink_to(photos, target_is_directory=True)
    assert json.loads(run("evaluate", tmp_path / "r", tmp_path / "link", "--json"))["images"] == 2


def test_pairs_of_pictures_are_found(photos: Path, tmp_path: Path) -> None:
    for file in sorted(photos.glob("*.png")):
        colored = Image.fromarray(read_image(file))
        for kind, image in (("clean", colored), ("noisy", colored.convert("L").convert("RGB"))):
            (tmp_path / "data" / kind).mkdir(parents=True, exist_ok=True)
            image.save(tmp_path / "data" / kind / file.name)
    run("train", tmp_path / "data", "--task", "restoration", "--epochs", "1", "-o", tmp_path / "r", *SMALL)
    scored = json.loads(run("evaluate", tmp_path / "r", tmp_path / "data", "--json"))
    assert scored["baseline"]["psnr_rgb"] > 10
    (tmp_path / "data" / "noisy" / "test").mkdir()
    colored.save(tmp_path / "data" / "noisy" / "test" / "alone.png")
    for split in ((), ("--split", "test")):
        asked = ["evaluate", str(tmp_path / "r"), str(tmp_path / "data"), *split]
        assert "noisy/test is left out: its pictures have no partners." in CliRunner().invoke(app, asked).output


def test_colours_are_not_learnt_from_pictures_that_have_none(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "grey").mkdir()
    for file in sorted(photos.glob("*.png")):  # grey in three equal channels, which no head of a file tells
        Image.fromarray(read_image(file)).convert("L").convert("RGB").save(tmp_path / "grey" / file.name)
    asked = ("train", tmp_path / "grey", "--task", "restoration", "--model", "lite_sr", "--epochs", "1", *SMALL)
    said = refused(*asked, "--degrade", "grey", "-o", tmp_path / "r")
    assert "All 6 targets to train on in" in said
    assert "are without colour, so there are no colours to learn. Give pictures in colour as targets." in said
    assert not (tmp_path / "r").exists()
    run(*asked, "--degrade", "noise:25", "-o", tmp_path / "r")  # which needs no colours


def test_what_does_not_fit_is_said_before_anything_is_written(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    assert "No pairs of pictures were found" in refused("train", photos, "--task", "restoration", "-o", folder)
    both = refused("train", photos, "--task", "restoration", "--degrade", "noise:5", "--scale", "2", "-o", folder)
    assert "--scale is for the task super_resolution" in both
    plain = refused("train", shutil.copytree(photos, tmp_path / "photos"), "-o", folder)
    assert "Without masks, pixelwise train takes 8 plain pictures, with --task super_resolution" in plain
    assert "noyse" in refused("train", photos, "--task", "restoration", "--degrade", "noyse:5", "-o", folder)
    typo = refused("train", tmp_path, "--task", "super_resolution", "--model", "edrs", "-o", folder)
    assert "There is no model called 'edrs'. Did you mean 'edsr'?" in typo  # before any picture is looked for
    assert "made for" in refused("train", photos, "--task", "super_resolution", "--model", "eomt", "-o", folder)
    masks = refused("train", photos, "--task", "restoration", "--degrade", "noise:5", "--binary", "-o", folder)
    assert "--binary is for masks, and the task restoration learns pictures" in masks
    assert "--scale is for tasks that make pictures" in refused("train", photos, "--scale", "2", "-o", folder)
    by_name = refused("train", photos, "--task", "multilabel_segmentation", "-o", folder)
    assert "is not asked for by name" in by_name
    own = refused("train", photos, "--task", "unpaired_translation", "--degrade", "grey", "-o", folder)
    assert "--degrade has no place in the task unpaired_translation" in own
    assert "super_resolutoin" in refused("train", photos, "--task", "super_resolutoin", "-o", folder)
    assert not folder.exists()
