"""Every image file, however hostile, ends in an image or a sentence; the campaign is benchmarks/fuzz_images.py."""

from __future__ import annotations

import io
import logging
import struct
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.hostile_images import BOMBS, chunk, hostile_file, png, tags_of, tiff
from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_head, read_image, read_pixels, read_stored

READERS = (image_head, read_image, read_stored, read_pixels)


def said(read: Callable[[Path], object], file: Path) -> str | None:
    """The refusal of a file, or None if it was read."""
    try:
        read(file)
    except DataError as error:
        return str(error)
    return None


@pytest.mark.parametrize("start", range(0, 156, 26))
def test_a_hostile_file_is_read_or_refused_in_silence(
    start: int, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "hostile"
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        for index in range(start, start + 26):
            kind, content = hostile_file(index, seed=1)
            file.write_bytes(content)
            for read in READERS:
                started = time.perf_counter()
                sentence = said(read, file)
                assert sentence is None or (str(file) in sentence and sentence.endswith((".", "'.[tiff]'"))), sentence
                assert sentence is None or kind not in BOMBS or time.perf_counter() - started < 1
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def refusal(content: bytes, tmp_path: Path) -> str:
    file = tmp_path / "x"
    file.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_image(file)
    return str(caught.value)


def test_few_bytes_cannot_hold_many_pixels(tmp_path: Path) -> None:
    words = "is damaged or incomplete and cannot be read (its {} bytes cannot hold 10000 × 10000 pixels)."
    content = png(10_000, 10_000, 8, 2, bytes(99))
    assert refusal(content, tmp_path).endswith(words.format(len(content)))
    content = tiff(tags_of(10_000, 10_000, compression=8))
    assert refusal(content, tmp_path).endswith(words.format(len(content)))
    body = b"WEBPVP8X" + struct.pack("<II", 10, 2) + (9999).to_bytes(3, "little") * 2 + bytes(30)
    content = b"RIFF" + struct.pack("<I", len(body)) + body
    assert refusal(content, tmp_path).endswith(words.format(len(content)))


def test_lists_without_end_are_not_walked(tmp_path: Path) -> None:
    assert "it has more than 10,000 chunks" in refusal(
        png(8, 8, 8, 0, bytes(72), chunk(b"tEXt", b"a") * 10_001), tmp_path
    )
    content = io.BytesIO()
    Image.new("L", (8, 8)).save(content, "jpeg")
    data = content.getvalue()
    assert "it has more than 10,000 segments" in refusal(data[:2] + b"\xff\xfe\0\2" * 10_001 + data[2:], tmp_path)
    assert "holds more than 1,000 pages" in refusal(tiff(tags_of(8, 8), following=8), tmp_path)
    assert "it has 30009 tags" in refusal(tiff(tags_of(8, 8) + [(9, 7, 1, 0)] * 30_000), tmp_path)
    shared = [(tag, 7, 400, 8) for tag in range(1000, 1400)]
    assert "its tags are said to take 160036 bytes" in refusal(tiff(tags_of(8, 8) + shared), tmp_path)


def test_a_progressive_jpeg_has_at_most_a_hundred_scans(tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.fromarray(np.eye(64, dtype=np.uint8) * 200).save(content, "jpeg", progressive=True)
    data = content.getvalue()
    last = data[data.rindex(b"\xff\xda") : -2]
    assert "it has more than 100 scans" in refusal(data[:-2] + last * 100 + b"\xff\xd9", tmp_path)
    (tmp_path / "y").write_bytes(data + b"\xff\xda" * 1000)  # what follows the image is not part of it
    assert read_image(tmp_path / "y").shape == (64, 64, 3)


def test_exif_that_points_to_itself_is_not_followed(tmp_path: Path) -> None:
    exif = tiff([(274, 3, 1, 6), *[(700 + i, 7, 60_000, 8) for i in range(3000)]])
    (tmp_path / "x").write_bytes(png(8, 4, 8, 0, bytes(36), chunk(b"eXIf", exif)))
    assert image_head(tmp_path / "x").size == (8, 4)


def test_others_hear_what_pillow_warns_of() -> None:
    spoilt = io.BytesIO(tiff([*tags_of(8, 8), (700, 7, 4000, 4000)]))
    with pytest.warns(UserWarning, match="Tag data larger than file|Truncated File Read|corrupt EXIF"):
        Image.open(spoilt)
