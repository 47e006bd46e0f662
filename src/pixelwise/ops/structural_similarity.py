"""The index of structural similarity at each place of a picture."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

__all__ = ["WINDOW", "structural_similarity"]

WINDOW = 11  # pixels a side
_SIGMA = 1.5
_K1, _K2 = 0.01, 0.03  # of the range, squared: what keeps flat places from being divided by nothing


def structural_similarity(first: Tensor, second: Tensor, peak: float) -> Tensor:
    """Compare mean, variance and covariance of two pictures in a Gaussian window of 11 × 11 pixels, sigma 1.5.

    Only windows that lie within the picture are looked at, as in the authors' code.

    Args:
        first: `(B, C, H, W)`, floating point.
        second: The same.
        peak: Difference of the largest and the smallest value that a pixel can have.

    Returns:
        `(B, C, H - 10, W - 10)`, in [-1, 1]; 1 where both are the same.

    Raises:
        ValueError: If a side is below 11 pixels.

    Source: Wang, Bovik, Sheikh, Simoncelli: "Image quality assessment: from error visibility to structural similarity",
    IEEE Transactions on Image Processing 2004, https://doi.org/10.1109/TIP.2003.819861.
    """
    height, width = first.shape[-2:]
    if min(height, width) < WINDOW:
        raise ValueError(
            f"The pictures are {height} × {width}, but SSIM needs {WINDOW} × {WINDOW} pixels that no margin takes away."
        )
    down, across = (_window(side).to(first) for side in (height, width))
    products = torch.stack([first, second, first * first, second * second, first * second])  # (5, B, C, H, W)
    mean_1, mean_2, square_1, square_2, product = down @ products @ across.T
    variances = square_1 - mean_1**2 + square_2 - mean_2**2
    covariance = product - mean_1 * mean_2
    c1, c2 = (_K1 * peak) ** 2, (_K2 * peak) ** 2
    likeness = (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
    index: Tensor = likeness / ((mean_1**2 + mean_2**2 + c1) * (variances + c2))
    return index


@lru_cache(maxsize=16)
def _window(length: int) -> Tensor:
    """What each pixel of a line adds to each weighted mean: `(length - 10, length)`, float64.

    Two products of matrices are 2 to 25 times faster on a CPU than two convolutions of one channel.
    """
    distance = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    weights = torch.exp(-0.5 * (distance / _SIGMA) ** 2)
    first = torch.arange(length - WINDOW + 1).unsqueeze(1)
    matrix = torch.zeros(len(first), length, dtype=torch.float64)
    return matrix.scatter_(1, first + torch.arange(WINDOW), (weights / weights.sum()).expand(len(first), -1))
