"""A folder is opened whole: bad files are named, and what was decided can be read."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from pixelwise.data import Classes, open_data, open_for_evaluation
from pixelwise.data.doctor import examine
from pixelwise.errors import DataError, SettingError
from pixelwise.ops.palette import legend
from tests.data.drawing import Drawer

NAMES = ["a", "b", "c", "d", "e"]


def drawn(draw: Drawer) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", NAMES)


def classes(values: tuple[int, ...] = (0, 1, 2), *, binary: bool = False) -> Classes:
    names = ("background", "object") if binary else tuple(f"kind {value}" for value in values)
    return Classes(names, values, (), legend(names), binary)


@pytest.mark.parametrize("file", ["images/b.png", "masks/b.png"])
def test_an_empty_file_is_named(file: str, draw: Drawer) -> None:
    drawn(draw)
    (draw.root / file).write_bytes(b"")
    with pytest.raises(DataError, match=rf"^\S*{file} is empty \(0 bytes\)\.$"):
        open_data(draw.root)


def test_a_truncated_mask_is_named(draw: Drawer) -> None:
    drawn(draw)
    noise = np.random.default_rng(0).integers(0, 3, (60, 80), dtype=np.uint8)
    draw.image("images/b.png", size=(60, 80))
    draw.array("masks/b.png", noise)
    content = (draw.root / "masks/b.png").read_bytes()
    (draw.root / "masks/b.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"^\S*masks/b\.png is damaged or incomplete and cannot be read \(.*\)\.$"):
        open_data(draw.root)


def test_several_bad_files_are_counted_and_the_first_named(draw: Drawer) -> None:
    drawn(draw)
    for name in NAMES[:4]:
        (draw.root / "images" / f"{name}.png").write_bytes(b"not an image")
    with pytest.raises(
        DataError, match=r"^4 files cannot be read\. \S*a\.png is not .*b\.png .*c\.png .* And 1 more\.$"
    ):
        open_data(draw.root)


def test_masks_of_another_size_are_named_with_both_sizes(draw: Drawer) -> None:
    drawn(draw)
    draw.image("images/b.png", size=(12, 16))
    words = (
        r"1 of 5 masks has another size than the image: masks/b\.png is 6 × 8, its image 12 × 16 \(height × width\)\."
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_cut_image_is_found_before_training(draw: Drawer) -> None:
    drawn(draw)
    draw.array("images/b.png", np.random.default_rng(0).integers(0, 255, (6, 8, 3), dtype=np.uint8))
    content = (draw.root / "images/b.png").read_bytes()
    (draw.root / "images/b.png").write_bytes(content[:90])
    with pytest.raises(DataError, match=r"^\S*images/b\.png is damaged or incomplete and cannot be read \(.*\)\.$"):
        open_data(draw.root)
    (draw.root / "images/b.png").write_bytes(content + b"something that a camera has added")
    assert len(open_data(draw.root).splits["train"]) == 4


def test_an_image_of_sixteen_bits_among_others_is_refused_before_training(draw: Drawer) -> None:
    drawn(draw)
    draw.array("images/b.png", np.ones((6, 8), np.uint16))
    with pytest.raises(
        DataError, match=r"2 kinds: 4 with 8-bit grey or RGB \(.*\); 1 with 1 band of 16 bits \(images/b"
    ):
        open_data(draw.root)


def test_an_image_that_two_splits_list_is_said(draw: Drawer) -> None:
    names = ["2007_000001", "2007_000002", "2007_000003"]
    draw.pairs("JPEGImages/{}.png", "SegmentationClass/{}.png", names)
    place = draw.root / "ImageSets" / "Segmentation"
    place.mkdir(parents=True)
    (place / "train.txt").write_text("\n".join(names[:2]))
    (place / "val.txt").write_text("\n".join(names[1:]))
    for shade, name in enumerate(names):  # none is a copy of another
        draw.array(f"JPEGImages/{name}.png", np.full((6, 8, 3), shade, np.uint8))
    data = open_data(draw.root)
    assert "1 of 2 images of val is in train too: 2007_000002.png" in [decision.what for decision in data.decisions]
    assert "names_of_files" not in [finding.check for finding in examine(draw.root).findings]


def test_the_same_picture_in_two_splits_is_said(draw: Drawer) -> None:
    draw.pairs("train/{}.png", "trainannot/{}.png", NAMES)
    draw.pairs("val/{}.png", "valannot/{}.png", ["v", "w"])
    draw.photograph("val/w.png")
    data = open_data(draw.root)
    assert data.decisions[-1].what == "1 of 2 images of val is in train too: v.png"
    assert data.decisions[-1].why.startswith("the same files, byte for byte")


def test_progress_is_told(draw: Drawer) -> None:
    drawn(draw)
    told: list[tuple[int, int]] = []
    open_data(draw.root, progress=lambda done, total: told.append((done, total)))
    assert told == [(i, 5) for i in range(1, 6)]


def test_what_a_missing_train_holds_is_said(draw: Drawer) -> None:
    draw.image("train/a.png")
    draw.pairs("val/{}.png", "valannot/{}.png", NAMES)
    with pytest.raises(
        DataError, match=r"only val was found, and no train; train holds 1 image, but no masks \(trainan"
    ):
        open_data(draw.root)


def test_images_of_many_sizes_are_fine(draw: Drawer) -> None:
    drawn(draw)
    draw.image("images/b.png", size=(3, 4))
    draw.array("masks/b.png", np.ones((3, 4), np.uint8))
    data = open_data(draw.root)
    assert data.sizes == {(3, 4): 1, (6, 8): 4}
    assert "6 × 8 (4), 3 × 4 (1)" in data.describe()


def test_the_fingerprint_is_json_and_counts(draw: Drawer) -> None:
    drawn(draw)
    fingerprint = json.loads(json.dumps(open_data(draw.root).fingerprint()))
    assert fingerprint["images"] == {"train": 4, "val": 1}
    assert fingerprint["sizes"] == [{"height": 6, "width": 8, "images": 5}]
    assert fingerprint["classes"]["values"] == [0, 1, 2]
    assert fingerprint["class_pixels"]["val"] == [46, 1, 1]
    assert sum(fingerprint["class_shares"]["train"]) == pytest.approx(1, abs=1e-5)


def test_the_hash_follows_the_data_and_the_classes_and_not_the_place(draw: Drawer) -> None:
    drawn(draw)
    before = open_data(draw.root).digest
    copy = draw.root.with_name(f"{draw.root.name}-copy")
    shutil.copytree(draw.root, copy)
    assert open_data(copy).digest == before
    (copy / "codes.txt").write_text("sky\nroad\ncar\n")
    named = open_data(copy).digest
    assert len({before, named, open_data(copy, ignore=[2]).digest}) == 3
    draw.mask("masks/b.png", [2, 1, 0])
    assert open_data(draw.root).digest != before


def test_the_description_says_everything_in_lines(draw: Drawer) -> None:
    drawn(draw)
    data = open_data(draw.root)
    text = str(data)
    assert text.startswith(f"{draw.root}: 5 images with masks (train 4, val 1), layout paired_folders\n")
    assert "Sizes (height × width): all 6 × 8" in text
    assert "      2  class 2   2.08 %   2.08 %" in text
    for decision in data.decisions:
        assert f"  - {decision.what}\n      {decision.why}" in text
    assert "unlabelled" not in text


def test_a_model_is_measured_on_masks_with_its_values_only(draw: Drawer) -> None:
    drawn(draw)
    data = open_for_evaluation(draw.root, classes())
    assert data.classes == classes()
    assert list(data.splits) == ["all"]
    draw.mask("masks/b.png", [0, 7])
    words = (
        r"1 of 5 masks holds values outside the 3 classes \(0 to 2\), 1 pixel in all: masks/b\.png \(value 7: "
        r"1 pixel\)\. The model knows no other classes: take masks with its values, or leave these "
        r"pixels out with `--ignore 7`"
    )
    with pytest.raises(DataError, match=words):
        open_for_evaluation(draw.root, classes())
    assert open_for_evaluation(draw.root, classes(), ignore=[7]).classes.ignore_values == (7,)


def test_a_class_of_the_model_cannot_be_ignored(draw: Drawer) -> None:
    drawn(draw)
    with pytest.raises(SettingError, match=r"A class of the model cannot be ignored: 2 \(kind 2\)\."):
        open_for_evaluation(draw.root, classes(), ignore=[2])


def test_a_binary_model_meets_either_way_of_storing_masks(draw: Drawer) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", NAMES, [0, 1])
    data = open_for_evaluation(draw.root, classes((0, 255), binary=True))
    assert data.classes.values == (0, 1)
    assert data.class_pixels["all"] == (5 * 47, 5)
    draw.mask("masks/b.png", [0, 3])
    with pytest.raises(DataError, match="values outside the 2 classes"):
        open_for_evaluation(draw.root, classes((0, 255), binary=True))


def test_one_pair_is_enough_to_measure_a_model(draw: Drawer) -> None:
    draw.pairs("test/{}.png", "testannot/{}.png", ["a"])
    assert len(open_for_evaluation(draw.root, classes()).splits["test"]) == 1
    with pytest.raises(DataError, match="There is nothing to train on: only test was found"):
        open_data(draw.root)
