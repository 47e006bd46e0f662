"""A large image through a network tile by tile, without a seam.

Neighbouring tiles overlap, and each weighs its scores with a Gaussian around its centre, because a network knows least
at a tile's border; the outermost sixteenth counts only where no other tile is. So a network that looks no further than
that gives what it would have given for the whole image. The weights of a pixel sum to one, so that a function of single
pixels is left unchanged.

The Gaussian's width, an eighth of the tile, is nnU-Net's: Isensee et al.: "nnU-Net: a self-configuring method for deep
learning-based biomedical image segmentation", Nature Methods 2021, https://doi.org/10.1038/s41592-020-01008-z.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["apply_in_tiles", "tile_size", "tile_starts"]

_OVERLAP = 0.25  # share of a tile that it has in common with the next: three widths of the Gaussian to either side
_BLIND = 1 / 16  # share of a tile, along each border, that counts only where there is nothing else
_NOTHING = 1e-12
_STEP = 32  # tiles are multiples of this, so that networks need no padding


def apply_in_tiles(
    function: Callable[[Tensor], Tensor], image: Tensor, *, out_channels: int, max_pixels: int, scale: int = 1
) -> Tensor:
    """Apply `function` to overlapping tiles of an image and blend what it returns.

    An image of at most `max_pixels` is passed whole.

    Args:
        function: Maps `(B, C, h, w)` to `(B, K, scale * h, scale * w)` of the image's dtype.
        image: `(B, C, H, W)`, float.
        out_channels: K.
        max_pixels: Largest number of pixels of a tile; at least 1.
        scale: How many times larger what comes out is.

    Returns:
        `(B, K, scale * H, scale * W)`.
    """
    height, width = image.shape[-2:]
    if height * width <= max_pixels:
        return function(image)
    tile_height, tile_width = tile_size(height, width, max_pixels)
    tops, lefts = tile_starts(height, tile_height), tile_starts(width, tile_width)
    rows = _weights(height * scale, tile_height * scale, [scale * top for top in tops]).to(image.device)
    columns = _weights(width * scale, tile_width * scale, [scale * left for left in lefts]).to(image.device)

    blended = image.new_zeros(len(image), out_channels, height * scale, width * scale)
    for top, row in zip(tops, rows, strict=True):
        for left, column in zip(lefts, columns, strict=True):
            seen = image[..., top : top + tile_height, left : left + tile_width]
            down, right = (slice(scale * a, scale * (a + b)) for a, b in ((top, tile_height), (left, tile_width)))
            blended[..., down, right] += function(seen) * (row[:, None] * column)
    return blended


def tile_size(height: int, width: int, max_pixels: int) -> tuple[int, int]:
    """Choose the size of the tiles of an image: square, or as long as allowed where the image is narrow.

    >>> tile_size(4000, 6000, max_pixels=2_000_000)
    (1408, 1408)
    >>> tile_size(500, 20_000, max_pixels=2_000_000)
    (500, 4000)
    """
    side = math.isqrt(max_pixels)
    if height <= side:
        return height, min(width, _rounded(max_pixels // height))
    if width <= side:
        return min(height, _rounded(max_pixels // width)), width
    return _rounded(side), _rounded(side)


def tile_starts(length: int, tile: int) -> list[int]:
    """First pixels of the fewest tiles that cover `length` with at least a quarter in common, evenly spread.

    >>> tile_starts(1000, 400)
    [0, 300, 600]
    >>> tile_starts(300, 300)
    [0]
    """
    step = max(1, tile - math.ceil(tile * _OVERLAP))
    gaps = math.ceil((length - tile) / step)
    return [round(i * (length - tile) / gaps) for i in range(gaps + 1)] if gaps > 0 else [0]


def _rounded(length: int) -> int:
    return max(length // _STEP * _STEP, min(length, _STEP))


def _weights(length: int, tile: int, starts: list[int]) -> Tensor:
    """Weight of each tile's pixels along one side `(tiles, tile)`; those of a pixel of the image sum to one."""
    distance = torch.arange(tile, dtype=torch.float64) - (tile - 1) / 2
    bell = torch.exp(-0.5 * (distance / (tile / 8)) ** 2)
    blind = int(tile * _BLIND)
    bell[:blind] *= _NOTHING
    bell[tile - blind :] *= _NOTHING
    total = torch.zeros(length, dtype=torch.float64)
    for start in starts:
        total[start : start + tile] += bell
    return torch.stack([bell / total[start : start + tile] for start in starts]).to(torch.float32)
