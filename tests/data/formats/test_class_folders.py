"""A folder of masks per class is recognised where nothing else is, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from pixelwise.data import open_data
from pixelwise.data.formats.class_folders import FORMAT
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer

NAMES = ["a", "b", "c"]


def draw_all(draw: Drawer, *classes: str, names: list[str] = NAMES) -> None:
    """Masks that overlap in their first pixel."""
    for name in names:
        draw.image(f"images/{name}.png")
        for place, kind in enumerate(classes):
            mask = np.zeros((HEIGHT, WIDTH), np.uint8)
            mask[0, : place % WIDTH + 1] = 255
            draw.array(f"masks/{kind}/{name}.png", mask)


def test_names_are_in_the_order_of_their_numbers(draw: Drawer) -> None:
    draw_all(draw, "class10", "class2", "class1")
    data = open_data(draw.root)
    assert (data.format, data.classes.names) == ("class_folders", ("class1", "class2", "class10"))
    assert data.classes.values == (1, 2, 4)


def test_a_mask_may_add_to_the_name_of_the_longest_image_that_fits(draw: Drawer) -> None:
    for kind in ("nucleus", "vessel"):
        for name in ("a", "a_1", "b"):
            draw.image(f"images/{name}.png")
            draw.mask(f"masks/{kind}/{name}_{kind}.png", (255, 0))
    assert open_data(draw.root, multilabel=True).class_pixels["train"] == (94, 94)


def test_a_single_class_is_a_folder_within_a_folder_as_ever(draw: Drawer) -> None:
    draw_all(draw, "nucleus")
    data = open_data(draw.root)
    assert (data.format, data.classes.binary) == ("paired_folders", True)


def test_folders_called_like_splits_are_no_classes(draw: Drawer) -> None:
    for split in ("train", "val"):
        for name in NAMES:
            draw.image(f"images/{split}/{name}.png")
            draw.mask(f"masks/{split}/{name}.png", (0, 255))
    assert FORMAT.find(draw.root) is None
    assert open_data(draw.root).format == "split_folders"


def test_two_kinds_of_the_same_masks_are_no_classes(draw: Drawer) -> None:
    for name in NAMES:
        draw.image(f"images/{name}.png")
        draw.mask(f"masks/ids/{name}.png", range(9))
        draw.mask(f"masks/train_ids/{name}.png", range(5))
    assert FORMAT.find(draw.root) is None


def test_masks_without_an_image_are_refused(draw: Drawer) -> None:
    draw_all(draw, "nucleus", "vessel")
    (draw.root / "images/c.png").unlink()
    with pytest.raises(
        DataError, match=r"2 of 4 masks in masks have no image of the same name in images: c.png, c.png"
    ):
        open_data(draw.root)


def test_two_masks_of_one_class_are_refused(draw: Drawer) -> None:
    draw_all(draw, "nucleus", "vessel")
    draw.mask("masks/vessel/a_old.png", (0, 255))
    with pytest.raises(DataError, match=r"a.png has 2 masks of the class vessel: a.png, a_old.png. Keep one of them"):
        open_data(draw.root)


def test_a_number_has_bits_for_31_classes(draw: Drawer) -> None:
    draw_all(draw, *(f"kind{i}" for i in range(31)))
    data = open_data(draw.root)
    assert data.classes.num_classes == 31
    pair = data.splits["train"][0]
    assert data.classes.encode(pair.read_stored().values)[:, 0, 0].tolist() == [1] * 31
    draw_all(draw, "one_more")
    with pytest.raises(DataError, match=r"masks of 32 classes in files of their own .* up to 31 can be read"):
        open_data(draw.root)


def draw_split(draw: Drawer, split: str, names: list[str]) -> None:
    """Images and masks of two classes in the folder of a split."""
    for name in names:
        draw.image(f"{split}/images/{name}.png")
        for kind in ("nucleus", "vessel"):
            draw.mask(f"{split}/masks/{kind}/{name}.png", (0, 255))


def test_a_second_folder_of_a_split_is_left_out_and_said(draw: Drawer) -> None:
    draw_split(draw, "train", NAMES)
    draw_split(draw, "val", ["v"])
    draw_split(draw, "valid", ["v", "w"])
    draw.image("test/images/t.png")
    data = open_data(draw.root)
    assert data.format == "class_folders"
    assert [pair.name for pair in data.splits["val"]] == ["v", "w"]
    said = {decision.what: decision.why for decision in data.decisions}
    assert said["val is left out"] == "it holds 1 image, and val is taken from valid/images"
    assert said["test is left out"] == "it holds 1 image, but no masks"


def test_two_equal_folders_of_a_split_are_not_chosen_between(draw: Drawer) -> None:
    draw_split(draw, "train", NAMES)
    draw_split(draw, "val", ["v", "w"])
    draw_split(draw, "valid", ["v", "w"])
    words = r"are found in 2 ways: \S+val/images with \S+val/masks, \S+valid/images with \S+valid/masks\. Move all but"
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_images_beside_the_folders_of_splits_are_left_out_and_said(draw: Drawer) -> None:
    draw_all(draw, "nucleus", "vessel")
    draw_split(draw, "train", ["t", "u"])
    draw_split(draw, "val", ["v"])
    data = open_data(draw.root)
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 2, "val": 1}
    said = {decision.what: decision.why for decision in data.decisions}
    assert said["images is left out"] == "it holds 3 images beside the folders of splits"
