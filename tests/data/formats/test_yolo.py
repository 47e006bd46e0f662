"""YOLO's segmentation is read as Ultralytics, Roboflow and CVAT write it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml

from pixelwise.data import open_data
from pixelwise.data.formats.yolo import FORMAT
from pixelwise.data.numbers import read_numbers
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.data.formats.hostile import sentence_of, spoilt

NAMES = ["a", "b", "c", "d"]
CAT, DOG = "0 0.25 0.5 0.75 0.5 0.75 1 0.25 1", "1 0 0 0.5 0 0.5 0.5 0 0.5"
PLAIN = {"path": ".", "train": "images/train", "val": "images/val", "names": ["cat", "dog"]}


def save(draw: Drawer, name: str, text: str) -> None:
    path = draw.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def drawn(
    draw: Drawer, description: Any = PLAIN, images: str = "images/{}", labels: str = "labels/{}", text: str = CAT
) -> None:
    """A folder of four images to train on and one to validate."""
    for split, names in (("train", NAMES), ("val", ["v"])):
        for name in names:
            draw.image(f"{images.format(split)}/{name}.png")
            save(draw, f"{labels.format(split)}/{name}.txt", text)
    save(draw, "data.yaml", description if isinstance(description, str) else yaml.safe_dump(description))


def mask(draw: Drawer, name: str = "a") -> Any:
    data = open_data(draw.root)
    pair = next(pair for pairs in data.splits.values() for pair in pairs if pair.name == name)
    return read_numbers(pair, data.classes)


@pytest.mark.parametrize(
    ("description", "images", "labels"),
    [
        (PLAIN, "images/{}", "labels/{}"),
        ({"train": "images/train", "val": "images/val", "names": {0: "cat", 1: "dog"}}, "images/{}", "labels/{}"),
        ({**PLAIN, "train": "train/images", "val": "val/images"}, "{}/images", "{}/labels"),
        ({**PLAIN, "train": "../train/images", "val": "../val/images"}, "{}/images", "{}/labels"),
        ({**PLAIN, "train": "/content/data/train/images", "val": "C:/x/val/images"}, "{}/images", "{}/labels"),
        ({**PLAIN, "train": "train", "val": "val"}, "{}", "{}"),
        ({**PLAIN, "path": "../datasets/pets"}, "images/{}", "labels/{}"),
        ({**PLAIN, "path": "/home/somebody/pets"}, "images/{}", "labels/{}"),
        ({**PLAIN, "path": "inner"}, "inner/images/{}", "inner/labels/{}"),
        ({**PLAIN, "train": ["images/train"], "test": None}, "images/{}", "labels/{}"),
        ({**PLAIN, "train": "images/train/", "test": "images/test"}, "images/{}/more", "labels/{}/more"),
    ],
)
def test_images_and_labels_are_found_as_the_description_says(
    description: Any, images: str, labels: str, draw: Drawer
) -> None:
    drawn(draw, description, images, labels)
    data = open_data(draw.root)
    assert data.format == "yolo"
    assert {split: [pair.name for pair in pairs] for split, pairs in data.splits.items()} == {
        "train": NAMES,
        "val": ["v"],
    }
    pair = data.splits["train"][0]
    assert pair.image == draw.root / images.format("train") / "a.png"
    assert pair.target == draw.root / labels.format("train") / "a.txt"
    assert data.classes.names == ("background", "cat", "dog")


@pytest.mark.parametrize("start", ["", "./", "data/"])
def test_lists_of_images_are_read(start: str, draw: Drawer) -> None:
    drawn(draw, {"train": "train.txt", "val": "val.txt", "names": ["cat", "dog"]})
    save(draw, "train.txt", "\n".join(f"{start}images/train/{name}.png" for name in NAMES[:3]))
    save(draw, "val.txt", f"{start}images/val/v.png\n")
    (draw.root / "labels" / "train" / "d.txt").unlink()
    assert [pair.name for pair in open_data(draw.root).splits["train"]] == NAMES[:3]


def test_images_of_a_list_that_are_missing_are_counted_and_named(draw: Drawer) -> None:
    drawn(draw, {"train": "train.txt", "names": ["cat", "dog"]})
    save(draw, "train.txt", "images/train/a.png\nimages/train/x.png\n../../etc/y.png\n")
    with pytest.raises(
        DataError, match=r"train\.txt: 2 of 3 images are not there: 'images/train/x\.png', '\.\./\.\./etc"
    ):
        open_data(draw.root)


def test_outlines_fill_their_pixels_and_later_ones_lie_over_earlier_ones(draw: Drawer) -> None:
    drawn(draw, text=f"{CAT}\n\n{DOG}\n")
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[3:, 2:6] = 1
    expected[:3, :4] = 2
    assert np.array_equal(mask(draw), expected)


def test_images_with_an_empty_file_or_none_are_background(draw: Drawer) -> None:
    drawn(draw)
    save(draw, "labels/train/a.txt", "")
    (draw.root / "labels" / "train" / "b.txt").unlink()
    assert not mask(draw, "a").any()
    assert not mask(draw, "b").any()
    said = [decision for decision in open_data(draw.root).decisions if "background" in decision.what]
    assert [decision.what for decision in said] == ["1 image of train is background: b.png"]


def test_labels_without_an_image_are_refused(draw: Drawer) -> None:
    drawn(draw)
    save(draw, "labels/train/x.txt", CAT)
    save(draw, "labels/train/classes.txt", "cat\ndog")
    with pytest.raises(
        DataError, match=r"1 of 5 masks in labels/train has no image .* in images/train: x\.txt\. Add what"
    ):
        open_data(draw.root)


def test_a_split_whose_images_are_not_there_is_left_out_and_said(draw: Drawer) -> None:
    drawn(draw, {**PLAIN, "test": "images/test"})
    assert open_data(draw.root).decisions[0].what == "test is left out"


def test_images_that_are_nowhere_are_said(draw: Drawer) -> None:
    drawn(draw, {**PLAIN, "train": "pictures/train", "val": "pictures/val"})
    with pytest.raises(
        DataError, match=r"data\.yaml names images that are not there \(train: 'pictures/train', val: .*\)\. "
    ):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "0 0.5 0.5 0.2 0.2",
            r"line 2 holds a box \(a class and 4 numbers\), which does not say which pixels.* Export|draw",
        ),
        ("0 0.5 0.5 0.2 0.2 0.1", r"line 2 holds 6 numbers; a class and the x and y of at least three corners are"),
        ("0 0.5 0.5", r"line 2 holds 3 numbers; a class and the x and y"),
        ("2 0 0 1 0 1 1", r"line 2 begins with '2'; the number of a class is expected, 0 to 1\."),
        ("cat 0 0 1 0 1 1", r"line 2 begins with 'cat'; the number of a class is expected"),
        ("nan 0 0 1 0 1 1", r"line 2 begins with 'nan'"),
        ("1e400 0 0 1 0 1 1", r"line 2 begins with '1e400'"),
        ("0 0 0 1.5 0 1 1", r"line 2 holds the coordinate 1\.5; shares of the width and the height .* 0 to 1\."),
        ("0 0 0 1 nan 1 1", r"line 2 holds the coordinate nan"),
        ("0 0 0 200 0 200 100", r"line 2 holds the coordinate 200"),
        ("0 0 0 1 x 1 1", r"line 2 holds something that is no number"),
    ],
)
def test_lines_that_are_no_outlines_are_refused_with_file_and_line(line: str, words: str, draw: Drawer) -> None:
    drawn(draw)
    save(draw, "labels/train/b.txt", f"{CAT}\n{line}\n")
    with pytest.raises(DataError, match=rf"labels/train/b\.txt, {words}"):
        open_data(draw.root)


def test_coordinates_a_little_outside_are_moved_to_the_edge(draw: Drawer) -> None:
    drawn(draw, text="0 -0.005 0 1.004 0 1 1.0001 0 1")
    save(draw, "labels/val/v.txt", CAT)
    assert (mask(draw) == 1).all()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "names no classes of objects"),
        (
            [True, "cat"],
            r"names\[0\] is True; a name \(in quotes, where YAML takes it for something else\) is expected",
        ),
        ({"a": "cat"}, "is 'a'; a whole number is expected"),
        (["cat", "cat"], "two classes are called 'cat'"),
        ("cat", "names is 'cat'; a list is expected"),
        ([f"c{i}" for i in range(255)], "names 255 classes; at most 254"),
    ],
)
def test_names_that_are_none_are_refused(names: Any, words: str, draw: Drawer) -> None:
    drawn(draw, {**PLAIN, "names": names})
    with pytest.raises(DataError, match=rf"data\.yaml.*{words}"):
        open_data(draw.root)


def test_numbers_are_names_too_and_a_class_may_be_called_background(draw: Drawer) -> None:
    drawn(draw, {**PLAIN, "names": {0: "background", 1: 7}}, text=DOG)
    save(draw, "labels/val/v.txt", CAT)
    assert open_data(draw.root).classes.names == ("background", "7")
    assert mask(draw).max() == 1


def test_poses_are_refused(draw: Drawer) -> None:
    drawn(draw, {**PLAIN, "kpt_shape": [17, 3]})
    with pytest.raises(DataError, match=r"data\.yaml describes poses \(kpt_shape\), not outlines"):
        open_data(draw.root)


def test_two_descriptions_are_not_chosen_between(draw: Drawer) -> None:
    drawn(draw)
    save(draw, "pets.yaml", yaml.safe_dump(PLAIN))
    assert open_data(draw.root).format == "yolo"  # data.yaml is the usual name
    (draw.root / "data.yaml").rename(draw.root / "cats.yaml")
    with pytest.raises(
        DataError, match=r"holds 2 files that could describe the data \(YOLO\): cats\.yaml, pets\.yaml\. Keep"
    ):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("names: [cat\ntrain: x", "is damaged or no YAML"),
        ("names: !!python/object/apply:os.system [ls]\ntrain: x", "is damaged or no YAML"),
        ("names: 2020-13-45\ntrain: x", "is damaged or no YAML"),
        ("train: names\nx: " + "[" * 450, "is nested too deeply to be read|damaged or no YAML"),
        ("names: [" + "cat, " * 300_000 + "]\ntrain: x", "YAML files of at most 1000000 bytes are read"),
    ],
)
def test_descriptions_that_are_no_yaml_are_refused(text: str, words: str, draw: Drawer) -> None:
    drawn(draw, text)
    with pytest.raises(DataError, match=rf"data\.yaml .*{words}|data\.yaml {words}"):
        open_data(draw.root)


def test_values_that_refer_to_each_other_many_times_cost_nothing(draw: Drawer) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60))]
    drawn(draw, "\n".join([*lines, "names: *a59", "train: images/train"]))
    with pytest.raises(DataError, match=r"names\[0\] is a list of 2; a name"):
        open_data(draw.root)


def test_whatever_a_description_holds_it_is_read_or_refused_by_name(draw: Drawer) -> None:
    description = {**PLAIN, "train": ["images/train"], "names": {0: "cat", 1: "dog"}, "nc": 2}
    drawn(draw, description)
    said = set()
    for changed in spoilt(description):
        save(draw, "data.yaml", yaml.safe_dump(changed))
        sentence = sentence_of(FORMAT.find, draw.root)
        assert sentence is None or "data.yaml" in sentence or "/labels/" in sentence
        said.add(sentence)
    assert len(said) > 10


def test_a_description_without_labels_is_of_another_format(draw: Drawer) -> None:
    draw.pairs("images/{}.jpg", "masks/{}.png", NAMES)
    save(draw, "data.yaml", yaml.safe_dump(PLAIN))
    assert open_data(draw.root).format == "paired_folders"
