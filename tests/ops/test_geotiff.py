"""Maps: what is missing in them is known, and masks are written for the place they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pixelwise.errors import DataError
from pixelwise.ops.georeference import write_geotiff
from pixelwise.ops.image_io import image_head, read_image, read_pixels, read_stored
from pixelwise.ops.maps import read_georeference, read_missing

HEIGHT, WIDTH = 6, 9
PLACE = [
    (33550, "d", 3, (0.5, 0.5, 0.0), True),
    (33922, "d", 6, (0.0, 0.0, 0.0, 500_000.0, 5_400_000.0, 0.0), True),
    (34735, "H", 12, (1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633), True),
]
NODATA_7 = [(42113, "s", 0, "7", True)]


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Write `a.tif` by tifffile."""
    tifffile = pytest.importorskip("tifffile")

    def write(values: np.ndarray[Any, Any], **how: Any) -> Path:
        tifffile.imwrite(tmp_path / "a.tif", values, **how)
        return tmp_path / "a.tif"

    return write


def bands(count: int, dtype: str = "uint8") -> np.ndarray[Any, Any]:
    """Numbers above 7, but for a row of 7 in all bands, and one 7 in a single band."""
    values = np.random.default_rng(0).integers(8, 200, (HEIGHT, WIDTH, count)).astype(dtype)
    values[2] = 7
    values[4, 4, 0] = 7
    return values


def missing_in(file: Path) -> np.ndarray[Any, Any]:
    """Where pixels are missing in a file in which some are."""
    missing = read_missing(file)
    assert missing is not None
    return missing


ROW = np.zeros((HEIGHT, WIDTH), bool)
ROW[2] = True


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_a_pixel_is_missing_where_all_bands_hold_the_nodata_number(dtype: str, write: Any) -> None:
    file = write(bands(4, dtype), photometric="minisblack", planarconfig="contig", extratags=NODATA_7)
    assert np.array_equal(missing_in(file), ROW)
    read = read_pixels(file)
    assert np.isnan(read[2]).all() if dtype != "uint8" else not read[2].any()
    assert read[3].tolist() == bands(4)[3].tolist()


@pytest.mark.parametrize("text", ["-3.4e+38", "-9999.9", "-3.40282346639e+38", "1e+300"])
def test_the_nodata_number_of_fractions_is_the_one_that_they_can_hold(text: str, write: Any) -> None:
    values = bands(2, "float32")
    with np.errstate(over="ignore"):
        values[2] = np.float32(float(text))
    file = write(values, photometric="minisblack", planarconfig="contig", extratags=[(42113, "s", 0, text, True)])
    assert np.array_equal(missing_in(file), ROW)
    assert np.isnan(read_pixels(file)[2]).all()


def test_missing_pixels_of_a_picture_are_black_and_dark_ones_stay(write: Any) -> None:
    file = write(bands(3), photometric="rgb", extratags=NODATA_7)
    assert np.array_equal(missing_in(file), ROW)
    assert not read_image(file)[2].any()
    assert np.array_equal(read_image(file)[3:], bands(3)[3:])


def test_fractions_that_are_no_numbers_are_missing(write: Any) -> None:
    values = bands(2, "float32")
    values[values == 7] = np.nan
    file = write(values, photometric="minisblack", planarconfig="contig")
    assert np.array_equal(missing_in(file), ROW)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_transparency_hides_pixels_of_maps_only(dtype: str, write: Any) -> None:
    values = bands(4, dtype)
    values[..., 3] = np.where(ROW, 0, 255)
    how = {"photometric": "rgb", "extrasamples": ["unassalpha"]}
    assert read_missing(write(values, **how)) is None
    file = write(values, extratags=PLACE, **how)
    assert np.array_equal(missing_in(file), ROW)
    assert image_head(file).bands == 3


def test_a_mask_page_hides_pixels_and_overviews_are_no_pages(write: Any, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    with tifffile.TiffWriter(tmp_path / "cog.tif") as file:
        file.write(bands(3), photometric="rgb", extratags=PLACE)
        file.write(bands(3)[::2, ::2], photometric="rgb", subfiletype=1)
        file.write(~ROW, photometric="mask", subfiletype=4)
    assert np.array_equal(missing_in(tmp_path / "cog.tif"), ROW)
    assert not read_image(tmp_path / "cog.tif")[2].any()
    with tifffile.TiffWriter(tmp_path / "wrong.tif") as file:
        file.write(bands(3), photometric="rgb")
        file.write(np.zeros((2, 2), bool), photometric="mask", subfiletype=4)
    with pytest.raises(DataError, match=r"its mask of missing pixels has 2 × 2 pixels, or is no mask"):
        read_missing(tmp_path / "wrong.tif")


def test_whatever_says_nothing_misses_nothing(write: Any, tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    assert read_missing(tmp_path / "a.png") is None
    assert read_georeference(tmp_path / "a.png") is None
    file = write(bands(3), photometric="rgb")
    assert read_missing(file) is None
    assert read_georeference(file) is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_a_mask_lies_where_its_image_lies(order: str, big: bool, write: Any, tmp_path: Path) -> None:
    file = write(
        bands(4), photometric="minisblack", planarconfig="contig", extratags=PLACE, byteorder=order, bigtiff=big
    )
    place = read_georeference(file)
    assert place is not None
    mask = np.arange(HEIGHT * WIDTH, dtype=np.uint8).reshape(HEIGHT, WIDTH)
    mask[0] = 255
    write_geotiff(tmp_path / "mask.tif", mask, [(1, 2, 3)], place, 255)
    assert read_georeference(tmp_path / "mask.tif") == place
    stored = read_stored(tmp_path / "mask.tif")
    assert np.array_equal(stored.values, mask)
    assert stored.palette is not None
    assert stored.palette[0] == (1, 2, 3)
    assert np.array_equal(missing_in(tmp_path / "mask.tif"), mask == 255)


def test_a_large_mask_is_written_in_strips(tmp_path: Path) -> None:
    mask = np.random.default_rng(0).integers(0, 5, (700, 901)).astype(np.uint8)
    write_geotiff(tmp_path / "mask.tif", mask, [(9, 9, 9)], None)
    assert np.array_equal(read_stored(tmp_path / "mask.tif").values, mask)
    assert read_georeference(tmp_path / "mask.tif") is None


@pytest.mark.filterwarnings("ignore")
def test_rasterio_sees_the_same_place_the_same_missing_pixels_and_our_masks(write: Any, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    profile = {
        "driver": "GTiff", "height": HEIGHT, "width": WIDTH, "count": 4, "dtype": "uint16", "nodata": 7,
        "crs": "EPSG:32633", "transform": rasterio.Affine(0.5, 0.1, 500_000, 0.1, -0.5, 5_400_000),
    }  # fmt: skip
    with rasterio.open(tmp_path / "a.tif", "w", **profile) as file:
        file.write(bands(4, "uint16").transpose(2, 0, 1))
    with rasterio.open(tmp_path / "a.tif") as file:
        hidden = file.dataset_mask() == 0
    assert np.array_equal(missing_in(tmp_path / "a.tif"), hidden)
    place = read_georeference(tmp_path / "a.tif")
    mask = np.where(hidden, 255, 3).astype(np.uint8)
    write_geotiff(tmp_path / "mask.tif", mask, [(1, 2, 3), (4, 5, 6)], place, 255)
    with rasterio.open(tmp_path / "mask.tif") as file:
        assert (file.crs, file.transform, file.nodata) == (profile["crs"], profile["transform"], 255)
        assert np.array_equal(file.read(1), mask)
        assert np.array_equal(file.dataset_mask() == 0, hidden)
        assert file.colormap(1)[1] == (4, 5, 6, 255)


def test_the_nodata_number_is_the_stored_one_where_zero_is_white(write: Any) -> None:
    values = bands(1)[..., 0]
    file = write(values, photometric="miniswhite", extratags=NODATA_7)
    assert np.array_equal(missing_in(file), values == 7)
    assert np.array_equal(read_image(file)[..., 0], np.where(values == 7, 0, 255 - values))
