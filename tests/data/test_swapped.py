"""Folders of images and masks that bear each other's names are recognised, and nothing else is taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from pixelwise.data import open_data, open_for_evaluation
from pixelwise.data.checks import Severity
from pixelwise.data.classes import Classes
from pixelwise.data.doctor import examine
from pixelwise.errors import DataError
from pixelwise.ops.palette import legend
from tests.data.drawing import Drawer

NAMES = ["a", "b", "c", "d"]
SIZE = (40, 50)


def photographs(draw: Drawer, path: str, *, channels: int = 3) -> None:
    random = np.random.default_rng(0)
    for name in NAMES:
        noise = random.integers(0, 256, (*SIZE, channels), dtype=np.uint8)
        draw.array(path.format(name), noise if channels == 3 else noise[..., 0])


def masks(draw: Drawer, path: str) -> None:
    drawn = np.zeros(SIZE, np.uint8)
    drawn[10:20, 10:30], drawn[25:30, 5:40] = 1, 2
    for name in NAMES:
        draw.array(path.format(name), drawn)


@pytest.mark.parametrize("channels", [1, 3])
def test_photographs_as_masks_and_masks_as_images_are_swapped_folders(channels: int, draw: Drawer) -> None:
    photographs(draw, "masks/{}.png", channels=channels)
    masks(draw, "images/{}.png")
    unit = "values" if channels == 1 else "colours"
    words = (
        r"^images and masks seem to be swapped: masks holds what looks like photographs \(masks/.\.png: \d+ different "
        rf"{unit}\), images what looks like masks \(images/.\.png: 3\)\. Rename masks to images, and images to masks\.$"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)
    with pytest.raises(DataError, match=words):
        open_for_evaluation(draw.root, Classes(("x", "y"), (0, 1), (), legend(("x", "y")), binary=False))


def test_that_folders_are_swapped_is_said_alone(draw: Drawer) -> None:
    photographs(draw, "masks/{}.png")
    masks(draw, "images/{}.png")
    findings = examine(draw.root).findings
    assert [finding.check for finding in findings if finding.severity is Severity.RUINS] == ["swapped_folders"]
    assert "flat_images" not in {finding.check for finding in findings}


def test_one_swapped_split_is_found(draw: Drawer) -> None:
    photographs(draw, "train/images/{}.png")
    masks(draw, "train/masks/{}.png")
    photographs(draw, "val/masks/{}.png")
    masks(draw, "val/images/{}.png")
    with pytest.raises(
        DataError, match=r"^val/images and val/masks seem to .* Rename val/masks to val/images, and val/im"
    ):
        open_data(draw.root)


def test_swapped_names_in_one_folder_are_found(draw: Drawer) -> None:
    photographs(draw, "{}_mask.png")
    masks(draw, "{}.png")
    with pytest.raises(
        DataError, match=r"^Images and masks seem to be swapped in .* Exchange their names \(a\.jpg for"
    ):
        open_data(draw.root)


def test_colour_masks_of_photographs_are_not_swapped(draw: Drawer) -> None:
    photographs(draw, "images/{}.png")
    photographs(draw, "masks/{}.png")
    with pytest.raises(DataError, match="they look like photographs, not like masks"):
        open_data(draw.root)


def test_numbered_objects_on_dark_images_are_not_swapped(draw: Drawer) -> None:
    cells = np.arange(100).repeat(20).reshape(100, 20).repeat(4, axis=0).astype(np.uint16)
    dark = np.zeros((*cells.shape, 3), np.uint8)
    dark[::2], dark[1::2] = 3, 4
    for name in NAMES:
        draw.array(f"images/{name}.png", dark)
        draw.array(f"masks/{name}.png", cells)
    assert open_data(draw.root, binary=True).classes.binary


def test_photographs_among_masks_are_no_swapped_folders(draw: Drawer) -> None:
    photographs(draw, "images/{}.png")
    masks(draw, "masks/{}.png")
    draw.array("masks/a.png", np.random.default_rng(1).integers(0, 256, (*SIZE, 3), dtype=np.uint8))
    with pytest.raises(DataError, match=r"1 of 4 masks holds colours \(masks/a\.png"):
        open_data(draw.root)


def test_an_image_that_breaks_off_inside_is_no_evidence(draw: Drawer) -> None:
    photographs(draw, "masks/{}.png")
    masks(draw, "images/{}.png")
    file = draw.root / "images" / "a.png"
    content = bytearray(file.read_bytes())
    place = content.index(b"IDAT") + 12
    content[place : place + 8] = bytes(8)
    file.write_bytes(content)
    found = {finding.check: finding for finding in examine(draw.root).findings}
    assert "Rename masks to images" in found["swapped_folders"].cure
