"""Masks that overlap, from the folder to the predicted files and back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise import load
from pixelwise.data import open_data
from pixelwise.ops.image_io import read_labels
from tests.cli.conftest import TINY, Command


def draw_overlapping(root: Path, count: int = 8) -> Path:
    """Images with a disc and a bar that cross, and a mask of each."""
    random = np.random.default_rng(0)
    down, right = np.mgrid[:40, :48]
    for i in range(count):
        disc = (down - random.integers(12, 28)) ** 2 + (right - random.integers(14, 34)) ** 2 < 90
        bar = np.abs(right - random.integers(14, 34)) < 4
        image = random.integers(0, 60, (40, 48, 3))
        image[disc, 0] += 180
        image[bar, 2] += 180
        for folder, array in (("images", image), ("masks/disc", disc * 255), ("masks/bar", bar * 255)):
            (root / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array.astype(np.uint8)).save(root / folder / f"{i:02}.png")
    return root


@pytest.fixture(scope="module")
def overlapping(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_overlapping(tmp_path_factory.mktemp("multilabel") / "data")


def test_train_evaluate_and_predict(overlapping: Path, tmp_path: Path, pixelwise: Command) -> None:
    run, out = tmp_path / "run", tmp_path / "out"
    printed = pixelwise("train", overlapping, "-o", run, "--epochs", "4", *TINY)
    assert printed.code == 0, printed.err
    assert "Multi-label: a pixel may belong to several classes" in printed.err
    assert "Over 2 classes, each against the rest, val split" in printed.out
    assert (run / "report.html").is_file()

    printed = pixelwise("evaluate", run, overlapping, "--json", "--report", tmp_path / "evaluation.html")
    scores = json.loads(printed.out)
    assert scores["protocol"] == "mIoU over 2 classes, each against the rest, val split, 40 × 48"
    assert scores["miou"] == pytest.approx(np.mean(list(scores["iou"].values())))

    printed = pixelwise("predict", run, overlapping / "images", "-o", out)
    assert printed.code == 0, printed.err
    prediction = load(run).mask(overlapping / "images" / "00.png")
    assert prediction.mask.shape == (2, 40, 48)
    for name, plane in zip(("bar", "disc"), prediction.mask, strict=True):
        assert np.array_equal(read_labels(out / "00_mask" / f"{name}.png"), plane * 255)
    assert prediction.overlay().shape == (40, 48, 3)
    assert pixelwise("predict", run, overlapping / "images", "-o", out).code == 0
    (out / "00_mask" / "bar.png").write_bytes((overlapping / "masks" / "bar" / "00.png").read_bytes())
    refused = pixelwise("predict", run, overlapping / "images", "-o", out)
    assert f"is no result of pixelwise and would be replaced by one: {Path('00_mask') / 'bar.png'}." in refused.err

    printed = pixelwise("resume", run, "--epochs", "5")
    assert printed.code == 0, printed.err


def test_predicted_masks_are_data_again(overlapping: Path, tmp_path: Path) -> None:
    data = open_data(overlapping)
    for pair in (pair for pairs in data.splits.values() for pair in pairs):
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "images" / pair.image.name).write_bytes(pair.image.read_bytes())
        stored = data.classes.encode(pair.read_stored().values)
        for name, plane in zip(data.classes.names, stored, strict=True):
            (tmp_path / "masks" / pair.name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(plane * np.uint8(255)).save(tmp_path / "masks" / pair.name / f"{name}.png")
    again = open_data(tmp_path)
    assert (again.format, again.class_pixels) == ("class_files", data.class_pixels)


def test_check_shows_shares_of_all_pixels(overlapping: Path, tmp_path: Path, pixelwise: Command) -> None:
    page = tmp_path / "check.html"
    printed = pixelwise("check", overlapping, "--html", page)
    assert "one file per class" in printed.out
    assert page.is_file()
    printed = pixelwise("check", overlapping, "--no-multilabel", "--json")
    assert json.loads(printed.out)["data"]["classes"]["names"] == ["background", "bar", "disc"]


def test_a_network_that_learns_masks_is_refused(overlapping: Path, tmp_path: Path, pixelwise: Command) -> None:
    printed = pixelwise("train", overlapping, "-o", tmp_path / "run", "--model", "eomt", "--no-pretrained")
    assert printed.code == 2
    assert "overlap, which a model of the task mask_classification cannot learn" in printed.err
