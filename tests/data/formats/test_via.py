"""The VGG Image Annotator's files are read, projects and exports, and the attribute that is the class is said."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pixelwise.data import open_data
from pixelwise.data.formats.via import FORMAT
from pixelwise.data.numbers import read_numbers
from pixelwise.errors import DataError
from tests.data.drawing import Drawer
from tests.data.formats.hostile import as_json, sentence_of, spoilt

NAMES = ["a", "b", "c", "d", "e"]


def polygon(x: Any = (2, 5, 5, 2), y: Any = (1, 1, 4, 4), kind: str = "polygon") -> dict[str, Any]:
    """3 × 3 pixels from row 1 and column 2."""
    return {"name": kind, "all_points_x": list(x), "all_points_y": list(y)}


def region(shape: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    return {"shape_attributes": shape or polygon(), "region_attributes": attributes}


def entry(name: str, regions: Any) -> dict[str, Any]:
    return {"filename": name, "size": 100, "regions": regions, "file_attributes": {}}


def export(regions: dict[str, Any]) -> dict[str, Any]:
    """The annotations of images by their names without endings."""
    return {f"{name}.png100": entry(f"{name}.png", several) for name, several in regions.items()}


def project(regions: dict[str, Any], folder: str = "", **options: list[str]) -> dict[str, Any]:
    attributes = {name: {"type": "dropdown", "options": dict.fromkeys(values, "")} for name, values in options.items()}
    return {
        "_via_settings": {"core": {"default_filepath": folder}},
        "_via_img_metadata": export(regions),
        "_via_attributes": {"region": attributes, "file": {}},
    }


def save(draw: Drawer, content: Any, name: str = "via_region_data.json") -> None:
    path = draw.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(content))


def images(draw: Drawer, folder: str = ".") -> None:
    draw.image(*(f"{folder}/{name}.png" for name in NAMES))


def annotated(draw: Drawer, *regions: dict[str, Any]) -> None:
    """Five images; the first has the regions, the others a cat."""
    images(draw)
    save(draw, export({name: list(regions) if name == "a" and regions else [region(name="cat")] for name in NAMES}))


def mask(draw: Drawer, name: str = "a") -> Any:
    data = open_data(draw.root)
    pair = next(pair for pairs in data.splits.values() for pair in pairs if pair.name == name)
    return read_numbers(pair, data.classes)


def said(draw: Drawer) -> str:
    return "\n".join(f"{decision.what}: {decision.why}" for decision in open_data(draw.root).decisions)


@pytest.mark.parametrize("is_project", [False, True])
@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize("folder", [".", "images"])
def test_projects_and_exports_are_read_with_regions_as_list_or_object(
    is_project: bool, is_list: bool, folder: str, draw: Drawer
) -> None:
    images(draw, folder)
    one = [region(name="cat")] if is_list else {"0": region(name="cat")}
    regions = dict.fromkeys(NAMES, one)
    save(draw, project(regions) if is_project else export(regions))
    data = open_data(draw.root)
    assert (data.format, data.classes.names) == ("via", ("background", "cat"))
    assert np.argwhere(mask(draw)).tolist() == [[y, x] for y in (1, 2, 3) for x in (2, 3, 4)]


def test_a_project_tells_the_folder_of_its_images_and_the_order_of_its_classes(draw: Drawer) -> None:
    images(draw, "pictures/day")
    regions = {name: [region(kind="cat")] for name in NAMES}
    save(draw, project(regions, "pictures/day/", kind=["dog", "cat"]), "via_project.json")
    assert open_data(draw.root).classes.names == ("background", "dog", "cat")
    save(draw, project(regions, "/home/x/", kind=["dog", "cat"]), "via_project.json")
    with pytest.raises(DataError, match=r"5 of the 5 images that it lists are not there: 'a\.png', 'b\.png', 'c\.png'"):
        open_data(draw.root)


def test_splits_are_folders(draw: Drawer) -> None:
    for split, names in (("train", NAMES), ("val", ["v"])):
        draw.image(*(f"{split}/{name}.png" for name in names))
        save(draw, export({name: {"0": region()} for name in names}), f"{split}/via_region_data.json")
    data = open_data(draw.root)
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 5, "val": 1}


def test_regions_without_attributes_are_objects(draw: Drawer) -> None:
    images(draw)
    save(draw, export({name: [region()] for name in NAMES}))
    data = open_data(draw.root)
    assert (data.classes.names, data.classes.binary) == (("background", "object"), True)
    assert "The 5 regions are of one class, object: no region has an attribute" in said(draw)


def test_the_class_is_the_attribute_with_the_fewest_values_that_all_regions_have(draw: Drawer) -> None:
    images(draw)
    save(draw, export({name: [region(id=name, kind="cat" if name < "c" else "dog")] for name in NAMES}))
    assert open_data(draw.root).classes.names == ("background", "cat", "dog")
    words = "The classes are the values of the attribute 'kind', 2 of them: all of the 5 regions have it; not used: "
    assert f"{words}'id' (5 values)" in said(draw)


def test_an_attribute_that_is_called_class_comes_first(draw: Drawer) -> None:
    images(draw)
    save(draw, export({name: [region(hidden="no", Class=name)] for name in NAMES}))
    assert open_data(draw.root).classes.names == ("background", *NAMES)


def test_an_attribute_that_numbers_the_regions_is_no_class(draw: Drawer) -> None:
    images(draw)
    save(draw, export({name: [region(id=f"{name}{i}") for i in range(5)] for name in NAMES}))
    assert open_data(draw.root).classes.names == ("background", "object")
    assert "the values of 'id' are different in more than half of them" in said(draw)


def test_values_may_be_ticked_boxes_and_numbers(draw: Drawer) -> None:
    images(draw)
    save(draw, export({name: [region(kind={"cat": True, "dog": False})] for name in NAMES}))
    assert open_data(draw.root).classes.names == ("background", "cat")
    save(draw, export({name: [region(kind=3)] for name in NAMES}))
    assert open_data(draw.root).classes.names == ("background", "3")


def test_regions_without_a_class_are_refused(draw: Drawer) -> None:
    annotated(draw, region(name="cat"), region(name=""), region(name={"cat": True, "dog": True}))
    words = (
        r"no attribute has a value in every region, .* for 'name', but 2 of the 7 regions have none: "
        r"a\.png, regions\[1\], a\.png, regions\[2\]\. Give these one value, or delete them"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_list_of_names_gives_the_order_and_must_be_complete(draw: Drawer) -> None:
    annotated(draw, region(name="dog"))
    (draw.root / "classes.txt").write_text("dog\nnever\ncat\n")
    assert open_data(draw.root).classes.names == ("background", "dog", "never", "cat")
    (draw.root / "classes.txt").write_text("dog\n")
    with pytest.raises(DataError, match=r"labels 'cat', which are not in \S+classes\.txt\. Add them there"):
        open_data(draw.root)


def test_every_kind_of_region_is_drawn_or_said_to_be_left_out(draw: Drawer) -> None:
    draw.image(*(f"{name}.png" for name in "abc"), size=(60, 80))
    shapes = [
        region({"name": "rect", "x": 10, "y": 5, "width": 20, "height": 15}, kind="a"),
        region({"name": "circle", "cx": 60, "cy": 15, "r": 10}, kind="b"),
        region({"name": "ellipse", "cx": 20, "cy": 40, "rx": 15, "ry": 5, "theta": np.pi / 2}, kind="c"),
        region(polygon((50, 60, 60, 50), (40, 40, 50, 40), "polyline"), kind="d"),
        region(polygon((50, 60, 60), (40, 40, 50), "polyline"), kind="d"),
        region({"name": "point", "cx": 1, "cy": 1}, kind="d"),
        region(polygon((1, 2), (1, 2)), kind="d"),
    ]
    save(draw, export(dict.fromkeys("abc", shapes)))
    area = np.bincount(mask(draw).ravel())
    assert area[1] == 20 * 15
    assert area[2] == pytest.approx(np.pi * 100, rel=0.02)
    assert area[3] == pytest.approx(np.pi * 75, rel=0.03)
    assert mask(draw)[53, 20] == 3
    assert area[4] == pytest.approx(50, rel=0.15)
    for words in ("3 open lines are left out: a line that does not", "3 points are left out: it covers no pixels",
                  "3 outlines are left out: fewer than three corners"):  # fmt: skip
        assert words in said(draw)


def test_images_without_regions_are_background(draw: Drawer) -> None:
    images(draw)
    save(draw, export({name: [region()] if name != "a" else [] for name in NAMES}))
    assert not mask(draw).any()
    assert "1 image is background: a.png" in said(draw)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ({"name": "cube"}, r"shape_attributes\.name is 'cube'; one of polygon, rect, circle, ellipse, polyline, point"),
        (
            polygon((1, 2, 3), (1, 2)),
            r"all_points_y is a list of 2; a list of as many numbers as all_points_x has \(3\)",
        ),
        ({"name": "circle", "cx": 1, "cy": 1}, r"shape_attributes has no 'r'\."),
        ({"name": "rect", "x": "1", "y": 0, "width": 1, "height": 1}, r"\.x is '1'; a number is expected"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(shape: dict[str, Any], words: str, draw: Drawer) -> None:
    annotated(draw, region(shape, name="cat"))
    with pytest.raises(DataError, match=rf"via_region_data\.json: 'a\.png100'\.regions\[0\]\.{words}|json: .*{words}"):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../a.png", r"filename: The file name '\.\./\.\./a\.png' leads out of"),
        ("/data/a.png", "filename: The file name '/data/a.png' is absolute"),
        ("C:\\a.png", "is absolute"),
        ("b.png", "the image b.png is listed twice"),
    ],
)
def test_names_of_images_that_cannot_be_are_refused(name: str, words: str, draw: Drawer) -> None:
    images(draw)
    save(draw, {"first": entry(name, [region()]), **export({"b": [region()]})})
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_the_last_part_of_an_address_is_the_name(draw: Drawer) -> None:
    images(draw, "images")
    entries = {name: entry(f"https://example.org/x/{name}.png", [region()]) for name in NAMES}
    save(draw, entries)
    assert len(open_data(draw.root).splits["train"]) == 4


def test_files_without_regions_are_refused_and_other_json_is_not_claimed(draw: Drawer) -> None:
    images(draw)
    save(draw, project({"a": []}))
    with pytest.raises(DataError, match="holds no regions that could be drawn, so there are no classes to learn"):
        open_data(draw.root)
    save(draw, ["filename", "regions", "shape_attributes"])
    assert FORMAT.find(draw.root) is None


def test_whatever_a_file_holds_it_is_read_or_refused_by_name(draw: Drawer) -> None:
    draw.image("a.png")
    shapes = [
        region(name="cat"),
        region({"name": "rect", "x": 1, "y": 1, "width": 2, "height": 2}, name="dog"),
        region({"name": "ellipse", "cx": 1, "cy": 1, "rx": 2, "ry": 2, "theta": 0.5}, name={"cat": True}),
    ]
    said = set()
    for changed in spoilt(project({"a": shapes}, "x", name=["cat", "dog"])):
        save(draw, changed)
        sentence = sentence_of(FORMAT.find, draw.root)
        assert sentence is None or "via_region_data.json" in sentence
        said.add(sentence)
    assert len(said) > 60


def test_deep_nesting_is_refused(draw: Drawer) -> None:
    images(draw)
    text = json.dumps(export({"a": [region()]})).replace("[2, 5, 5, 2]", "[" * 100_000 + "]" * 100_000)
    (draw.root / "via_region_data.json").write_text(text)
    with pytest.raises(DataError, match=r"via_region_data\.json is nested too deeply to be read"):
        open_data(draw.root)
