"""Masks of another size are refused with the cure that fits, and photographs that are turned are said."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from pixelwise.data import open_data
from pixelwise.data.examples import Examples
from pixelwise.errors import DataError
from pixelwise.ops.image_io import read_image
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.test_docs import ROOT, blocks

NAMES = ["a", "b", "c", "d", "e"]


def photograph(draw: Drawer, name: str, orientation: int, size: tuple[int, int] = (HEIGHT, WIDTH)) -> None:
    """A photograph whose left upper quarter, as stored, is bright."""
    path = draw.root / "images" / f"{name}.jpg"
    path.parent.mkdir(exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    bright = np.zeros(size, np.uint8)
    bright[: size[0] // 2, : size[1] // 2] = 255
    Image.fromarray(bright).convert("RGB").save(path, exif=exif, quality=95)


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (5, "mirrored about the diagonal"),
        (6, "turned by 90° clockwise"),
        (7, "mirrored about the other diagonal"),
        (8, "turned by 90° anticlockwise"),
    ],
)
def test_masks_of_turned_photographs_are_to_be_turned_and_not_resized(
    orientation: int, turn: str, draw: Drawer
) -> None:
    for name in NAMES:
        photograph(draw, name, orientation)
        draw.mask(f"masks/{name}.png")
    with pytest.raises(DataError) as caught:
        open_data(draw.root)
    said = str(caught.value)
    assert said.startswith(
        "5 of 5 masks have another size than the image: masks/a.png is 6 × 8, its image 8 × 6, masks/b.png is"
    )
    assert f"The images carry an EXIF orientation ({orientation}: {turn}) by which they are turned upright" in said
    assert said.endswith(
        'Turn each mask in the same way ("Photographs that the camera turned" in docs/data.md shows '
        "how); do not resize them."
    )
    assert "nearest" not in said


def test_other_turned_photographs_are_named_whose_size_cannot_tell(draw: Drawer) -> None:
    for name, orientation in zip(NAMES, (6, 6, 3, 1, 1), strict=True):
        photograph(draw, name, orientation)
        draw.mask(f"masks/{name}.png")
    with pytest.raises(
        DataError, match=r"2 of 5 masks .* most likely, for 1 more mask whose .*\(of images/c\.jpg\)\.$"
    ):
        open_data(draw.root)


def test_each_kind_of_wrong_size_has_its_cure(draw: Drawer) -> None:
    for name, orientation in zip(NAMES, (6, 1, 1, 1, 1), strict=True):
        photograph(draw, name, orientation, size=(8, 6) if name == "b" else (12, 16) if name == "c" else (6, 8))
        draw.mask(f"masks/{name}.png")
    words = (
        r"^1 of 5 masks has another size .*masks/a\.png is .*EXIF orientation.* "
        r"1 of 5 masks has another size .*masks/b\.png is 6 × 8, its image 8 × 6 \(height × width\)\. "
        r"Height and width have changed places: turn the masks \(or the images\) by 90°, do not resize them\. "
        r"1 of 5 masks has another size .*masks/c\.png is 6 × 8, its image 12 × 16 \(height × width\)\. Save them"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_turned_photographs_with_upright_masks_are_fine_and_said(draw: Drawer) -> None:
    for name in NAMES:
        photograph(draw, name, 6)
        draw.array(f"masks/{name}.png", np.eye(WIDTH, HEIGHT, dtype=np.uint8))
    data = open_data(draw.root)
    assert data.decisions[0].what == "5 images are turned upright"
    assert data.decisions[0].why.endswith("; their masks have the size of the upright image")


def test_it_is_said_where_no_size_tells_whether_masks_are_upright(draw: Drawer) -> None:
    for name, orientation in zip(NAMES, (1, 3, 1, 1, 6), strict=True):
        size = (8, 8) if name == "e" else (6, 8)
        photograph(draw, name, orientation, size)
        draw.array(f"masks/{name}.png", np.eye(*size, dtype=np.uint8))
    decision = open_data(draw.root).decisions[0]
    assert decision.what == "2 images are turned upright"
    assert decision.why == (
        "the camera noted so (EXIF orientation); the masks of 2 of them are taken to be drawn on the upright image, "
        "which no size can tell (images/b.jpg, images/e.jpg)"
    )


def test_the_lines_in_the_document_turn_the_masks(draw: Drawer) -> None:
    for name, orientation in zip(NAMES, (6, 8, 3, 1, 5), strict=True):
        photograph(draw, name, orientation, size=(16, 32))
        numbers = np.zeros((16, 32), np.uint8)
        numbers[:8, :16] = 1  # where the photograph is bright
        mask = Image.fromarray(numbers)
        mask.putpalette([0, 0, 0, 200, 0, 0])
        (draw.root / "masks").mkdir(exist_ok=True)
        mask.save(draw.root / "masks" / f"{name}.png")
    [lines] = [text for text in blocks(ROOT / "docs" / "data.md", "python") if "exif_transpose" in text]
    exec(lines.replace("FOLDER", str(draw.root)), {})
    shutil.rmtree(draw.root / "masks")
    (draw.root / "turned").rename(draw.root / "masks")
    data = open_data(draw.root)
    for pair in (*data.splits["train"], *data.splits["val"]):
        assert pair.target is not None
        [example] = Examples([pair], data.classes).fetch([0])
        assert np.array_equal(example.target.numpy() == 1, read_image(pair.image)[..., 0] > 128), pair.name
