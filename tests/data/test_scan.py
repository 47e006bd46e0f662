"""What is counted in each mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelwise.data.pairs import Pair
from pixelwise.data.scan import scan_pairs
from pixelwise.ops.image_io import write_png


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_pixel_is_counted_in_calm_masks_and_in_noise(tmp_path: Path, dtype: type[np.unsignedinteger]) -> None:
    calm = np.zeros((30, 40), dtype)
    calm[10:20, 5:25] = 200
    noise = np.random.default_rng(0).integers(0, 255, (30, 40)).astype(dtype)
    masks = {"calm": calm, "noise": noise, "dot": np.full((1, 1), 7, dtype)}
    for name, mask in masks.items():
        write_png(tmp_path / f"{name}.png", mask)
    found = scan_pairs([Pair(tmp_path / f"{name}.png", tmp_path / f"{name}.png") for name in masks])
    values, counts = np.unique(noise, return_counts=True)
    expected = [{0: 1000, 200: 200}, dict(zip(values.tolist(), counts.tolist(), strict=True)), {7: 1}]
    assert [entry.pixels for entry in found] == expected
