"""Averages over the cells of a grid, for feature maps of any size."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["pool_to_grid"]


def pool_to_grid(feature: Tensor, grid: int) -> Tensor:
    """Average `(B, C, H, W)` over `grid` × `grid` cells that cover it: `(B, C, grid, grid)`.

    The cells are those of `torch.nn.functional.adaptive_avg_pool2d`, which does the work. A graph with sizes that are
    not known yet cannot hold it, so while a model is being exported the same cells become two matrices that are made
    from the sizes: sums over rows and columns, divided by the number of pixels.

    >>> pool_to_grid(torch.arange(6.0).reshape(1, 1, 2, 3), 2).tolist()
    [[[[0.5, 1.5], [3.5, 4.5]]]]
    """
    if not torch.compiler.is_exporting():
        return F.adaptive_avg_pool2d(feature, grid)
    if grid == 1:
        mean: Tensor = feature.mean(dim=(-2, -1), keepdim=True)
        return mean
    rows, columns = (_cells(feature.shape[dim], grid, feature) for dim in (-2, -1))
    maps = feature.flatten(0, 1)  # bmm, because a matmul with more dimensions asks questions about unknown sizes
    sums = torch.bmm(rows.expand(len(maps), -1, -1), torch.bmm(maps, columns.T.expand(len(maps), -1, -1)))
    return sums.unflatten(0, feature.shape[:2]) / (rows.sum(dim=1)[:, None] * columns.sum(dim=1))


def _cells(size: int, grid: int, like: Tensor) -> Tensor:
    """Which of `size` pixels lie in which of `grid` cells: ones and zeros `(grid, size)`; the cells may overlap."""
    cell, pixel = torch.arange(grid, device=like.device)[:, None], torch.arange(size, device=like.device)
    first = cell * size // grid
    end = ((cell + 1) * size + grid - 1) // grid
    return ((first <= pixel) & (pixel < end)).to(like.dtype)
