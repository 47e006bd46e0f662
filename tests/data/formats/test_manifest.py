"""A list says which mask belongs to which image, wherever the files lie in the folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pixelwise.data import open_data, open_for_evaluation
from pixelwise.data.dataset import Dataset
from pixelwise.data.formats._rows import kind_of
from pixelwise.errors import DataError
from tests.data.drawing import Drawer
from tests.data.formats.round_trip import label_arrays, written_and_read

NAMES = ["a", "b", "c", "d"]


def draw_files(draw: Drawer) -> None:
    draw.pairs("photos/{}.jpg", "drawn/of_{}.png", NAMES)


def table(rows: Sequence[str], titles: str = "image,mask,split") -> str:
    return "\n".join([titles, *rows]) + "\n"


ROWS = [f"photos/{name}.jpg,drawn/of_{name}.png,{'val' if name == 'd' else 'train'}" for name in NAMES]


def split_names(data: Dataset) -> Mapping[str, list[str]]:
    return {split: [pair.name for pair in pairs] for split, pairs in data.splits.items()}


@pytest.mark.parametrize("given", ["", "data.csv"])
def test_a_table_is_read_from_its_folder_or_itself(given: str, draw: Drawer) -> None:
    draw_files(draw)
    (draw.root / "data.csv").write_text(table(ROWS))
    data = open_data(draw.root / given)
    assert data.format == "manifest"
    assert data.root == draw.root
    assert split_names(data) == {"train": ["a", "b", "c"], "val": ["d"]}
    assert data.splits["val"][0].target == draw.root / "drawn" / "of_d.png"
    assert data.decisions[0].what == "4 images listed in data.csv: the images image, the masks mask, the splits split"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("x.csv", "\ufeff" + table(ROWS)),
        ("x.csv", table([row.replace(",", ";") for row in ROWS], "Image_Path;Label Path;Subset")),
        ("x.tsv", table([row.replace(",", "\t") for row in ROWS], "file_name\tsegmentation_map\tsplit")),
        ("x.csv", table([f'"{row.replace(",", chr(34) + "," + chr(34))}",7' for row in ROWS], "img,target,set,width")),
        ("x.csv", table([row.replace("/", "\\").replace("train", "Training") for row in ROWS]).replace("\n", "\r\n")),
        ("x.csv", table([f"{number},{row}" for number, row in enumerate(ROWS)], "id,filename,annotation,split")),
    ],
)
def test_titles_and_marks_of_many_kinds_are_understood(file: str, text: str, draw: Drawer) -> None:
    draw_files(draw)
    (draw.root / file).write_text(text, newline="")
    assert split_names(open_data(draw.root)) == {"train": ["a", "b", "c"], "val": ["d"]}


@pytest.mark.parametrize("file", ["data.jsonl", "data.ndjson"])
def test_objects_per_line_are_read(file: str, draw: Drawer) -> None:
    draw_files(draw)
    rows = [{"file_name": f"photos/{name}.jpg", "mask_file_name": f"drawn/of_{name}.png", "n": 1} for name in NAMES]
    (draw.root / file).write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    data = open_data(draw.root / file)
    assert sum(map(len, data.splits.values())) == 4
    assert list(open_for_evaluation(draw.root / file, data.classes).splits) == ["all"]


def test_lists_that_are_called_like_splits_are_the_splits(draw: Drawer) -> None:
    draw_files(draw)
    rows = [row.rpartition(",")[0] for row in ROWS]
    (draw.root / "train.csv").write_text(table(rows[:3], "image,mask"))
    (draw.root / "valid.csv").write_text(table(rows[3:], "image,mask"))
    data = open_data(draw.root)
    assert split_names(data) == {"train": ["a", "b", "c"], "val": ["d"]}
    assert list(open_for_evaluation(draw.root / "valid.csv", data.classes).splits) == ["val"]


def test_names_of_classes_and_settings_beside_the_list_count(draw: Drawer) -> None:
    draw_files(draw)
    (draw.root / "data.csv").write_text(table(ROWS))
    (draw.root / "codes.txt").write_text("sky\nroad\nvoid\n")
    assert open_data(draw.root / "data.csv").classes.names == ("sky", "road")
    (draw.root / "dataset.yaml").write_text("classes: {first: 0, second: 1, third: 2}\nformat: paired_folders\n")
    assert open_data(draw.root / "data.csv").classes.names == ("first", "second", "third")


def test_two_lists_are_not_chosen_between(draw: Drawer) -> None:
    draw_files(draw)
    for name in ("one.csv", "two.csv"):
        (draw.root / name).write_text(table(ROWS))
    with pytest.raises(DataError, match=r"holds 2 lists of images and masks: one\.csv, two\.csv\. Give one of them"):
        open_data(draw.root)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "image,mask\n",
        "image,label\na.jpg,cat\nb.jpg,dog\n",
        "image,rle_mask\na.jpg,1 2 3\n",
        "name,r,g,b\nsky,0,0,0\n",
        "image,mask\nphotos/a.jpg\n",
        "\ufffd\0",
    ],
)
def test_tables_about_something_else_do_not_disturb(text: str, draw: Drawer) -> None:
    draw.pairs("images/{}.jpg", "masks/{}.png", NAMES)
    (draw.root / "table.csv").write_text(text)
    assert open_data(draw.root).format == "paired_folders"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"x\.csv lists no images; a line of titles, such as image,mask, and a line per image are expected\."),
        ("image,mask\n", r"x\.csv lists no images; a line of titles"),
        (
            "image,label\na.jpg,cat\n",
            r"x\.csv has no column that names masks \(in line 2, there are 'image', 'label'\)",
        ),
        ("a,b\n1,2\n", r"x\.csv has no column that names images \(in line 2, there are 'a', 'b'\); the columns image"),
        ("image,img,mask\na.jpg,a.jpg,a.png\n", r"the columns image, img could all be the images\. Keep one of them\."),
        ("image,image\na.jpg,a.png\n", r"x\.csv: the title image stands twice in the first line\."),
        (table([*ROWS, "photos/a.jpg"]), r"x\.csv: line 6 has 1 cells; the first line has 3 titles\."),
        (table([*ROWS, ",drawn/of_a.png,val"]), r"1 of 5 rows of \S+x\.csv has no image \(line 6\)\. Write the names"),
        (table([*ROWS, "photos/a.jpg,,val"]), r"1 of 5 rows of \S+x\.csv has no mask \(line 6\)\. Write the names"),
        (table([*ROWS, ROWS[1]]), r"the image photos/b\.jpg stands in line 3 of x\.csv and in line 6 of x\.csv\. Each"),
        (table([*ROWS, "e.jpg,e.png,dev"]), r"x\.csv: line 6: split is 'dev'; train, val or test is expected in each"),
        (table([*ROWS, "e.jpg,e.png,"]), r"x\.csv: line 6: split is ''; train, val or test is expected in each line\."),
        (table([*ROWS, "e.jpg,drawn/of_a.png,val"]), r"1 of 5 images that are listed is not in \S+: e\.jpg\. File na"),
        (table([ROWS[0], "photos/b.jpg,e.png,val"]), r"1 of 2 masks that are listed is not in \S+: e\.png\. File name"),
        (
            table([*ROWS, "/etc/a.jpg,drawn/of_a.png,val"]),
            r"x\.csv: line 6: image: The file name '/etc/a\.jpg' is abso",
        ),
        (table([*ROWS, "photos/a.jpg,../a.png,val"]), r"x\.csv: line 6: mask: The file name '\.\./a\.png' leads out"),
        (table([*ROWS, "C:\\a.jpg,a.png,val"]), r"x\.csv: line 6: image: The file name .* is absolute"),
        ('image,mask\n"a.jpg,a.png\n', r"x\.csv cannot be read as a list of images and masks \(unexpected end of data"),
        ("image,mask\n" + "a" * 70000, r"x\.csv: line 2 has 70,000 characters; at most 65,536 can be read\."),
    ],
)
def test_what_is_wrong_with_a_table_is_said(text: str, words: str, draw: Drawer) -> None:
    draw_files(draw)
    (draw.root / "x.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        open_data(draw.root / "x.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[1]\n",
            r"x\.jsonl: line 1 holds no object; one such as \{\"image\": \"a\.jpg\", \"mask\": \"a\.png\"\} is exp",
        ),
        ("{\n", r"x\.jsonl: line 1 is no JSON \(Expecting property name.*\); an object per line is expected\."),
        ("[" * 60000, r"x\.jsonl: line 1 is no JSON \(nested too deeply\); an object per line is expected\."),
        ('{"image": "photos/a.jpg", "mask": "drawn/of_a.png"}\n{"image": 7}\n', r"has no image \(line 2\)"),
        ('{"image": NaN}\n', r"x\.jsonl has no column that names images"),
        (
            '{"image": "photos/a.jpg", "mask": "drawn/of_a.png"}\n'
            '{"image": "photos/b.jpg", "mask": "drawn/of_b.png", "split": "val"}\n',
            r"x\.jsonl: line 2 has the split 'val', and line 1 has none; train, val or test is expected in each",
        ),
    ],
)
def test_what_is_wrong_with_lines_of_json_is_said(text: str, words: str, draw: Drawer) -> None:
    draw_files(draw)
    (draw.root / "x.jsonl").write_text(text)
    with pytest.raises(DataError, match=words):
        open_data(draw.root / "x.jsonl")


def test_a_split_that_is_told_of_no_object_is_none(draw: Drawer) -> None:
    draw_files(draw)
    names = [row.split(",")[:2] for row in ROWS]
    objects: list[dict[str, str | None]] = [{"image": image, "mask": mask} for image, mask in names]
    objects[2]["split"] = None
    objects[3]["split"] = ""
    (draw.root / "x.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in objects))
    assert sum(map(len, open_data(draw.root / "x.jsonl").splits.values())) == 4


def test_bytes_that_are_no_text_are_refused(draw: Drawer) -> None:
    (draw.root / "x.csv").write_bytes(b"image,mask\n\xff\xfe,\x80\n")
    with pytest.raises(DataError, match=r"x\.csv cannot be read as a list of images and masks \(.*codec can't decode"):
        open_data(draw.root / "x.csv")


def test_a_link_out_of_the_folder_is_refused(draw: Drawer, tmp_path_factory: pytest.TempPathFactory) -> None:
    draw_files(draw)
    other = tmp_path_factory.mktemp("other")
    Drawer(other).image("secret.jpg")
    (draw.root / "link").symlink_to(other)
    (draw.root / "x.csv").write_text(table(["link/secret.jpg,drawn/of_a.png,train"]))
    with pytest.raises(DataError, match=r"line 2: image: The file name 'link/secret\.jpg' leads out of"):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("title", "kind"),
    [("imagePath", "image"), ("IMG", "image"), ("ground_truth", "mask"), ("label-image", "mask"), ("path", "file")],
)
def test_columns_are_known_by_their_words(title: str, kind: str) -> None:
    assert kind_of(title) == kind


def test_what_is_written_is_read_again(draw: Drawer, tmp_path: Path) -> None:
    draw_files(draw)
    (draw.root / "data.csv").write_text(table(ROWS))
    data = open_data(draw.root, classes=["sky", "road, wet", "void"])
    again = written_and_read(data, "manifest", tmp_path / "new")
    assert again.splits["val"][0].image.read_bytes() == data.splits["val"][0].image.read_bytes()
    assert label_arrays(open_data(tmp_path / "new" / "data.csv")).keys() == {"train", "val"}
