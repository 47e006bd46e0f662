"""The data sets that people have."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.data import open_data, open_for_evaluation
from pixelwise.data.formats.camvid import CAMVID_NAMES


def test_camvid_opens_with_nothing_else_said(real_data: Path) -> None:
    data = open_data(real_data / "camvid")
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 367, "val": 101}
    assert data.classes.names == CAMVID_NAMES
    assert data.classes.ignore_values == (11,)
    assert data.sizes == {(360, 480): 468}
    share = data.ignored_pixels["train"] / (367 * 360 * 480)
    assert share == pytest.approx(0.0395, abs=1e-4)
    clip = open_for_evaluation(real_data / "camvid" / "val", data.classes)
    assert clip.class_pixels == {"val": data.class_pixels["val"]}


def test_nuclei_open_as_binary(real_data: Path) -> None:
    data = open_data(real_data / "nuclei", binary=True)
    assert sum(map(len, data.splits.values())) == 664
    assert len(data.sizes) == 9
    assert data.classes.any_positive
