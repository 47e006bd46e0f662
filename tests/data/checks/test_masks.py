"""Masks whose values, classes or pixels are wrong."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import numpy as np
import pytest
from PIL import Image

from pixelwise.data.checks import Severity
from pixelwise.data.doctor import Wanted, examine
from tests.data.checks.folder import Array, Folder, load, save
from tests.data.checks.planted import Fault, assert_found

RUINS, HARMS, NOTE = Severity.RUINS, Severity.HARMS, Severity.NOTE
Files = Sequence[Path]


def painted(folder: Folder, files: Files, value: int, place: tuple[slice, slice]) -> Files:
    def paint(mask: Array) -> Array:
        mask = mask.copy()
        mask[place] = value
        return mask

    return folder.change(list(files), paint)


def replaced(folder: Folder, files: Files, old: int, new: int) -> list[Path]:
    """Exchange a value, and give the files that held it."""
    holding = [file for file in files if (load(file)[0] == old).any()]
    return folder.change(holding, lambda mask: np.where(mask == old, np.uint8(new), mask))


CORNER = (slice(0, 2), slice(0, 3))
BLOCK = (slice(40, 60), slice(40, 60))


# Values


def value_outside_the_names(folder: Folder) -> Files:
    return painted(folder, folder.masks()[3:4], 99, CORNER)


def masks_numbered_from_one(folder: Folder) -> Files:
    names = (folder.root / "classes.txt").read_text().split()
    largest = max(int(load(file)[0].max()) for file in folder.all_masks())
    (folder.root / "classes.txt").write_text("\n".join(names[: largest + 1]))
    folder.change(folder.all_masks(), lambda mask: mask + np.uint8(1))
    return [file for file in folder.all_masks() if (load(file)[0] == largest + 1).any()]


def masks_resized_smoothly(folder: Folder) -> Files:
    def smooth(mask: Array) -> Array:
        small = Image.fromarray(mask * np.uint8(9)).resize((64, 48), Image.Resampling.BILINEAR)
        return np.array(small.resize((128, 96), Image.Resampling.BILINEAR))

    for file in folder.all_masks():
        save(file, smooth(load(file)[0]))
    return folder.masks()[:1]


def slip_of_the_brush(folder: Folder) -> Files:
    folder.without_names()
    return painted(folder, folder.masks()[3:4], 77, (slice(0, 1), slice(0, 2)))


def two_masks_of_black_and_white(folder: Folder) -> Files:
    files = folder.masks()[3:5]
    for file in files:
        array, _ = load(file)
        white = np.zeros_like(array)
        white[len(white) // 3 :] = 255
        save(file, white)
    return files


def masks_with_own_palettes(folder: Folder) -> Files:
    files = folder.masks()[3:5]
    for file in files:
        array, palette = load(file)
        assert palette is not None
        save(file, array, palette[::-1])
    return files


def masks_saved_as_jpeg(folder: Folder) -> Files:
    for file in folder.all_masks():
        save(file.with_suffix(".jpg"), load(file)[0] * np.uint8(20), quality=80)
        file.unlink()
    return folder.all_masks()


def masks_that_are_images(folder: Folder) -> Files:
    for image, mask in zip(folder.images()[:3], folder.masks(), strict=False):
        save(mask, load(image)[0])
    return folder.masks()[:3]


def all_masks_are_images(folder: Folder) -> Files:
    for image, mask in zip(folder.all_images(), folder.all_masks(), strict=True):
        save(mask, load(image)[0])
    return folder.all_masks()


def more_names_than_classes(folder: Folder) -> Files:
    with (folder.root / "classes.txt").open("a") as file:
        file.write("unicorn\ndragon\n")
    return []


def all_masks_of_one_value(folder: Folder) -> Files:
    return folder.change(folder.all_masks(), lambda mask: np.full_like(mask, 2))


def each_mask_of_one_value(folder: Folder) -> Files:
    for number, file in enumerate(folder.all_masks()):
        folder.change([file], lambda mask, number=number: np.full_like(mask, number % 3))  # type: ignore[misc]
    return folder.all_masks()


def one_mask_of_one_value(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:4], lambda mask: np.full_like(mask, 2))


def masks_that_nobody_labelled(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:5], lambda mask: np.full_like(mask, 255))


def hardly_any_pixels_labelled(folder: Folder) -> Files:
    def scribble(mask: Array) -> Array:
        sparse = np.full_like(mask, 255)
        sparse[::8] = mask[::8]
        return sparse

    return folder.change(folder.all_masks(), scribble)


def class_in_val_only(folder: Folder) -> Files:
    names = (folder.root / "classes.txt").read_text().split()
    (folder.root / "classes.txt").write_text("\n".join([*names, "unicorn"]))
    return list(painted(folder, folder.masks("val")[:1], len(names), BLOCK))[:0]


def class_in_train_only(folder: Folder) -> Files:
    names = (folder.root / "classes.txt").read_text().split()
    (folder.root / "classes.txt").write_text("\n".join([*names, "unicorn"]))
    return list(painted(folder, folder.masks()[:3], len(names), BLOCK))[:0]


def class_in_one_image(folder: Folder) -> Files:
    names = (folder.root / "classes.txt").read_text().split()
    (folder.root / "classes.txt").write_text("\n".join([*names, "unicorn"]))
    return painted(folder, [folder.masks()[3], folder.masks("val")[2]], len(names), BLOCK)[:1]


def class_in_one_image_of_val(folder: Folder) -> Files:
    names = (folder.root / "classes.txt").read_text().split()
    (folder.root / "classes.txt").write_text("\n".join([*names, "unicorn"]))
    return painted(folder, [*folder.masks()[3:8], folder.masks("val")[2]], len(names), BLOCK)[-1:]


def class_in_two_images(folder: Folder) -> Files:
    names = (folder.root / "classes.txt").read_text().split()
    (folder.root / "classes.txt").write_text("\n".join([*names, "unicorn"]))
    return painted(folder, [*folder.masks()[3:5], folder.masks("val")[2]], len(names), BLOCK)[:2]


def class_of_hardly_any_pixels(folder: Folder) -> Files:
    names = (folder.root / "classes.txt").read_text().split()
    (folder.root / "classes.txt").write_text("\n".join([*names, "unicorn"]))
    return painted(folder, [*folder.masks()[3:6], folder.masks("val")[2]], len(names), (slice(0, 3), slice(0, 4)))


def mask_of_another_image_copied(folder: Folder) -> Files:
    source, other = folder.masks()[3], folder.masks()[9]
    other.write_bytes(source.read_bytes())
    return [source, other]


def last_mask_written_again(folder: Folder) -> Files:
    for file in folder.masks()[10:]:
        file.write_bytes(folder.masks()[-1].read_bytes())
    return folder.masks()[10:]


# Masks of other images, and masks that are moved


def two_masks_exchanged(folder: Folder) -> Files:
    first, second = folder.masks()[3], folder.masks()[9]
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    return [first, second]


def masks_off_by_one(folder: Folder) -> Files:
    files = folder.masks()
    contents = [file.read_bytes() for file in files]
    for file, content in zip(files, [contents[-1], *contents], strict=False):
        file.write_bytes(content)
    return files


def masks_shifted_to_the_right(folder: Folder) -> Files:
    return folder.change(folder.all_masks(), lambda mask: np.pad(mask, ((0, 0), (5, 0)), "edge")[:, :-5])


def masks_shifted_down_and_left(folder: Folder) -> Files:
    return folder.change(folder.all_masks(), lambda mask: np.pad(mask, ((4, 0), (0, 3)), "edge")[:-4, 3:])


def masks_mirrored(folder: Folder) -> Files:
    return folder.change(folder.all_masks(), lambda mask: mask[:, ::-1])


def masks_upside_down(folder: Folder) -> Files:
    return folder.change(folder.all_masks(), lambda mask: mask[::-1])


def photographs_turned_upside_down_by_the_camera(folder: Folder) -> Files:
    exif = Image.Exif()
    exif[0x0112] = 3
    for file in folder.images():
        save(file.with_suffix(".jpg"), load(file)[0][::-1, ::-1], exif=exif, quality=90)
        file.unlink()
    return folder.change(folder.masks(), lambda mask: mask[::-1, ::-1])


STREETS = [
    Fault(value_outside_the_names, "foreign_values", RUINS, "1 of 24 masks holds values", "`--ignore 99`"),
    Fault(masks_numbered_from_one, "foreign_values", RUINS, "hold", "number the classes from 1"),
    Fault(masks_resized_smoothly, "foreign_values", RUINS, "All 24 masks hold values", "Add the missing names"),
    Fault(slip_of_the_brush, "stray_values", HARMS, "The value 77 is held by 2 pixels of 1 of 24", "`--ignore 77`"),
    Fault(
        two_masks_of_black_and_white, "black_and_white", HARMS, "2 of 24 masks hold 0 and 255 only", "do not ignore 255"
    ),
    Fault(masks_with_own_palettes, "palettes", HARMS, "2 of 24 masks have another palette", "one palette"),
    Fault(masks_saved_as_jpeg, "jpeg_masks", RUINS, "All 24 masks are JPEG files", "before they became JPEG"),
    Fault(masks_that_are_images, "copied_images", RUINS, "3 of 24 masks show the picture", "Put the masks in their"),
    Fault(all_masks_are_images, "copied_images", RUINS, "All 24 masks show the picture", "Put the masks in their"),
    Fault(more_names_than_classes, "absent_classes", NOTE, "2 of", "at the end of the list"),
    Fault(all_masks_of_one_value, "one_value", RUINS, "All 24 masks hold the value 2 only", "the right folder"),
    Fault(each_mask_of_one_value, "one_value", RUINS, "All 24 masks hold one value each", "the right folder"),
    Fault(one_mask_of_one_value, "one_value", NOTE, "1 of 24 masks is filled by a single class", "unfinished"),
    Fault(masks_that_nobody_labelled, "unlabelled", HARMS, "2 of 24 masks are ignored to at least 95 %", "Label them"),
    Fault(hardly_any_pixels_labelled, "unlabelled", HARMS, "88 % of all pixels are ignored", "`--ignore none`"),
    Fault(class_in_val_only, "absent_classes", HARMS, "in val but in no mask of train: unicorn", "into train"),
    Fault(class_in_train_only, "absent_classes", NOTE, "in train but in no mask of val: unicorn", "into val"),
    Fault(
        class_in_one_image, "few_images", HARMS, "train only: unicorn (1 of train and 1 of val)", "Label more images"
    ),
    Fault(class_in_two_images, "few_images", HARMS, "unicorn (2 of train and 1 of val)", "Label more images"),
    Fault(class_in_one_image_of_val, "few_images", NOTE, "in one image of val only: unicorn", "Hold out more"),
    Fault(class_of_hardly_any_pixels, "imbalance", HARMS, "unicorn", "Add images that show them"),
    Fault(mask_of_another_image_copied, "same_masks", HARMS, "2 images share 1 mask", "a file was copied"),
    Fault(last_mask_written_again, "same_masks", HARMS, "8 images share 1 mask", "wrote the last mask again"),
    Fault(two_masks_exchanged, "foreign_masks", HARMS, "2 masks do not follow the edges", "exchange them"),
    Fault(masks_off_by_one, "foreign_masks", HARMS, "off by one", "Rename the masks"),
    Fault(masks_shifted_to_the_right, "shifted_masks", HARMS, "about 5 pixels to the right:", "move all masks back"),
    Fault(masks_shifted_down_and_left, "shifted_masks", HARMS, "4 pixels down and 3 pixels to the left", "move all"),
    Fault(masks_mirrored, "mirrored_masks", HARMS, "mirrored left to right", "turn all of these masks back"),
    Fault(masks_upside_down, "mirrored_masks", HARMS, "upside down", "turn all of these masks back"),
    Fault(
        photographs_turned_upside_down_by_the_camera, "mirrored_masks", HARMS, "(EXIF) seem to be turned by 180°", ""
    ),
]


@pytest.mark.parametrize("fault", STREETS, ids=lambda fault: fault.name)
def test_a_wrong_mask_is_found(fault: Fault, streets: Folder) -> None:
    assert_found(fault, streets)


def one_class_more(folder: Folder, masks: Files) -> None:
    names = (folder.root / "classes.txt").read_text().split()
    (folder.root / "classes.txt").write_text("\n".join([*names, "unicorn"]))
    painted(folder, masks, len(names), BLOCK)


def cure_of(folder: Folder, check: str, words: str, **wanted: Unpack[Wanted]) -> str:
    """The cure of the finding of a check that says some words."""
    found = examine(folder.root, quick=True, **wanted).findings
    return next(finding.cure for finding in found if finding.check == check and words in finding.what)


def test_a_class_that_one_image_shows_is_not_to_be_moved(streets: Folder) -> None:
    one_class_more(streets, streets.masks()[:1])
    words = "in train but in no mask of val: unicorn."
    assert cure_of(streets, "absent_classes", words) == "Label more images that show it, and put some into val."


def test_nothing_is_to_be_moved_into_a_val_that_pixelwise_has_held_out(streets: Folder) -> None:
    one_class_more(streets, streets.masks()[:1])
    drawn = cure_of(streets, "absent_classes", "in train but in no mask of val", validation=0.2)
    assert drawn.startswith("Label more images that show ")
    assert drawn.endswith(": a class that 3 images show is trained on and scored.")
    beginning = streets.images()[0].stem
    for validation in (beginning, beginning[:-1]):
        cure = cure_of(streets, "absent_classes", "in val but in no mask of train", validation=validation)
        assert cure.startswith("Hold out others, whose names begin otherwise (`--validation`), or label more images")


def test_a_share_is_named_only_if_it_holds_out_more(cells: Folder) -> None:
    def cure(**wanted: Unpack[Wanted]) -> str:
        return cure_of(cells, "few_images", "to validate on", **wanted)

    assert "(`--validation 0.3`, in Python validation=0.3)" in cure(validation=0.1)
    assert "by a beginning that more names have (`--validation`)" in cure(validation=cells.images()[0].stem)
    for file in (*cells.images()[3:], *cells.masks()[3:]):
        file.unlink()
    shutil.rmtree(cells.root / "val")
    assert cure() == "Label more images."


def test_classes_that_are_numbered_from_one_are_shown_as_they_would_be_with_the_cure(streets: Folder) -> None:
    before = examine(streets.root, quick=True).survey.usable
    masks_numbered_from_one(streets)
    survey = examine(streets.root, quick=True).survey
    assert survey.dataset is None
    assert before is not None
    assert survey.usable is not None
    names = survey.usable.classes.names
    assert survey.usable.classes.values == tuple(range(1, len(names) + 1))
    assert names == before.classes.names[: len(names)]
    assert survey.usable.class_pixels["train"] == before.class_pixels["train"][: len(names)]
    file = streets.root / "classes.txt"
    file.write_text(f"unlabelled\n{file.read_text()}")
    assert examine(streets.root, quick=True).dataset.class_pixels == survey.usable.class_pixels


def test_a_class_in_one_image_of_val_is_told_where_few_are_trained_on(streets: Folder) -> None:
    class_in_one_image(streets)
    for file in (*streets.images()[10:], *streets.masks()[10:], streets.images("val")[5], streets.masks("val")[5]):
        file.unlink()
    told = [finding for finding in examine(streets.root, quick=True).findings if finding.check == "few_images"]
    assert [finding.severity for finding in told] == [NOTE]
    assert "in one image of val only: unicorn" in told[0].what
