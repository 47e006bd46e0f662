"""dataset.yaml: what it says counts, what the caller says overrules it, and what is wrong with it is one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelwise.data.settings_text import write_settings
from pixelwise.data.understand import open_data, open_for_evaluation, splits_on_disk
from pixelwise.errors import OutputError, SettingError
from tests.data.drawing import Drawer

NAMES = [f"{i:03}" for i in range(10)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ten pairs with the values 0, 1, 2 and 255."""
    Drawer(tmp_path).pairs("images/{}.png", "masks/{}.png", NAMES, (0, 1, 2, 255))
    return tmp_path


def settle(root: Path, text: str) -> Path:
    """Write the file."""
    (root / "dataset.yaml").write_text(text, encoding="utf-8")
    return root


def test_classes_ignore_and_validation_are_taken_from_the_file(root: Path) -> None:
    settle(root, "classes: {sky: 0, tree: 2}\nignore: [1, 255]\nvalidation: '00'\nformat: paired_folders\n")
    (root / "images" / "street.png").write_bytes((root / "images" / "000.png").read_bytes())
    (root / "masks" / "street.png").write_bytes((root / "masks" / "000.png").read_bytes())
    Drawer(root).pairs("images/{}.png", "masks/{}.png", ["road"], (0, 1, 2, 255))
    dataset = open_data(root)
    assert dataset.classes.names == ("sky", "tree")
    assert dataset.classes.values == (0, 2)
    assert set(dataset.classes.ignore_values) == {1, 255}
    assert [pair.name for pair in dataset.splits["train"]] == ["road", "street"]
    assert dataset.decisions[0].what == "format, classes, ignore, validation as dataset.yaml says"


def test_what_the_caller_says_overrules_the_file_and_is_stated(root: Path) -> None:
    settle(root, "classes: {sky: 0, tree: 1, car: 2}\nignore: [255]\nvalidation: 0.5\n")
    dataset = open_data(root, classes=["a", "b", "c"], validation=0.2)
    assert dataset.classes.names == ("a", "b", "c")
    assert len(dataset.splits["val"]) == 2
    stated = [decision.what for decision in dataset.decisions]
    assert "ignore as dataset.yaml says" in stated
    assert "validation: not as dataset.yaml says (0.5)" in stated


def test_splits_are_folders_files_or_patterns(root: Path) -> None:
    settle(root, "splits: {val: ['images/001.png', '00[23]'], test: ['images/009*']}\n")
    dataset = open_data(root)
    assert [pair.name for pair in dataset.splits["val"]] == ["001", "002", "003"]
    assert [pair.name for pair in dataset.splits["test"]] == ["009"]
    assert len(dataset.splits["train"]) == 6


def test_the_path_of_a_file_whose_name_holds_brackets_means_that_file(tmp_path: Path) -> None:
    names = ["scene", "scene[s]", "scenes", "other"]
    Drawer(tmp_path).pairs("images/{}.png", "masks/{}.png", names)
    listed = "train: ['images/scene.png', 'images/scene[s].png', 'images/other.png'], val: ['images/scenes.png']"
    dataset = open_data(settle(tmp_path, f"splits: {{{listed}}}\n"))
    assert [pair.name for pair in dataset.splits["val"]] == ["scenes"]
    assert sorted(pair.name for pair in dataset.splits["train"]) == ["other", "scene", "scene[s]"]


def test_colours_may_be_classes_and_ignored(tmp_path: Path) -> None:
    drawer = Drawer(tmp_path)
    for name in NAMES:
        mask = np.zeros((6, 8, 3), np.uint8)
        mask[:2], mask[2:4] = (255, 0, 0), (0, 0, 255)
        drawer.image(f"images/{name}.png")
        drawer.array(f"masks/{name}.png", mask)
    settle(tmp_path, "classes: {ground: '#000000', roof: '#ff0000'}\nignore: ['#0000FF']\n")
    classes = open_data(tmp_path).classes
    assert classes.names == ("ground", "roof")
    assert classes.ignore_values == (0x0000FF,)


def test_the_file_beside_a_split_counts_for_its_classes(root: Path) -> None:
    Drawer(root).pairs("test/images/{}.png", "test/masks/{}.png", ["a", "b", "c"], (0, 1, 2, 255))
    settle(root, "format: split_folders\nclasses: {x: 0, y: 1, z: 2}\nsplits: {val: [nothing]}\n")
    assert open_data(root / "test").classes.names == ("x", "y", "z")


def test_evaluation_takes_the_splits_of_the_file(root: Path) -> None:
    classes = open_data(root).classes
    settle(root, "splits: {test: ['00*']}\n")
    assert len(open_for_evaluation(root, classes).splits["test"]) == 10


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("clases: {a: 0}", "dataset.yaml: There is no key called 'clases'. Did you mean 'classes'?"),
        ("format: camvit", "dataset.yaml: format: There is no format called 'camvit'. Did you mean 'camvid'?"),
        ("ignore: 255", "dataset.yaml: ignore is 255; a list of values or of colours, such as [255]"),
        ("binary: maybe", "dataset.yaml: binary is 'maybe'; true or false is expected."),
        (
            "classes: {no: 0, b: 1}",
            "dataset.yaml: classes: False is no text to YAML; write the name of the class in qu",
        ),
        ("classes: {a: 0, a: 1}", "dataset.yaml cannot be read as YAML (a stands twice)."),
        ("classes: {a: 0, b: 0}", "0 stands for two classes, or is a class and ignored"),
        ("classes: {a: red}", "classes holds 'red'; a number, or a colour such as '#804080', is expected."),
        ("classes: {a: 0, b: '#804080'}", "classes holds colours and numbers; either is expected."),
        (
            "ignore: ['#000000']",
            "ignore holds colours; colours such as '#804080' are then expected for all classes. Name them under "
            "`classes:` here, or take the colours out of `ignore:` and give them the name void in class_dict.csv",
        ),
        (
            "classes: {a: '#000000', b: '#804080'}\nignore: [255]",
            "classes holds colours; colours such as '#804080' are then expected for all that is ignored.",
        ),
        ("splits: {vall: [a]}", "splits: There is no split called 'vall'. Did you mean 'val'?"),
        ("splits: {val: [nowhere]}", "no image fits 'nowhere' (splits.val)"),
        ("splits: {val: ['*'], test: ['000']}", "into val, test; an image belongs to one split."),
        ("- a", "dataset.yaml holds list; keys with values are expected"),
        ("a: [", "dataset.yaml cannot be read as YAML (line 1:"),
        ("a: " + "[" * 3000, "dataset.yaml cannot be read as YAML"),
        ("\x07", "dataset.yaml cannot be read as YAML"),
    ],
)
def test_what_is_wrong_with_the_file_is_one_sentence(root: Path, text: str, sentence: str) -> None:
    with pytest.raises(SettingError) as error:
        open_data(settle(root, text))
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    "kind", ["plain", "void", "binary", "objects", "colours", "names", "split", "test_named_no", "smoothed"]
)
def test_what_was_inferred_is_the_same_when_it_is_written_down(kind: str, tmp_path: Path) -> None:
    drawer = Drawer(tmp_path)
    places = (
        ("{split}/images/{name}.png", "{split}/masks/{name}.png")
        if kind == "split"
        else (
            "images/{name}.png",
            "masks/{name}.png",
        )
    )
    values = {"void": (0, 1, 2, 255), "binary": (0, 255), "objects": (0, 7, 900), "split": (0, 50, 100)}
    for i, name in enumerate(NAMES):
        split = "val" if i > 6 else "train"
        image, mask = (place.format(split=split, name=name) for place in places)
        drawer.image(image)
        if kind == "colours":
            pixels = np.zeros((6, 8, 3), np.uint8)
            pixels[:3] = (255, 0, i % 2)
            drawer.array(mask, pixels)
        elif kind == "smoothed":
            drawer.array(mask, np.array([[0, 0, 0, 90 + i, 255, 255, 255, 255]] * 6, np.uint8))
        else:
            drawer.mask(mask, values.get(kind, (0, 1, 2)), np.uint16 if kind == "objects" else np.uint8)
    if kind in ("names", "test_named_no"):
        (tmp_path / "codes.txt").write_text("no\n12\n# odd: name\n" if kind == "test_named_no" else "sky\nroad\nvoid\n")
    before = open_data(tmp_path, binary=True if kind == "objects" else None)
    write_settings(before, splits_on_disk(tmp_path))
    after = open_data(tmp_path)
    assert (after.classes, after.splits, after.digest) == (before.classes, before.splits, before.digest)
    with pytest.raises(OutputError, match=r"dataset\.yaml is there already, and counts"):
        write_settings(before, splits_on_disk(tmp_path))
