"""Spaces of colour, held to scikit-image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import skimage.color
import torch
from torch import Tensor

from pixelwise.ops import color


@pytest.fixture
def colors() -> Tensor:
    """`(2, 3, 9, 81)`: all combinations of nine levels of each channel, and random colours, float64."""
    level = torch.linspace(0, 1, 9, dtype=torch.float64)
    grid = torch.cartesian_prod(level, level, level).T.reshape(3, 9, 81)
    random = torch.rand(3, 9, 81, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return torch.stack([grid, random])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (color.rgb_to_ycbcr, skimage.color.rgb2ycbcr),
        (color.rgb_to_lab, skimage.color.rgb2lab),
        (lambda rgb: color.ycbcr_to_rgb(color.rgb_to_ycbcr(rgb)), lambda rgb: rgb),
        (lambda rgb: color.lab_to_rgb(color.rgb_to_lab(rgb)), lambda rgb: rgb),
        (lambda rgb: color.linear_to_srgb(color.srgb_to_linear(rgb)), lambda rgb: rgb),
    ],
    ids=["YCbCr", "Lab", "YCbCr and back", "Lab and back", "linear and back"],
)
def test_the_numbers_are_those_of_scikit_image(
    colors: Tensor, ours: Callable[[Tensor], Tensor], theirs: Callable[[np.ndarray], np.ndarray]
) -> None:
    expected = theirs(colors.permute(0, 2, 3, 1).numpy()).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(ours(colors).numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(ours(colors.float()).numpy(), expected, atol=2e-3)


def test_lab_of_any_numbers_becomes_the_colour_of_scikit_image() -> None:
    generator = torch.Generator().manual_seed(0)
    lab = torch.rand(3, 20, 20, dtype=torch.float64, generator=generator) * 200 - 100
    lab[0] = lab[0].abs()
    with pytest.warns(UserWarning, match="negative Z values"):  # that some of these are no colours
        expected = skimage.color.lab2rgb(lab.permute(1, 2, 0).numpy())
    np.testing.assert_allclose(color.lab_to_rgb(lab).permute(1, 2, 0).numpy(), expected, atol=1e-5)


def test_luma_is_that_of_papers_on_super_resolution() -> None:
    red, white = torch.tensor([255.0, 0, 0]), torch.tensor([255.0, 255, 255])
    luma = color.rgb_to_y(torch.stack([red, white]).double().reshape(2, 3, 1, 1) / 255)
    assert luma.flatten().tolist() == pytest.approx([16 + 65.481, 235.0])


def test_a_grey_of_the_same_luminance_has_the_same_lightness(colors: Tensor) -> None:
    grey = color.linear_to_srgb(color.luminance(colors)).expand_as(colors)
    torch.testing.assert_close(color.rgb_to_lab(grey)[:, 0], color.rgb_to_lab(colors)[:, 0], atol=1e-3, rtol=0)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_gradients_are_finite_at_the_ends(value: float) -> None:
    rgb = torch.full((1, 3, 1, 1), value, requires_grad=True)
    color.rgb_to_lab(rgb).sum().backward()
    assert rgb.grad is not None
    assert rgb.grad.isfinite().all()
