"""Images of more than 8 bits and of other bands: every number comes back."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.hostile_images import chunk, png, tags_of, tiff
from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_head, read_image, read_pixels
from pixelwise.ops.thumbnail import displayed, thumbnail

HEIGHT, WIDTH = 5, 7
DEEP = np.random.default_rng(0).integers(0, 65_536, (HEIGHT, WIDTH, 5)).astype(np.uint16)


def deep_png(values: np.ndarray[Any, Any], extra: bytes = b"") -> bytes:
    """A PNG of 16 bits, of grey (1), RGB (3) or RGB with alpha (4)."""
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png(width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows, extra)


@pytest.mark.parametrize(("channels", "bands"), [(1, 1), (3, 3), (4, 3)])
def test_png_of_16_bits_keeps_them_all(channels: int, bands: int, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(deep_png(DEEP[..., :channels]))
    assert np.array_equal(read_pixels(file), DEEP[..., :bands])
    head = image_head(file)
    assert (head.size, head.bands, head.dtype, head.is_plain) == ((HEIGHT, WIDTH), bands, "uint16", False)


def test_png_of_16_bits_is_turned_upright(tmp_path: Path) -> None:
    exif = b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHLHH", 0x0112, 3, 1, 6, 0) + bytes(4)
    (tmp_path / "a.png").write_bytes(deep_png(DEEP[..., :3], chunk(b"eXIf", exif)))
    assert np.array_equal(read_pixels(tmp_path / "a.png"), np.rot90(DEEP[..., :3], -1))
    assert image_head(tmp_path / "a.png").size == (WIDTH, HEIGHT)


def test_grey_of_16_bits_with_transparency_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(deep_png(DEEP[..., :2]))
    for read in (read_pixels, image_head):
        with pytest.raises(
            DataError, match=r"a\.png is grey of 16 bits with transparency; save it without transparency\.$"
        ):
            read(tmp_path / "a.png")


def test_complex_numbers_are_refused_by_the_head_already(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "a.tif", DEEP[..., 0].astype(np.complex64))
    for read in (read_pixels, image_head):
        with pytest.raises(DataError, match=r"a\.tif holds neither whole numbers nor fractions"):
            read(tmp_path / "a.tif")


def test_thumbnails_show_deep_images_from_dark_to_bright(tmp_path: Path) -> None:
    ramp = np.linspace(1000, 3000, 40 * 30).reshape(30, 40, 1).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(deep_png(ramp))
    small = thumbnail(tmp_path / "a.png", 20)
    assert (small.pixels.shape, small.mode, small.kind) == ((15, 20, 3), "", "")
    assert small.pixels.min() < 12
    assert small.pixels.max() > 243
    assert displayed(np.full((2, 2, 5), np.nan), 8).tolist() == np.zeros((2, 2, 3)).tolist()


def test_what_is_plain_is_read_as_ever(tmp_path: Path) -> None:
    Image.fromarray((DEEP[..., :4] >> 8).astype(np.uint8)).save(tmp_path / "a.png")
    assert np.array_equal(read_pixels(tmp_path / "a.png"), read_image(tmp_path / "a.png"))
    assert image_head(tmp_path / "a.png").is_plain


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_grey_tiff_needs_no_other_package(dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tifffile", None)
    values = (DEEP[..., 0].astype(np.int64) - (0 if dtype == "uint16" else 9000)).astype(dtype)
    Image.fromarray(values).save(tmp_path / "a.tif", compression="tiff_lzw")
    if dtype == "int32":
        with pytest.raises(DataError, match=r"a\.tif has 1 band of 32 bits, for which the package tifffile is needed"):
            read_pixels(tmp_path / "a.tif")
        return
    assert np.array_equal(read_pixels(tmp_path / "a.tif"), values[..., None])
    assert image_head(tmp_path / "a.tif").dtype == dtype


def test_a_tiff_of_many_bands_names_the_extra_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tifffile").imwrite(tmp_path / "a.tif", DEEP, photometric="minisblack", planarconfig="contig")
    monkeypatch.setitem(sys.modules, "tifffile", None)
    words = (
        r"a\.tif has 5 bands of 16 bits, for which the package tifffile is needed\. "
        r"In the clone of pixelwise, run: pip install '\.\[t"
    )
    with pytest.raises(DataError, match=words):
        read_pixels(tmp_path / "a.tif")
    assert image_head(tmp_path / "a.tif").bands == 5


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "float32", "float64"])
@pytest.mark.parametrize("order", ["contig", "separate"])
def test_tiff_of_many_bands_comes_back_as_written(dtype: str, order: str, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    values = DEEP.astype(dtype)
    stored = values if order == "contig" else values.transpose(2, 0, 1)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="minisblack", planarconfig=order, byteorder=">")
    read = read_pixels(tmp_path / "a.tif")
    assert np.array_equal(read, values)
    assert (read.dtype, image_head(tmp_path / "a.tif").dtype) == (values.dtype, dtype)
    words = r"has \d+ bits per channel" if dtype != "uint8" else "has 5 bands of uint8; grey or RGB is expected"
    with pytest.raises(DataError, match=words):
        read_image(tmp_path / "a.tif")


def test_alpha_is_no_band_and_missing_values_are_nan(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "rgba.tif", DEEP[..., :4], photometric="rgb", extrasamples=["unassalpha"])
    assert np.array_equal(read_pixels(tmp_path / "rgba.tif"), DEEP[..., :3])
    values = DEEP.copy()
    values[1, 2] = 7
    nodata = [(42113, "s", 0, "7", True)]
    tifffile.imwrite(tmp_path / "holes.tif", values, photometric="minisblack", planarconfig="contig", extratags=nodata)
    read = read_pixels(tmp_path / "holes.tif")
    assert np.array_equal(np.isnan(read), values == 7)


def test_three_bands_of_bytes_are_rgb_whatever_they_are_called(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    bands = (DEEP[..., :3] >> 8).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", bands, photometric="minisblack", planarconfig="contig")
    assert image_head(tmp_path / "a.tif").is_plain
    assert np.array_equal(read_image(tmp_path / "a.tif"), bands)


def test_a_tiff_whose_numbers_make_another_image_than_it_says_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tifffile")
    path = tmp_path / "fractions_of_a_byte.tif"
    path.write_bytes(tiff([*tags_of(8, 8), (339, 3, 1, 3)]))  # fractions of 8 bits, which nobody can read
    with pytest.raises(DataError, match="cannot be read"):
        read_pixels(path)
    with pytest.raises(DataError, match="cannot be read"):
        thumbnail(path)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("dtype", "white"),
    [
        ("uint16", 65_535),
        ("uint32", 2**32 - 1),
        ("int16", None),
        ("float32", None),
    ],
)
def test_images_whose_zero_is_white_are_turned_round_as_far_as_they_have_a_white(
    dtype: str, white: int | None, order: str, tmp_path: Path
) -> None:
    tifffile = pytest.importorskip("tifffile")
    values = (DEEP[..., 0] >> 1).astype(dtype)
    nodata = [(42113, "s", 0, "7", True)]
    values[1, 2] = 7
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite", byteorder=order, extratags=nodata)
    read = read_pixels(tmp_path / "a.tif")[..., 0]
    assert np.array_equal(np.isnan(read), values == 7)
    seen = (values if white is None else white - values).astype(np.float32)
    np.testing.assert_allclose(read[values != 7], seen[values != 7], rtol=1e-6)
