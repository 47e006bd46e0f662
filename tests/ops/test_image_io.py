"""Image files: what is read, and the sentence for each that is not."""

from __future__ import annotations

import io
import struct
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.hostile_images import tiff
from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_size, read_image, read_labels, read_stored, single_channel, write_png

HEIGHT, WIDTH = 3, 5
COLOURS = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(HEIGHT, WIDTH, 3) * 5
GREY = COLOURS[..., 0]


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, depth: int, color_type: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    chunks = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "webp"])
def test_colours_come_back_as_they_were_written(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{kind}"
    Image.fromarray(COLOURS).save(file, lossless=True)
    assert np.array_equal(read_image(file), COLOURS)
    assert read_image(file).flags.writeable
    assert image_size(file) == (HEIGHT, WIDTH)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_kind_of_pixel_becomes_rgb(mode: str, tmp_path: Path) -> None:
    file = tmp_path / ("a.tiff" if mode == "CMYK" else "a.png")
    Image.fromarray(COLOURS).convert(mode).save(file)
    image = read_image(file)
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image.dtype == np.uint8


def test_transparency_is_dropped_and_the_colours_below_it_are_kept(tmp_path: Path) -> None:
    clear = np.dstack([COLOURS, np.zeros((HEIGHT, WIDTH), np.uint8)])
    Image.fromarray(clear).save(tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png"), COLOURS)


def test_a_transparent_palette_reads_without_a_warning(tmp_path: Path) -> None:
    image = Image.fromarray(GREY).convert("P")
    image.save(tmp_path / "a.png", transparency=bytes(range(256)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(read_image(tmp_path / "a.png")[..., 0], GREY)


def test_of_an_animation_the_first_frame_is_read(tmp_path: Path) -> None:
    frames = [Image.new("L", (WIDTH, HEIGHT), value) for value in (10, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert (read_image(tmp_path / "a.gif") == 10).all()


@pytest.mark.parametrize("kind", ["png", "jpg", "tiff", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_image_mask_and_size_alike(orientation: int, kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{kind}"
    corner = np.zeros((16, 32), np.uint8)
    corner[:8, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(corner).save(file, exif=exif, quality=95)
    image = read_image(file)[..., 0]
    expected = {
        1: corner,
        2: corner[:, ::-1],
        3: corner[::-1, ::-1],
        4: corner[::-1],
        5: corner.T,
        6: np.rot90(corner, -1),
        7: corner[::-1, ::-1].T,
        8: np.rot90(corner),
    }[orientation]
    assert image_size(file) == image.shape == expected.shape == read_stored(file).values.shape[:2]
    assert np.abs(image.astype(int) - expected).max() < 60


@pytest.mark.parametrize("color_type", [0, 2, 4, 6])
def test_sixteen_bit_png_images_are_refused_and_not_cut_to_eight(color_type: int, tmp_path: Path) -> None:
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color_type]
    file = tmp_path / "deep.png"
    file.write_bytes(png(2, 1, 16, color_type, b"\0" + bytes(range(4 * channels))))
    with pytest.raises(DataError, match=r"deep\.png has 16 bits per channel; images of 8 bits are expected\."):
        read_image(file)
    if color_type != 0:
        with pytest.raises(DataError, match=r"deep\.png holds colours of 16 bits per channel; a mask of whole numbers"):
            read_labels(file)


def test_sixteen_bit_tiff_images_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.ones((2, 2), np.uint16)).save(tmp_path / "deep.tiff")
    with pytest.raises(DataError, match="has 16 bits per channel"):
        read_image(tmp_path / "deep.tiff")


def test_fractions_are_no_labels(tmp_path: Path) -> None:
    Image.fromarray(np.ones((2, 2), np.float32)).save(tmp_path / "heat.tiff")
    with pytest.raises(DataError, match=r"heat\.tiff holds fractions; a mask of whole numbers"):
        read_labels(tmp_path / "heat.tiff")


@pytest.mark.parametrize(
    ("dtype", "kind"), [("float64", "fractions"), ("int64", r"numbers of 64 bits \(at most 32 are read\)")]
)
def test_numbers_as_numpy_makes_them_are_no_damage(dtype: str, kind: str, tmp_path: Path) -> None:
    pytest.importorskip("tifffile").imwrite(tmp_path / "mask.tif", np.ones((2, 2), dtype))
    with pytest.raises(DataError, match=rf"mask\.tif holds {kind}; a mask of whole numbers, one number per") as caught:
        read_labels(tmp_path / "mask.tif")
    assert caught.value.fault == "depth"


@pytest.mark.parametrize(("depth", "values"), [(1, [0, 1, 1, 0]), (2, [0, 1, 2, 3]), (4, [0, 7, 11, 15])])
def test_grey_values_of_few_bits_are_those_in_the_file(depth: int, values: list[int], tmp_path: Path) -> None:
    bits = "".join(f"{value:0{depth}b}" for value in values).ljust(16, "0")
    row = int(bits, 2).to_bytes(2, "big")[: (len(values) * depth + 7) // 8]
    (tmp_path / "a.png").write_bytes(png(4, 1, depth, 0, b"\0" + row))
    assert read_labels(tmp_path / "a.png").tolist() == [values]


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_the_numbers_of_a_mask_count_where_zero_is_white_and_an_image_is_as_it_is_seen(
    compression: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.tif"
    Image.fromarray(~GREY).save(file, tiffinfo={262: 0}, compression=compression)  # which stores GREY
    assert np.array_equal(read_labels(file), GREY)
    assert np.array_equal(read_image(file)[..., 0], ~GREY)
    Image.fromarray(GREY > 90).save(file, tiffinfo={262: 0}, compression=compression)  # of one bit
    assert np.array_equal(read_labels(file), GREY > 90)


def test_numbers_of_4_bits_count_where_zero_is_white(tmp_path: Path) -> None:
    values = {256: 4, 257: 1, 258: 4, 259: 1, 262: 0, 273: 200, 277: 1, 278: 1, 279: 2}
    content = tiff([(tag, 4, 1, value) for tag, value in values.items()])
    (tmp_path / "a.tif").write_bytes(content.ljust(200, b"\0")[:200] + bytes([0x07, 0xBF]))
    assert read_labels(tmp_path / "a.tif").tolist() == [[0, 7, 11, 15]]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["uint16", "int16", "uint32", "int32"])
def test_numbers_of_more_bits_count_where_zero_is_white(dtype: str, order: str, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    values = (GREY.astype(np.int64) * 400).astype(dtype)
    turned = [(274, "H", 1, 6, True)]
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite", byteorder=order, extratags=turned)
    assert np.array_equal(read_labels(tmp_path / "a.tif"), np.rot90(values, -1))


def test_a_mask_that_pillow_does_not_know_names_the_extra_that_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.tif"
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(file, GREY.astype(np.uint16), photometric="miniswhite", byteorder=">")
    monkeypatch.setitem(sys.modules, "tifffile", None)
    words = r"a\.tif has 1 band of 16 bits, for which the package tifffile is needed\. .*pip install '\.\[t"
    with pytest.raises(DataError, match=words) as caught:
        read_labels(file)
    assert caught.value.fault == "extra"


def test_a_palette_mask_gives_indices_and_its_colours(tmp_path: Path) -> None:
    labels = np.array([[0, 1], [2, 1]], np.uint8)
    palette = ((0, 0, 0), (200, 0, 0), (0, 200, 0))
    write_png(tmp_path / "a.png", labels, palette)
    stored = read_stored(tmp_path / "a.png")
    assert np.array_equal(stored.values, labels)
    assert stored.palette is not None
    assert stored.palette[:3] == palette
    assert read_image(tmp_path / "a.png")[0, 1].tolist() == [200, 0, 0]


def test_a_mask_saved_as_equal_colours_is_read_as_grey(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([GREY] * 3)).save(tmp_path / "a.png")
    assert np.array_equal(read_labels(tmp_path / "a.png"), GREY)


def test_a_mask_of_colours_is_refused(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png holds colours; a mask of whole numbers, one number per class"):
        read_labels(tmp_path / "a.png")


def test_alpha_that_varies_is_no_single_channel() -> None:
    assert single_channel(np.dstack([GREY, GREY])) is None
    constant = single_channel(np.dstack([GREY, np.full_like(GREY, 255)]))
    assert constant is not None
    assert np.array_equal(constant, GREY)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([np.uint8, np.uint16]), st.integers(0, 1000))
def test_what_is_written_is_read(height: int, width: int, kind: type[np.integer], seed: int) -> None:
    array = np.random.default_rng(seed).integers(0, np.iinfo(kind).max, (height, width), endpoint=True).astype(kind)
    with tempfile.TemporaryDirectory() as folder:
        write_png(Path(folder) / "a.png", array)
        read = read_labels(Path(folder) / "a.png")
    assert np.array_equal(read, array)
    assert read.dtype == array.dtype


def test_an_array_that_is_no_image_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 2\) and type float32 cannot be written as PNG"):
        write_png(tmp_path / "a.png", np.ones((2, 2), np.float32))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"is empty \(0 bytes\)\.$"),
        (b"hello", r"is not an image of a known kind; PNG, JPEG, WebP, BMP, GIF and TIFF can be read\.$"),
        (b"\x89PNG\r\n\x1a\n", r"is damaged or incomplete and cannot be read \(.+\)\.$"),
        (png(2, 2, 8, 0, b"\0ab\0cd")[:-26], r"is damaged or incomplete and cannot be read \(.+\)\.$"),
        (png(30_000, 30_000, 1, 0, b"\0"), r"has 30000 × 30000 pixels; at most 200 million can be read\."),
    ],
    ids=["empty", "text", "head", "cut", "bomb"],
)
def test_a_bad_file_is_named_in_one_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.png"
    file.write_bytes(content)
    for read in (read_image, read_labels):
        with pytest.raises(DataError, match=r"bad\.png " + words):
            read(file)


def test_a_truncated_jpeg_is_named(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(buffer, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    assert image_size(tmp_path / "cut.jpg") == (64, 64)
    with pytest.raises(DataError, match=r"cut\.jpg is damaged or incomplete and cannot be read"):
        read_image(tmp_path / "cut.jpg")


def test_large_images_within_the_limit_cause_no_warning(tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    file.write_bytes(png(14_000, 14_000, 1, 0, bytes(14_000 * 1751)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert image_size(file) == (14_000, 14_000)


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^There is no file .*none\.png\.$"):
        read_image(tmp_path / "none.png")
    with pytest.raises(DataError, match=r"is a folder; an image file is expected\.$"):
        read_image(tmp_path)


def test_pages_of_a_tiff_are_not_dropped_in_silence(tmp_path: Path) -> None:
    pages = [Image.new("L", (2, 2), value) for value in (1, 2, 3)]
    pages[0].save(tmp_path / "stack.tiff", save_all=True, append_images=pages[1:])
    with pytest.raises(DataError, match=r"stack\.tiff holds 3 pages; one image per file is expected\.$"):
        read_labels(tmp_path / "stack.tiff")
