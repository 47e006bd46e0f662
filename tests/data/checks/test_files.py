"""Files that cannot be read, that lack a partner, or whose size or name is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.hostile_images import png
from pixelwise.data.checks import Severity
from pixelwise.data.doctor import examine
from pixelwise.data.overview import overview
from tests.data.checks.folder import Folder, load, resized, save
from tests.data.checks.planted import Fault, assert_found

RUINS, HARMS, NOTE = Severity.RUINS, Severity.HARMS, Severity.NOTE
Files = Sequence[Path]


def cut(file: Path, share: float = 0.5) -> Path:
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    return file


def written(file: Path, content: bytes) -> Files:
    file.write_bytes(content)
    return [file]


def renamed(file: Path, name: str) -> Path:
    return file.rename(file.with_name(name))


def as_jpeg(folder: Folder, place: int, **options: Any) -> Path:
    file = folder.images()[place]
    array = load(file)[0]
    file.unlink()
    save(file.with_suffix(".jpg"), array, quality=90, **options)
    return file.with_suffix(".jpg")


# Files that cannot be read


def image_cut_short(folder: Folder) -> Files:
    return [cut(folder.images()[3])]


def jpeg_cut_short(folder: Folder) -> Files:
    return [cut(as_jpeg(folder, 3))]


def mask_cut_short(folder: Folder) -> Files:
    return [cut(folder.masks()[3])]


def image_and_mask_cut_short(folder: Folder) -> Files:
    return [cut(folder.images()[3]), cut(folder.masks()[3])]


def broken_in_the_middle(folder: Folder) -> Files:
    file = folder.images()[3]
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = bytes(400)
    return written(file, bytes(content))


def empty_image(folder: Folder) -> Files:
    return written(folder.images()[3], b"")


def empty_mask(folder: Folder) -> Files:
    return written(folder.masks("val")[0], b"")


def page_called_jpg(folder: Folder) -> Files:
    folder.images()[3].unlink()
    return written(folder.images()[0].with_name("scene_00003.jpg"), b"<!DOCTYPE html><html><body>404</body></html>")


def page_as_mask(folder: Folder) -> Files:
    return written(folder.masks()[3], b"\n<html>Sign in to continue</html>")


def pointer_of_git_lfs(folder: Folder) -> Files:
    return written(folder.images()[3], b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n")


def json_as_mask(folder: Folder) -> Files:
    return written(folder.masks()[3], b'{"shapes": []}')


def unknown_kind(folder: Folder) -> Files:
    return written(folder.images()[3], bytes(range(256)) * 4)


def mask_of_deep_colours(folder: Folder) -> Files:
    rows = b"".join(b"\0" + bytes(6 * 32) for _ in range(24))
    return written(folder.masks()[3], png(32, 24, 16, 2, rows))


def deep_grey_with_transparency(folder: Folder) -> Files:
    rows = b"".join(b"\0" + bytes(4 * 32) for _ in range(24))
    return written(folder.images()[3], png(32, 24, 16, 4, rows))


def mask_of_fractions(folder: Folder) -> Files:
    mask = folder.masks()[3]
    array = load(mask)[0]
    mask.unlink()
    save(mask.with_suffix(".tif"), array.astype(np.float32) / 255)
    return [mask.with_suffix(".tif")]


def image_of_several_pages(folder: Folder) -> Files:
    file = folder.images()[3]
    picture = Image.fromarray(load(file)[0])
    file.unlink()
    picture.save(file.with_suffix(".tif"), save_all=True, append_images=[picture])
    return [file.with_suffix(".tif")]


def one_image_of_sixteen_bits(folder: Folder) -> Files:
    return folder.change(folder.images()[3:4], lambda image: image[..., 0].astype(np.uint16) * 257)


UNREADABLE = [
    Fault(image_cut_short, "unreadable", RUINS, "1 of 48 files is damaged or cut short", "Copy or download them again"),
    Fault(jpeg_cut_short, "unreadable", RUINS, "1 of 48 files is damaged or cut short", "Copy or download them again"),
    Fault(mask_cut_short, "unreadable", RUINS, "1 of 48 files is damaged or cut short", "take these files out"),
    Fault(image_and_mask_cut_short, "unreadable", RUINS, "2 of 48 files are damaged", "Copy or download them again"),
    Fault(empty_image, "unreadable", RUINS, "1 of 48 files is empty (0 bytes)", "Fetch or export them again"),
    Fault(empty_mask, "unreadable", RUINS, "1 of 48 files is empty (0 bytes)", "Fetch or export them again"),
    Fault(page_called_jpg, "unreadable", RUINS, "is a web page under the name of an image", "Download them again"),
    Fault(page_as_mask, "unreadable", RUINS, "is a web page under the name of an image", "Download them again"),
    Fault(pointer_of_git_lfs, "unreadable", RUINS, "is a pointer of Git LFS", "`git lfs pull`"),
    Fault(json_as_mask, "unreadable", RUINS, "is text under the name of an image", "Put the images"),
    Fault(unknown_kind, "unreadable", RUINS, "of a kind that is not known", "Convert them to PNG or JPEG"),
    Fault(mask_of_deep_colours, "unreadable", RUINS, "of fractions or deep colours", "one whole number per class"),
    Fault(deep_grey_with_transparency, "unreadable", RUINS, "grey of 16 bits with", "Save them without transparency"),
    Fault(mask_of_fractions, "unreadable", RUINS, "of fractions", "one whole number per class"),
    Fault(image_of_several_pages, "unreadable", RUINS, "of several pages", "Save each page as a file of its own"),
    Fault(one_image_of_sixteen_bits, "folder", RUINS, "of 2 kinds", "convert some, or take them out"),
]


# Partners


def image_without_mask(folder: Folder) -> Files:
    folder.masks()[3].unlink()
    return [folder.images()[3]]


def masks_without_image(folder: Folder) -> Files:
    for file in folder.images()[3:5]:
        file.unlink()
    return folder.masks()[3:5]


def mask_in_other_case(folder: Folder) -> Files:
    renamed(folder.masks()[3], "Scene_00003.png")
    return [folder.images()[3]]


def masks_without_zeros(folder: Folder) -> Files:
    for number, file in enumerate(folder.masks()):
        renamed(file, f"scene_{number}.png")
    return folder.images()


def link_that_leads_nowhere(folder: Folder) -> Files:
    folder.images()[3].unlink()
    (folder.root / "train/images/scene_00003.png").symlink_to("/nowhere/scene_00003.png")
    return [folder.masks()[3]]


def val_without_masks(folder: Folder) -> Files:
    for file in folder.masks("val"):
        file.unlink()
    return []


def no_masks_at_all(folder: Folder) -> Files:
    for file in folder.all_masks():
        file.unlink()
    return []


PARTNERS = [
    Fault(image_without_mask, "without_partner", RUINS, "1 of 24 images has no mask", "Add the missing mask"),
    Fault(masks_without_image, "without_partner", RUINS, "2 of 24 masks have no image", "Add the missing images"),
    Fault(mask_in_other_case, "without_partner", RUINS, "differs only in case", "Rename the mask like the image"),
    Fault(masks_without_zeros, "without_partner", RUINS, "18 images have no mask of exactly", "Rename the masks"),
    Fault(link_that_leads_nowhere, "without_partner", RUINS, "1 of 24 masks has no image", "Add the missing image"),
    Fault(val_without_masks, "without_partner", HARMS, "val", "Add what is missing"),
    Fault(no_masks_at_all, "folder", RUINS, "No images with masks were found", ""),
]


# Sizes


def mask_at_half_the_size(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:4], lambda mask: mask[::2, ::2])


def all_masks_at_half_the_size(folder: Folder) -> Files:
    return folder.change(folder.all_masks(), lambda mask: mask[::2, ::2])


def mask_cropped(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:4], lambda mask: mask[:, 20:])


def mask_turned(folder: Folder) -> Files:
    return folder.change(folder.masks()[3:4], lambda mask: np.rot90(mask))


def photograph_turned_by_the_camera(folder: Folder) -> Files:
    exif = Image.Exif()
    exif[0x0112] = 6
    as_jpeg(folder, 3, exif=exif)
    return [folder.masks()[3]]


def image_much_larger(folder: Folder) -> Files:
    files = [folder.images()[3], folder.masks()[3]]
    folder.change(files, lambda array: resized(array, (480, 640)))
    return files[:1]


def tiny_images(folder: Folder) -> Files:
    files = [*folder.images()[3:5], *folder.masks()[3:5]]
    folder.change(files, lambda array: resized(array, (24, 32)))
    return files[:2]


SIZES = [
    Fault(mask_at_half_the_size, "size_of_mask", RUINS, "48 × 64 for 96 × 128: the shape is the same", "nearest"),
    Fault(all_masks_at_half_the_size, "size_of_mask", RUINS, "All 24 masks have another size", "nearest"),
    Fault(mask_cropped, "size_of_mask", RUINS, "the shape is another one too", "that belong to these images"),
    Fault(mask_turned, "size_of_mask", RUINS, "height and width have changed places", "by 90°; do not resize"),
    Fault(photograph_turned_by_the_camera, "size_of_mask", RUINS, "the camera noted", "Turn each mask"),
    Fault(image_much_larger, "image_sizes", NOTE, "1 of 24 images is at least 4 times as long", "Scale these images"),
    Fault(tiny_images, "image_sizes", HARMS, "2 of 24 images are less than 32 pixels", "previews"),
]


# Kinds and names of files


def png_called_jpg(folder: Folder) -> Files:
    return [renamed(folder.images()[3], "scene_00003.jpg")]


def jpeg_mask_called_png(folder: Folder) -> Files:
    mask = folder.masks()[3]
    Image.fromarray(load(mask)[0]).save(mask, format="JPEG", quality=95)
    return [mask]


def names_that_differ_in_case(folder: Folder) -> Files:
    image, other = folder.images()[3], folder.images()[4]
    (mask, _) = folder.masks()[3:5]
    renamed(mask, "SCENE_00004.png")
    return [renamed(image, "SCENE_00004.png"), other]


def name_with_a_blank_at_its_end(folder: Folder) -> Files:
    renamed(folder.masks()[3], "scene_00003 .png")
    return [renamed(folder.images()[3], "scene_00003 .png")]


NAMES = [
    Fault(
        png_called_jpg, "wrong_ending", NOTE, "1 image has the ending of another kind of file: .jpg is PNG", "Rename"
    ),
    Fault(names_that_differ_in_case, "names_of_files", HARMS, "2 images have names that differ", "Rename or remove"),
    Fault(name_with_a_blank_at_its_end, "names_of_files", NOTE, "1 image has blanks at the ends", "Rename them"),
]


@pytest.mark.parametrize("fault", [*UNREADABLE, *PARTNERS, *SIZES, *NAMES], ids=lambda fault: fault.name)
def test_a_wrong_file_is_named(fault: Fault, streets: Folder) -> None:
    assert_found(fault, streets)


def test_jpeg_under_the_name_of_a_png_mask_is_found(cells: Folder) -> None:
    assert_found(
        Fault(jpeg_mask_called_png, "wrong_ending", HARMS, "1 mask has the ending of another kind", "before they bec"),
        cells,
    )


def test_an_image_that_is_broken_in_its_middle_is_found_when_decoded(streets: Folder) -> None:
    files = broken_in_the_middle(streets)
    assert examine(streets.root, quick=True).findings == ()
    diagnosis = examine(streets.root)
    (finding,) = diagnosis.findings
    assert (finding.check, finding.files) == ("unreadable", tuple(files))
    assert dict(overview(diagnosis.survey))["pairs"] == "24 images with masks: train 17, val 6; 1 not used"
    assert diagnosis.survey.dataset is None
    assert files[0].name in (diagnosis.survey.refusal or "")


def test_everything_that_is_wrong_is_said_at_once(streets: Folder) -> None:
    image_cut_short(streets)
    empty_mask(streets)
    streets.change(streets.masks()[5:6], lambda mask: mask[:, 20:])
    streets.masks()[7].unlink()
    checks = [finding.check for finding in examine(streets.root).findings if finding.severity is RUINS]
    assert sorted(checks) == ["size_of_mask", "unreadable", "unreadable", "without_partner"]
