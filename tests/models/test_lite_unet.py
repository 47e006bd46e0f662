"""Which widths the default network takes."""

from __future__ import annotations

import pytest
import torch

from pixelwise.errors import SettingError
from pixelwise.models.lite_unet import LiteUNet


@pytest.mark.parametrize("widths", [(0, 8, 0, 8, 8), (8, 8, 8, 8, 0), (0, 0), (8, -8), ()])
def test_a_gap_in_the_widths_is_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(SettingError, match="only the finest scales can be left out"):
        LiteUNet(3, encoder="test_resnet", widths=widths)


@pytest.mark.parametrize(("widths", "steps"), [((8, 8, 8, 8, 8), 4), ((0, 0, 8, 16, 16), 2), ((0, 0, 0, 0, 8), 0)])
def test_each_width_above_zero_but_the_coarsest_is_a_step_up(widths: tuple[int, ...], steps: int) -> None:
    network = LiteUNet(3, encoder="test_resnet", widths=widths).eval()
    assert len(network.up) == steps
    assert network(torch.zeros(1, 3, 32, 40)).shape == (1, 3, 32, 40)
