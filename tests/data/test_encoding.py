"""What the numbers in masks mean: decided from evidence and said, or refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pixelwise.data import Dataset, open_data
from pixelwise.data.formats.camvid import CAMVID_NAMES
from pixelwise.errors import DataError, SettingError
from tests.data.drawing import HEIGHT, WIDTH, Drawer

NAMES = ["a", "b", "c", "d"]


def said(data: Dataset, what: str) -> str:
    """The reason of the decision that begins with a text."""
    return next(decision.why for decision in data.decisions if decision.what.startswith(what))


def draw_values(draw: Drawer, *values: int, names: list[str] = NAMES) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", names, values)


def draw_street(draw: Drawer, *values: int, names: tuple[str, ...] = ("0001TP_1", "0006R0_2", "0016E5_3")) -> None:
    draw.pairs("train/{}.png", "trainannot/{}.png", list(names), values or range(12))
    draw.pairs("val/{}.png", "valannot/{}.png", [f"{names[-1]}9"], values or range(12))


@pytest.mark.parametrize("high", [1, 255])
def test_two_values_are_binary(high: int, draw: Drawer) -> None:
    draw_values(draw, 0, high)
    data = open_data(draw.root)
    assert data.classes.binary
    assert data.classes.names == ("background", "object")
    assert data.classes.values == (0, high)
    assert said(data, f"Binary: 0 is background, {high} is object")
    assert open_data(draw.root, binary=False).classes.binary is False


def test_masks_of_one_bit_are_binary(draw: Drawer) -> None:
    draw_values(draw, 0, 1)
    for name in NAMES:
        draw.array(f"masks/{name}.png", np.eye(HEIGHT, WIDTH) > 0)
    data = open_data(draw.root)
    assert data.classes.values == (0, 1)
    assert data.class_pixels["val"] == (HEIGHT * WIDTH - 6, 6)


@pytest.mark.parametrize("kind", ["L", "P", "I;16", "RGB"])
def test_index_masks_of_every_mode_are_classes(kind: str, draw: Drawer) -> None:
    draw_values(draw, 0, 1, 2)
    values = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 3
    for name in NAMES:
        if kind == "P":
            image = Image.fromarray(values.astype(np.uint8))
            image.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0])
            image.save(draw.root / "masks" / f"{name}.png")
        elif kind == "RGB":
            draw.array(f"masks/{name}.png", np.dstack([values.astype(np.uint8)] * 3))
        else:
            draw.array(f"masks/{name}.png", values.astype(np.uint8 if kind == "L" else np.uint16))
    data = open_data(draw.root)
    assert data.classes.values == (0, 1, 2)
    assert not data.classes.binary
    assert sum(sum(pixels) for pixels in data.class_pixels.values()) == 4 * HEIGHT * WIDTH


def test_gaps_are_closed_and_said(draw: Drawer) -> None:
    draw_values(draw, 0, 3, 7)
    data = open_data(draw.root)
    assert data.classes.names == ("class 0", "class 3", "class 7")
    assert said(data, "3 classes: the values 0, 3, 7, with gaps")


def test_255_beside_indices_is_ignored_with_its_share(draw: Drawer) -> None:
    draw_values(draw, 0, 1, 2, 255)
    data = open_data(draw.root)
    assert data.classes.values == (0, 1, 2)
    assert data.classes.ignore_values == (255,)
    assert "2.08 % of the pixels, in 4 of 4 masks" in said(data, "255 is void and ignored")
    assert sum(data.ignored_pixels.values()) == 4
    assert open_data(draw.root, ignore=[]).classes.values == (0, 1, 2, 255)


def test_255_beside_shades_is_a_class(draw: Drawer) -> None:
    draw_values(draw, 0, 85, 170, 255)
    assert open_data(draw.root).classes.values == (0, 85, 170, 255)


def test_0_1_and_255_are_binary_with_an_ignored_border(draw: Drawer) -> None:
    draw_values(draw, 0, 1, 255)
    classes = open_data(draw.root).classes
    assert classes.binary
    assert classes.ignore_values == (255,)


def test_unnamed_values_are_all_classes_and_how_to_say_otherwise(draw: Drawer) -> None:
    draw_street(draw, *range(12), names=("street1", "street2", "street3"))
    data = open_data(draw.root)
    assert data.classes.num_classes == 12
    assert data.classes.ignore_values == ()
    why = said(data, "All values are taken as classes, none is ignored")
    assert why.startswith("in folders called …annot the last value is often void, but nothing says")
    assert why.endswith("give --ignore 11")
    asked = open_data(draw.root, ignore=[11])
    assert (asked.classes.num_classes, asked.classes.ignore_values) == (11, (11,))
    assert said(asked, "11 is ignored") == "asked for (ignore)"


def test_camvid_is_recognised_by_layout_names_and_values(draw: Drawer) -> None:
    draw_street(draw)
    data = open_data(draw.root)
    assert data.classes.names == CAMVID_NAMES
    assert data.classes.ignore_values == (11,)
    assert said(data, "11 classes: sky, building").startswith("recognised as CamVid")
    assert open_data(draw.root, ignore=[]).classes.names == (*CAMVID_NAMES, "void")


def test_a_stray_value_in_camvid_is_refused_with_both_cures(draw: Drawer) -> None:
    draw_street(draw)
    draw.mask("trainannot/0006R0_2.png", [5, 12, 40])
    words = (
        r"^1 of 4 masks holds values outside the 11 classes \(0 to 10; 11 is ignored\), 2 pixels in all: "
        r"trainannot/0006R0_2\.png \(values 12, 40: 2 pixels\)\. Add the missing classes to the names \(codes\.txt or "
        r"--classes\), or leave these pixels out with `--ignore 12 --ignore 40`\.$"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)
    assert open_data(draw.root, ignore=[12, 40]).classes.ignore_values == (11, 12, 40)


def test_the_first_three_files_with_stray_values_are_named(draw: Drawer) -> None:
    draw_values(draw, 0, 1, 5)
    with pytest.raises(DataError, match=r"4 of 4 masks hold .*masks/a\.png.*masks/b\.png.*masks/c\.png \(.*\), … Add"):
        open_data(draw.root, classes=["sky", "road", "tree"])


@pytest.mark.parametrize("file", ["codes.txt", "classes.txt", "labels.txt"])
def test_names_beside_the_data_are_taken_and_void_is_ignored(file: str, draw: Drawer) -> None:
    draw_values(draw, 0, 1, 2, 3)
    (draw.root / file).write_text("background\nroad\nVoid\ntree\ncar\n\n")
    data = open_data(draw.root)
    assert data.classes.names == ("background", "road", "tree", "car")
    assert data.classes.values == (0, 1, 3, 4)
    assert data.classes.ignore_values == (2,)
    assert said(data, "4 named classes").endswith(file)
    assert said(data, "2 is ignored").startswith("called 'Void'")
    assert said(data, "1 of the classes is in no mask: car") == "kept, as named"


def test_two_lists_of_names_are_not_chosen_between(draw: Drawer) -> None:
    draw_values(draw, 0, 1)
    (draw.root / "codes.txt").write_text("a\nb\n")
    (draw.root / "labels.txt").write_text("c\nd\n")
    with pytest.raises(DataError, match=r"The classes are named differently in .*codes\.txt, .*labels\.txt\. Keep one"):
        open_data(draw.root)
    assert open_data(draw.root, classes=["e", "f"]).classes.names == ("e", "f")


def test_names_may_come_from_a_file_elsewhere(draw: Drawer) -> None:
    draw_values(draw, 0, 1, 2)
    (draw.root / "elsewhere.txt").write_text("sky\nroad\ntree\n")
    assert open_data(draw.root, classes=draw.root / "elsewhere.txt").classes.names == ("sky", "road", "tree")


def test_names_belong_to_values_in_order_where_these_are_no_numbering(draw: Drawer) -> None:
    draw_values(draw, 0, 50, 100)
    data = open_data(draw.root, classes=["sky", "road", "tree"])
    assert data.classes.values == (0, 50, 100)
    assert said(data, "The names belong to the stored values in their order")


def test_background_and_one_name_are_binary(draw: Drawer) -> None:
    draw_values(draw, 0, 255)
    assert open_data(draw.root, classes=["background", "cell"]).classes.binary
    assert not open_data(draw.root, classes=["sky", "ground"]).classes.binary


def test_named_classes_with_an_unnamed_255_ignore_it(draw: Drawer) -> None:
    draw_values(draw, 0, 1, 2, 255)
    assert open_data(draw.root, classes=["sky", "road", "tree"]).classes.ignore_values == (255,)


def test_binary_reduces_an_index_mask_to_object_and_background(draw: Drawer) -> None:
    draw_values(draw, 0, 3, 7)
    data = open_data(draw.root, binary=True)
    assert data.classes.any_positive
    assert data.class_pixels["val"] == (HEIGHT * WIDTH - 2, 2)
    assert "> 0  object" in data.describe()


@pytest.mark.parametrize("wrong", [-1, 1.5, True])
def test_ignored_values_are_whole_numbers(wrong: int, draw: Drawer) -> None:
    draw_values(draw, 0, 1)
    with pytest.raises(SettingError, match=r"ignore holds .*; whole numbers from 0 are expected"):
        open_data(draw.root, ignore=[wrong])


def test_names_that_stand_twice_or_are_empty_are_refused(draw: Drawer) -> None:
    draw_values(draw, 0, 1)
    with pytest.raises(SettingError, match=r"The names in classes= hold sky twice; every class needs its own name\."):
        open_data(draw.root, classes=["sky", "sky"])
    with pytest.raises(SettingError, match=r"The name of the value 1 in classes= is empty"):
        open_data(draw.root, classes=["sky", ""])


def test_ignored_pixels_are_in_no_class(draw: Drawer) -> None:
    draw_street(draw)
    data = open_data(draw.root)
    for split, pairs in data.splits.items():
        assert sum(data.class_pixels[split]) + data.ignored_pixels[split] == len(pairs) * HEIGHT * WIDTH
