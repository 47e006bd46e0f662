"""Bringing a feature map to the size of another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["resize_bilinear", "resize_nearest"]


def resize_bilinear(feature: Tensor, size: Sequence[int]) -> Tensor:
    """Resize `(B, C, H, W)` to `size`, (height, width), between its pixels' centres, so that nothing is shifted.

    >>> resize_bilinear(torch.arange(2.0).reshape(1, 1, 1, 2), (1, 4)).tolist()
    [[[[0.0, 0.25, 0.75, 1.0]]]]
    """
    return F.interpolate(feature, list(size), mode="bilinear", align_corners=False)


def resize_nearest(feature: Tensor, size: Sequence[int]) -> Tensor:
    """Resize `(B, C, H, W)` to `size`, (height, width), by the nearest pixel; the same tensor if it has that size.

    While a model is being exported nothing is asked of the size, so that the exported graph holds for every size.

    >>> resize_nearest(torch.arange(4.0).reshape(1, 1, 2, 2), (2, 3)).tolist()
    [[[[0.0, 0.0, 1.0], [2.0, 2.0, 3.0]]]]
    """
    if not torch.compiler.is_exporting() and tuple(feature.shape[-2:]) == tuple(size):
        return feature
    return F.interpolate(feature, list(size), mode="nearest")
