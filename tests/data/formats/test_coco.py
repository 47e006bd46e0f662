"""COCO is read in the layouts of COCO, Roboflow and CVAT, and written without a pixel changing."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixelwise.data import open_data
from pixelwise.data.formats.coco import FORMAT
from pixelwise.data.numbers import read_numbers
from pixelwise.data.run_length import packed_counts, run_counts
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.data.formats.hostile import as_json, sentence_of, spoilt
from tests.data.formats.round_trip import label_arrays, written_and_read

NAMES = ["a", "b", "c", "d", "e"]
SQUARE = [[2.0, 1.0, 5.0, 1.0, 5.0, 4.0, 2.0, 4.0]]  # 3 × 3 pixels from row 1 and column 2
CATEGORIES = [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}]


def annotation(image: int, category: int = 3, **more: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": image, "category_id": category, "segmentation": SQUARE, "iscrowd": 0, **more}


def document(names: list[str], *annotations: dict[str, Any], categories: Any = CATEGORIES) -> dict[str, Any]:
    images = [{"id": i, "file_name": f"{name}.png", "height": HEIGHT, "width": WIDTH} for i, name in enumerate(names)]
    shapes = annotations or [annotation(i) for i in range(len(names))]
    return copy.deepcopy({"images": images, "annotations": list(shapes), "categories": categories})


def save(draw: Drawer, name: str, content: Any) -> None:
    path = draw.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(content))


def one(draw: Drawer, *annotations: dict[str, Any], **more: Any) -> None:
    """A folder of five images with one file."""
    draw.image(*(f"images/{name}.png" for name in NAMES))
    save(draw, "annotations/instances_default.json", document(NAMES, *annotations, **more))


def mask(draw: Drawer, name: str = "a") -> Any:
    data = open_data(draw.root)
    pair = next(pair for pairs in data.splits.values() for pair in pairs if pair.name == name)
    return read_numbers(pair, data.classes)


@pytest.mark.parametrize(
    ("train", "val", "images", "val_images"),
    [
        ("annotations/instances_train2017.json", "annotations/instances_val2017.json", "train2017", "val2017"),
        ("annotations/instances_train.json", "annotations/instances_val.json", "images/train", "images/val"),
        ("annotations/instances_train.json", "annotations/instances_val.json", "images", "images"),
        ("train/_annotations.coco.json", "valid/_annotations.coco.json", "train", "valid"),
        ("train.json", "val.json", "images", "images"),
        ("train/annotations.json", "val/annotations.json", "train/images", "val/images"),
        ("train/labels.json", "validation/labels.json", "train/data", "validation/data"),
    ],
)
def test_splits_are_known_by_files_or_folders(train: str, val: str, images: str, val_images: str, draw: Drawer) -> None:
    draw.image(*(f"{images}/{name}.png" for name in NAMES), f"{val_images}/v.png")
    save(draw, train, document(NAMES))
    save(draw, val, document(["v"]))
    data = open_data(draw.root)
    assert data.format == "coco"
    assert {split: [pair.image for pair in pairs] for split, pairs in data.splits.items()} == {
        "train": [draw.root / images / f"{name}.png" for name in NAMES],
        "val": [draw.root / val_images / "v.png"],
    }
    assert data.splits["val"][0].target == draw.root / val


@pytest.mark.parametrize(
    ("file", "images"),
    [
        ("annotations/instances_default.json", "images"),
        ("annotations/instances_default.json", "images/default"),
        ("annotations.json", "images"),
        ("instances_default.json", "."),
        ("whatever.json", "."),
        ("labels.json", "data"),
    ],
)
def test_one_file_beside_its_images_is_found(file: str, images: str, draw: Drawer) -> None:
    draw.image(*(f"{images}/{name}.png" for name in NAMES))
    save(draw, file, document(NAMES))
    data = open_data(draw.root)
    assert data.format == "coco"
    assert sum(map(len, data.splits.values())) == len(NAMES)
    assert data.splits["train"][0].image.parent == draw.root / images


def test_other_files_of_coco_do_not_disturb(draw: Drawer) -> None:
    draw.image(*(f"train2017/{name}.png" for name in NAMES))
    save(draw, "annotations/instances_train2017.json", document(NAMES))
    save(draw, "annotations/person_keypoints_train2017.json", document(NAMES))
    save(draw, "annotations/captions_train2017.json", {"images": [], "annotations": [{"caption": "a"}]})
    save(draw, "annotations/image_info_test2017.json", {"images": [], "categories": []})
    panoptic = document(NAMES, {"segments_info": [], "file_name": "a.png", "image_id": 0})
    save(draw, "annotations/panoptic_train2017.json", panoptic)
    assert open_data(draw.root).splits["train"][0].target == draw.root / "annotations" / "instances_train2017.json"


def test_classes_are_in_the_order_of_their_ids_and_background_is_first(draw: Drawer) -> None:
    one(draw, annotation(0, 3), annotation(1, 7), categories=[*CATEGORIES, {"id": 99, "name": "never"}])
    classes = open_data(draw.root).classes
    assert classes.names == ("background", "cat", "dog", "never")
    assert classes.values == (0, 1, 2, 3)
    assert classes.ignore_values == (255,)
    assert mask(draw, "b").max() == 2


def test_one_category_is_binary(draw: Drawer) -> None:
    one(draw, annotation(0, 3), categories=[{"id": 3, "name": "cat"}])
    classes = open_data(draw.root).classes
    assert (classes.names, classes.binary) == (("background", "cat"), True)


def test_polygons_fill_their_pixels_and_images_without_objects_are_background(draw: Drawer) -> None:
    one(draw, annotation(0))
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[1:4, 2:5] = 1
    assert np.array_equal(mask(draw, "a"), expected)
    assert not mask(draw, "e").any()


@pytest.mark.parametrize("packed", [False, True])
def test_run_length_codes_are_read(packed: bool, draw: Drawer) -> None:
    region = np.random.default_rng(0).random((HEIGHT, WIDTH)) < 0.5
    counts: Any = packed_counts(run_counts(region)) if packed else run_counts(region).tolist()
    one(draw, annotation(0, 7, segmentation={"size": [HEIGHT, WIDTH], "counts": counts}))
    assert np.array_equal(mask(draw) == 2, region)


def test_later_objects_lie_over_earlier_ones_and_crowds_are_ignored(draw: Drawer) -> None:
    right = [[4.0, 0.0, 7.0, 0.0, 7.0, 3.0, 4.0, 3.0]]
    one(draw, annotation(0, 3), annotation(0, 7, segmentation=right), annotation(1, 3, iscrowd=1))
    first = mask(draw, "a")
    assert (first[2, 3], first[2, 4], first[3, 4], first[2, 6]) == (1, 2, 1, 2)
    assert mask(draw, "b")[2, 3] == 255
    data = open_data(draw.root)
    assert sum(data.ignored_pixels.values()) == 9
    assert any(decision.what.startswith("255") for decision in data.decisions)


def test_masks_are_drawn_in_the_size_of_the_image_where_the_file_tells_none(draw: Drawer) -> None:
    content = document(NAMES)
    for image in content["images"]:
        del image["height"]
    draw.image(*(f"images/{name}.png" for name in NAMES))
    save(draw, "annotations/instances_default.json", content)
    assert mask(draw).shape == (HEIGHT, WIDTH)


def test_a_category_that_only_heads_the_others_is_left_out(draw: Drawer) -> None:
    heads = [
        {"id": 0, "name": "animals", "supercategory": "none"},
        {"id": 1, "name": "cat", "supercategory": "animals"},
    ]
    one(draw, annotation(0, 1), categories=heads)
    data = open_data(draw.root)
    assert data.classes.names == ("background", "cat")
    assert data.decisions[0].what == "The category 'animals' is left out"
    one(draw, annotation(0, 1), annotation(1, 0), categories=heads)
    assert open_data(draw.root).classes.names == ("background", "animals", "cat")


def test_a_category_called_background_is_no_object(draw: Drawer) -> None:
    categories = [{"id": 0, "name": "Background"}, {"id": 1, "name": "cat"}]
    one(draw, annotation(0, 1), annotation(1, 1), annotation(1, 0), categories=categories)
    assert open_data(draw.root).classes.names == ("background", "cat")
    assert mask(draw, "a").any()
    assert not mask(draw, "b").any()


def test_classes_of_several_files_are_joined_by_name(draw: Drawer) -> None:
    draw.image(*(f"train/{name}.png" for name in NAMES), "val/v.png")
    save(draw, "train/_annotations.coco.json", document(NAMES, categories=[{"id": 3, "name": "cat"}]))
    save(draw, "val/_annotations.coco.json", document(["v"], categories=[{"id": 3, "name": "dog"}]))
    data = open_data(draw.root)
    assert data.classes.names == ("background", "cat", "dog")
    assert mask(draw, "v").max() == 2
    assert data.decisions[0].what == "The classes are those of all annotation files together, 2"


def test_what_is_left_out_is_said(draw: Drawer) -> None:
    thin = annotation(0, segmentation=[[1.0, 1.0, 4.0, 4.0], *SQUARE])
    boxes = [annotation(1, segmentation=[], bbox=[1, 1, 2, 2]), annotation(2, segmentation=None)]
    one(draw, thin, *boxes, annotation(99))
    draw.image("images/extra.png")
    name = "annotations/instances_default.json"
    said = {decision.what: decision.why for decision in open_data(draw.root).decisions}
    assert "boxes without an outline" in said[f"2 objects of {name} are left out"]
    assert "images that the file does not list" in said[f"1 object of {name} is left out"]
    assert "fewer than three corners" in said[f"1 outline of {name} is left out"]
    assert "no annotation file lists them" in said["1 image is left out: images/extra.png"]


def test_a_file_of_boxes_is_refused(draw: Drawer) -> None:
    one(draw, *(annotation(i, segmentation=[]) for i in range(3)))
    words = (
        r"instances_default\.json: none of its 3 annotations has an outline \(segmentation\); they are boxes.* Export"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_missing_images_are_counted_and_named(draw: Drawer) -> None:
    one(draw)
    for name in "abcd":
        (draw.root / "images" / f"{name}.png").unlink()
    words = r"default\.json: 4 of 5 images are not in \S+images: a\.png, b\.png, c\.png, … Put them there, or take them"
    with pytest.raises(DataError, match=words):
        open_data(draw.root)
    (draw.root / "images" / "e.png").unlink()
    with pytest.raises(
        DataError, match=r"none of the images that it lists was found: 'a\.png'.* They were looked for in"
    ):
        open_data(draw.root)


def renamed(draw: Drawer, *names: str) -> None:
    """The folder of `one`, whose first images have other names in the file."""
    one(draw)
    content = document(NAMES)
    for image, name in zip(content["images"], names, strict=False):
        image["file_name"] = name
    save(draw, "annotations/instances_default.json", content)


def test_a_name_may_start_from_the_folder_of_the_data(draw: Drawer) -> None:
    renamed(draw, "images/a.png")
    assert {pair.image for pairs in open_data(draw.root).splits.values() for pair in pairs} == {
        draw.root / "images" / f"{name}.png" for name in NAMES
    }


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (
            ["sub/a.png"],
            r"1 of 5 images is not in \S+images: sub/a\.png\. Names are relative to that folder, which holds a\.png:",
        ),
        (["images/x.png"], r"1 of 5 images is not in \S+images: images/x\.png\. Put it there, or take it out"),
        (
            [f"../../imgs/{name}.png" for name in NAMES],
            r"images\[0\]\.file_name: 5 of 5 file names lead out of .* only: '\.\./\.\./imgs/a\.png', .* Write names "
            r"relative to \S+images, without '\.\.', such as 'a\.png'\.$",
        ),
        (
            [rf"C:\data\{name}.png" for name in "ab"],
            r"2 of 5 file names are absolute; .* only: 'C:\\data\\a\.png', 'C:\\data\\b\.png'\. Write names relative",
        ),
    ],
)
def test_names_that_lead_nowhere_are_counted_and_shown_as_they_are_written(
    names: list[str], words: str, draw: Drawer
) -> None:
    renamed(draw, *names)
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_link_out_of_the_folder_is_told_from_a_name_that_leads_out(draw: Drawer) -> None:
    renamed(draw)
    image = draw.root / "images" / "a.png"
    image.rename(draw.root.with_name(f"{draw.root.name}-a.png"))
    image.symlink_to(draw.root.with_name(f"{draw.root.name}-a.png"))
    with pytest.raises(DataError, match=r"1 of 5 file names leads by a link out of .* Put the files there themselves"):
        open_data(draw.root)


def test_two_files_for_one_split_are_not_chosen_between(draw: Drawer) -> None:
    one(draw)
    save(draw, "annotations/other.json", document(NAMES))
    assert open_data(draw.root).splits["train"][0].target == draw.root / "annotations" / "instances_default.json"
    save(draw, "instances_all.json", document(NAMES))
    with pytest.raises(
        DataError, match=r"holds 2 annotation files \(COCO\) for images: instances_all\.json, annotations/"
    ):
        open_data(draw.root)


def test_a_file_of_no_split_beside_train_is_left_out_and_said(draw: Drawer) -> None:
    one(draw)
    save(draw, "annotations/instances_train.json", document(NAMES))
    data = open_data(draw.root)
    assert data.decisions[0].what == "annotations/instances_default.json is left out"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["images"][1].update(file_name="../../x.png"), r"images\[1\]\.file_name: .* leads out of"),
        (lambda d: d["images"][1].update(file_name="/etc/x.png"), r"images\[1\]\.file_name: .* is absolute"),
        (
            lambda d: d["images"][1].update(file_name="a.png"),
            r"images\[1\]\.file_name: the image a\.png is listed twice",
        ),
        (lambda d: d["images"][1].update(id=0), r"images\[1\]: the id 0 is that of two images"),
        (lambda d: d["images"][1].update(height=0), r"images\[1\]: the image is said to be 0 × 8 pixels"),
        (lambda d: d["categories"][1].update(id=7), r"categories\[1\]: the id 7 is that of two categories"),
        (lambda d: d["categories"][1].update(name="dog"), "two categories are called 'dog'; every class needs"),
        (lambda d: d.update(categories=[]), r"annotations\[0\]\.category_id is 3; the id of one of the categories"),
        (
            lambda d: d["annotations"][0].update(segmentation=[[1, 2, 3]]),
            r"segmentation\[0\] is a list of 3; a list of x",
        ),
        (lambda d: d["annotations"][0].update(segmentation=[1, 2, 3]), r"segmentation\[0\] is 1; a list of numbers is"),
        (lambda d: d["annotations"][0].update(iscrowd=2), r"annotations\[0\]\.iscrowd is 2; 0 or 1 is expected"),
        (
            lambda d: d["annotations"][0].update(segmentation={"size": [2, 2], "counts": [1, 3]}),
            r"segmentation\.size is a list of 2; the size of the image, \[6, 8\], is expected",
        ),
        (
            lambda d: d["annotations"][0].update(segmentation={"size": [6, 8], "counts": [1, 3]}),
            r"annotations\[0\]\.segmentation: the lengths of a run-length code add up to 4 pixels",
        ),
        (
            lambda d: d.update(categories=[{"id": i, "name": f"c{i}"} for i in range(255)]),
            "names 255 classes; at most 254 and the background fit into a mask",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(change: Any, words: str, draw: Drawer) -> None:
    one(draw)
    content = document(NAMES)
    change(content)
    save(draw, "annotations/instances_default.json", content)
    with pytest.raises(DataError, match=rf"instances_default\.json: .*{words}|instances_default\.json {words}"):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"images": [], "annotations": [], "categories": [', r"is damaged or no JSON \("),
        ('"images" "annotations" "categories"' + "[" * 100_000, "is damaged or no JSON|nested too deeply"),
        ("[" * 100_000 + '"images" "annotations" "categories"', "is nested too deeply to be read"),
        ('{"images": [' + "9" * 5000 + '], "annotations": [], "categories": []}', "is damaged or no JSON"),
        ('{"images": NaN, "annotations": [], "categories": []}', r"images is nan; a list is expected|has no 'images'"),
    ],
)
def test_files_that_are_no_json_are_refused(text: str, words: str, draw: Drawer) -> None:
    one(draw)
    (draw.root / "annotations" / "instances_default.json").write_text(text)
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_file_that_is_no_text_is_refused(draw: Drawer) -> None:
    one(draw)
    (draw.root / "annotations" / "instances_default.json").write_bytes(b'"images" "annotations" "categories" \xff\xfe')
    with pytest.raises(DataError, match=r"instances_default\.json is no text in UTF-8"):
        open_data(draw.root)


def test_whatever_a_file_holds_it_is_read_or_refused_by_name(draw: Drawer) -> None:
    runs = {"size": [HEIGHT, WIDTH], "counts": [HEIGHT * WIDTH - 1, 1]}
    packed = {"size": [HEIGHT, WIDTH], "counts": packed_counts([HEIGHT * WIDTH - 1, 1])}
    draw.image("images/a.png", "images/b.png")
    content = document(["a", "b"], annotation(0), annotation(1, segmentation=runs), annotation(1, segmentation=packed))
    file = draw.root / "annotations" / "instances_default.json"
    file.parent.mkdir()
    said = set()
    for changed in spoilt(content):
        file.write_text(as_json(changed))
        sentence = sentence_of(FORMAT.find, draw.root)
        assert sentence is None or str(file) in sentence
        said.add(sentence)
    assert len(said) > 25


def test_a_folder_of_other_json_is_of_another_format(draw: Drawer) -> None:
    draw.pairs("images/{}.jpg", "masks/{}.png", NAMES)
    (draw.root / "settings.json").write_text(json.dumps({"images": 3}))
    assert open_data(draw.root).format == "paired_folders"


def test_a_data_set_is_written_and_read_again_exactly(draw: Drawer, tmp_path: Path) -> None:
    one(draw, annotation(0, 3), annotation(1, 7), annotation(2, 7, iscrowd=1))
    again = written_and_read(open_data(draw.root), "coco", tmp_path / "written")
    assert {array.max() for arrays in label_arrays(again).values() for array in arrays.values()} == {0, 1, 2, 255}


def test_masks_of_any_kind_are_written_and_read_again_exactly(draw: Drawer, tmp_path: Path) -> None:
    root = tmp_path / "masks"
    random = np.random.default_rng(0)
    for name in NAMES:
        Drawer(root).photograph(f"images/{name}.png")
        Drawer(root).array(f"masks/{name}.png", random.choice([0, 1, 2, 255], (HEIGHT, WIDTH)).astype(np.uint8))
    (root / "codes.txt").write_text("sky\nroad\ncar\n")
    data = open_data(root)
    assert data.classes.names == ("sky", "road", "car")
    written_and_read(data, "coco", tmp_path / "written")
    copied = (tmp_path / "written" / "train" / "a.png", tmp_path / "written" / "val" / "a.png")
    assert (root / "images" / "a.png").read_bytes() in [file.read_bytes() for file in copied if file.exists()]
