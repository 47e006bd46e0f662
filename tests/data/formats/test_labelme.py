"""labelme is read wherever its files lie, and written without a pixel changing."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pixelwise.data import open_data
from pixelwise.data.formats.labelme import FORMAT
from pixelwise.data.numbers import read_numbers
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.data.formats.hostile import as_json, sentence_of, spoilt
from tests.data.formats.round_trip import label_arrays, written_and_read

NAMES = ["a", "b", "c", "d", "e"]
SQUARE = [[2.0, 1.0], [5.0, 1.0], [5.0, 4.0], [2.0, 4.0]]  # 3 × 3 pixels from row 1 and column 2


def shape(label: str = "cat", points: Any = SQUARE, kind: str | None = "polygon", **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}, **more}


def document(image: str, *shapes: dict[str, Any], **more: Any) -> dict[str, Any]:
    sizes = {"imageHeight": HEIGHT, "imageWidth": WIDTH}
    return (
        {"version": "5.5.0", "flags": {}, "shapes": list(shapes), "imagePath": image, "imageData": None} | sizes | more
    )


def save(draw: Drawer, name: str, content: Any) -> None:
    path = draw.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(content))


def beside(draw: Drawer, *shapes: dict[str, Any]) -> None:
    """Five images with a file each; the first has the shapes, the others a cat."""
    draw.image(*(f"{name}.png" for name in NAMES))
    for name in NAMES:
        save(draw, f"{name}.json", document(f"{name}.png", *(shapes if shapes and name == "a" else [shape()])))


def mask(draw: Drawer, name: str = "a") -> Any:
    data = open_data(draw.root)
    pair = next(pair for pairs in data.splits.values() for pair in pairs if pair.name == name)
    return read_numbers(pair, data.classes)


def png(pixels: Any) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.array(pixels, bool)).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    ("images", "files", "path"),
    [
        (".", ".", "{}.png"),
        ("images", "annotations", "../images/{}.png"),
        ("images", "annotations", "..\\images\\{}.png"),
        ("images", "annotations", "{}.png"),
        ("images", "json", "{}.png"),
        ("images", ".", "{}.png"),
        ("images", "images", "{}.png"),
        ("images", ".", "images/{}.png"),
    ],
)
def test_images_are_found_by_their_path_or_their_name(images: str, files: str, path: str, draw: Drawer) -> None:
    draw.image(*(f"{images}/{name}.png" for name in NAMES))
    for name in NAMES:
        save(draw, f"{files}/{name}.json", document(path.format(name), shape()))
    data = open_data(draw.root)
    assert data.format == "labelme"
    pair = data.splits["train"][0]
    assert pair.image == draw.root / images / f"{pair.name}.png"
    assert pair.target == draw.root / files / f"{pair.name}.json"


@pytest.mark.parametrize(
    ("images", "files"),
    [
        ("{}", "{}"),
        ("{}/images", "{}/annotations"),
        ("images/{}", "annotations/{}"),
        ("images/{}", "images/{}"),
    ],
)
def test_splits_are_folders(images: str, files: str, draw: Drawer) -> None:
    for split, names in (("train", NAMES), ("val", ["v"])):
        for name in names:
            draw.image(f"{images.format(split)}/{name}.png")
            save(draw, f"{files.format(split)}/{name}.json", document(f"{name}.png", shape()))
    data = open_data(draw.root)
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 5, "val": 1}


def test_classes_are_the_labels_in_the_order_of_the_alphabet(draw: Drawer) -> None:
    beside(draw, shape("dog"), shape("ant"))
    assert open_data(draw.root).classes.names == ("background", "ant", "cat", "dog")


def test_labels_txt_gives_the_order_and_names_classes_that_never_occur(draw: Drawer) -> None:
    beside(draw, shape("dog"))
    (draw.root / "labels.txt").write_text("__ignore__\n_background_\ndog\nnever\ncat\n")
    assert open_data(draw.root).classes.names == ("background", "dog", "never", "cat")
    assert mask(draw).max() == 1


def test_ignored_shapes_are_255_and_background_is_drawn_over(draw: Drawer) -> None:
    beside(
        draw,
        shape(),
        shape("__ignore__", [[0, 0], [8, 2]], "rectangle"),
        shape("_background_", [[0, 0], [3, 3]], "rectangle"),
    )
    drawn = mask(draw)
    assert (drawn[0, 0], drawn[0, 7], drawn[1, 2], drawn[1, 4], drawn[3, 2]) == (0, 255, 0, 255, 1)
    assert open_data(draw.root).classes.names == ("background", "cat")


def test_every_kind_of_shape_is_drawn(draw: Drawer) -> None:
    draw.image("a.png", "b.png", "c.png", size=(60, 80))
    shapes = [
        shape("rectangle", [[30, 20], [10, 5]], "rectangle"),
        shape("circle", [[60, 15], [60, 25]], "circle"),
        shape("line", [[10, 35], [30, 35]], "line"),
        shape("strip", [[45, 35], [70, 35], [70, 55]], "linestrip"),
        shape("mask", [[5, 50], [7, 51]], "mask", mask=png([[1, 0, 1], [0, 1, 1]])),
        shape("point", [[1, 1]], "point"),
        shape("old", [[40, 1], [44, 1], [44, 5]], None),
    ]
    for name in "abc":
        save(draw, f"{name}.json", document(f"{name}.png", *shapes, imageHeight=60, imageWidth=80))
    data = open_data(draw.root)
    assert data.classes.names == ("background", "circle", "line", "mask", "old", "rectangle", "strip")
    area = dict(zip(data.classes.names, np.bincount(mask(draw).ravel()).tolist(), strict=True))
    assert area["rectangle"] == 20 * 15
    assert area["circle"] == pytest.approx(np.pi * 100, rel=0.02)
    assert area["line"] == pytest.approx(20 * 10 + np.pi * 25, rel=0.03)
    assert area["strip"] == pytest.approx(45 * 10 + np.pi * 25, rel=0.1)
    assert np.array_equal(mask(draw)[50:52, 5:8] == 3, [[1, 0, 1], [0, 1, 1]])
    said = [decision.what for decision in data.decisions]
    assert "3 points are left out" in said
    assert "6 lines are drawn 10 pixels wide" in said


def test_masks_have_the_size_of_the_image_where_the_file_tells_none(draw: Drawer) -> None:
    draw.image(*(f"{name}.png" for name in NAMES))
    for name in NAMES:
        save(draw, f"{name}.json", document(f"{name}.png", shape(), imageHeight=None))
    assert mask(draw).shape == (HEIGHT, WIDTH)


def test_an_image_without_a_file_is_refused(draw: Drawer) -> None:
    beside(draw)
    draw.image("f.png")
    with pytest.raises(
        DataError, match=r"1 of 6 images in \S+ has no mask of the same name in \S+: f\.png\. Add what is"
    ):
        open_data(draw.root)


def test_a_file_without_its_image_says_where_that_is_expected(draw: Drawer) -> None:
    beside(draw)
    (draw.root / "b.png").unlink()
    words = r"1 of 5 annotation files \(labelme\) in \S+ has no image: b\.json \('b\.png'\)\. It is expected where "
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_json_of_another_kind_is_left_out_and_said(draw: Drawer) -> None:
    beside(draw)
    save(draw, "settings.json", {"a": 1})
    data = open_data(draw.root)
    assert data.decisions[0].what == "1 JSON file is left out: settings.json"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            shape(kind="cube"),
            r"shapes\[0\]\.shape_type is 'cube'; one of polygon, rectangle, circle, line, linestrip, mask",
        ),
        (
            shape(points=[[1, 2], [3, 4], [5, 6]], kind="circle"),
            r"points is a list of 3; a list of two points, as a circle",
        ),
        (shape(points=[[1, 2, 3]]), r"shapes\[0\]\.points is a list of 1; a list of pairs of x and y is expected"),
        (shape(label=""), r"shapes\[0\]\.label is ''; a text is expected"),
        (shape(kind="mask", points=[[0, 0], [1, 1]], mask="@"), r"shapes\[0\]\.mask is no PNG in base64"),
        (shape(kind="mask", points=[[0, 0], [1, 1]], mask="AAAA"), r"shapes\[0\]\.mask is a damaged PNG"),
        (
            shape(kind="mask", points=[[0, 0], [1, 1]], mask=png([[1, 0, 1]])),
            r"shapes\[0\]\.mask is 1 × 3 pixels; between its corners lie 2 × 2",
        ),
        (shape(kind="mask", points=[[0, 0], [1e8, 1e8]], mask="A"), "which is more than an image can have"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(wrong: dict[str, Any], words: str, draw: Drawer) -> None:
    beside(draw, wrong)
    with pytest.raises(DataError, match=rf"a\.json: {words}|a\.json: .*{words}"):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../../a.png", r"imagePath: The file name '\.\./\.\./a\.png' leads out of"),
        ("C:\\data\\a.png", "imagePath: The file name .* is absolute"),
        ("/data/a.png", "imagePath: The file name .* is absolute"),
        ("b.png", "both belong to .*b.png"),
    ],
)
def test_image_paths_that_cannot_be_are_refused(path: str, words: str, draw: Drawer) -> None:
    beside(draw)
    save(draw, "a.json", document(path, shape()))
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_label_outside_labels_txt_is_refused(draw: Drawer) -> None:
    beside(draw, shape("dgo"))
    (draw.root / "labels.txt").write_text("cat\ndog\n")
    words = r"a\.json: shapes\[0\]\.label is 'dgo', which is not in \S+labels\.txt \(cat, dog\)\. Add it there"
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_files_without_shapes_are_refused(draw: Drawer) -> None:
    draw.image("a.png")
    save(draw, "a.json", document("a.png"))
    with pytest.raises(
        DataError, match="no shape in the 1 file of labelme has a label, so there are no classes to learn"
    ):
        open_data(draw.root)


def test_files_beside_the_folder_of_train_are_left_out_and_said(draw: Drawer) -> None:
    for name in ("train/a", "train/b", "train/c", "val/d", "e"):
        draw.image(f"{name}.png")
        save(draw, f"{name}.json", document(f"{name[-1]}.png", shape("dog" if name == "e" else "cat")))
    data = open_data(draw.root)
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 3, "val": 1}
    assert data.classes.names == ("background", "cat")
    said = {decision.what: decision.why for decision in data.decisions}
    assert said["1 file of labelme is left out: e.json"] == "they belong to no split, and others to train"


def test_whatever_a_file_holds_it_is_read_or_refused_by_name(draw: Drawer) -> None:
    draw.image("a.png", "b.png")
    save(draw, "b.json", document("b.png", shape()))
    small = shape(points=[[0, 0], [2, 0]], kind="mask", mask=png([[1, 0, 1]]))
    corners = [[1, 1], [3, 3]]
    shapes = [shape(), small, *(shape(points=corners, kind=kind) for kind in ("circle", "line"))]
    said = set()
    for changed in spoilt(document("a.png", *shapes)):
        save(draw, "a.json", changed)
        sentence = sentence_of(FORMAT.find, draw.root)
        assert sentence is None or "a.json" in sentence
        said.add(sentence)
    assert len(said) > 25


def test_a_data_set_is_written_and_read_again_exactly(draw: Drawer, tmp_path: Path) -> None:
    beside(draw, shape("dog"), shape("__ignore__", [[0, 0], [1, 1]], "rectangle"))
    again = written_and_read(open_data(draw.root), "labelme", tmp_path / "written")
    assert {array.max() for arrays in label_arrays(again).values() for array in arrays.values()} == {1, 255}
    assert (tmp_path / "written" / "labels.txt").read_text().splitlines()[:2] == ["__ignore__", "_background_"]


def test_classes_without_a_background_are_not_written(draw: Drawer, tmp_path: Path) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", NAMES)
    assert FORMAT.write is not None
    with pytest.raises(DataError, match="labelme knows shapes before a background; the first of these 3 classes is"):
        FORMAT.write(open_data(draw.root), tmp_path / "written")
