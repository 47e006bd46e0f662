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


def test_with_residual_it_begins_with_the_image_itself_and_learns_what_to_change() -> None:
    model = LiteUNet(out_channels=3, encoder="test_resnet", residual=True).eval()
    given = torch.rand(2, 3, 37, 51)
    with torch.inference_mode():
        assert torch.equal(model(given), given)
        assert model.head.bias is not None
        model.head.bias.fill_(0.5)
        torch.testing.assert_close(model(given), given + 0.5)
    assert model.adds_image


def test_a_residual_of_other_channels_is_a_sentence() -> None:
    with pytest.raises(SettingError, match=r"what LiteUNet makes .* gives 2 channels for an image of 3\. Leave it out"):
        LiteUNet(out_channels=2, encoder="test_resnet", residual=True)
