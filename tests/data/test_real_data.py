"""The data sets that people have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from pixelwise.data import open_data, open_for_evaluation
from pixelwise.data.examples import Examples
from pixelwise.data.formats.camvid import CAMVID_NAMES
from pixelwise.ops.image_io import read_labels
from pixelwise.ops.spread import evenly


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
    assert not data.classes.separate


def test_touching_nuclei_are_told_apart(real_data: Path) -> None:
    data = open_data(real_data / "nuclei", separate=True)
    pairs = evenly(data.splits["val"], 12)
    examples = Examples(pairs, data.classes)
    joined = apart = 0
    for pair, example in zip(pairs, examples.fetch(range(len(pairs))), strict=True):
        assert pair.target is not None
        assert example.weight is not None
        numbers = read_labels(pair.target)
        together, one_by_one = (ndimage.label(mask, np.ones((3, 3))) for mask in (numbers > 0, example.target == 1))
        joined += len(np.unique(numbers)) - 1 - together[1]
        apart += one_by_one[1] - together[1]
        assert not example.weight[example.target == 1].any()
    assert joined > 0
    assert apart >= 0.9 * joined
