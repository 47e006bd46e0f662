"""CVAT for images is read with every shape that covers pixels, and nothing in its XML is trusted."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest

from pixelwise.data import open_data
from pixelwise.data.formats.cvat import FORMAT
from pixelwise.data.numbers import read_numbers
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.data.formats.hostile import sentence_of
from tests.data.formats.round_trip import label_arrays, written_and_read

NAMES = ["a", "b", "c", "d", "e"]
POINTS = "2.0,1.0;5.0,1.0;5.0,4.0;2.0,4.0"  # 3 × 3 pixels from row 1 and column 2


def written(attributes: dict[str, Any]) -> str:
    return " ".join(f"{key}={quoteattr(str(value))}" for key, value in attributes.items())


def element(kind: str, **attributes: Any) -> str:
    return f"<{kind} {written(attributes)}/>"


def polygon(label: str = "cat", points: str = POINTS, **more: Any) -> str:
    return element("polygon", **{"label": label, "occluded": 0, "points": points, "z_order": 0, **more})


def image(name: str, *shapes: str, **more: Any) -> str:
    head = {"id": 0, "name": name, "width": WIDTH, "height": HEIGHT, **more}
    return f"<image {written(head)}>{''.join(shapes)}</image>"


def labels(*names: str, kinds: str = "any") -> str:
    inner = "".join(
        f"<label><name>{name}</name><color>#fa3253</color><type>{kinds}</type><attributes/></label>" for name in names
    )
    return f"<labels>{inner}</labels>"


def document(*images: str, head: str = labels("dog", "cat")) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
        f"<meta><task><id>1</id>{head}</task></meta>{''.join(images)}</annotations>"
    )


def save(draw: Drawer, text: str, name: str = "annotations.xml") -> None:
    (draw.root / name).parent.mkdir(parents=True, exist_ok=True)
    (draw.root / name).write_text(text, encoding="utf-8")


def task(draw: Drawer, *shapes: str, folder: str = "images", **more: Any) -> None:
    """Five images in a folder; the first has the shapes, the others a cat."""
    draw.image(*(f"{folder}/{name}.png" for name in NAMES))
    save(draw, document(*(image(f"{name}.png", *(shapes if shapes and name == "a" else [polygon()]))
                          for name in NAMES), **more))  # fmt: skip


def mask(draw: Drawer, name: str = "a") -> Any:
    data = open_data(draw.root)
    pair = next(pair for pairs in data.splits.values() for pair in pairs if pair.name == name)
    return read_numbers(pair, data.classes)


def said(draw: Drawer) -> str:
    return "\n".join(f"{decision.what}: {decision.why}" for decision in open_data(draw.root).decisions)


@pytest.mark.parametrize("folder", ["images", ".", "data"])
def test_images_lie_beside_the_file_or_in_a_folder(folder: str, draw: Drawer) -> None:
    task(draw, folder=folder)
    data = open_data(draw.root)
    assert data.format == "cvat"
    assert data.splits["train"][0].image.parent == draw.root / folder
    assert data.splits["train"][0].target == draw.root / "annotations.xml"


def test_classes_are_the_labels_in_their_order(draw: Drawer) -> None:
    task(draw)
    assert open_data(draw.root).classes.names == ("background", "dog", "cat")
    assert mask(draw).max() == 2


def test_without_labels_in_the_head_classes_are_those_that_occur(draw: Drawer) -> None:
    task(draw, polygon("ant"), head="")
    assert open_data(draw.root).classes.names == ("background", "ant", "cat")


def test_labels_that_cannot_cover_pixels_are_no_classes(draw: Drawer) -> None:
    part = "<label><name>nose</name><type>points</type><parent>face</parent></label>"
    head = labels("cat", "dog") + labels("face", kinds="skeleton") + f"<labels>{part}</labels>"
    task(draw, polygon(), head=head + labels("sunny", kinds="tag"))
    assert open_data(draw.root).classes.names == ("background", "cat", "dog")


def test_every_kind_of_shape_is_drawn_or_said_to_be_left_out(draw: Drawer) -> None:
    draw.image(*(f"images/{name}.png" for name in "abc"), size=(60, 80))
    shapes = [
        element("box", label="box", xtl=10, ytl=5, xbr=30, ybr=20),
        element("box", label="turned", xtl=40, ytl=5, xbr=60, ybr=15, rotation=90),
        element("ellipse", label="ellipse", cx=20, cy=40, rx=15, ry=5, rotation=90),
        element("mask", label="mask", rle="1, 1, 2, 2", left=70, top=50, width=3, height=2),
        element("polyline", label="box", points="1,1;2,2"),
        element("points", label="box", points="1,1"),
        element("points", label="box", points="1,1"),
        element("polygon", label="box", points="1,1;2,2"),
        element("tag", label="box"),
    ]
    head = labels("box", "turned", "ellipse", "mask")
    save(draw, document(*(image(f"{name}.png", *shapes, width=80, height=60) for name in "abc"), head=head))
    drawn = mask(draw)
    assert (drawn == 1).sum() == 20 * 15
    assert (drawn[:20] == 2).sum() == 20 * 10
    assert drawn[0, 50] == 2
    assert drawn[10, 42] == 0
    assert (drawn == 3).sum() == pytest.approx(np.pi * 75, rel=0.03)
    assert drawn[53, 20] == 3
    assert np.array_equal(drawn[50:52, 70:73] == 4, [[0, 1, 0], [0, 1, 1]])
    for words in (
        "3 polylines are left out: a line encloses nothing",
        "6 point sets are left out: points cover no pixels",
        "3 outlines are left out: fewer than three corners",
        "3 tags are left out: it belongs to the image as a whole",
    ):
        assert words in said(draw)


def test_the_higher_shape_lies_on_top(draw: Drawer) -> None:
    whole = f"0,0;{WIDTH},0;{WIDTH},{HEIGHT};0,{HEIGHT}"
    task(draw, polygon("dog", z_order=1), polygon("cat", whole, z_order=0))
    assert (mask(draw)[2, 3], mask(draw)[0, 0]) == (1, 2)


def test_masks_that_reach_beyond_the_image_are_cut_off(draw: Drawer) -> None:
    task(draw, element("mask", label="dog", rle="0,6", left=-1, top=HEIGHT - 1, width=3, height=2))
    assert np.argwhere(mask(draw) == 1).tolist() == [[HEIGHT - 1, 0], [HEIGHT - 1, 1]]


def test_subsets_of_a_project_are_splits(draw: Drawer) -> None:
    images = []
    for subset, names in (("Train", NAMES), ("Validation", ["a", "v"])):
        draw.image(*(f"images/{subset}/{name}.png" for name in names))
        images += [image(f"{name}.png", polygon(), subset=subset) for name in names]
    save(draw, document(*images))
    data = open_data(draw.root)
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 5, "val": 2}
    assert data.splits["val"][0].image == draw.root / "images/Validation/a.png"


def test_splits_are_folders_or_files(draw: Drawer) -> None:
    for split, names in (("train", NAMES), ("val", ["v"])):
        draw.image(*(f"{split}/{name}.png" for name in names))
        save(draw, document(*(image(f"{name}.png", polygon()) for name in names)), f"{split}/annotations.xml")
    assert {split: len(pairs) for split, pairs in open_data(draw.root).splits.items()} == {"train": 5, "val": 1}


def test_images_without_shapes_are_background_and_others_are_left_out(draw: Drawer) -> None:
    task(draw, element("tag", label="cat"))
    draw.image("images/unlisted.png")
    assert not mask(draw).any()
    assert "1 image is background: a.png: listed, but without a shape" in said(draw)
    assert "1 image is left out: images/unlisted.png: no annotation file lists them" in said(draw)


def test_missing_images_are_counted_and_named(draw: Drawer) -> None:
    task(draw)
    (draw.root / "images/b.png").unlink()
    words = r"annotations\.xml: 1 of the 5 images that it lists is not there: 'b\.png'\. They were looked for in "
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_two_files_are_not_chosen_between(draw: Drawer) -> None:
    task(draw)
    save(draw, document(image("a.png", polygon())), "other.xml")
    with pytest.raises(
        DataError, match=r"holds 2 annotation files \(CVAT\) for images: annotations\.xml, other\.xml\."
    ):
        open_data(draw.root)


def test_xml_of_another_kind_is_not_cvats(draw: Drawer) -> None:
    save(draw, "<annotation><size/></annotation>", "a.xml")
    save(draw, "<annotations><images/></annotations>", "b.xml")
    assert FORMAT.find(draw.root) is None


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (polygon("bird"), r"image 'a\.png', polygon 1: label is 'bird'; one of those in <labels> \(cat, dog\) is exp"),
        (polygon(points="1,2;3"), r"polygon 1: points is '1,2;3'; a list of x,y with semicolons between them is expec"),
        (polygon(points="1,2;3,nan;4,5"), "a list of x,y with semicolons"),
        (polygon(points="1,2,3;3,4,5;6,7,8"), "a list of x,y with semicolons"),
        (polygon() + polygon(points=""), r"image 'a\.png', polygon 2 has no 'points'\."),
        (polygon(z_order="high"), r"z_order is 'high'; a number is expected"),
        (polygon(z_order=0.5), r"z_order is '0\.5'; a whole number is expected"),
        (element("box", label="cat", xtl=1, ytl=1, xbr=2), r"image 'a\.png', box 1 has no 'ybr'"),
        (element("box", label="cat", xtl="inf", ytl=1, xbr=2, ybr=3), "xtl is 'inf'; a number is expected"),
        (
            element("mask", label="cat", rle="1,1", left=0, top=0, width=3, height=2),
            r"mask 1: rle is '1,1'; runs that add up to 2 × 3 pixels, which is 6, is expected",
        ),
        (
            element("mask", label="cat", rle="7,-1", left=0, top=0, width=3, height=2),
            "rle is '7,-1'; a list of whole numbers from 0",
        ),
        (
            element("mask", label="cat", rle="1", left=0, top=0, width=10**9, height=10**9),
            "the mask is 1000000000 × 1000000000 pixels",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_said_with_its_place(shape: str, words: str, draw: Drawer) -> None:
    task(draw, shape)
    with pytest.raises(DataError, match=rf"annotations\.xml: .*{words}"):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (document(image("../../a.png")), r"image '\.\./\.\./a\.png': The file name .* leads out of"),
        (document(image("/etc/a.png")), "The file name '/etc/a.png' is absolute"),
        (document(image("a.png", polygon()), image("a.png")), "the image images/a.png is listed twice. Keep one entry"),
        (document(image("a.png", width=0)), r"image 'a\.png': the image is said to be 6 × 0 pixels"),
        (document(image("a.png"), head=""), "names no labels, and none of its shapes can be drawn"),
        (document("<track id='0' label='cat'/>"), r"holds the tracks of a video and no images\. Export the task from"),
        (document(image("a.png"))[:-9], r"annotations\.xml is damaged or no XML \(unclosed token"),
        (document(image("a.png")).replace("<meta", "<!DOCTYPE x [<!ENTITY y 'z'>]><meta"), "holds <!DOCTYPE, with"),
        (document(image("a.png")).replace("<meta", "<!entity y 'z'><meta"), "holds <!ENTITY, with which an XML file"),
        (document(image("a.png")).replace("a.png", "&y;"), r"is damaged or no XML \(undefined entity"),
    ],
)
def test_files_that_cannot_be_read_are_refused(text: str, words: str, draw: Drawer) -> None:
    draw.image("images/a.png")
    save(draw, text)
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_other_encodings_cannot_hide_a_declaration(draw: Drawer) -> None:
    draw.image("images/a.png")
    text = document(image("a.png", polygon())).replace("utf-8", "utf-7")
    save(draw, text.replace("<meta", "+ADwAIQ-DOCTYPE x+AD4-<meta"))
    sentence = sentence_of(FORMAT.find, draw.root)
    assert sentence is None or "annotations.xml" in sentence
    (draw.root / "annotations.xml").write_bytes(document(image("a.png", polygon())).encode() + "é".encode("latin-1"))
    with pytest.raises(DataError, match=r"annotations\.xml is no text in UTF-8, as XML files are"):
        open_data(draw.root)


def test_deep_nesting_is_survived(draw: Drawer) -> None:
    draw.image("images/a.png")
    deep = 50_000
    save(draw, document(image("a.png", polygon(), "<x>" * deep + "</x>" * deep)))
    assert sentence_of(FORMAT.find, draw.root) is None


def spoilt(text: str) -> Iterator[str]:
    """Every copy of a document in which one attribute, text or element is another, or missing."""
    root = ElementTree.fromstring(text)
    for number, found in enumerate(root.iter()):
        for key in (*found.keys(), None):
            for value in ("", "x", "-1", "1e400", "nan", "9" * 5000, None):
                changed = copy.deepcopy(root)
                place = list(changed.iter())[number]
                if key is None:
                    place.tag, place.text = (place.tag, value) if value is not None else ("x", place.text)
                elif value is None:
                    del place.attrib[key]
                else:
                    place.set(key, value)
                yield ElementTree.tostring(changed, encoding="unicode")
        for i in range(len(found)):
            changed = copy.deepcopy(root)
            place = list(changed.iter())[number]
            place.remove(place[i])
            yield ElementTree.tostring(changed, encoding="unicode")


def test_whatever_a_file_holds_it_is_read_or_refused_by_name(draw: Drawer) -> None:
    draw.image("images/a.png")
    shapes = [
        polygon(),
        element("box", label="dog", xtl=1, ytl=1, xbr=3, ybr=3, rotation=5),
        element("ellipse", label="dog", cx=2, cy=2, rx=1, ry=1),
        element("mask", label="cat", rle="0,4", left=0, top=0, width=2, height=2),
    ]
    said = set()
    for changed in spoilt(document(image("a.png", *shapes, subset="Train"))):
        save(draw, changed)
        sentence = sentence_of(FORMAT.find, draw.root)
        assert sentence is None or "annotations.xml" in sentence
        said.add(sentence)
    assert len(said) > 60


@pytest.mark.parametrize("label", ["dog", "void"])
def test_a_data_set_is_written_and_read_again_exactly(label: str, draw: Drawer, tmp_path: Path) -> None:
    for split, names in (("train", NAMES), ("val", ["v"])):
        draw.image(*(f"data/{split}/{name}.png" for name in names))
        shapes = (polygon(), element("box", label=label, xtl=0, ytl=0, xbr=1, ybr=2))
        text = document(*(image(f"{name}.png", *shapes) for name in names), head=labels(label, "cat"))
        save(draw, text, f"data/{split}/annotations.xml")
    again = written_and_read(open_data(tmp_path / "data"), "cvat", tmp_path / "written")
    assert {split: len(pairs) for split, pairs in again.splits.items()} == {"train": 5, "val": 1}
    assert {array.max() for arrays in label_arrays(again).values() for array in arrays.values()} == (
        {2} if label == "dog" else {255}
    )


def test_classes_without_a_background_are_not_written(draw: Drawer, tmp_path: Path) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", NAMES)
    assert FORMAT.write is not None
    with pytest.raises(DataError, match="CVAT knows shapes before a background; the first of these 3 classes is 'cl"):
        FORMAT.write(open_data(draw.root), tmp_path / "written")


def test_cvats_masks_of_colours_are_read_as_pascal_voc(draw: Drawer) -> None:
    colors = {"background": (0, 0, 0), "cat": (250, 50, 83)}
    lines = [f"{name}:{color[0]},{color[1]},{color[2]}::" for name, color in colors.items()]
    save(draw, "# label:color_rgb:parts:actions\n" + "\n".join(lines) + "\n", "labelmap.txt")
    for name in NAMES:
        pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        pixels[1:3, 2:5] = colors["cat"]
        draw.image(f"JPEGImages/{name}.jpg")
        draw.array(f"SegmentationClass/{name}.png", pixels)
    save(draw, "\n".join(NAMES), "ImageSets/Segmentation/default.txt")
    data = open_data(draw.root)
    assert (data.format, data.classes.names) == ("voc", ("background", "cat"))
    assert mask(draw).sum() == 6


def test_classes_have_the_colours_of_their_labels_unless_two_look_alike(draw: Drawer) -> None:
    task(draw)
    alike = open_data(draw.root).classes.colors
    assert len(set(alike)) == 3
    text = (draw.root / "annotations.xml").read_text(encoding="utf-8")
    save(draw, text.replace("#fa3253", "#0a10ff", 1))
    classes = open_data(draw.root).classes
    assert dict(zip(classes.names, classes.colors, strict=True)) == {
        "background": alike[0], "dog": (10, 16, 255), "cat": (250, 50, 83),
    }  # fmt: skip
    save(draw, text.replace("#fa3253", "blue"))
    assert open_data(draw.root).classes.colors == alike
