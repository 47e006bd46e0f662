"""Results are known from the files of others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelwise.inference.picture import write_picture
from pixelwise.ops import image_file
from pixelwise.ops.georeference import write_geotiff
from pixelwise.ops.image_io import write_png
from pixelwise.ops.signature import is_signed

MASK = np.zeros((8, 9), np.uint8)


def test_only_what_was_written_as_a_result_is_one(tmp_path: Path) -> None:
    write_png(tmp_path / "mask.png", MASK, palette=[(0, 0, 0)], is_result=True)
    write_geotiff(tmp_path / "mask.tif", MASK, [(0, 0, 0)], None)
    write_png(tmp_path / "other.png", MASK)
    write_picture(tmp_path / "photo.jpg", np.zeros((8, 9, 3), np.uint8))
    (tmp_path / "photo.jpg").rename(tmp_path / "photo.png")
    (tmp_path / "words.png").write_text("Software pixelwise")
    (tmp_path / "folder.png").mkdir()
    found = {file.name: is_signed(file) for file in sorted(tmp_path.iterdir())}
    assert found == {
        "folder.png": False,
        "mask.png": True,
        "mask.tif": True,
        "other.png": False,
        "photo.png": False,
        "words.png": False,
    }


def test_an_enlarged_picture_may_have_more_pixels_than_an_image_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_picture(tmp_path / "large.png", np.zeros((8, 9, 3), np.uint8))
    monkeypatch.setattr(image_file, "MAX_PIXELS", 71)
    assert is_signed(tmp_path / "large.png")
