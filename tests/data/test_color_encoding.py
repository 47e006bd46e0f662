"""Masks of colours, and of smoothed edges: which colour is which class, and where a pixel between two belongs."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data import Classes, Dataset, open_data
from pixelwise.data.checks import Severity
from pixelwise.data.doctor import examine
from pixelwise.data.fixing import fix_data
from pixelwise.data.numbers import read_numbers
from pixelwise.data.understand import open_for_evaluation
from pixelwise.errors import DataError, SettingError
from tests.data.drawing import Drawer

NAMES = ["a", "b", "c", "d", "e"]
SIZE = (60, 80)
COLORS = np.array([[0, 0, 0], [220, 20, 60], [0, 130, 180], [250, 220, 0]], np.uint8)
TRUTH = np.repeat(np.repeat(np.array([[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 1]]), 20, axis=0), 20, axis=1)


def draw_masks(draw: Drawer, masks: NDArray[np.uint8], names: list[str] = NAMES) -> None:
    for name in names:
        draw.image(f"images/{name}.png", size=SIZE)
        draw.array(f"masks/{name}.png", masks)


def as_jpeg(array: NDArray[np.uint8], quality: int = 75) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer))


def indices(data: Dataset, split: str = "train") -> NDArray[np.uint8]:
    pair = data.splits[split][0]
    return data.classes.encode(read_numbers(pair, data.classes))


def said(data: Dataset, what: str) -> str:
    return next(f"{decision.what}: {decision.why}" for decision in data.decisions if what in decision.what)


def test_colours_are_classes_as_they_are_found(draw: Drawer) -> None:
    draw_masks(draw, COLORS[TRUTH])
    data = open_data(draw.root)
    assert data.classes.names == ("#000000", "#0082b4", "#dc143c", "#fadc00")
    assert data.classes.colors == ((0, 0, 0), (0, 130, 180), (220, 20, 60), (250, 220, 0))
    assert np.array_equal(indices(data), np.array([0, 2, 1, 3])[TRUTH])
    assert data.class_pixels["train"] == (4 * 1200,) * 4
    assert "write class_dict.csv" in said(data, "4 classes by colour")
    assert "#0082b4" in data.describe()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("class_dict.csv", "name,r,g,b\nground,0,0,0\ncar,220,20,60\nwater,0,130,180\nvoid,250,220,0\n"),
        ("labelmap.txt", "# label:color_rgb:parts:actions\nground:0,0,0::\ncar:220,20,60::\nwater:0,130,180::\n"),
        ("label_colors.txt", "0 0 0\t\tground\n220 20 60\tcar\n0 130 180\twater\n250 220 0\tVoid\n"),
    ],
)
def test_a_legend_names_the_colours(file: str, text: str, draw: Drawer) -> None:
    draw_masks(draw, COLORS[TRUTH])
    (draw.root / file).write_text(text + ("void:250,220,0::\n" if file == "labelmap.txt" else ""))
    data = open_data(draw.root)
    assert data.classes.names == ("ground", "car", "water")
    assert data.classes.ignore_values == (0xFADC00,)
    assert np.array_equal(indices(data), np.array([0, 1, 2, 255])[TRUTH])
    assert file in said(data, "3 classes by colour")
    assert said(data, "#fadc00 is void and ignored")


def test_a_colour_outside_the_legend_is_refused_with_its_share(draw: Drawer) -> None:
    draw_masks(draw, COLORS[TRUTH])
    (draw.root / "class_dict.csv").write_text("ground,0,0,0\ncar,220,20,60\nwater,0,130,180\n")
    words = (
        r"a colour that is not in .*class_dict\.csv: #fadc00 \(25 % of the pixels, in 5 of 5 masks\).* Add #fadc00 to"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_small_area_of_a_colour_outside_the_legend_is_refused_with_the_masks_that_hold_it(draw: Drawer) -> None:
    masks = COLORS[TRUTH % 3]
    draw_masks(draw, masks)
    masks = masks.copy()
    masks[5:15, 5:15] = COLORS[3]
    draw_masks(draw, masks, names=["b"])
    (draw.root / "class_dict.csv").write_text("ground,0,0,0\ncar,220,20,60\nwater,0,130,180\n")
    findings = examine(draw.root, quick=True).findings
    assert [finding.severity for finding in findings] == [Severity.RUINS]
    assert "#fadc00 (0.42 % of the pixels, in 1 of 5 masks)" in findings[0].what
    assert "under the name void to leave these pixels out" in findings[0].cure
    copy = fix_data(
        examine(draw.root, quick=True).survey, draw.root.with_name(f"{draw.root.name}-copy"), opened=open_data
    )
    assert "#fadc00" in (copy.refusal or "the copy would be trained on")


@pytest.mark.parametrize("enlarged", [1, 3])
def test_lines_between_classes_and_smoothed_edges_are_no_foreign_colours(enlarged: int, draw: Drawer) -> None:
    small = Image.fromarray(COLORS[TRUTH % 3]).resize((40, 30), Image.Resampling.BILINEAR)
    big = small.resize((80 * enlarged, 60 * enlarged), Image.Resampling.NEAREST if enlarged > 1 else None)
    masks = np.array(big)
    masks[:, 20:22] = COLORS[3]
    for name in NAMES:
        draw.image(f"images/{name}.png", size=masks.shape[:2])
        draw.array(f"masks/{name}.png", masks)
    (draw.root / "class_dict.csv").write_text("ground,0,0,0\ncar,220,20,60\nwater,0,130,180\n")
    data = open_data(draw.root)
    assert data.classes.nearest
    assert data.classes.names == ("ground", "car", "water")


def draw_jpegs(draw: Drawer, labels: NDArray[np.integer], quality: int) -> None:
    for name in NAMES:
        draw.image(f"images/{name}.png", size=labels.shape)
        path = draw.root / "masks" / f"{name}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(COLORS[labels]).save(path, quality=quality)


@pytest.mark.parametrize("quality", [95, 75, 40])
def test_an_area_of_a_colour_outside_the_legend_is_refused_in_jpeg_files_too(quality: int, draw: Drawer) -> None:
    labels = np.kron(TRUTH % 3, np.ones((4, 4), int))
    (draw.root / "class_dict.csv").write_text("ground,0,0,0\ncar,220,20,60\nwater,0,130,180\n")
    draw_jpegs(draw, labels, quality)
    assert open_data(draw.root).classes.names == ("ground", "car", "water")
    labels[30:54, 30:54] = 3  # 0.75 % of the pixels
    draw_jpegs(draw, labels, quality)
    with pytest.raises(DataError, match=r"^Areas of 5 of 5 masks in JPEG files .*: about #f[0-9a-f]{5} \(such as in"):
        open_data(draw.root)


def test_lines_and_enlarged_edges_of_jpeg_files_are_no_foreign_colours(draw: Drawer) -> None:
    (draw.root / "class_dict.csv").write_text("ground,0,0,0\ncar,220,20,60\nwater,0,130,180\n")
    masks = np.array(Image.fromarray(COLORS[TRUTH % 3]).resize((480, 360), Image.Resampling.BICUBIC))
    masks[:, 100:104] = COLORS[3]
    for name in NAMES:
        draw.image(f"images/{name}.png", size=masks.shape[:2])
        (draw.root / "masks").mkdir(exist_ok=True)
        Image.fromarray(masks).save(draw.root / "masks" / f"{name}.jpg", quality=60)
    assert open_data(draw.root).classes.nearest


def test_masks_in_other_colours_are_not_scored_as_the_nearest(draw: Drawer, tmp_path: Path) -> None:
    labels = np.kron(TRUTH % 3, np.ones((4, 4), int))
    draw_jpegs(draw, labels, 75)
    classes = open_data(draw.root).classes
    assert (classes.colored, classes.nearest) == (True, True)
    assert "% that is in doubt" in said(open_for_evaluation(draw.root, classes), "the nearest of the model's colours")
    other = Drawer(tmp_path / "other")
    draw_jpegs(other, np.where(labels == 1, 3, labels), 75)
    words = r"^2\d\.\d % of the pixels of the masks have colours that are none of the model's classes, .* Take masks in"
    with pytest.raises(DataError, match=words):
        open_for_evaluation(other.root, classes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,r,g,b\ncar,0,0\n", r"Line 2 of .*class_dict\.csv is 'car,0,0'; a name and three numbers"),
        ("car,0,0,300\n", "Line 1 of"),
        ("car,0,0,1\nbus,0,0,1\n", "The colour #000001 stands twice"),
        ("car,0,0,1\ncar,0,0,2\n", "The name car stands twice"),
        ("name,r,g,b\n", "is empty; a line per class"),
    ],
)
def test_a_legend_that_cannot_be_read_is_refused(text: str, words: str, draw: Drawer) -> None:
    draw_masks(draw, COLORS[TRUTH])
    (draw.root / "class_dict.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


@pytest.mark.parametrize("quality", [95, 75, 50])
def test_compressed_colours_go_to_the_nearest_and_the_doubtful_share_is_said(quality: int, draw: Drawer) -> None:
    truth = np.kron(TRUTH, np.ones((4, 4), int))
    for name in NAMES:
        draw.image(f"images/{name}.png", size=truth.shape[:2])
        path = draw.root / "masks" / f"{name}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(COLORS[truth]).save(path, quality=quality)
    data = open_data(draw.root)
    assert data.classes.num_classes == 4
    assert data.classes.nearest
    assert np.mean(indices(data) == np.array([0, 2, 1, 3])[truth]) > 0.99
    assert "were smoothed" in said(data, "Each pixel belongs to the nearest")
    assert sum(data.class_pixels["train"]) == 4 * truth.size


def test_two_colours_with_black_are_object_and_background(draw: Drawer) -> None:
    draw_masks(draw, COLORS[np.minimum(TRUTH, 1)])
    data = open_data(draw.root)
    assert data.classes.binary
    assert data.classes.names == ("background", "object")
    assert np.array_equal(indices(data), np.minimum(TRUTH, 1))


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (
            {"ignore": [0]},
            r"^0 shall be ignored \(--ignore\), but the masks hold colours \(such as #000000, .*\), and no n",
        ),
        ({"separate": True}, r"kept apart by numbers \(--separate\), but the masks hold colours"),
        ({"binary": True}, r"asked for \(--binary\), .* but the masks hold 4 colours \(#000000, "),
    ],
)
def test_what_is_said_of_numbers_is_refused_where_masks_hold_colours(
    wish: dict[str, Any], words: str, draw: Drawer
) -> None:
    draw_masks(draw, COLORS[TRUTH])
    with pytest.raises(SettingError, match=words):
        open_data(draw.root, **wish)


def test_names_of_numbers_are_said_to_be_unused_where_masks_hold_colours(draw: Drawer) -> None:
    draw_masks(draw, COLORS[TRUTH])
    data = open_data(draw.root, classes=["a", "b", "c", "d"])
    assert data.classes.names[1] == "#0082b4"
    assert "class_dict.csv beside the data names those" in said(data, "The names in classes= are not used")
    (draw.root / "class_dict.csv").write_text("ground,0,0,0\ncar,220,20,60\nwater,0,130,180\nvoid,250,220,0\n")
    assert not any("not used" in decision.what for decision in open_data(draw.root).decisions)


def test_two_colours_may_be_two_classes_of_equal_rank(draw: Drawer) -> None:
    draw_masks(draw, COLORS[np.minimum(TRUTH, 1)])
    assert open_data(draw.root, binary=True).classes.binary
    assert not open_data(draw.root, binary=False).classes.binary


def test_palettes_that_differ_are_read_by_their_colours(draw: Drawer) -> None:
    draw_masks(draw, COLORS[TRUTH])
    turned = (TRUTH + 1) % 4
    image = Image.fromarray(turned.astype(np.uint8))
    image.putpalette(np.roll(COLORS, 1, axis=0).flatten().tolist())
    for name in NAMES:
        image.save(draw.root / "masks" / f"{name}.png")
    plain = Image.fromarray(TRUTH.astype(np.uint8))
    plain.putpalette(COLORS.flatten().tolist())
    plain.save(draw.root / "masks" / "a.png")
    data = open_data(draw.root)
    assert data.classes.colored
    assert all(
        np.array_equal(data.classes.encode(read_numbers(pair, data.classes)), np.array([0, 2, 1, 3])[TRUTH])
        for pairs in data.splits.values()
        for pair in pairs
    )


def test_photographs_are_no_masks(draw: Drawer) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    draw_masks(draw, noise)
    with pytest.raises(DataError, match="they look like photographs, not like masks"):
        open_data(draw.root)


def test_colours_in_some_masks_and_numbers_in_others_are_refused(draw: Drawer) -> None:
    draw_masks(draw, COLORS[TRUTH])
    draw.array("masks/b.png", TRUTH.astype(np.uint8))
    words = r"4 of 5 masks hold colours \(masks/a\.png, .*the others one number per pixel \(masks/b\.png\)"
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


@pytest.mark.parametrize("binary", [None, True])
def test_smoothed_black_and_white_is_cut_in_the_middle(binary: bool | None, draw: Drawer) -> None:
    truth = np.zeros(SIZE, np.uint8)
    truth[15:45, 20:60] = 1
    draw_masks(draw, as_jpeg(truth * np.uint8(255), quality=60))
    data = open_data(draw.root, binary=binary)
    assert data.classes.binary
    assert data.classes.values == (0, 255)
    assert np.mean(indices(data) == truth) > 0.99
    assert "shades between them" in said(data, "Binary: below 128 is background, above it object")


def test_the_classes_of_a_model_read_colours_too(draw: Drawer, tmp_path: Path) -> None:
    draw_masks(draw, COLORS[TRUTH])
    classes = open_data(draw.root).classes
    other = Drawer(tmp_path / "other")
    draw_masks(other, COLORS[np.minimum(TRUTH, 2)])
    data = open_for_evaluation(other.root, classes)
    assert np.array_equal(indices(data, "all"), np.array([0, 2, 1])[np.minimum(TRUTH, 2)])
    draw_masks(other, np.full((*SIZE, 3), (1, 2, 3), np.uint8), names=["e"])
    with pytest.raises(DataError, match=r"masks/e\.png \(value #010203"):
        open_for_evaluation(other.root, classes)


def test_masks_of_colours_are_told_the_classes_of_a_model_and_a_copy_that_fits_them(draw: Drawer) -> None:
    model = Classes(
        names=("ground", "car", "water", "sun"),
        values=(0, 1, 2, 3),
        ignore_values=(),
        colors=((0, 0, 0),) * 4,
        binary=False,
    )
    draw_masks(draw, COLORS[TRUTH])
    with pytest.raises(
        DataError, match=r"5 of 5 masks hold colours .* The model knows the 4 classes ground \(0\), car"
    ) as told:
        open_for_evaluation(draw.root, model)
    assert f"class_dict.csv with the lines `name,red,green,blue`; `pixelwise check {draw.root} --fix OUT`" in str(
        told.value
    )
    names = zip(model.names, COLORS, strict=True)
    lines = [f"{name},{red},{green},{blue}" for name, (red, green, blue) in names]
    (draw.root / "class_dict.csv").write_text("\n".join(["name,r,g,b", *lines]))
    survey = examine(draw.root).survey
    copy = fix_data(survey, draw.root.with_name(f"{draw.root.name}-copy"), path=draw.root, opened=open_data).folder
    scored = open_for_evaluation(copy or draw.root, model)
    assert np.array_equal(indices(scored, "all"), TRUTH)
    with pytest.raises(DataError, match=r"ground \(0\), car \(7\).* Save the masks with these numbers"):
        open_for_evaluation(draw.root, replace(model, values=(0, 7, 8, 9)))
