"""A copy that broke off is found without decoding it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.data.pairs import Pair
from pixelwise.data.scan import scan_all
from pixelwise.ops.endings import ends_as_said

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 50, 3)).astype(np.uint8)
KINDS = ["a.png", "a.jpg", "a.webp", "a.bmp", "a.gif", "a.tif", "lzw.tif"]


def save(folder: Path, name: str) -> Path:
    how = {"compression": "tiff_lzw"} if name == "lzw.tif" else {}
    Image.fromarray(PIXELS).save(folder / name, **how)
    return folder / name


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_is_cut_does_not_end_as_it_says(name: str, share: float, tmp_path: Path) -> None:
    file = save(tmp_path, name)
    assert ends_as_said(file)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    assert not ends_as_said(file)


@pytest.mark.parametrize("name", KINDS)
def test_the_scan_names_images_that_are_cut(name: str, tmp_path: Path) -> None:
    file = save(tmp_path, name)
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])
    Image.fromarray(PIXELS[..., 0] // 128).save(tmp_path / "mask.png")
    pair = Pair(file, tmp_path / "mask.png")
    failed = scan_all([pair]).failed
    assert f"{file} is damaged or incomplete" in str(failed[pair])
    assert failed[pair].fault == "cut"


def test_kinds_are_told_by_their_content(tmp_path: Path) -> None:
    save(tmp_path, "a.bmp").rename(tmp_path / "a.jpg")
    (tmp_path / "b.png").write_bytes(b"II*\0\x08\0\0\0")
    (tmp_path / "c.png").write_text("no image")
    assert [ends_as_said(tmp_path / name) for name in ("a.jpg", "b.png", "c.png")] == [True, False, True]
