"""Averages over a grid are the same for every size, exported or not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.nn import pool_to_grid


class Pool(nn.Module):
    def __init__(self, grid: int) -> None:
        super().__init__()
        self.grid = grid

    def forward(self, feature: Tensor) -> Tensor:
        return pool_to_grid(feature, self.grid)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("grid", [1, 2, 3, 4, 6])
def test_one_exported_graph_gives_the_averages_of_every_size(grid: int, batch: int) -> None:
    height, width = torch.export.Dim("height", min=2, max=512), torch.export.Dim("width", min=2, max=512)
    exported = torch.export.export(Pool(grid), (torch.rand(batch, 3, 8, 12),), dynamic_shapes=({2: height, 3: width},))
    for size in ((8, 12), (12, 15), (7, 5), (2, 3), (61, 97)):
        feature = torch.rand(batch, 3, *size)
        expected = F.adaptive_avg_pool2d(feature, grid)
        assert torch.equal(pool_to_grid(feature, grid), expected)
        torch.testing.assert_close(exported.module()(feature), expected, rtol=1e-5, atol=1e-6)


def test_in_half_precision_the_exported_average_of_a_constant_is_that_constant() -> None:
    feature = torch.full((1, 2, 9, 10), 0.3, dtype=torch.bfloat16)
    exported = torch.export.export(Pool(3), (feature,)).module()
    torch.testing.assert_close(exported(feature), feature[..., :3, :3], rtol=0.008, atol=0)
