"""Folders that a task for pictures would learn from wrongly: images with masks, single pictures taken for halves."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.data.checks import Severity
from pixelwise.data.pictures import layout_of, layout_to_score
from pixelwise.data.pictures.doctor import examine_pictures
from pixelwise.data.pictures.survey import PicturesWanted
from pixelwise.data.scenes import write_scenes
from pixelwise.errors import DataError
from pixelwise.ops.image_io import read_image, write_png

HARMS = Severity.HARMS


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six images of 96 × 128 pixels with masks."""
    root = tmp_path_factory.mktemp("scenes")
    write_scenes(root, {"train": 6}, height=96, width=128)
    return root


@pytest.mark.parametrize("place", ["", "train"])
def test_images_with_masks_are_no_pictures(scenes: Path, place: str) -> None:
    root = scenes / place
    into, out = (re.escape(str(scenes / "train" / side)) for side in ("input", "target"))
    words = rf"called like images and their masks\. If both are pictures, call the folders {into} and {out}"
    with pytest.raises(DataError, match=rf"{words}; otherwise leave out `--task`"):
        layout_of(root, "paired_translation", is_made=False)
    for task, is_made in product(("restoration", "super_resolution"), (True, False)):
        alone = rf"{words} \(pairs take no `--degrade`\); otherwise give \S*images alone \(.*\), since masks are no"
        with pytest.raises(DataError, match=alone):
            layout_of(root, task, is_made=is_made)
    assert layout_of(scenes / "train" / "images", "super_resolution", is_made=False) == "alone"


def test_images_with_masks_ruin_what_was_meant_as_a_translation(scenes: Path) -> None:
    found = examine_pictures(scenes, PicturesWanted("paired_translation"), quick=True)
    assert [finding.severity for finding in found.findings] == [Severity.RUINS]
    assert "images and their masks" in found.findings[0].what
    assert "segmentation" in found.findings[0].cure


@pytest.mark.parametrize("layout", [layout_of, layout_to_score])
def test_single_pictures_are_no_halves(scenes: Path, layout: Callable[..., str]) -> None:
    wanted = r"holds no pairs of pictures: .* not twice as wide as high \(96 × 128 pixels, .* into \S*images/target\.$"
    with pytest.raises(DataError, match=wanted):
        layout(scenes / "train" / "images", "paired_translation", is_made=False)


def test_the_picture_that_is_named_is_none_of_those_that_look_like_two(scenes: Path, tmp_path: Path) -> None:
    for i, file in enumerate(sorted((scenes / "train" / "images").iterdir())[:3]):
        pixels = read_image(file)
        write_png(tmp_path / f"{i}.png", np.hstack([pixels, pixels]) if i == 0 else pixels)
    with pytest.raises(DataError, match=r"most are not twice as wide as high \(96 × 128 pixels, for example\)"):
        layout_of(tmp_path, "paired_translation", is_made=False)


def test_halves_are_told_by_the_shape_or_by_their_seam_or_by_showing_the_same(scenes: Path, tmp_path: Path) -> None:
    for i, file in enumerate(sorted((scenes / "train" / "images").iterdir())):
        pixels = read_image(file)
        part = pixels[:, 30:90]
        noisy = np.clip(part + np.random.default_rng(i).normal(0, 25, part.shape), 0, 255).astype(np.uint8)
        framed = np.pad(part, ((0, 0), (20, 20), (0, 0)), constant_values=255)
        kinds = {
            "wide": [pixels, pixels[:, ::-1]],
            "narrow": [part, 255 - part],
            "noisy": [noisy, part],
            "framed": [framed, np.repeat(framed.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)],
        }
        for place, halves in kinds.items():
            (tmp_path / place).mkdir(exist_ok=True)
            write_png(tmp_path / place / f"{i}.png", np.hstack(halves))
    for place in ("wide", "narrow", "noisy", "framed"):  # the narrow ones are 120 pixels wide and 96 high
        assert layout_of(tmp_path / place, "paired_translation", is_made=False) == "halves"


def test_masks_as_targets_are_called_masks_and_dark_pictures_are_not(scenes: Path, tmp_path: Path) -> None:
    for file in sorted((scenes / "train" / "images").iterdir()):
        pixels, mask = read_image(file), np.array(Image.open(scenes / "train" / "masks" / f"{file.stem}.png"))
        grey = np.repeat(mask.astype(np.uint8)[..., None], 3, axis=2)
        for place, target in (("masks", grey), ("dark", pixels // 20)):
            for side, picture in (("A", pixels), ("B", target)):
                (tmp_path / place / side).mkdir(parents=True, exist_ok=True)
                write_png(tmp_path / place / side / f"{file.stem}.png", picture)
    said = {}
    for place in ("masks", "dark"):
        found = examine_pictures(tmp_path / place, PicturesWanted("paired_translation")).findings
        said[place] = next(f"{one.consequence} {one.cure}" for one in found if "of 255 only" in one.what)
    assert "masks of 10 classes look so" in said["masks"]
    assert "If they are masks, call the folders images and masks and leave out `--task`; if not, save" in said["masks"]
    assert "cut to 8 bits. Save them again with the range of brightness that matters" in said["dark"]
    assert "mask" not in said["dark"]


@pytest.mark.parametrize(
    ("number", "verdicts"), [(5, {"train": HARMS, "score": HARMS}), (11, {"score": HARMS}), (30, {})]
)
def test_fewer_pictures_are_never_the_lesser_evil(number: int, verdicts: dict[str, Severity], tmp_path: Path) -> None:
    for i in range(number):
        pixels = np.random.default_rng(i).integers(0, 256, (200, 200, 3), dtype=np.uint8)
        for side in ("noisy", "clean"):
            (tmp_path / side).mkdir(exist_ok=True)
            write_png(tmp_path / side / f"{i}.png", pixels // (1 + (side == "noisy")))
    found = examine_pictures(tmp_path, PicturesWanted("restoration"), quick=True).findings
    few = [finding for finding in found if finding.check == "few_pictures"]
    assert {finding.what.split()[-2]: finding.severity for finding in few} == verdicts


def test_input_beside_its_truth_are_pairs_of_pictures(scenes: Path, tmp_path: Path) -> None:
    for file in sorted((scenes / "train" / "images").iterdir()):
        pixels = read_image(file)
        for side, picture in (("input", pixels // 2), ("gt", pixels)):
            (tmp_path / side).mkdir(exist_ok=True)
            write_png(tmp_path / side / file.name, picture)
    assert layout_of(tmp_path, "restoration", is_made=False) == "pairs"


@pytest.mark.parametrize("task", ["restoration", "super_resolution"])
def test_small_images_beside_their_truth_become_pairs_as_the_refusal_says(task: str, tmp_path: Path) -> None:
    for place, shrinks in (("images", 2), ("gt", 1)):
        (tmp_path / place).mkdir()
        write_png(tmp_path / place / "a.png", np.zeros((64 // shrinks, 64 // shrinks, 3), np.uint8))
    with pytest.raises(DataError, match="called like images and their masks") as refused:
        layout_of(tmp_path, task, is_made=False)
    said = re.search(r"If both are pictures, call the folders (\S+) and (\S+) \(", str(refused.value))
    assert said is not None
    for place, name in zip(("images", "gt"), said.groups(), strict=True):
        (tmp_path / place).rename(name)
    assert layout_of(tmp_path, task, is_made=False) == "pairs"
