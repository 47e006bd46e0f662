"""The table of a network's layers."""

from __future__ import annotations

import pytest

from pixelwise.encoders import DEFAULT_ENCODER
from pixelwise.models.lite_unet import LiteUNet
from pixelwise.reports.network_table import network_table


@pytest.mark.parametrize("encoder", [DEFAULT_ENCODER, "test_vit"])
def test_each_parameter_is_in_one_row(encoder: str) -> None:
    model = LiteUNet(2, encoder=encoder)
    lines = network_table(model, (1, 3, 64, 64)).splitlines()
    cells = [word.replace(",", "") for line in lines[4:-2] for word in line.split()[-2:-1]]
    assert sum(int(word) for word in cells if word.isdigit()) == sum(each.numel() for each in model.parameters())
