"""Bicubic resizing: against MATLAB's definition written out pixel by pixel, and against pictures that MATLAB made."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor

from pixelwise.ops import resample
from pixelwise.ops.resample import crop_to_multiple, imresize

SCALES = [Fraction(1, 2), Fraction(1, 3), Fraction(1, 4), Fraction(2), Fraction(3), Fraction(4), Fraction(3, 5)]


def cubic(x: float) -> float:
    """Keys's kernel with a = -0.5, in the form that MATLAB's documentation prints."""
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x <= 2 else 0.0


def resized_line(line: list[float], scale: Fraction) -> list[float]:
    """One line, pixel by pixel: places count from 1, and the mirrored line is written out."""
    shrink = min(scale, Fraction(1))
    mirrored = line + line[::-1]
    result = []
    for place in range(1, math.ceil(len(line) * scale) + 1):
        centre = place / scale + Fraction(1, 2) * (1 - 1 / scale)
        first = math.floor(centre - 2 / shrink)
        under = range(first, first + math.ceil(4 / shrink) + 2)
        weights = [cubic(float(shrink * (centre - other))) for other in under]
        values = [mirrored[(other - 1) % len(mirrored)] for other in under]
        result.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    return result


def resized_pixel_by_pixel(picture: Tensor, scale: Fraction) -> Tensor:
    rows = torch.tensor([resized_line(row, scale) for row in picture.tolist()], dtype=torch.float64)
    return torch.tensor([resized_line(column, scale) for column in rows.T.tolist()], dtype=torch.float64).T


@pytest.mark.parametrize("scale", SCALES, ids=str)
@pytest.mark.parametrize("size", [(12, 24), (7, 13), (2, 3)])
def test_it_equals_the_definition(scale: Fraction, size: tuple[int, int]) -> None:
    picture = torch.rand(size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = resized_pixel_by_pixel(picture, scale)
    torch.testing.assert_close(imresize(picture, scale), expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(imresize(picture, float(scale)), expected, atol=1e-12, rtol=0)
    single = imresize(picture.float().expand(2, 3, *size), scale)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single, expected.float().expand(2, 3, -1, -1), atol=1e-6, rtol=0)


def test_arrays_give_arrays() -> None:
    picture = np.arange(24.0, dtype=np.float32).reshape(4, 6)[:, ::-1]
    result = imresize(picture, 0.5)
    assert isinstance(result, np.ndarray)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, imresize(torch.from_numpy(picture.copy()), 0.5).numpy())


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_a_flat_picture_stays_flat(scale: Fraction) -> None:
    result = imresize(torch.full((9, 11), 0.3, dtype=torch.float64), scale)
    torch.testing.assert_close(result, torch.full_like(result, 0.3))


def test_a_scale_of_one_changes_nothing() -> None:
    picture = torch.rand(5, 6)
    assert torch.equal(imresize(picture, 1), picture)


def test_an_ascent_is_enlarged_without_steps() -> None:
    line = imresize(torch.arange(16.0, dtype=torch.float64).reshape(1, 16), 2)[0]
    torch.testing.assert_close(line[6:-6].diff(), torch.full((19,), 0.5, dtype=torch.float64))


def test_a_gradient_flows_back() -> None:
    picture = torch.rand(1, 3, 8, 8, requires_grad=True)
    imresize(picture, 0.5).sum().backward()
    assert picture.grad is not None
    assert picture.grad.sum().item() == pytest.approx(3 * 16, rel=1e-5)


def test_little_is_kept_of_sizes_that_are_past() -> None:
    for side in range(40, 60):
        imresize(torch.zeros(side, side + 30), 0.5)
    assert resample._weights.cache_info().currsize <= 8  # each as large as both sides multiplied


def test_whole_numbers_and_impossible_scales_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^imresize takes float32 or float64, but the picture is torch\.uint8\.$"):
        imresize(torch.zeros(4, 4, dtype=torch.uint8), 2)
    with pytest.raises(ValueError, match=r"^The scale is 0, but it has to be above 0\.$"):
        imresize(torch.zeros(4, 4), 0)


def test_cropping_keeps_the_top_left() -> None:
    picture = torch.arange(35).reshape(5, 7)
    assert torch.equal(crop_to_multiple(picture, 3), picture[:3, :6])
    assert torch.equal(crop_to_multiple(picture, 1), picture)
