"""ADE20K: 0 is ignored, and the table beside the folders names the 150 classes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pixelwise.data import open_data
from pixelwise.errors import DataError
from tests.data.drawing import Drawer
from tests.data.formats.round_trip import label_arrays

TITLES = "Idx\tRatio\tTrain\tVal\tName"


def table(change: Callable[[list[str]], object] = lambda lines: None) -> str:
    lines = [TITLES, *(f"{number} \t0.1\t10\t1\tthing {number}, object " for number in range(1, 151))]
    lines[2] = "2\t0.1\t10\t1\tbuilding, edifice"
    lines[3] = "3\t0.1\t10\t1\tscreen, silver screen"
    lines[4] = "4\t0.1\t10\t1\tscreen, crt"
    change(lines)
    return "\n".join(lines) + "\n"


def draw_ade(draw: Drawer, train: str = "ADE_train_{}", val: str = "ADE_val_{}") -> None:
    for split, name in (("training", train), ("validation", val)):
        names = [name.format(f"{number:08d}") for number in range(1, 4)]
        draw.pairs(f"images/{split}/{{}}.jpg", f"annotations/{split}/{{}}.png", names, (0, 1, 2, 150))


def test_the_table_names_the_classes_and_zero_is_ignored(draw: Drawer) -> None:
    draw_ade(draw, "a{}", "b{}")
    (draw.root / "objectInfo150.txt").write_text(table())
    data = open_data(draw.root)
    assert data.format == "ade20k"
    assert data.classes.num_classes == 150
    assert data.classes.names[:4] == ("thing 1", "building", "screen, silver screen", "screen, crt")
    assert data.classes.values == tuple(range(1, 151))
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 3, "val": 3}
    assert label_arrays(data)["val"]["b00000001"].reshape(-1)[:4].tolist() == [255, 0, 1, 149]


def test_without_the_table_the_names_of_the_files_tell_and_the_classes_are_numbered(draw: Drawer) -> None:
    draw_ade(draw)
    data = open_data(draw.root)
    assert data.format == "ade20k"
    assert (data.classes.names[0], data.classes.names[149]) == ("class 1", "class 150")
    assert data.classes.ignore_values == (0,)


def test_other_folders_of_this_layout_are_not_ade20k(draw: Drawer) -> None:
    draw_ade(draw, "a{}", "b{}")
    data = open_data(draw.root)
    assert data.format == "split_folders"
    assert data.classes.values == (0, 1, 2, 150)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"The first line of \S+ is missing; titles with Idx and Name among them"),
        ("a,b\n", r"The first line of \S+ is 'a,b'; titles with Idx and Name"),
        (table(lambda lines: lines.pop()), r"has no line for 150; the classes 1 to 150 are expected\."),
        (table(lambda lines: lines.append(lines[7])), r"Line 152 of \S+ has the number 7 a second time\."),
        (
            table(lambda lines: lines.append("151\t\t\t\tx")),
            r"Line 152 of \S+ is '151\\t.*; a number from 1 to 150 and",
        ),
        (table(lambda lines: lines.append("x")), r"Line 152 of \S+ is 'x'; a number from 1 to 150 and a name"),
    ],
)
def test_a_broken_table_is_refused(text: str, words: str, draw: Drawer) -> None:
    draw_ade(draw)
    (draw.root / "objectInfo150.txt").write_text(text)
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_value_beyond_the_classes_is_refused(draw: Drawer) -> None:
    draw_ade(draw)
    draw.mask("annotations/training/ADE_train_00000001.png", (0, 1, 151))
    with pytest.raises(DataError, match=r"outside the 150 classes .*\(value 151: 1 pixel\)"):
        open_data(draw.root)
