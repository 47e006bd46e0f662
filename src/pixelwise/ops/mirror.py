"""Extending an image by its mirror image, as far as is wanted."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["mirror_pad"]


def mirror_pad(image: Tensor, top: int, bottom: int, left: int, right: int) -> Tensor:
    """Extend `(B, C, H, W)` by mirroring it at its border, whose pixels are not repeated.

    Where a margin is wider than the image, the mirror image is mirrored in turn, and so on; PyTorch's own padding of
    this kind refuses that. Rows and columns are picked by their numbers, which every export format can express.

    Args:
        image: Of any dtype; at least one pixel.
        top: Rows to add above.
        bottom: Rows to add below.
        left: Columns to add to the left.
        right: Columns to add to the right.

    Returns:
        `(B, C, top + H + bottom, left + W + right)`.
    """
    rows = _mirrored(image.shape[-2], top, bottom, image.device)
    columns = _mirrored(image.shape[-1], left, right, image.device)
    return image.index_select(-2, rows).index_select(-1, columns)


def _mirrored(length: int, before: int, after: int, device: torch.device) -> Tensor:
    """Which pixel of a line stands at each place of the longer line `(before + length + after)`."""
    period = max(1, 2 * (length - 1))
    place = torch.arange(-before, length + after, device=device)
    place = place - torch.div(place, period, rounding_mode="floor") * period  # ONNX has no remainder of this kind
    return torch.minimum(place, period - place)
