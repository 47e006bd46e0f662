"""How large what masks show is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.outline import diameters_of
from pixelwise.data.understand import open_data
from pixelwise.ops.color_codes import packed


def discs(diameter: int, size: int = 240, apart: int = 40) -> NDArray[np.uint8]:
    """A lattice of discs of value 1 on 0."""
    rows, columns = np.mgrid[:size, :size]
    inside = ((rows % apart - apart / 2) ** 2 + (columns % apart - apart / 2) ** 2) <= (diameter / 2) ** 2
    return inside.astype(np.uint8)


@pytest.mark.parametrize("diameter", [6, 12, 30])
def test_discs_are_measured_by_their_diameter(diameter: int) -> None:
    assert diameters_of(discs(diameter))[1] == pytest.approx(diameter, rel=0.15, abs=1.2)


def test_a_long_thin_thing_is_no_tiny_one() -> None:
    poles = np.zeros((200, 200), np.uint8)
    poles[20:180, 10::20] = 1
    poles[20:180, 11::20] = 1
    assert diameters_of(poles)[1] == pytest.approx(1.1 * (2 * 160) ** 0.5)


def test_crumbs_beside_a_large_area_count_for_little() -> None:
    mask = np.zeros((200, 200), np.uint8)
    mask[40:120, 40:120] = 1
    mask[130::6, ::6] = 1
    assert diameters_of(mask)[1] == pytest.approx(88, abs=1)


def test_colours_are_measured_by_their_code() -> None:
    mask = discs(20)[..., None] * np.array([200, 100, 50], np.uint8)
    code = int(packed(mask[20:21, 20:21])[0, 0])
    assert diameters_of(mask)[code] == diameters_of(discs(20))[1]


def write(root: Path, masks: list[NDArray[np.uint8]], *palettes: tuple[int, ...]) -> Path:
    for kind in ("images", "masks"):
        (root / kind).mkdir(parents=True)
    random = np.random.default_rng(0)
    for i, mask in enumerate(masks):
        Image.fromarray(random.integers(0, 256, (*mask.shape[:2], 3), np.uint8)).save(root / f"images/{i}.png")
        picture = Image.fromarray(mask)
        if palettes:
            picture.putpalette(palettes[i])
        picture.save(root / f"masks/{i}.png")
    return root


def test_a_data_set_knows_the_size_of_each_class(tmp_path: Path) -> None:
    data = open_data(write(tmp_path / "data", [discs(12) * 2 + (discs(30) - discs(12)) for _ in range(4)]))
    assert data.object_sizes[2] == pytest.approx(12, rel=0.15)
    assert data.fingerprint()["object_sizes"][2] == round(data.object_sizes[2] or 0, 1)
    assert set(data.shown.values()) == {frozenset(data.classes.names)}


def test_numbered_objects_are_measured_one_by_one(tmp_path: Path) -> None:
    mask = discs(20)
    numbers = 1 + np.arange(240)[:, None] // 40 * 6 + np.arange(240)[None] // 40
    data = open_data(write(tmp_path / "data", [(mask * numbers).astype(np.uint8)] * 3), binary=True)
    assert data.object_sizes[0] is None
    assert data.object_sizes[1] == pytest.approx(20, rel=0.1)


def test_classes_known_by_the_colours_of_palettes_are_measured(tmp_path: Path) -> None:
    first, second = (0, 90, 0, 200, 100, 50), (200, 100, 50, 0, 90, 0)
    root = write(tmp_path / "data", [discs(20), 1 - discs(20), discs(20)], first, second, first)
    data = open_data(root)
    assert data.classes.colored
    assert data.object_sizes[data.classes.values.index(200 << 16 | 100 << 8 | 50)] == pytest.approx(20, rel=0.1)
