"""Data sets in parquet files are read row by row; without pyarrow, it is said how to install it."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pixelwise.data import open_data
from pixelwise.data.formats.parquet import split_of
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH
from tests.data.formats.round_trip import label_arrays


def encoded(array: np.ndarray[Any, Any], kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format=kind)
    return buffer.getvalue()


def picture(shade: int) -> bytes:
    return encoded(np.full((HEIGHT, WIDTH, 3), shade, np.uint8))


def mask(first: int) -> bytes:
    values = np.zeros((HEIGHT, WIDTH), np.uint8)
    values.reshape(-1)[:4] = (first, 1, 2, 0)
    return encoded(values)


def row(number: int) -> dict[str, Any]:
    return {
        "image": {"bytes": picture(number), "path": f"street_{number}.jpg"},
        "label": {"bytes": mask(number % 3), "path": None},
        "width": WIDTH,
    }


def write(file: Path, rows: list[dict[str, Any]], group: int = 2) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed (the extra parquet)")
    from pyarrow import parquet

    file.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows), file, row_group_size=group)


@pytest.mark.parametrize(
    ("file", "split"),
    [
        ("train-00000-of-00002.parquet", "train"),
        ("data/validation-00000-of-00001-abc.parquet", "val"),
        ("test/0000.parquet", "test"),
        ("Train_1.parquet", "train"),
        ("part-0.parquet", ""),
        ("training_data/0.parquet", ""),
    ],
)
def test_the_split_is_told_by_the_name_or_the_folder(file: str, split: str) -> None:
    assert split_of(Path(file)) == split


def test_without_pyarrow_the_command_that_installs_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train-00000-of-00001.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    words = (
        r"parquet is a parquet file, which pyarrow reads; it is not installed\. "
        r"In the clone of pixelwise, run: pip install '\.\[parquet\]'$"
    )
    with pytest.raises(DataError, match=words):
        open_data(tmp_path)


def test_shards_of_splits_are_read(tmp_path: Path) -> None:
    write(tmp_path / "data" / "train-00000-of-00002.parquet", [row(number) for number in range(5)])
    write(tmp_path / "data" / "train-00001-of-00002.parquet", [row(number) for number in range(5, 8)])
    write(tmp_path / "data" / "validation-00000-of-00001.parquet", [row(9)])
    data = open_data(tmp_path)
    assert data.format == "parquet"
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 8, "val": 1}
    for number, pair in enumerate(data.splits["train"]):
        assert pair.name == f"street_{number}"
        assert np.unique(pair.read_image()).tolist() == [number]
        assert label_arrays(data)["train"][pair.name].reshape(-1)[:3].tolist() == [number % 3, 1, 2]
    assert data.decisions[0].what == "The images are the column image, the masks the column label"
    assert data.decisions[0].why == "the columns of 3 parquet files that hold image files"


def test_rows_are_read_in_any_order_by_many_threads(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [row(number) for number in range(40)], group=3)
    pairs = [pair for several in open_data(tmp_path).splits.values() for pair in several]
    expected = {pair: int(pair.name.split("_")[1]) for pair in pairs}
    shuffled = [pairs[i] for i in np.random.default_rng(0).permutation(len(pairs))] * 3
    with ThreadPoolExecutor(4) as threads:
        shades = list(threads.map(lambda pair: int(pair.read_image()[0, 0, 0]), shuffled))
    assert shades == [expected[pair] for pair in shuffled]


def test_a_file_itself_may_be_given_and_bytes_need_no_struct(tmp_path: Path) -> None:
    rows = [{"pixels": picture(number), "annotation": mask(0)} for number in range(4)]
    write(tmp_path / "train-0.parquet", rows)
    data = open_data(tmp_path / "train-0.parquet")
    assert {pair.name for pairs in data.splits.values() for pair in pairs} == {f"{n:06d}" for n in range(4)}
    assert data.root == tmp_path


def test_a_file_whose_split_is_unknown_is_left_out_beside_others(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [row(number) for number in range(4)])
    write(tmp_path / "extra.parquet", [row(9)])
    decisions = [f"{one.what}: {one.why}" for one in open_data(tmp_path).decisions]
    assert "extra.parquet is left out: it holds rows of a split that neither its name nor its folder tells" in decisions


def test_a_path_instead_of_a_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [row(0), row(1), row(2) | {"image": {"bytes": None, "path": "/etc/passwd"}}])
    words = (
        r"train\.parquet/2/passwd: the column image holds the path '/etc/passwd' in row 2, not the file itself; files"
    )
    with pytest.raises(DataError, match=words):
        open_data(tmp_path)


def test_an_empty_cell_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [row(0), row(1), row(2) | {"label": None}])
    with pytest.raises(
        DataError, match=r"2/000002: the column label is empty in row 2; an image file is expected in ea"
    ):
        open_data(tmp_path)


def test_bytes_that_are_no_image_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [row(0), row(1), row(2) | {"label": {"bytes": b"text", "path": "a.png"}}])
    with pytest.raises(DataError, match=r"train\.parquet/2/a\.png is not an image of a known kind"):
        open_data(tmp_path)


def test_a_table_without_images_is_refused_where_it_was_given_and_else_not_taken(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [{"a": 1, "b": "x"}])
    with pytest.raises(
        DataError, match=r"train\.parquet: no column holds image files; one called image and one called"
    ):
        open_data(tmp_path / "train.parquet")
    with pytest.raises(DataError, match="No images with masks were found"):
        open_data(tmp_path)


def test_columns_are_not_chosen_between(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [row(0) | {"mask": {"bytes": mask(0), "path": None}}])
    with pytest.raises(DataError, match=r"the columns image, label, mask hold image files; one called image and one"):
        open_data(tmp_path)


def test_shards_with_other_columns_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train-0.parquet", [row(0)])
    write(tmp_path / "train-1.parquet", [{"image": {"bytes": picture(0), "path": None}}])
    with pytest.raises(
        DataError, match=r"train-1\.parquet has no column label of image files, as the first file of th"
    ):
        open_data(tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (the extra parquet)")
    (tmp_path / "train.parquet").write_bytes(b"PAR1 and nothing more PAR1")
    with pytest.raises(DataError, match=r"train\.parquet is damaged or incomplete and cannot be read as parquet \("):
        open_data(tmp_path)
