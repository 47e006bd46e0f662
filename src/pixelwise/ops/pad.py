"""Padding to a size that a network can take, and cutting it off again."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["crop_to", "pad_to_multiple"]


def pad_to_multiple(image: Tensor, multiple_of: int) -> Tensor:
    """Extend `(B, C, H, W)` at the bottom and the right until both sides are multiples of `multiple_of`.

    The border is repeated rather than zeroed, so that a network sees no false edge; repeating, unlike reflecting,
    has no largest width, so that an image of any size can be padded.
    """
    height, width = image.shape[-2:]
    bottom, right = -height % multiple_of, -width % multiple_of
    is_exporting = torch.compiler.is_exporting()  # then the sizes are symbols, and a question would fix them
    if multiple_of == 1 or (not is_exporting and bottom == 0 and right == 0):
        return image
    return F.pad(image, (0, right, 0, bottom), mode="replicate")


def crop_to(output: Tensor, height: int, width: int) -> Tensor:
    """Keep the top left `height` × `width` pixels of `(B, K, H, W)`."""
    return output[..., :height, :width]
