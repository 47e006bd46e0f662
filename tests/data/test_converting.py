"""Data written in another format are the same data, or are not kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelwise.data.converting import convert_data, writable_formats
from pixelwise.data.formats import FORMATS
from pixelwise.data.formats._base import Format
from pixelwise.data.understand import open_data
from pixelwise.errors import DataError, OutputError, SettingError
from pixelwise.ops.image_io import read_stored
from tests.data.drawing import Drawer

NAMES = [f"{i:03}" for i in range(8)]


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def draw(root: Path, kind: str) -> Path:
    """Data of a kind."""
    drawer = Drawer(root)
    values = {"binary": (0, 255), "gaps": (3, 40, 90), "void": (0, 1, 2, 255), "splits": (0, 1, 2)}
    for i, name in enumerate(NAMES):
        split = ("train/", "val/", "test/")[max(0, i - 5)] if kind == "splits" else ""
        stem = "same" if kind == "splits" and i in (0, 6) else name
        drawer.image(f"{split}images/{stem}.jpg", size=(6, 8))
        if kind == "colours":
            pixels = np.zeros((6, 8, 3), np.uint8)
            pixels[: 1 + i % 3], pixels[4:] = (255, 0, 0), (0, 255, 255)
            drawer.array(f"masks/{name}.png", pixels)
        elif kind == "objects":
            drawer.mask(f"masks/{name}.png", (0, 1, 300 + i), np.uint16)
        else:
            drawer.mask(f"{split}masks/{stem}.png", values[kind])
    if kind == "gaps":
        (root / "codes.txt").write_text("sky\nno\nvoid\n")
    return root


@pytest.mark.parametrize("target", ["paired_folders", "split_folders"])
@pytest.mark.parametrize("kind", ["binary", "gaps", "void", "splits", "colours", "objects"])
def test_folders_of_index_masks_hold_the_same_data(kind: str, target: str, tmp_path: Path) -> None:
    root = draw(tmp_path / "data", kind)
    said = {"separate": True} if kind == "objects" else {}
    before = open_data(root, **said)  # type: ignore[arg-type]
    out = tmp_path / "out"
    conversion = convert_data(root, out, target, dataset=before, progress=silent)
    after = open_data(out)
    assert conversion.compared == len(NAMES)
    assert conversion.notes == ()
    assert after.classes.names == before.classes.names
    assert (after.classes.binary, after.classes.separate) == (before.classes.binary, before.classes.separate)
    assert after.class_pixels == before.class_pixels
    assert after.format == target
    assert [path.name for path in tmp_path.iterdir()] in (["data", "out"], ["out", "data"])
    some = next(out.rglob("masks/*.png"))
    assert kind == "objects" or read_stored(some).palette is not None


def test_what_was_written_otherwise_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = draw(tmp_path / "data", "void")
    right = FORMATS["paired_folders"]

    def wrong(dataset: object, folder: Path) -> None:
        assert right.write is not None
        right.write(dataset, folder)  # type: ignore[arg-type]
        Drawer(folder).mask("masks/003.png", (2, 1, 0))

    monkeypatch.setattr("pixelwise.data.formats.paired_folders.FORMAT", Format(right.find, "", write=wrong))
    with pytest.raises(DataError, match=r"is not what was read, so it is not kept: 1 of 8 masks: 003.jpg\."):
        convert_data(root, tmp_path / "out", "paired_folders", dataset=open_data(root), progress=silent)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("out", "target", "kind", "sentence"),
    [
        ("data/out", "paired_folders", OutputError, "which is only read. Give a folder elsewhere."),
        ("data", "paired_folders", OutputError, "which is only read. Give a folder elsewhere."),
        ("full", "paired_folders", OutputError, "full is not empty, and nothing is overwritten."),
        ("full/file", "paired_folders", OutputError, "the name of a new folder is expected."),
        ("out", "camvid", SettingError, "Data can be read from the format camvid, not written in it. Written can be:"),
        ("out", "paired_folder", SettingError, "Did you mean 'paired_folders'?"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    out: str, target: str, kind: type[Exception], sentence: str, tmp_path: Path
) -> None:
    root = draw(tmp_path / "data", "void")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("here")
    with pytest.raises(kind) as error:
        convert_data(root, tmp_path / out, target, dataset=open_data(root), progress=silent)
    assert sentence in str(error.value)
    assert {path.name for path in tmp_path.iterdir()} == {"data", "full"}


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    root = draw(tmp_path / "data", "void")
    (tmp_path / "out").mkdir()
    convert_data(root, tmp_path / "out", "paired_folders", dataset=open_data(root), progress=silent)
    assert (tmp_path / "out" / "dataset.yaml").exists()
    assert {"paired_folders", "split_folders"} <= set(writable_formats())


def test_images_that_are_not_written_are_listed_with_the_reason(tmp_path: Path) -> None:
    root = tmp_path / "data"
    draw = Drawer(root)
    for name in NAMES:
        draw.image(f"JPEGImages/{name}.jpg")
    for name in NAMES[:6]:
        draw.mask(f"SegmentationClass/{name}.png", (0, 1, 2))
    conversion = convert_data(root, tmp_path / "out", "paired_folders", dataset=open_data(root), progress=silent)
    assert [file.name for file in conversion.left_out] == ["006.jpg", "007.jpg"]
    assert [one.what for one in conversion.reasons] == ["2 images without a mask left out"]
    draw_all = draw_splits_without_masks(tmp_path / "splits")
    conversion = convert_data(
        draw_all, tmp_path / "out2", "paired_folders", dataset=open_data(draw_all), progress=silent
    )
    assert [file.name for file in conversion.left_out] == ["x.jpg"]
    assert "left out" in conversion.reasons[0].what


def draw_splits_without_masks(root: Path) -> Path:
    """Train with masks, test without."""
    drawer = Drawer(root)
    for name in NAMES:
        drawer.image(f"train/images/{name}.jpg")
        drawer.mask(f"train/masks/{name}.png", (0, 1, 2))
    drawer.image("test/images/x.jpg")
    return root
