"""Label Studio's JSON is read with its brush masks, and the images are found by whatever name it knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pixelwise.data import open_data
from pixelwise.data.formats._brush_code import unpacked_brush
from pixelwise.data.formats.label_studio import FORMAT
from pixelwise.data.numbers import read_numbers
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.data.formats.hostile import as_json, sentence_of, spoilt

NAMES = ["a", "b", "c", "d", "e"]
SIZES = (3, 4, 8, 16)  # bits of lengths, as Label Studio has them


def brush(pixels: Any, sizes: Sequence[int] = SIZES) -> list[int]:
    """A mask in the code of the brush: runs of three or more values are written as such, others value by value."""
    opacity = np.asarray(pixels, np.uint8) * 255
    values = np.stack([opacity // 2, opacity * 0, opacity, opacity], axis=-1).ravel().tolist()
    bits = f"{len(values):032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in sizes)
    place = 0
    while place < len(values):
        end = place
        while end < len(values) and values[end] == values[place] and end - place < 2 ** max(sizes):
            end += 1
        is_run = end - place > 2
        end = end if is_run else min(place + 5, len(values))
        kind = next(i for i, size in enumerate(sizes) if end - place <= 2**size)
        bits += f"{int(is_run)}{kind:02b}" + f"{end - place - 1:0{sizes[kind]}b}"
        bits += "".join(f"{value:08b}" for value in (values[place : place + 1] if is_run else values[place:end]))
        place = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]


def result(kind: str = "polygonlabels", label: str | None = "cat", **value: Any) -> dict[str, Any]:
    corners = [(2, 1), (5, 1), (5, 4), (2, 4)]  # 3 × 3 pixels from row 1 and column 2
    points = [[100 * x / WIDTH, 100 * y / HEIGHT] for x, y in corners]
    value = value or {"points": points, "closed": True}
    head = {"id": "x1", "type": kind, "original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}
    return {**head, "value": {**value, **({} if label is None else {kind: [label]})}}


def annotation(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 1, "result": list(results), "was_cancelled": False, "updated_at": "2026-01-02T00:00:00.5Z", **more}


def task(image: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"id": 1, "annotations": list(annotations), "data": {"image": image}, "predictions": []}


def save(draw: Drawer, content: Any, name: str = "project-1.json") -> None:
    path = draw.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(content))


def project(draw: Drawer, *results: dict[str, Any], path: str = "/data/upload/1/1b2c3d4e-{}.png") -> None:
    """Five images; the first has the results, the others a cat."""
    draw.image(*(f"images/{name}.png" for name in NAMES))
    shapes = {name: results if results and name == "a" else (result(),) for name in NAMES}
    save(draw, [task(path.format(name), annotation(*shapes[name])) for name in NAMES])


def mask(draw: Drawer, name: str = "a") -> Any:
    data = open_data(draw.root)
    pair = next(pair for pairs in data.splits.values() for pair in pairs if pair.name == name)
    return read_numbers(pair, data.classes)


def said(draw: Drawer) -> str:
    return "\n".join(f"{decision.what}: {decision.why}" for decision in open_data(draw.root).decisions)


@pytest.mark.parametrize(
    "path",
    [
        "/data/upload/1/1b2c3d4e-{}.png",
        "{}.png",
        "/data/local-files/?d=my%20images/{}.png",
        "/data/local-files/?d=D:\\images\\{}.png",
        "s3://bucket/folder/{}.png",
        "https://example.org/x/{}.png?token=1",
    ],
)
def test_images_are_found_by_their_names(path: str, draw: Drawer) -> None:
    project(draw, path=path)
    data = open_data(draw.root)
    assert data.format == "label_studio"
    assert {pair.image.name for pair in data.splits["train"]} <= {f"{name}.png" for name in NAMES}
    assert np.argwhere(mask(draw)).tolist() == [[y, x] for y in (1, 2, 3) for x in (2, 3, 4)]


def test_uploads_are_found_with_their_prefix_and_by_the_name_that_is_left_of_theirs(draw: Drawer) -> None:
    draw.image("images/1b2c3d4e-a.png", "images/my photo (1).png", "images/b.png")
    names = ["1b2c3d4e-a.png", "2b2c3d4e-my_photo_1.png", "3b2c3d4e-b.png"]
    save(draw, [task(f"/data/upload/1/{name}", annotation(result())) for name in names])
    assert mask(draw, "1b2c3d4e-a").any()
    assert mask(draw, "my photo (1)").any()


def test_of_files_of_one_name_that_with_the_same_folders_is_taken(draw: Drawer) -> None:
    draw.image(*(f"{day}/{name}.png" for day in ("monday", "sunday") for name in NAMES))
    save(draw, [task(f"/data/local-files/?d=x/sunday/{name}.png", annotation(result())) for name in NAMES])
    assert {pair.image.parent.name for pair in open_data(draw.root).splits["train"]} == {"sunday"}
    save(draw, [task(f"/data/upload/1/{name}.png", annotation(result())) for name in NAMES])
    words = r"\[0\]: '/data/upload/1/a\.png' could be each of monday/a\.png, sunday/a\.png\. Keep one"
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_splits_are_files_or_folders(draw: Drawer) -> None:
    for split, names in (("train", NAMES), ("val", ["a"])):
        draw.image(*(f"{split}/{name}.png" for name in names))
        save(draw, [task(f"{name}.png", annotation(result())) for name in names], f"{split}/export.json")
    data = open_data(draw.root)
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 5, "val": 1}
    assert data.splits["val"][0].image == draw.root / "val/a.png"


def test_every_kind_of_shape_is_drawn_or_said_to_be_left_out(draw: Drawer) -> None:
    draw.image(*(f"{name}.png" for name in "abc"), size=(60, 80))
    pixels = np.zeros((60, 80), bool)
    pixels[50:55, 70:] = True
    shapes = [
        result("rectanglelabels", "a", x=12.5, y=10, width=25, height=25, rotation=0),
        result("rectanglelabels", "b", x=75, y=10, width=25, height=25, rotation=90),  # turned around its corner
        result("ellipselabels", "c", x=25, y=200 / 3, radiusX=18.75, radiusY=25 / 3, rotation=90),
        result("brushlabels", "d", format="rle", rle=brush(pixels)),
        result("keypointlabels", "e", x=1, y=1, width=1),
        result("polygonlabels", "e", points=[[1, 1], [2, 2]]),
        result("polygonlabels", None),
        {"id": "y", "type": "choices", "value": {"choices": ["sunny"]}},
    ]
    for shape in shapes[:-1]:
        shape |= {"original_width": 80, "original_height": 60}
    save(draw, [task(f"{name}.png", annotation(*shapes)) for name in "abc"])
    drawn = mask(draw)
    assert open_data(draw.root).classes.names == ("background", "a", "b", "c", "d")
    assert (drawn[6:21, 10:30] == 1).all()
    assert (drawn == 1).sum() == 20 * 15
    assert (drawn[6:26, 45:60] == 2).all()
    assert (drawn == 2).sum() == 20 * 15
    assert (drawn == 3).sum() == pytest.approx(np.pi * 75, rel=0.03)
    assert drawn[53, 20] == 3
    assert np.array_equal(drawn == 4, pixels)
    for words in (
        "3 key points are left out: points cover no pixels",
        "3 outlines are left out: fewer than three corners",
        "3 unlabelled shapes are left out: nothing says what it shows",
    ):
        assert words in said(draw)


def test_a_label_may_stand_in_a_result_of_its_own(draw: Drawer) -> None:
    shape = {**result("polygon", None), "id": "p"}
    label = {"id": "p", "type": "labels", "value": {"labels": ["dog"]}}
    project(draw, shape, label)
    assert open_data(draw.root).classes.names == ("background", "cat", "dog")
    assert mask(draw)[2, 3] == 2


@pytest.mark.parametrize("sizes", [SIZES, (1, 2, 5, 9), (16, 16, 16, 16)])
def test_brush_masks_are_unpacked_exactly(sizes: Sequence[int]) -> None:
    rng = np.random.default_rng(0)
    pixels: NDArray[np.bool_] = rng.random((30, 40)) < 0.5
    pixels[10:20] = False
    assert np.array_equal(unpacked_brush(bytes(brush(pixels, sizes)), (30, 40)), pixels)


def test_a_code_written_out_bit_by_bit_is_unpacked() -> None:
    head = f"{8:032b}" + "00111" + "0000" * 4  # eight values of 8 bits; lengths of 1 bit
    runs = "1" + "00" + "1" + f"{0:08b}" + "1" + "00" + "1" + f"{0:08b}"  # twice two zeros: nothing at the first pixel
    values = "0" + "00" + "1" + f"{1:08b}{2:08b}" + "0" + "00" + "1" + f"{3:08b}{200:08b}"
    bits = head + runs + values
    content = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    assert unpacked_brush(content, (1, 2)).tolist() == [[False, True]]


def test_a_damaged_code_is_never_more_than_a_sentence() -> None:
    pixels = np.eye(6, 8, dtype=bool)
    content = bytes(brush(pixels))
    sentences = set()
    for i in range(len(content)):
        for changed in (content[:i], content[:i] + bytes([content[i] ^ 0xFF]) + content[i + 1 :]):
            try:
                assert unpacked_brush(changed, (6, 8)).shape == (6, 8)
            except DataError as error:
                sentences.add(str(error).split(";")[0])
    assert "a code of a brush is cut short." in sentences
    assert any("values of" in sentence for sentence in sentences)
    assert len(sentences) > 5


def test_the_latest_annotation_counts_and_cancelled_ones_do_not(draw: Drawer) -> None:
    draw.image(*(f"images/{name}.png" for name in NAMES))
    late = annotation(result(label="late"), updated_at="2026-01-02T01:00:00+02:00")
    latest = annotation(result(label="latest"), updated_at="2026-01-02T00:00:00Z")
    cancelled = annotation(result(label="cancelled"), was_cancelled=True)
    tasks = [task("a.png", latest, late, cancelled), task("b.png", cancelled), task("c.png"), task("d.png", latest)]
    save(draw, [*tasks, task("e.png", annotation())])
    assert open_data(draw.root).classes.names == ("background", "latest")
    assert mask(draw, "a").any()
    assert said(draw).startswith(
        "2 annotations are left out: cancelled: whoever drew it skipped the image\n"
        "1 image has several annotations, of which the latest is taken: by the time at which they were changed "
        "(updated_at)\n"
        "2 images are left out: b.png, c.png: nobody has annotated them\n"
        "1 image is background: e.png: listed, but without a shape that could be drawn\n"
    )


def test_missing_images_are_counted_and_named(draw: Drawer) -> None:
    project(draw)
    (draw.root / "images/b.png").unlink()
    words = r"1 of the 5 images that it lists is not there: '/data/upload/1/1b2c3d4e-b\.png'\. They were looked for in "
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_list_of_names_gives_the_order(draw: Drawer) -> None:
    project(draw, result(label="dog"))
    (draw.root / "classes.txt").write_text("dog\nnever\ncat\n")
    assert open_data(draw.root).classes.names == ("background", "dog", "never", "cat")


def test_the_short_export_is_refused_and_other_json_is_not_claimed(draw: Drawer) -> None:
    draw.image("images/a.png")
    short = {"image": "/data/upload/1/a.png", "id": 1, "label": [result()], "annotator": 1, "annotation_id": 1}
    save(draw, [short])
    with pytest.raises(DataError, match=r"is the short kind of Label Studio's exports \(JSON-MIN\)\. Export the proj"):
        open_data(draw.root)
    save(draw, {"annotations": [], "result": 1, "data": 2})
    assert FORMAT.find(draw.root) is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"points": [[1, 2, 3]] * 3}, r"value\.points is a list of 3; a list of pairs of x and y is expected"),
        (
            {"points": [[1, 2], [3, 4], [5, 6]], "polygonlabels": ["a", "b"]},
            r"polygonlabels is a list of 2; a list of o",
        ),
    ],
)
def test_what_is_wrong_in_a_polygon_is_said_with_its_place(wrong: dict[str, Any], words: str, draw: Drawer) -> None:
    project(draw, result() | {"value": {"polygonlabels": ["cat"], **wrong}})
    with pytest.raises(
        DataError, match=rf"project-1\.json: \[0\]\.annotations\[0\]\.result\[0\]\.value\.\S*{words}|{words}"
    ):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (
            result("brushlabels", rle="AAA", format="rle"),
            r"value\.rle is 'AAA'; a list of bytes \(0 to 255\) is expected",
        ),
        (result("brushlabels", rle=[256], format="rle"), r"value\.rle is a list of 1; a list of bytes"),
        (result("brushlabels", rle=[0, 1], format="rle"), r"a\.png: \S+value\.rle: a code of a brush is cut short"),
        (
            result("brushlabels", rle=brush(np.eye(3)), format="rle"),
            r"holds 36 values; for an image of 6 × 8 pixels \(height × width\) 192 are expected",
        ),
        (
            result("bitmasklabels", imageDataURL="data:"),
            "type is 'bitmasklabels'; one of polygonlabels, rectanglelabels",
        ),
        (result() | {"image_rotation": 90}, r"image_rotation: the image was turned by 90° while it was annotated"),
        (result() | {"original_width": 0}, "the image is said to be 6 × 0 pixels"),
        (result() | {"type": None}, r"result\[0\] has no 'type'"),
    ],
)
def test_what_is_wrong_in_a_shape_is_said_with_its_place(shape: dict[str, Any], words: str, draw: Drawer) -> None:
    project(draw, shape)
    with pytest.raises(DataError, match=rf"project-1\.json: .*{words}"):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        (
            [task("a.txt", annotation(result()))],
            r"\[0\]\.data is an object of 1; the name of an image file is expected",
        ),
        ([task("a.png", annotation(result()))] * 2, "the image images/a.png is listed twice"),
        (
            [task("a.png", annotation())],
            "holds no shapes with labels: no polygons, brush masks, rectangles or ellipses",
        ),
        (
            [task("a.png", annotation(result(), updated_at="now"), annotation(result()))],
            r"updated_at is 'now'; a time as in 2026-01-31T12:00:00Z is expected",
        ),
        (
            [{**task("", annotation(result())), "data": {"left": "a.png", "right": "b.png"}}],
            "'left', 'right' each name an image file; one called 'image' is expected",
        ),
    ],
)
def test_tasks_that_cannot_be_read_are_refused(tasks: list[Any], words: str, draw: Drawer) -> None:
    draw.image("images/a.png", "images/b.png")
    save(draw, tasks)
    with pytest.raises(DataError, match=rf"project-1\.json.*{words}"):
        open_data(draw.root)


def test_links_that_lead_out_of_the_folder_are_refused(draw: Drawer) -> None:
    project(draw)
    Drawer(draw.root.parent / "elsewhere").image("secret.png")
    (draw.root / "images/a.png").unlink()
    (draw.root / "images/a.png").symlink_to(draw.root.parent / "elsewhere/secret.png")
    with pytest.raises(DataError, match=r"\[0\]: The file name 'images/a\.png' leads out of"):
        open_data(draw.root)


def test_whatever_a_file_holds_it_is_read_or_refused_by_name(draw: Drawer) -> None:
    draw.image("images/a.png")
    shapes = [
        result(),
        result("ellipselabels", x=1, y=1, radiusX=50, radiusY=50, rotation=0),
        result("brushlabels", format="rle", rle=brush(np.zeros((HEIGHT, WIDTH)))),
    ]
    said = set()
    for changed in spoilt([task("a.png", annotation(*shapes), annotation(was_cancelled=True))]):
        save(draw, changed)
        sentence = sentence_of(FORMAT.find, draw.root)
        assert sentence is None or "project-1.json" in sentence
        said.add(sentence)
    assert len(said) > 60
