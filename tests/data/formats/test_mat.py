"""Label files of MATLAB are read whatever their variable is called, and damaged ones end in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat

from pixelwise.data import open_data
from pixelwise.data.formats._mat_file import mat_variable, read_mat
from pixelwise.data.formats.mat import FORMAT
from pixelwise.data.formats.voc import VOC_NAMES
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer
from tests.data.formats.round_trip import label_arrays

_TEXT = 110  # bytes at the beginning of a file that say who wrote it
NAMES = ["a", "b", "c", "d", "e"]


def plane(*values: float, dtype: type = np.uint8) -> Any:
    """A matrix that holds the values first, then zeros."""
    found: NDArray[Any] = np.zeros((HEIGHT, WIDTH), dtype)
    found.reshape(-1)[: len(values)] = values
    return found


def save(draw: Drawer, name: str, **variables: Any) -> None:
    path = draw.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, variables, do_compression=True)


def pairs(draw: Drawer, images: str = "images/{}.png", labels: str = "labels/{}.mat", **variables: Any) -> None:
    for name in NAMES:
        draw.image(images.format(name))
        save(draw, labels.format(name), **(variables or {"labels": plane(0, 1, 2)}))


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("images/{}.png", "labels/{}.mat"),
        ("img/{}.png", "whatever/{}.mat"),
        ("{}.png", "{}.mat"),
        ("images/{}.png", "images/{}.mat"),
    ],
)
def test_label_files_lie_beside_images_or_in_a_folder(images: str, labels: str, draw: Drawer) -> None:
    pairs(draw, images, labels)
    data = open_data(draw.root)
    assert (data.format, data.classes.values) == ("mat", (0, 1, 2))
    assert label_arrays(data)["train"][data.splits["train"][0].name].reshape(-1)[:4].tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("images", "labels"), [("{}/images", "{}/labels"), ("{}", "{}"), ("images/{}", "labels/{}"), ("images/{}", "x/{}")]
)
def test_splits_are_folders(images: str, labels: str, draw: Drawer) -> None:
    for split in ("train", "val"):
        pairs(draw, f"{images.format(split)}/{{}}.png", f"{labels.format(split)}/{{}}.mat")
    data = open_data(draw.root)
    assert {split: len(several) for split, several in data.splits.items()} == {"train": 5, "val": 5}


def test_a_second_folder_of_a_split_is_left_out_and_said(draw: Drawer) -> None:
    for split in ("train", "val", "valid"):
        pairs(draw, f"{split}/images/{{}}.png", f"{split}/labels/{{}}.mat")
    for name in NAMES[1:]:
        (draw.root / f"valid/images/{name}.png").unlink()
        (draw.root / f"valid/labels/{name}.mat").unlink()
    data = open_data(draw.root)
    assert {split: len(several) for split, several in data.splits.items()} == {"train": 5, "val": 5}
    said = {decision.what: decision.why for decision in data.decisions}
    assert said["valid is left out"] == "it holds 1 image, and val is taken from val/images"


def test_the_semantic_boundaries_dataset_has_the_classes_of_pascal_voc(draw: Drawer) -> None:
    names = [f"2008_00000{i}" for i in range(6)]
    for name in names:
        draw.image(f"img/{name}.jpg")
        for folder, variable in (("cls", "GTcls"), ("inst", "GTinst")):
            fields = {"Boundaries": np.zeros((20, 1)), "Segmentation": plane(0, 15, 20, 255), "CategoriesPresent": [15]}
            save(draw, f"{folder}/{name}.mat", **{variable: fields})
    for split, several in (("train", names[:4]), ("val", names[4:])):
        (draw.root / f"{split}.txt").write_text("\n".join(several))
    data = open_data(draw.root)
    assert {split: len(found) for split, found in data.splits.items()} == {"train": 4, "val": 2}
    assert (data.classes.names, data.classes.ignore_values) == (VOC_NAMES, (255,))
    assert label_arrays(data)["val"][names[5]].reshape(-1)[:5].tolist() == [0, 15, 20, 255, 0]
    assert data.decisions[0].what == "The masks are the variable 'GTcls' of the .mat files"


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, np.uint16, np.int64, np.uint8])
def test_numbers_of_any_kind_are_whole(dtype: type, draw: Drawer) -> None:
    save(draw, "a.mat", x=plane(0, 1, 7, dtype=dtype))
    found = read_mat(draw.root / "a.mat", "x")
    assert (found.dtype.name, found.reshape(-1)[:4].tolist()) == ("uint8", [0, 1, 7, 0])


def test_values_above_255_are_kept(draw: Drawer) -> None:
    save(draw, "a.mat", x=plane(0, 300, dtype=np.float64))
    assert read_mat(draw.root / "a.mat", "x").max() == 300


def test_of_several_variables_the_name_decides(draw: Drawer) -> None:
    save(draw, "a.mat", inst_map=plane(1), type_map=plane(1), names=np.array(["x", "y"], object), scale=3.0)
    assert mat_variable(draw.root / "a.mat") == "type_map"
    save(draw, "a.mat", zebra=plane(1), scale=3.0)
    assert mat_variable(draw.root / "a.mat") == "zebra"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"x": plane(1), "y": plane(2)},
            r"a\.mat holds 'x' \(uint8\), 'y' \(uint8\)\. One matrix with a number per pixel",
        ),
        ({"x": np.array(["x", "y"], object)}, r"a\.mat holds 'x' \(cell\)\. One matrix"),
        ({"x": plane(0.5, dtype=np.float64)}, r"a\.mat holds fractions; a mask holds one whole number per class"),
        ({"x": plane(np.nan, dtype=np.float64)}, r"a\.mat holds values that are no numbers"),
        ({"x": plane(-1, 2, dtype=np.int8)}, r"a\.mat holds values from -1 to 2; 0 to 65535 are expected of a mask"),
        (
            {"x": {"y": 1}},
            r"'x' cannot be read as a mask: a structure with the field Segmentation is expected; this one has y\.",
        ),
        ({"x": {"Segmentation": "no"}}, r"'x' cannot be read as a mask: a matrix of numbers is expected, not a char\."),
    ],
)
def test_what_is_no_mask_is_refused(variables: dict[str, Any], words: str, draw: Drawer) -> None:
    draw.image("images/a.png")
    save(draw, "labels/a.mat", **variables)
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_files_that_are_not_named_like_images_are_something_else(draw: Drawer) -> None:
    draw.image("images/a.png")
    save(draw, "labels/metadata.mat", x=plane(1))
    assert FORMAT.find(draw.root) is None


def test_a_file_without_the_variable_of_the_others_is_refused(draw: Drawer) -> None:
    pairs(draw)
    save(draw, "labels/c.mat", other=plane(1))
    with pytest.raises(DataError, match=r"c\.mat has no variable 'labels', as the first file .* it holds 'other'\."):
        open_data(draw.root)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"MATLAB 7.3 MAT-file, Platform: GLNXA64",
            r"a\.mat is of MATLAB's version 7\.3\. Save it as version 7: save\(",
        ),
        (b"", r"a\.mat is damaged or no label file of MATLAB"),
        (b"x" * 500, r"a\.mat is damaged or no label file of MATLAB"),
    ],
)
def test_other_files_are_refused(content: bytes, words: str, draw: Drawer) -> None:
    draw.image("images/a.png")
    (draw.root / "labels").mkdir()
    (draw.root / "labels/a.mat").write_bytes(content)
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_matrix_that_no_memory_holds_is_refused_before_it_is_read(draw: Drawer) -> None:
    savemat(draw.root / "a.mat", {"x": plane(1)}, do_compression=False)
    content = (draw.root / "a.mat").read_bytes()
    sides = np.array([5, 8, HEIGHT, WIDTH], np.int32).tobytes()  # whole numbers of 32 bits, 8 bytes of them
    assert content.count(sides) == 1
    huge = np.array([5, 8, 2**30, 2**30], np.int32).tobytes()
    (draw.root / "a.mat").write_bytes(content.replace(sides, huge))
    with pytest.raises(DataError, match=r"a matrix of 1073741824 × 1073741824 is announced; \d+ million pixels"):
        read_mat(draw.root / "a.mat", "x")


def sentence(file: Path) -> str | None:
    """What is said when a file is read; None if it is read."""
    try:
        read_mat(file, mat_variable(file))
    except DataError as error:
        return str(error)
    return None


def test_cells_within_cells_are_not_followed(tmp_path: Path) -> None:
    cells: Any = "inside"
    for _ in range(50):
        cells = np.array([[cells], ["x"]], object)
    savemat(tmp_path / "a.mat", {"x": {"Segmentation": cells}})
    words = "'x' cannot be read as a mask: a matrix of numbers is expected, not a cell"
    assert words in (sentence(tmp_path / "a.mat") or "")


@pytest.mark.parametrize("is_compressed", [False, True])
def test_a_damaged_file_is_never_more_than_a_sentence(is_compressed: bool, tmp_path: Path) -> None:
    file = tmp_path / "a.mat"
    savemat(file, {"x": plane(1, 2), "s": {"Segmentation": plane(1)}}, do_compression=is_compressed)
    content = file.read_bytes()
    for i in range(_TEXT, len(content), 2):
        for changed in (content[:i], content[:i] + bytes([content[i] ^ 0xFF]) + content[i + 1 :]):
            file.write_bytes(changed)
            assert "a.mat" in (sentence(file) or "a.mat")
