"""Binary masks that are wrong, and too little of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.data.checks import Severity
from tests.data.checks.folder import Array, Folder, load, save
from tests.data.checks.planted import Fault, assert_found

RUINS, HARMS, NOTE = Severity.RUINS, Severity.HARMS, Severity.NOTE
Files = Sequence[Path]


def ones_among_two_hundred_and_fifty_fives(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:6], lambda mask: mask // 255)


def colours_among_numbers(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:4], lambda mask: np.dstack([mask, mask // 2, 0 * mask]))


def smoothed_edges(folder: Folder) -> Files:
    def smooth(mask: Array) -> Array:
        small = Image.fromarray(mask).resize((64, 48), Image.Resampling.BILINEAR)
        return np.array(small.resize((128, 96), Image.Resampling.BILINEAR))

    return folder.change(folder.all_masks(), smooth)


def binary_masks_saved_as_jpeg(folder: Folder) -> Files:
    for file in folder.all_masks():
        save(file.with_suffix(".jpg"), load(file)[0], quality=90)
        file.unlink()
    return folder.all_masks()


def numbered_objects(folder: Folder) -> Files:
    for number, file in enumerate(folder.all_masks()):
        objects = np.zeros((96, 128), np.uint8)
        for count in range(6 + number % 9):
            objects[20:40, 8 * count + 2 : 8 * count + 8] = count + 1
        save(file, objects)
    return []


def most_masks_empty(folder: Folder) -> Files:
    return folder.change(folder.all_masks()[:14], np.zeros_like)


def one_mask_empty(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:4], np.zeros_like)


def object_everywhere(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:4], lambda mask: np.full_like(mask, 255))


def objects_of_a_few_pixels(folder: Folder) -> Files:
    return folder.change(folder.all_masks(), lambda mask: _dots(mask.shape, 2))


def hardly_any_object(folder: Folder) -> Files:
    return list(folder.change(folder.all_masks(), lambda mask: _dots(mask.shape, 4)))[:0]


def _dots(shape: tuple[int, ...], side: int) -> Array:
    mask = np.zeros(shape, np.uint8)
    mask[40 : 40 + side, 60 : 60 + side] = 255
    return mask


def all_masks_inverted(folder: Folder) -> Files:
    return folder.change(folder.all_masks(), lambda mask: 255 - mask)


def two_masks_inverted(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:5], lambda mask: 255 - mask)


def wires_in_large_images(folder: Folder) -> Files:
    random = np.random.default_rng(0)
    for image, mask in zip(folder.all_images(), folder.all_masks(), strict=True):
        wires = np.zeros((64, 2200), np.uint8)
        wires[[20, 40]] = 255
        save(image, random.integers(0, 255, (64, 2200), dtype=np.uint8))
        save(mask, wires)
    return folder.all_masks()


def four_images_to_train_on(folder: Folder) -> Files:
    for file in [*folder.images()[4:], *folder.masks()[4:]]:
        file.unlink()
    return folder.images()


def one_image_to_validate_on(folder: Folder) -> Files:
    for file in [*folder.images("val")[1:], *folder.masks("val")[1:]]:
        file.unlink()
    return folder.images("val")


def folders_of_images_and_masks_swapped(folder: Folder) -> Files:
    for split in ("train", "val"):
        root = folder.root / split
        (root / "images").rename(root / "other")
        (root / "masks").rename(root / "images")
        (root / "other").rename(root / "masks")
    return []


CELLS = [
    Fault(
        ones_among_two_hundred_and_fifty_fives, "mixed_encodings", HARMS, "0 and 1 (3), 0 and 255 (21)", "`--binary`"
    ),
    Fault(colours_among_numbers, "mixed_encodings", RUINS, "1 of 24 masks hold colours", "Save all masks in one way"),
    Fault(smoothed_edges, "smoothed_masks", NOTE, "All 24 masks have smoothed edges", "nearest neighbour only"),
    Fault(binary_masks_saved_as_jpeg, "jpeg_masks", HARMS, "All 24 masks are JPEG files", "before they became JPEG"),
    Fault(numbered_objects, "folder", RUINS, "each object is numbered", "--binary"),
    Fault(most_masks_empty, "one_value", HARMS, "14 of 24 masks are empty", "never labelled"),
    Fault(one_mask_empty, "one_value", NOTE, "1 of 24 masks is empty", "never labelled"),
    Fault(object_everywhere, "one_value", HARMS, "1 of 24 masks is filled by a single class", "wrong setting"),
    Fault(objects_of_a_few_pixels, "thin_classes", HARMS, "object (4 pixels per mask)", "slips of the tool"),
    Fault(hardly_any_object, "imbalance", HARMS, "of the labelled pixels of train are background", "cut tiles"),
    Fault(all_masks_inverted, "inverted_masks", HARMS, "In 24 of 24 masks object covers the whole rim", "invert them"),
    Fault(two_masks_inverted, "inverted_masks", HARMS, "In 2 of 24 masks object covers the whole rim", "invert them"),
    Fault(wires_in_large_images, "thin_classes", HARMS, "object (1 pixels wide)", "into tiles"),
    Fault(four_images_to_train_on, "few_images", HARMS, "There are only 4 images to train on", "Label more images"),
    Fault(one_image_to_validate_on, "few_images", HARMS, "There is only 1 image to validate on", "--validation 0.3"),
    Fault(folders_of_images_and_masks_swapped, "swapped_folders", RUINS, "seem to be swapped", "Rename"),
]


@pytest.mark.parametrize("fault", CELLS, ids=lambda fault: fault.name)
def test_a_wrong_binary_mask_is_found(fault: Fault, cells: Folder) -> None:
    assert_found(fault, cells)
