"""Bicubic enlargement is that of Pillow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from pixelwise.nn.bicubic import BicubicUpsample


def noise(height: int = 9, width: int = 12, channels: int = 3) -> torch.Tensor:
    return torch.rand(2, channels, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("scale", [2, 3, 4, 5, 8])
def test_it_is_pillow_s_but_for_the_border(scale: int) -> None:
    image = noise()
    pillow = np.asarray(Image.fromarray(image[0, 0].numpy()).resize((12 * scale, 9 * scale), Image.Resampling.BICUBIC))
    inside = slice(2 * scale, -2 * scale)
    enlarged = BicubicUpsample(scale)(image)
    assert enlarged.shape == (2, 3, 9 * scale, 12 * scale)
    assert np.abs(enlarged[0, 0].numpy() - pillow)[inside, inside].max() < 2e-6


def test_at_the_border_the_outermost_pixel_is_repeated() -> None:
    image = noise()
    around = BicubicUpsample(3)(F.pad(image, (4, 4, 4, 4), mode="replicate"))
    torch.testing.assert_close(BicubicUpsample(3)(image), around[..., 12:-12, 12:-12])


@pytest.mark.parametrize("scale", [1, 2, 3, 8])
def test_a_plain_area_stays_as_it_is(scale: int) -> None:
    image = torch.full((1, 2, 1, 3), 0.7)
    torch.testing.assert_close(BicubicUpsample(scale)(image), torch.full((1, 2, scale, 3 * scale), 0.7))


def test_it_has_no_state_and_keeps_its_precision_under_autocast() -> None:
    upsample = BicubicUpsample(2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        enlarged = upsample(noise())
    assert upsample.state_dict() == {}
    assert torch.equal(enlarged, upsample(noise()))
