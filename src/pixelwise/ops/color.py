"""RGB as brightness and colour: YCbCr, CIELAB and linear light.

All functions take and give a batch `(..., 3, H, W)` of floating point; RGB is in [0, 1]. The numbers are those of
scikit-image.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = [
    "lab_to_rgb",
    "linear_to_srgb",
    "luminance",
    "rgb_to_lab",
    "rgb_to_y",
    "rgb_to_ycbcr",
    "srgb_to_linear",
    "ycbcr_to_rgb",
]

# ITU-R BT.601 with the room that studios leave at both ends.
_YCBCR = ((65.481, 128.553, 24.966), (-37.797, -74.203, 112.0), (112.0, -93.786, -18.214))
_YCBCR_OFFSET = (16.0, 128.0, 128.0)

# sRGB's primaries (IEC 61966-2-1) and its white, D65 seen from 2 degrees.
_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_WHITE = (0.95047, 1.0, 1.08883)

# Where CIELAB's cube root is replaced by a line, and that line.
_LAB_KNEE, _LAB_SLOPE, _LAB_OFFSET = 0.008856, 7.787, 16 / 116


def rgb_to_y(rgb: Tensor) -> Tensor:
    """Luma `(..., 1, H, W)` from 16 to 235, not rounded: the channel that papers on super-resolution score.

    >>> rgb_to_y(torch.ones(3, 1, 1, dtype=torch.float64)).item()
    235.0
    """
    return _mixed(rgb, _YCBCR[:1]) + _YCBCR_OFFSET[0]


def rgb_to_ycbcr(rgb: Tensor) -> Tensor:
    """Luma from 16 to 235 and two differences of colour from 16 to 240, in that order."""
    return _mixed(rgb, _YCBCR) + _column(_YCBCR_OFFSET, rgb)


def ycbcr_to_rgb(ycbcr: Tensor) -> Tensor:
    """The inverse of `rgb_to_ycbcr`; not clipped, since not every such triple is a colour of RGB."""
    return _mixed(ycbcr - _column(_YCBCR_OFFSET, ycbcr), _inverse(_YCBCR))


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """CIELAB: lightness from 0 to 100, then a (green to red) and b (blue to yellow), about -100 to 100."""
    xyz = _mixed(srgb_to_linear(rgb), _XYZ) / _column(_WHITE, rgb)
    root = torch.where(xyz > _LAB_KNEE, xyz.clamp_min(_LAB_KNEE) ** (1 / 3), _LAB_SLOPE * xyz + _LAB_OFFSET)
    x, y, z = root.unbind(dim=-3)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-3)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """The inverse of `rgb_to_lab`, clipped to [0, 1]."""
    lightness, a, b = lab.unbind(dim=-3)
    y = (lightness + 16) / 116
    root = torch.stack([y + a / 500, y, (y - b / 200).clamp_min(0)], dim=-3)
    knee = _LAB_KNEE ** (1 / 3)
    xyz = torch.where(root > knee, root**3, (root - _LAB_OFFSET) / _LAB_SLOPE) * _column(_WHITE, lab)
    return linear_to_srgb(_mixed(xyz, _inverse(_XYZ))).clamp(0, 1)


def luminance(rgb: Tensor) -> Tensor:
    """The share of white's light that a colour gives off, `(..., 1, H, W)` in [0, 1]; linear, not to be displayed.

    `linear_to_srgb` of it is the grey that looks as light as the colour: it has the same lightness in CIELAB.
    """
    return _mixed(srgb_to_linear(rgb), _XYZ[1:2])


def srgb_to_linear(srgb: Tensor) -> Tensor:
    """Undo sRGB's gamma: from the numbers of a picture to amounts of light, any channels, [0, 1] to [0, 1]."""
    return torch.where(srgb > 0.04045, ((srgb.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4, srgb / 12.92)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Apply sRGB's gamma, the inverse of `srgb_to_linear`."""
    root = 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear > 0.0031308, root, linear * 12.92)


def _mixed(picture: Tensor, matrix: tuple[tuple[float, ...], ...] | Tensor) -> Tensor:
    """Each channel of the result is a row of the matrix times the channels of the picture."""
    weights = torch.as_tensor(matrix, dtype=picture.dtype, device=picture.device)
    mixed: Tensor = torch.einsum("kc,...chw->...khw", weights, picture)
    return mixed


def _inverse(matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    inverse: Tensor = torch.linalg.inv(torch.tensor(matrix, dtype=torch.float64))
    return inverse


def _column(values: tuple[float, ...], like: Tensor) -> Tensor:
    """Values `(C, 1, 1)` that broadcast over a picture."""
    return torch.tensor(values, dtype=like.dtype, device=like.device).reshape(-1, 1, 1)
