"""What docs/data.md says of layouts and of data that are refused is so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.data import open_data
from pixelwise.data.formats import FORMATS
from pixelwise.data.formats._base import IMAGE_WORDS, MASK_WORDS, SPLIT_WORDS
from pixelwise.errors import PixelwiseError
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.test_docs import ROOT, SPAN, rows

DOCUMENT = ROOT / "docs" / "data.md"


def test_every_layout_and_every_word_for_folders_is_described() -> None:
    text = DOCUMENT.read_text()
    assert [name for name in FORMATS if f"**`{name}`**" not in text] == []
    words = {word for _, row in rows(DOCUMENT, "How the files may lie") for word in row.split(", ")}
    assert words == {*IMAGE_WORDS, *MASK_WORDS, *SPLIT_WORDS}


NAMES = [f"{i:03}" for i in range(10)]
ODD = "masks/003.png"  # the mask that is spoilt


def pairs(draw: Drawer, *values: int, masks: str = "masks/{}.png") -> None:
    draw.pairs("images/{}.jpg", masks, NAMES, values or (0, 1))


def colored(draw: Drawer) -> None:
    pairs(draw)
    draw.photograph(ODD)


def other_size(draw: Drawer) -> None:
    pairs(draw)
    draw.array(ODD, np.eye(4, 5, dtype=np.uint8))


def two_folders(draw: Drawer) -> None:
    pairs(draw)
    pairs(draw, masks="labels/{}.png")


def emptied(draw: Drawer) -> None:
    pairs(draw)
    (draw.root / ODD).write_bytes(b"")


def photographs(draw: Drawer) -> None:
    for name in NAMES:
        draw.image(f"images/{name}.jpg", size=(40, 40))
        draw.array(f"masks/{name}.png", np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))


def numbered(draw: Drawer) -> None:
    for i, name in enumerate(NAMES):
        draw.image(f"images/{name}.jpg")
        draw.mask(f"masks/{name}.png", range(5 + i))


def turned(draw: Drawer) -> None:
    pairs(draw)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (WIDTH, HEIGHT)).save(draw.root / "images/003.jpg", exif=exif)


def swapped(draw: Drawer) -> None:
    for name in NAMES:
        draw.array(f"masks/{name}.png", (np.arange(3 * 20 * 20) % 256).astype(np.uint8).reshape(20, 20, 3))
        draw.array(f"images/{name}.png", np.eye(20, dtype=np.uint8))


def several_folders(draw: Drawer) -> None:
    for name in NAMES:
        draw.image(f"images/first/{name}.jpg", f"images/second/{name}.jpg")
        draw.mask(f"masks/{name}.png")


def without_masks(draw: Drawer) -> None:
    pairs(draw)
    for name in NAMES[:4]:
        (draw.root / f"masks/{name}.png").unlink()


def cut_short(draw: Drawer) -> None:
    pairs(draw)
    image = draw.root / "images/003.jpg"
    image.write_bytes(image.read_bytes()[:200])


def sixteen_bits(draw: Drawer) -> None:
    pairs(draw)
    (draw.root / "images/003.jpg").unlink()
    draw.array("images/003.png", np.full((HEIGHT, WIDTH), 4000, np.uint16))


def fractions(draw: Drawer) -> None:
    for name in NAMES:
        draw.image(f"images/{name}.jpg")
        draw.array(f"masks/{name}.tif", np.eye(HEIGHT, WIDTH, dtype=np.float32))


def foreign_value(draw: Drawer) -> None:
    pairs(draw, 0, 1, 2)
    draw.mask(ODD, (0, 1, 7))
    (draw.root / "codes.txt").write_text("sky\nroad\ncar\n")


REFUSED: dict[str, Callable[[Drawer], None]] = {
    "a value that is no class": foreign_value,
    "colours in some masks, numbers in others": colored,
    "photographs instead of masks": photographs,
    "masks saved as JPEG": lambda draw: pairs(draw, 0, 1, 60, masks="masks/{}.jpg"),
    "objects that are numbered": numbered,
    "one value in all masks": lambda draw: pairs(draw, 1),
    "a mask of another size": other_size,
    "masks of photographs that the camera turned": turned,
    "folders of images and masks that are swapped": swapped,
    "images without a mask": without_masks,
    "two folders of masks": two_folders,
    "a file that is cut short": cut_short,
    "an empty file": emptied,
    "images of several kinds": sixteen_bits,
    "masks of fractions": fractions,
    "nothing to train on": lambda draw: draw.pairs("test/images/{}.jpg", "test/masks/{}.png", NAMES),
    "no folder of masks": lambda draw: draw.image(*(f"images/{name}.jpg" for name in NAMES)),
    "images in several folders": several_folders,
    "no images with masks": lambda draw: draw.image("a.png"),
}


def test_every_refusal_that_is_described_is_tried() -> None:
    assert [what for what, _ in rows(DOCUMENT, "What is refused")] == list(REFUSED)


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_says_what_the_document_says(what: str, tmp_path: Path) -> None:
    REFUSED[what](Drawer(tmp_path))
    with pytest.raises(PixelwiseError) as refusal:
        open_data(tmp_path)
    message = str(refusal.value).replace(str(tmp_path), "FOLDER").replace("`", "")
    [described] = [SPAN.findall(says)[0] for row, says in rows(DOCUMENT, "What is refused") if row == what]
    assert all(part in message for part in described.removesuffix("…").split(" … "))
