"""`pixelwise predict` on maps: masks lie where the images lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.ops.image_io import read_stored
from pixelwise.ops.maps import read_georeference
from tests.cli.conftest import Command
from tests.ops.test_geotiff import NODATA_7, PLACE, missing_in


def test_the_mask_of_a_geotiff_is_a_geotiff(finished_run: Path, tmp_path: Path, pixelwise: Command) -> None:
    tifffile = pytest.importorskip("tifffile")
    values = np.random.default_rng(0).integers(8, 200, (40, 48, 3)).astype(np.uint8)
    values[:5] = 7
    tifffile.imwrite(tmp_path / "map.tif", values, photometric="rgb", extratags=[*PLACE, *NODATA_7])
    Image.fromarray(values).save(tmp_path / "plain.tif")
    printed = pixelwise("predict", finished_run, tmp_path / "map.tif", tmp_path / "plain.tif", "-o", tmp_path / "out")
    assert printed.code == 0, printed.err
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "map_mask.tif", "map_overlay.png", "plain_mask.png", "plain_overlay.png", "legend.png",
    }  # fmt: skip
    again = pixelwise("predict", finished_run, tmp_path / "map.tif", "-o", tmp_path / "out")
    assert again.code == 0, again.err
    mask = tmp_path / "out" / "map_mask.tif"
    assert read_georeference(mask) == read_georeference(tmp_path / "map.tif") is not None
    assert np.array_equal(missing_in(mask), np.arange(40)[:, None] < np.where(np.ones(48), 5, 0))
    plain = read_stored(tmp_path / "out" / "plain_mask.png").values
    assert plain.max() < 3
