"""Every layout on disk is found, and no layout is guessed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pixelwise.data import open_data, open_for_evaluation
from pixelwise.data.doctor import examine
from pixelwise.data.formats import FORMATS
from pixelwise.errors import DataError
from tests.data.drawing import Drawer

NAMES = ["a", "b", "c", "d"]

CASES = [
    ("camvid", "train/{}.png", "trainannot/{}.png", "val/{}.png", "valannot/{}.png"),
    ("split_folders", "train/images/{}.jpg", "train/masks/{}.png", "val/images/{}.jpg", "val/masks/{}.png"),
    ("split_folders", "images/train/{}.jpg", "labels/train/{}.png", "images/val/{}.jpg", "labels/val/{}.png"),
    ("split_folders", "Training/Img/{}.jpg", "Training/GT/{}.png", "Valid/Img/{}.jpg", "Valid/GT/{}.png"),
    ("split_folders", "train/{}.jpg", "train_labels/{}_L.png", "val/{}.jpg", "val_labels/{}_L.png"),
    ("split_folders", "train_images/{}.jpg", "train_masks/{}.png", "val_images/{}.jpg", "val_masks/{}.png"),
    ("split_folders", "train/{}.jpg", "train/{}_mask.png", "validation/{}.jpg", "validation/{}_mask.png"),
    ("paired_folders", "images/{}.jpg", "masks/{}.png", "", ""),
    ("paired_folders", "Input/{}.jpg", "Targets/{}_mask.png", "", ""),
    ("flat_folder", "{}.jpg", "{}_mask.png", "", ""),
    ("flat_folder", "{}.png", "{}_L.png", "", ""),
    ("flat_folder", "{}.jpg", "{}.png", "", ""),
    ("sibling_folders", "CamVid_RGB/{}.png", "GTofCamVid/{}_L.png", "", ""),
]


def draw_case(draw: Drawer, case: tuple[str, str, str, str, str]) -> None:
    _, images, masks, val_images, val_masks = case
    draw.pairs(images, masks, NAMES)
    if val_images:
        draw.pairs(val_images, val_masks, ["v"])
    if case[0] == "sibling_folders":  # a photograph has many values, a mask few
        for name in NAMES:
            draw.photograph(images.format(name))


def test_every_format_has_a_case_or_tests_of_its_own() -> None:
    own = {path.stem.removeprefix("test_") for path in (Path(__file__).parent / "formats").glob("test_*.py")}
    assert set(FORMATS.names()) - own == {case[0] for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES])
def test_a_layout_is_found_with_nothing_else_said(case: tuple[str, str, str, str, str], draw: Drawer) -> None:
    draw_case(draw, case)
    data = open_data(draw.root)
    assert data.format == case[0]
    assert sum(map(len, data.splits.values())) == len(NAMES) + bool(case[3])
    assert list(data.splits) == ["train", "val"]
    if case[3]:
        assert [pair.name for pair in data.splits["val"]] == ["v"]
    for pair in data.splits["train"]:
        assert pair.image == draw.root / case[1].format(pair.name)
        assert pair.target == draw.root / case[2].format(pair.name)


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES])
def test_evaluation_takes_splits_as_they_lie_and_all_images_without_splits(
    case: tuple[str, str, str, str, str], draw: Drawer
) -> None:
    draw_case(draw, case)
    data = open_for_evaluation(draw.root, open_data(draw.root).classes)
    expected = {"train": 4, "val": 1} if case[3] else {"all": 4}
    assert {split: len(pairs) for split, pairs in data.splits.items()} == expected


def test_the_folder_of_one_split_finds_its_masks_beside_it(draw: Drawer) -> None:
    draw.pairs("train/{}.png", "trainannot/{}.png", NAMES)
    draw.pairs("test/{}.png", "testannot/{}.png", ["t", "u"])
    classes = open_data(draw.root).classes
    data = open_for_evaluation(draw.root / "test", classes)
    assert list(data.splits) == ["test"]
    assert data.splits["test"][0].target == draw.root / "testannot" / "t.png"


def test_a_folder_that_is_called_like_a_split_is_that_split(draw: Drawer) -> None:
    draw.pairs("test/images/{}.png", "test/masks/{}.png", NAMES)
    classes = open_data(draw.root / "test").classes
    assert list(open_for_evaluation(draw.root / "test", classes).splits) == ["test"]


def test_data_in_the_only_folder_of_a_folder_are_found_and_said(draw: Drawer) -> None:
    draw.pairs("unpacked/images/{}.jpg", "unpacked/masks/{}.png", NAMES)
    data = open_data(draw.root)
    assert data.root == draw.root / "unpacked"
    assert data.decisions[0].what == f"The data are taken from {draw.root / 'unpacked'}"


def test_chains_of_single_folders_are_followed(draw: Drawer) -> None:
    draw.pairs("nested/data/v1/set/images/{}.jpg", "nested/data/v1/set/masks/{}.png", NAMES)
    assert open_data(draw.root).root == draw.root / "nested" / "data" / "v1" / "set"


@pytest.mark.parametrize(
    ("images", "masks", "said"),
    [
        ("images/jpg/{}.png", "masks/{}.png", ["images/jpg is read as images"]),
        ("images/sub/{}.png", "masks/sub/{}.png", ["images/sub is read as images", "masks/sub is read as masks"]),
        ("images/{}.png", "masks/png/8/{}.png", ["masks/png/8 is read as masks"]),
        ("images/images/{}.png", "masks/masks/{}.png", ["images/images is read as images", "masks/masks is read as m"]),
        ("train/images/rgb/{}.png", "train/masks/{}.png", ["train/images/rgb is read as train/images"]),
        ("train/rgb/{}.png", "trainannot/{}.png", ["train/rgb is read as train"]),
    ],
)
def test_the_only_folder_in_a_folder_of_images_or_masks_is_taken_and_said(
    images: str, masks: str, said: list[str], draw: Drawer
) -> None:
    draw.pairs(images, masks, NAMES)
    data = open_data(draw.root)
    pair = data.splits["train"][0]
    assert pair.image == draw.root / images.format(pair.name)
    assert pair.target == draw.root / masks.format(pair.name)
    assert [decision.what.startswith(words) for decision, words in zip(data.decisions, said, strict=False)] == [
        True for _ in said
    ]
    assert data.decisions[0].why == "the only folder in it"


def test_masks_in_a_folder_within_the_images_are_not_taken_for_images(draw: Drawer) -> None:
    draw.pairs("images/masks/{}.png", "masks/{}.png", NAMES)
    with pytest.raises(DataError, match=r"were found in \S+: images holds no image files\.$"):
        open_data(draw.root)


def test_hidden_files_do_not_count(draw: Drawer) -> None:
    draw.pairs("images/{}.jpg", "masks/{}.png", NAMES)
    for name in ("images/._a.jpg", "masks/Thumbs.db"):
        (draw.root / name).write_bytes(b"x")
    assert len(open_data(draw.root).splits["train"]) == 3


def test_two_folders_of_masks_are_not_chosen_between(draw: Drawer) -> None:
    draw.pairs("images/{}.jpg", "masks/{}.png", NAMES)
    draw.pairs("images/{}.jpg", "labels/{}.png", NAMES)
    with pytest.raises(DataError, match=r"holds 2 folders that could be the masks of images: labels, masks\. Move all"):
        open_data(draw.root)


def test_a_folder_of_labels_that_are_no_images_does_not_disturb(draw: Drawer) -> None:
    draw.pairs("images/{}.jpg", "masks/{}.png", NAMES)
    (draw.root / "labels").mkdir()
    (draw.root / "labels" / "a.txt").write_text("0 0.5 0.5 1 1")
    assert open_data(draw.root).splits["val"][0].target in {draw.root / "masks" / f"{name}.png" for name in NAMES}


def test_two_layouts_are_not_chosen_between(draw: Drawer) -> None:
    draw.pairs("images/{}.jpg", "masks/{}.png", NAMES)
    draw.pairs("train/{}.jpg", "trainannot/{}.png", NAMES)
    with pytest.raises(DataError, match=r"can be read in 2 ways: .*train with trainannot .* and .*images with masks"):
        open_data(draw.root)


def test_a_split_without_masks_is_left_out_and_said(draw: Drawer) -> None:
    draw.pairs("train/{}.png", "trainannot/{}.png", NAMES)
    draw.image("test/t.png", "test/u.png")
    data = open_data(draw.root)
    assert "test" not in data.splits
    assert data.decisions[0].what == "test is left out"
    assert data.decisions[0].why == "it holds 2 images, but no masks (testannot is missing or empty)"


def test_a_second_folder_of_a_split_is_left_out_and_said(draw: Drawer) -> None:
    draw.pairs("train/images/{}.png", "train/masks/{}.png", NAMES)
    draw.pairs("val/images/{}.png", "val/masks/{}.png", ["v"])
    draw.pairs("valid/images/{}.png", "valid/masks/{}.png", ["v", "w"])
    data = open_data(draw.root)
    assert [pair.name for pair in data.splits["val"]] == ["v", "w"]
    said = {decision.what: decision.why for decision in data.decisions}
    assert said["val is left out"] == "it holds 1 image, and val is taken from valid/images"


@pytest.mark.parametrize(
    ("images", "masks", "taken"),
    [
        ("{split}/{{}}.png", "{split}annot/{{}}.png", "valid"),
        ("{split}_images/{{}}.png", "{split}_masks/{{}}.png", "valid_images"),
    ],
)
def test_a_second_folder_of_a_split_is_said_however_splits_are_called(
    images: str, masks: str, taken: str, draw: Drawer
) -> None:
    for split, names in (("train", NAMES), ("val", ["v"]), ("valid", ["v", "w"])):
        draw.pairs(images.format(split=split), masks.format(split=split), names)
    data = open_data(draw.root)
    assert [pair.name for pair in data.splits["val"]] == ["v", "w"]
    said = {decision.what: decision.why for decision in data.decisions}
    lost = taken.replace("valid", "val")
    assert said[f"{lost} is left out"] == f"it holds 1 image, and val is taken from {taken}"


def test_two_equal_folders_of_a_split_are_not_chosen_between(draw: Drawer) -> None:
    draw.pairs("train/{}.png", "trainannot/{}.png", NAMES)
    for split in ("val", "validation"):
        draw.pairs(f"{split}/{{}}.png", f"{split}annot/{{}}.png", ["v"])
    words = (
        r"are found in 2 ways: \S+/val with \S+/valannot, \S+/validation with \S+/validationannot\. Move all but one"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_images_of_a_split_in_a_folder_of_another_name_that_have_no_masks_are_said(draw: Drawer) -> None:
    draw.pairs("train_images/{}.png", "train_masks/{}.png", NAMES)
    draw.image("test_images/t.png", "test_images/u.png")
    said = {decision.what: decision.why for decision in open_data(draw.root).decisions}
    assert said["test_images is left out"] == "it holds 2 images, but no masks"


def test_photographs_alone_are_no_data(draw: Drawer) -> None:
    draw.image("a.png", "b.png", "more/c.png")
    with pytest.raises(
        DataError, match=r"No images with masks were found in .*2 image files \(a\.png, b\.png\) and the"
    ):
        open_data(draw.root)


def test_folders_of_splits_are_not_taken_for_images_and_masks(draw: Drawer) -> None:
    draw.image("train/a.png", "val/a.png")
    with pytest.raises(DataError, match="No images with masks were found"):
        open_data(draw.root)


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"it holds no image files and no folders\. Looked for: train/ with trainannot/"
    ):
        open_data(tmp_path)


def test_a_path_that_is_no_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^There is no folder .*nowhere\.$"):
        open_data(tmp_path / "nowhere")
    (tmp_path / "file.zip").write_bytes(b"")
    with pytest.raises(DataError, match=r"file\.zip is a file; the folder that holds images and masks is expected\.$"):
        open_data(tmp_path / "file.zip")


def test_names_that_never_match_are_shown(draw: Drawer) -> None:
    draw.image("images/a.jpg", "images/b.jpg")
    draw.mask("masks/m1.png")
    with pytest.raises(
        DataError, match=r"No image in .*images has a mask of the same name in .*masks: a\.jpg, b\.jpg ag"
    ):
        open_data(draw.root)


def test_images_without_a_mask_are_refused(draw: Drawer) -> None:
    draw.pairs("images/{}.jpg", "masks/{}.png", NAMES)
    draw.image("images/x.jpg", "images/y.jpg", "images/z.jpg", "images/zz.jpg")
    words = r"4 of 8 images in images have no mask of the same name in masks: x\.jpg, y\.jpg, z\.jpg, … Add what"
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_single_file_without_its_partner_is_refused(draw: Drawer) -> None:
    draw.pairs("{}.jpg", "{}_mask.png", [f"n{i}x" for i in range(20)])
    draw.image("alone.jpg")
    words = (
        rf"^1 of 21 images in {draw.root} has no mask of the same name in {draw.root}: alone\.jpg\. Add what is miss"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_an_image_and_a_mask_of_different_names_are_both_named(draw: Drawer) -> None:
    draw.pairs("images/{}.jpg", "masks/{}.png", NAMES)
    draw.image("images/x.jpg")
    draw.mask("masks/xx.png")
    words = (
        r"1 of 5 images in images has no mask of the same name in masks: x\.jpg\. "
        r"1 of 5 masks in masks has no image of the same name in images: xx\.png\. Add what is missing, or move"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, file systems take no such names")
def test_names_that_are_no_text_are_refused_and_shown_all_the_same(draw: Drawer) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", ["a", "b", "stra\udcdfe"])
    with pytest.raises(DataError, match=r"2 files in \S+ are no text in UTF-8: images/stra\\udcdf\w+\.png, ") as error:
        open_data(draw.root)
    assert str(error.value).encode()  # it can be printed, and kept
    assert "no text in UTF-8" in examine(draw.root).findings[0].what
