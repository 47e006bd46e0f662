"""Pascal VOC is read by its lists and its palette, and its own names are taken only on evidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.data import open_data
from pixelwise.data.dataset import Dataset
from pixelwise.data.doctor import examine
from pixelwise.data.formats.voc import VOC_NAMES, voc_color
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.data.formats.round_trip import label_arrays, written_and_read

TRAIN = ["2007_000001", "2007_000002", "2008_000003"]
VAL = ["2007_000004"]
VALUES = (0, 1, 15, 20, 255)


def lists(folder: Path, **names: Sequence[str]) -> None:
    place = folder / "ImageSets" / "Segmentation"
    place.mkdir(parents=True, exist_ok=True)
    for name, several in names.items():
        (place / f"{name}.txt").write_text("".join(f"{one}\n" for one in several))


def draw_voc(draw: Drawer, names: Sequence[str] = (*TRAIN, *VAL), values: Sequence[int] = VALUES) -> None:
    draw.pairs("JPEGImages/{}.jpg", "SegmentationClass/{}.png", names, values)


def draw_colors(draw: Drawer, name: str, colors: Sequence[tuple[int, int, int]]) -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels.reshape(-1, 3)[: len(colors)] = colors
    draw.image(f"JPEGImages/{name}.jpg")
    draw.array(f"SegmentationClass/{name}.png", pixels)


def decisions(data: Dataset) -> str:
    return "\n".join(f"{decision.what}: {decision.why}" for decision in data.decisions)


def test_the_palette_is_that_of_the_development_kit() -> None:
    colors = [voc_color(number) for number in range(21)]
    assert colors[:4] == [(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0)]
    assert (colors[9], colors[15], colors[20]) == ((192, 0, 0), (192, 128, 128), (0, 64, 128))
    assert voc_color(255) == (224, 224, 192)
    assert len({voc_color(number) for number in range(256)}) == 256


def test_lists_say_the_splits_and_images_without_a_mask_do_not_count(draw: Drawer) -> None:
    draw_voc(draw)
    draw.image("JPEGImages/2007_000009.jpg")
    lists(draw.root, train=TRAIN, val=VAL, trainval=[*TRAIN, *VAL])
    data = open_data(draw.root)
    assert data.format == "voc"
    assert {split: [pair.name for pair in pairs] for split, pairs in data.splits.items()} == {
        "train": TRAIN,
        "val": VAL,
    }
    assert data.classes.names == VOC_NAMES
    assert data.classes.ignore_values == (255,)
    assert label_arrays(data)["val"][VAL[0]].reshape(-1)[:6].tolist() == [0, 1, 15, 20, 255, 0]
    assert "images are named as VOC's, and the values that were looked at fit" in decisions(data)


@pytest.mark.parametrize("folder", ["VOCdevkit/VOC2012", "VOC2012", "extracted/VOCdevkit/VOC2012"])
def test_the_folder_of_a_year_is_found(folder: str, draw: Drawer) -> None:
    draw_voc(Drawer(draw.root / folder), ["000001", "000002", "000003"])
    lists(draw.root / folder, trainval=["000001", "000002", "000003"])
    data = open_data(draw.root)
    assert sum(map(len, data.splits.values())) == 3
    assert data.classes.names == VOC_NAMES
    assert "the folder is called VOC2012" in decisions(data)


def test_two_years_are_not_chosen_between(draw: Drawer) -> None:
    for year in ("VOC2007", "VOC2012"):
        draw_voc(Drawer(draw.root / "VOCdevkit" / year))
    with pytest.raises(DataError, match=r"holds 2 years of Pascal VOC: .*VOC2007, .*VOC2012\. Give the folder of one"):
        open_data(draw.root)


def test_colours_are_read_through_the_palette(draw: Drawer) -> None:
    draw_colors(draw, "2007_000001", [voc_color(15), voc_color(255)])
    draw_colors(draw, "2007_000002", [voc_color(20)])
    draw_voc(draw, ["2007_000003"], (0, 1))
    data = open_data(draw.root)
    assert data.classes.names == VOC_NAMES
    arrays = {name: array for split in label_arrays(data).values() for name, array in split.items()}
    assert arrays["2007_000001"].reshape(-1)[:3].tolist() == [15, 255, 0]
    assert arrays["2007_000002"].reshape(-1)[:2].tolist() == [20, 0]


def test_a_colour_that_is_no_class_is_named(draw: Drawer) -> None:
    draw_colors(draw, "2007_000001", [voc_color(15)])
    for number in range(2, 30):
        draw_colors(draw, f"2007_{number:06d}", [voc_color(3)])
    draw_colors(draw, "2007_000002", [(1, 2, 3), (1, 2, 3)])
    words = r"SegmentationClass/2007_000002\.png holds colours that are no class \(#010203; 2 pixels\); see the 21 col"
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_labelmap_names_the_classes_and_their_colours(draw: Drawer) -> None:
    (draw.root / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:10,20,30::\ndog:9,9,8::\n"
    )
    for name in ("a", "b", "c"):
        draw_colors(draw, name, [(10, 20, 30), (9, 9, 8), (224, 224, 192)])
    lists(draw.root, default=["a", "b", "c"])
    data = open_data(draw.root)
    assert data.classes.names == ("background", "cat", "dog")
    assert {len(pairs) for pairs in data.splits.values()} == {1, 2}
    assert label_arrays(data)["train"].popitem()[1].reshape(-1)[:4].tolist() == [1, 2, 255, 0]


def test_class_names_of_labelme_count_and_other_folders_take_no_names_of_voc(draw: Drawer) -> None:
    draw.pairs("JPEGImages/{}.jpg", "SegmentationClassPNG/{}.png", ["a", "b", "c"], (0, 1, 2))
    assert open_data(draw.root).classes.names == ("class 0", "class 1", "class 2")
    (draw.root / "class_names.txt").write_text("_background_\nnut\nbolt\n")
    assert open_data(draw.root).classes.names == ("_background_", "nut", "bolt")


def test_values_beyond_vocs_take_no_names_of_voc(draw: Drawer) -> None:
    draw_voc(draw, values=(0, 1, 21))
    assert open_data(draw.root).classes.names == ("class 0", "class 1", "class 21")


def test_without_lists_all_images_with_a_mask_count_and_this_is_said(draw: Drawer) -> None:
    draw_voc(draw)
    draw.image("JPEGImages/2007_000009.jpg", "JPEGImages/2007_000010.jpg")
    data = open_data(draw.root)
    assert sum(map(len, data.splits.values())) == 4
    assert "2 images without a mask left out: VOC draws masks for some of its images only" in decisions(data)


def test_a_test_without_masks_is_left_out(draw: Drawer) -> None:
    draw_voc(draw)
    draw.image("JPEGImages/2008_000009.jpg")
    lists(draw.root, train=TRAIN, val=VAL, test=["2008_000009"])
    assert "test.txt is left out: it holds 1 image, but no masks" in decisions(open_data(draw.root))


def test_trainval_without_val_is_train(draw: Drawer) -> None:
    draw_voc(draw)
    lists(draw.root, trainval=[*TRAIN, *VAL], val=VAL)
    data = open_data(draw.root)
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 3, "val": 1}


def test_names_in_trainval_alone_are_said(draw: Drawer) -> None:
    draw_voc(draw)
    lists(draw.root, train=TRAIN[:2], val=VAL, trainval=[*TRAIN, *VAL])
    assert "1 name of trainval.txt left out: 2008_000003" in decisions(open_data(draw.root))


@pytest.mark.parametrize(("kind", "folder"), [("image", "JPEGImages"), ("mask", "SegmentationClass")])
def test_listed_names_without_a_file_are_counted_and_named(kind: str, folder: str, draw: Drawer) -> None:
    draw_voc(draw)
    lists(draw.root, train=TRAIN, val=VAL)
    for name in TRAIN[:2]:
        next((draw.root / folder).glob(f"{name}.*")).unlink()
    words = (
        rf"^2 of 3 names in \S+train\.txt have no {kind} in {folder}: 2007_000001, 2007_000002\. Add what is missing"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_list_that_is_no_text_is_refused(draw: Drawer) -> None:
    draw_voc(draw)
    lists(draw.root, train=TRAIN)
    (draw.root / "ImageSets" / "Segmentation" / "val.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"val\.txt cannot be read as a list of names \(.*\); a name per line is expe"):
        open_data(draw.root)


def test_what_is_written_is_read_again(draw: Drawer, tmp_path: Path) -> None:
    draw_voc(draw)
    lists(draw.root, train=TRAIN, val=VAL)
    data = open_data(draw.root)
    again = written_and_read(data, "voc", tmp_path / "new")
    assert again.splits["train"][0].image.read_bytes() == data.splits["train"][0].image.read_bytes()
    with Image.open(tmp_path / "new" / "SegmentationClass" / f"{VAL[0]}.png") as mask:
        assert mask.mode == "P"
    assert (tmp_path / "new" / "labelmap.txt").read_text().startswith("background:0,0,0::\naeroplane:")


def test_classes_that_no_labelmap_can_hold_are_written_without_one(draw: Drawer, tmp_path: Path) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", ["a", "b", "c"], (0, 1, 2))
    data = open_data(draw.root, classes=["background", "a:b", "c"])
    written_and_read(data, "voc", tmp_path / "new")
    assert not (tmp_path / "new" / "labelmap.txt").exists()


def test_a_damaged_mask_hides_nothing_else(draw: Drawer) -> None:
    draw_voc(draw)
    broken = draw.root / "SegmentationClass" / f"{TRAIN[0]}.png"
    broken.write_bytes(b"")
    draw.array(f"SegmentationClass/{TRAIN[1]}.png", np.zeros((HEIGHT, WIDTH + 1), np.uint8))
    found = examine(draw.root)
    assert {finding.check for finding in found.findings} >= {"unreadable", "size_of_mask"}
    with pytest.raises(DataError, match=rf"{TRAIN[0]}\.png is empty \(0 bytes\)"):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("twin", "kind"), [("JPEGImages/2007_000001.png", "images"), ("SegmentationClass/2007_000001.tif", "masks")]
)
def test_two_files_that_one_name_stands_for_are_refused(twin: str, kind: str, draw: Drawer) -> None:
    draw_voc(draw)
    draw.image("JPEGImages/unlisted.png", "JPEGImages/unlisted.jpg")  # which no list names
    lists(draw.root, train=TRAIN, val=VAL)
    open_data(draw.root)
    (draw.mask if kind == "masks" else draw.image)(twin)
    with pytest.raises(DataError, match=rf"^Two {kind} in \S+ are called 2007_000001: .* and 2007_000001\.\w+\. Names"):
        open_data(draw.root)
