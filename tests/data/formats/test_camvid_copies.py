"""CamVid with all its classes: Cambridge's colours, and fastai's copy with its list of validation images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pixelwise.data import open_data
from pixelwise.data.dataset import Dataset
from pixelwise.errors import DataError
from tests.data.drawing import Drawer
from tests.data.formats.round_trip import label_arrays

COLORS = {"Animal": (64, 128, 64), "Archway": (192, 0, 128), "Road": (128, 64, 128), "Void": (0, 0, 0)}
NAMES = ["0001TP_006690", "0001TP_006720", "0006R0_f00930", "0016E5_07959"]


def decisions(data: Dataset) -> str:
    return "\n".join(f"{decision.what}: {decision.why}" for decision in data.decisions)


def draw_fastai(draw: Drawer, listed: Sequence[str] | None = None, file: str = "valid.txt") -> Path:
    draw.pairs("images/{}.png", "labels/{}_P.png", NAMES, (0, 1, 2, 3))
    (draw.root / "codes.txt").write_text("Animal\nArchway\nRoad\nVoid\n")
    if listed is not None:
        (draw.root / file).write_text("".join(f"{name}\n" for name in listed))
    return draw.root


@pytest.mark.parametrize(
    ("images", "masks"),
    [("701_StillsRaw_full", "LabeledApproved_full"), ("images", "labels"), ("train", "train_labels")],
)
def test_colours_are_classes_and_void_is_ignored(images: str, masks: str, draw: Drawer) -> None:
    pixels = np.zeros((6, 8, 3), np.uint8)
    pixels.reshape(-1, 3)[:3] = list(COLORS.values())[:3]
    for name in NAMES:
        draw.photograph(f"{images}/{name}.png")
        draw.array(f"{masks}/{name}_L.png", pixels)
    lines = [f"{' '.join(map(str, color))}\t\t{name}" for name, color in COLORS.items()]
    (draw.root / "label_colors.txt").write_text("\n".join(lines) + "\n")
    data = open_data(draw.root)
    assert data.classes.names == ("Animal", "Archway", "Road")
    array = next(iter(label_arrays(data)["train"].values()))
    assert array.reshape(-1)[:4].tolist() == [0, 1, 2, 255]


def test_valid_txt_says_what_is_held_out(draw: Drawer) -> None:
    data = open_data(draw_fastai(draw, [f"{NAMES[3]}.png"]))
    assert data.format == "paired_folders"
    assert data.classes.names == ("Animal", "Archway", "Road")
    assert {split: [pair.name for pair in pairs] for split, pairs in data.splits.items()} == {
        "train": NAMES[:3],
        "val": NAMES[3:],
    }
    assert "Splits: valid.txt names 1 image: lists beside the folders; the rest is train" in decisions(data)


def test_names_may_lack_endings_and_train_txt_leaves_the_rest_out(draw: Drawer) -> None:
    draw_fastai(draw, NAMES[:2], "train.txt")
    draw_fastai(draw, [f"images/{NAMES[2]}.png"], "val.txt")
    data = open_data(draw.root)
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 2, "val": 1}
    assert "1 image left out: 0016E5_07959.png: in none of the lists (train.txt, val.txt)" in decisions(data)


def test_a_list_may_be_written_as_windows_writes_paths(draw: Drawer) -> None:
    data = open_data(draw_fastai(draw, [f"images\\{NAMES[1]}.png"]))
    assert [pair.name for pair in data.splits["val"]] == [NAMES[1]]
    assert "Splits: valid.txt names 1 image: lists beside the folders; the rest is train" in decisions(data)


def test_two_lists_of_one_split_are_each_counted(draw: Drawer) -> None:
    draw_fastai(draw, NAMES[:1], "val.txt")
    data = open_data(draw_fastai(draw, NAMES[3:]))
    assert [pair.name for pair in data.splits["val"]] == [NAMES[0], NAMES[3]]
    assert "Splits: val.txt names 1 image, valid.txt names 1 image: lists" in decisions(data)


def test_a_list_of_something_else_is_not_used(draw: Drawer) -> None:
    data = open_data(draw_fastai(draw, ["a 0.5", "b 0.7"], "test.txt"))
    assert sum(map(len, data.splits.values())) == 4
    assert "test.txt is not used: none of its lines names an image with a mask" in decisions(data)


def test_a_list_that_names_what_is_not_there_is_refused(draw: Drawer) -> None:
    draw_fastai(draw, [NAMES[0], "gone.png"])
    with pytest.raises(DataError, match=r"^1 of 2 lines of \S+valid\.txt is no image with a mask: gone\.png\. Take"):
        open_data(draw.root)


def test_an_image_in_two_lists_is_refused(draw: Drawer) -> None:
    draw_fastai(draw, NAMES[:2], "train.txt")
    draw_fastai(draw, NAMES[1:], "valid.txt")
    with pytest.raises(DataError, match=r"1 image of \S+valid\.txt is in train\.txt too: 0001TP_006720\.png\. Each"):
        open_data(draw.root)
