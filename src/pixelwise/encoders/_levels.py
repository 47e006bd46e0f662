"""One feature map at each power of two, from the maps that a backbone happens to give.

What a backbone lacks is made as in the simple feature pyramid of Li et al.: "Exploring Plain Vision Transformer
Backbones for Object Detection", ECCV 2022, https://arxiv.org/abs/2203.16527: finer maps by transposed convolutions,
coarser ones by pooling.

Differs from the paper: no convolutions follow at each scale, since every decoder here begins with its own; each
doubling of the size halves the channels; the rule holds for any backbone that begins too late or ends too early.
"""

from __future__ import annotations

from collections.abc import Sequence

from timm.layers.norm import LayerNorm2d
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Levels"]

_FINEST, _COARSEST = 4, 32  # every pyramid reaches at least from one to the other


class Levels(nn.Module):
    """A map at each stride, doubling from at most 4 to at least 32.

    Of several maps at one stride the last is taken, being the deepest. A map that is taken from a backbone with a
    single stride is normalised over its channels (a transformer ends in such a norm, which timm leaves out of its
    features). If the backbone has everything, this has no parameters and copies nothing.

    Args:
        channels: Channels of each of the backbone's maps.
        strides: Their strides, powers of two.

    Attributes:
        channels: Channels of each level.
        strides: Its stride.
    """

    def __init__(self, channels: Sequence[int], strides: Sequence[int]) -> None:
        super().__init__()
        self._index = {stride: index for index, stride in enumerate(strides)}  # the last of each stride
        first, last = min(strides), max(strides)
        wanted = [1 << power for power in range(20) if min(first, _FINEST) <= 1 << power <= max(last, _COARSEST)]
        self.strides: tuple[int, ...] = tuple(wanted)
        self._first = first
        source = channels[self._index[first]]
        self.norm = LayerNorm2d(source) if first == last else nn.Identity()
        self.up = nn.ModuleList(_upsampling(source, first // stride) for stride in wanted if stride < first)

        widths: list[int] = []
        for stride in wanted:
            if stride < first:
                widths.append(_narrowed(source, first // stride))
            else:
                widths.append(channels[self._index[stride]] if stride in self._index else widths[-1])
        self.channels: tuple[int, ...] = tuple(widths)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Map the backbone's maps `(B, C, ~H / stride, ~W / stride)` to one of each level, the finest first."""
        source = self.norm(maps[self._index[self._first]])
        levels = [up(source) for up in self.up]
        for stride in self.strides[len(levels) :]:
            if stride == self._first:
                levels.append(source)
            elif stride in self._index:
                levels.append(maps[self._index[stride]])
            else:
                levels.append(F.max_pool2d(levels[-1], kernel_size=2, ceil_mode=True))
        return levels


def _upsampling(channels: int, factor: int) -> nn.Sequential:
    """Transposed convolutions that double the size until it is `factor` times as large."""
    layers: list[nn.Module] = []
    for power in range(factor.bit_length() - 1):
        if power:
            layers += [LayerNorm2d(_narrowed(channels, 1 << power)), nn.GELU()]
        before, after = _narrowed(channels, 1 << power), _narrowed(channels, 2 << power)
        layers.append(nn.ConvTranspose2d(before, after, kernel_size=2, stride=2))
    return nn.Sequential(*layers)


def _narrowed(channels: int, factor: int) -> int:
    return max(channels // factor, 1)
