"""Masks in one file per class: what overlaps is multi-label, what does not is one class per pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pixelwise.data import open_data
from pixelwise.data.converting import convert_data
from pixelwise.data.doctor import examine
from pixelwise.data.formats._class_files import object_plane
from pixelwise.data.renumbering import LEFT_OUT
from pixelwise.data.settings_text import write_settings
from pixelwise.data.understand import open_for_evaluation, splits_on_disk
from pixelwise.errors import DataError, SettingError
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.data.formats.round_trip import label_arrays

NAMES = ["a", "b", "c", "d", "e"]
FOLDERS, FLAT, INNER = "masks/{1}/{0}.png", "masks/{0}_{1}.png", "masks/{0}/{1}.png"
Mask = NDArray[np.uint8]


def plane(rows: slice, value: int = 255) -> Mask:
    """A mask of one class in some rows."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[rows] = value
    return mask


NUCLEUS, VESSEL, APART = plane(slice(0, 3)), plane(slice(2, 5)), plane(slice(3, 5))


def draw_all(draw: Drawer, pattern: str = FOLDERS, nucleus: Mask = NUCLEUS, vessel: Mask = VESSEL) -> None:
    for name in NAMES:
        draw.image(f"images/{name}.png")
        draw.array(pattern.format(name, "nucleus"), nucleus)
        draw.array(pattern.format(name, "vessel"), vessel)


@pytest.mark.parametrize(
    ("pattern", "layout"),
    [
        (FOLDERS, "class_folders"),
        ("masks/{1}/{0}_{1}.png", "class_folders"),
        ("annotations/{1}/{0}.png", "class_folders"),
        (FLAT, "class_files"),
        ("labels/{0}-{1}_mask.png", "class_files"),
        (INNER, "class_files"),
        ("masks/{0}_mask/{1}.png", "class_files"),
    ],
)
def test_masks_that_overlap_are_multilabel(pattern: str, layout: str, draw: Drawer) -> None:
    draw_all(draw, pattern)
    data = open_data(draw.root)
    assert (data.format, data.classes.names, data.classes.multilabel) == (layout, ("nucleus", "vessel"), True)
    assert np.array_equal(label_arrays(data)["train"]["a"], np.stack([NUCLEUS, VESSEL]) > 0)
    assert data.shares("train") == [0.5, 0.5]
    said = " ".join(decision.why for decision in data.decisions)
    assert "classes overlap in 5 of 5 images, at 20 % of the pixels that have a class" in said


def test_classes_that_always_overlap_do_so_at_100_percent(draw: Drawer) -> None:
    draw_all(draw, vessel=NUCLEUS)
    assert "at 100 % of the pixels that have a class" in " ".join(one.why for one in open_data(draw.root).decisions)


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        ("{0}/images/{1}.png", "{0}/masks/{2}/{1}.png"),
        ("images/{0}/{1}.png", "masks/{0}/{2}/{1}.png"),
        ("{0}/images/{1}.png", "{0}/labels/{1}_{2}.png"),
    ],
)
def test_splits_are_known_by_their_folders(images: str, masks: str, draw: Drawer) -> None:
    for split, name in [("train", "a"), ("train", "b"), ("val", "c")]:
        draw.image(images.format(split, name))
        draw.array(masks.format(split, name, "nucleus"), NUCLEUS)
        draw.array(masks.format(split, name, "vessel"), VESSEL)
    assert {split: len(pairs) for split, pairs in open_data(draw.root).splits.items()} == {"train": 2, "val": 1}


def test_masks_that_never_overlap_are_one_class_per_pixel_and_background(draw: Drawer) -> None:
    draw_all(draw, vessel=APART)
    data = open_data(draw.root)
    assert (data.classes.names, data.classes.multilabel) == (("background", "nucleus", "vessel"), False)
    assert label_arrays(data)["train"]["a"][:, 0].tolist() == [1, 1, 1, 2, 2, 0]
    assert "no two classes overlap in 5 images" in data.describe()


def test_without_uncovered_pixels_there_is_no_background(draw: Drawer) -> None:
    draw_all(draw, vessel=plane(slice(3, 6)))
    data = open_data(draw.root)
    assert (data.classes.names, data.classes.ignore_values) == (("nucleus", "vessel"), ())


def test_the_option_overrules_the_evidence(draw: Drawer) -> None:
    draw_all(draw)
    one = open_data(draw.root, multilabel=False)
    assert label_arrays(one)["train"]["a"][:, 0].tolist() == [1, 1, 255, 2, 2, 0]
    draw_all(draw, vessel=APART)
    assert open_data(draw.root, multilabel=True).classes.multilabel
    binary = open_data(draw.root, binary=True)
    assert label_arrays(binary)["train"]["a"][:, 0].tolist() == [1, 1, 1, 1, 1, 0]


def test_what_was_found_is_written_and_read_again(draw: Drawer) -> None:
    draw_all(draw)
    first = open_data(draw.root)
    write_settings(first, splits_on_disk(draw.root))
    again = open_data(draw.root)
    assert again.classes == first.classes
    assert "multilabel" in (draw.root / "dataset.yaml").read_text()
    (draw.root / "dataset.yaml").write_text("multilabel: false\n")
    assert not open_data(draw.root).classes.multilabel


def test_classes_can_be_renamed(draw: Drawer) -> None:
    draw_all(draw)
    assert open_data(draw.root, classes=["cell", "tube"]).classes.names == ("cell", "tube")
    with pytest.raises(SettingError, match="names 3 classes, but there are masks of 2: nucleus, vessel"):
        open_data(draw.root, classes=["a", "b", "c"])


def test_a_missing_mask_means_absence_where_no_mask_is_empty(draw: Drawer) -> None:
    draw_all(draw)
    (draw.root / "masks/vessel/b.png").unlink()
    data = open_data(draw.root)
    assert "without a mask: vessel in 1 image" in data.describe()
    assert not label_arrays(data)[next(s for s in data.splits if "b" in label_arrays(data)[s])]["b"][1].any()


def test_a_missing_mask_is_refused_where_others_are_empty(draw: Drawer) -> None:
    draw_all(draw)
    (draw.root / "masks/vessel/b.png").unlink()
    draw.array("masks/vessel/c.png", plane(slice(0, 0)))
    sentence = (
        r"1 of 5 images has no mask of every class: images/b.png \(vessel\).*1 mask .* empty \(masks/vessel/c.png\)"
    )
    with pytest.raises(DataError, match=sentence):
        open_data(draw.root)
    assert "has no mask of every class" in str(examine(draw.root).survey.refusal)


def test_an_image_without_any_mask_is_refused(draw: Drawer) -> None:
    draw_all(draw)
    draw.image("images/f.png")
    with pytest.raises(DataError, match=r"1 of 6 images in images has no mask of the same name in masks: f.png"):
        open_data(draw.root)


@pytest.mark.parametrize("high", [1, 255, 7])
def test_a_mask_holds_zero_and_any_other_value(high: int, draw: Drawer) -> None:
    draw.array("mask.png", plane(slice(0, 3), high))
    assert object_plane(draw.root / "mask.png").sum() == 3 * WIDTH


def test_smoothed_masks_are_divided_in_the_middle(draw: Drawer) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[20:40, 20:40] = 255
    draw.array("mask.jpg", mask)
    found = object_plane(draw.root / "mask.jpg")
    assert abs(int(found.sum()) - 400) < 20


def test_masks_of_several_values_are_refused(draw: Drawer) -> None:
    draw_all(draw)
    draw.mask("masks/vessel/c.png", (0, 1, 2, 3))
    with pytest.raises(DataError, match=r"c.png holds 4 values \(0, 1, 2, 3\); a mask of one class holds 0 and one"):
        open_data(draw.root)


def test_masks_of_another_size_are_refused(draw: Drawer) -> None:
    draw_all(draw)
    draw.array("masks/vessel/c.png", np.zeros((HEIGHT, WIDTH + 1), np.uint8))
    with pytest.raises(DataError, match=r"c.png is 6 × 9, others of the same image 6 × 8"):
        open_data(draw.root)


def test_numbered_objects_are_no_classes(draw: Drawer) -> None:
    for name in NAMES:
        draw.image(f"images/{name}.png")
        draw.array(f"masks/{name}_1.png", NUCLEUS)
        draw.array(f"masks/{name}_2.png", VESSEL)
    with pytest.raises(DataError, match="has a mask of the same name"):
        open_data(draw.root)


def test_options_that_do_not_fit_are_refused(draw: Drawer) -> None:
    draw_all(draw)
    with pytest.raises(SettingError, match="do not number their objects"):
        open_data(draw.root, separate=True)
    with pytest.raises(SettingError, match=r"Both --binary .* and --multilabel"):
        open_data(draw.root, binary=True, multilabel=True)
    for multilabel in (None, True, False):
        with pytest.raises(SettingError, match=r"no value that could be ignored \(ignore: 3\)"):
            open_data(draw.root, ignore=[3], multilabel=multilabel)


def test_what_dataset_yaml_says_of_pixels_of_no_class_is_read_again(draw: Drawer) -> None:
    draw_all(draw, vessel=plane(slice(2, HEIGHT)))
    data = open_data(draw.root, multilabel=False)
    assert data.classes.ignore_values == (LEFT_OUT,)
    write_settings(data, splits_on_disk(draw.root))
    assert open_data(draw.root).classes == data.classes
    with pytest.raises(SettingError, match="no value that could be ignored"):
        open_data(draw.root, multilabel=True)


def test_ordinary_masks_cannot_be_multilabel(draw: Drawer) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", NAMES)
    with pytest.raises(SettingError, match="store one number for each pixel"):
        open_data(draw.root, multilabel=True)


def test_a_model_finds_its_classes_by_name(draw: Drawer) -> None:
    draw_all(draw)
    classes = open_data(draw.root).classes
    other = Drawer(draw.root / "other")
    draw_all(other, INNER, vessel=APART)
    data = open_for_evaluation(other.root, classes)
    assert np.array_equal(label_arrays(data)["all"]["a"], np.stack([NUCLEUS, APART]) > 0)
    plain = open_data(other.root).classes
    again = open_for_evaluation(other.root, plain)
    assert label_arrays(again)["all"]["a"][:, 0].tolist() == [1, 1, 1, 2, 2, 0]
    for name in NAMES:
        other.array(INNER.format(name, "nerve"), APART)
    with pytest.raises(DataError, match="holds masks of the classes nerve, nucleus, vessel, but the model knows"):
        open_for_evaluation(other.root, classes)


def test_a_multilabel_model_wants_a_mask_per_class(draw: Drawer) -> None:
    draw_all(draw)
    classes = open_data(draw.root).classes
    other = Drawer(draw.root / "other")
    other.pairs("images/{}.png", "masks/{}.png", NAMES)
    with pytest.raises(DataError, match="Masks in one file per class"):
        open_for_evaluation(other.root, classes)


def test_data_of_one_class_per_pixel_can_be_converted_and_others_not(draw: Drawer, tmp_path: Path) -> None:
    draw_all(draw, vessel=APART)
    data = open_data(draw.root)
    target = tmp_path.parent / f"{tmp_path.name}_converted"

    def silent(what: str, done: int, total: int) -> None:
        return None

    convert_data(draw.root, target, "paired_folders", dataset=data, progress=silent)
    assert open_data(target).classes.names == data.classes.names
    draw_all(draw)
    with pytest.raises(SettingError, match="overlap, and the format paired_folders gives each pixel one class"):
        convert_data(
            draw.root,
            target.with_name(f"{target.name}_2"),
            "paired_folders",
            dataset=open_data(draw.root),
            progress=silent,
        )


def test_the_doctor_reads_such_data(draw: Drawer) -> None:
    draw_all(draw)
    diagnosis = examine(draw.root)
    assert diagnosis.dataset.classes.multilabel
    about_masks = {"one_value", "imbalance", "thin_classes", "absent_classes", "foreign_values", "mixed_encodings"}
    assert about_masks.isdisjoint(finding.check for finding in diagnosis.findings)
