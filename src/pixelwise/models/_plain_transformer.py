"""A plain vision transformer from timm, open between its blocks."""

from __future__ import annotations

from typing import Any, NamedTuple

import timm
import torch
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from pixelwise.encoders import Encoder
from pixelwise.errors import SettingError, unknown_name

__all__ = ["FREE_TRANSFORMER", "PlainTransformer", "Tokens"]

FREE_TRANSFORMER = "vit_small_patch14_reg4_dinov2"
"""A backbone with DINOv2's weights, whose licence is Apache-2.0."""


class Tokens(NamedTuple):
    """An image as a transformer's first block sees it.

    Attributes:
        values: `(B, prefix + h * w, C)`: class and register tokens, then the patches, row by row.
        rotary: Rotary position embedding of the patches, one for all blocks or one for each; None without.
        grid: h and w.
    """

    values: Tensor
    rotary: Tensor | None
    grid: tuple[int, int]


class PlainTransformer(Encoder):
    """A timm backbone of the kind `VisionTransformer` or `Eva`, run block by block on images of any size.

    Its final norm is left out, as in every pyramid of timm's.

    Args:
        name: A name from `timm.list_models()`.
        in_channels: Channels of the image.

    Attributes:
        stride: Pixels per patch.
        width: Channels of a token.
        prefix: Number of class and register tokens.
        depth: Number of blocks.

    Raises:
        SettingError: If timm has no such backbone, or it is of another kind.
    """

    def __init__(self, name: str, in_channels: int = 3) -> None:
        nn.Module.__init__(self)  # the pyramid that Encoder makes of a backbone is not wanted
        if not timm.is_model(name):
            raise unknown_name("encoder", name, timm.list_models())
        self.backbone = _backbone(name, in_channels)
        self.name = name
        self.in_channels = in_channels
        transformer = self._transformer
        self.stride = int(transformer.patch_embed.feat_ratio())
        self.width = int(transformer.embed_dim)
        self.prefix = int(transformer.num_prefix_tokens)
        self.depth = len(transformer.blocks)
        self.channels = (self.width,)
        self.strides = (self.stride,)
        config = timm.get_pretrained_cfg(name)
        colors = ((0.5,) * 3, (0.5,) * 3) if config is None else (config.mean, config.std)
        for kind, values in zip(("mean", "std"), colors, strict=True):
            statistic = torch.tensor(values, dtype=torch.float32).reshape(1, -1, 1, 1)
            if in_channels != statistic.shape[1]:
                statistic = statistic.mean().expand(1, in_channels, 1, 1).clone()
            self.register_buffer(kind, statistic, persistent=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map `(B, in_channels, H, W)` in [0, 1] to the one feature `[(B, width, H / stride, W / stride)]`."""
        tokens = self.embed(image)
        values = tokens.values
        for index in range(self.depth):
            values = self.block(index, values, tokens.rotary)
        return [values[:, self.prefix :].transpose(1, 2).unflatten(2, tokens.grid)]

    def embed(self, image: Tensor) -> Tokens:
        """Turn `(B, in_channels, H, W)` in [0, 1], sides multiples of `stride`, into tokens."""
        transformer = self._transformer
        patches = transformer.patch_embed(self.normalise(image))  # (B, h, w, C)
        embedded = transformer._pos_embed(patches)
        values, rotary = embedded if isinstance(embedded, tuple) else (embedded, None)
        return Tokens(transformer.norm_pre(values), rotary, (patches.shape[1], patches.shape[2]))

    def block(self, index: int, values: Tensor, rotary: Tensor | None, may_attend: Tensor | None = None) -> Tensor:
        """Run one block.

        Args:
            index: Which, from 0.
            values: Tokens `(B, T, C)`.
            rotary: As `embed` gave it.
            may_attend: `(B, 1, T, T)`, bool: whether a token (rows) looks at another (columns); None lets all.
        """
        transformer = self._transformer
        position = {}
        if rotary is not None:
            position["rope"] = rotary[index] if getattr(transformer, "rope_mixed", False) else rotary
        result: Tensor = transformer.blocks[index](values, attn_mask=may_attend, **position)
        return result

    def expect_more_tokens(self, count: int, first: int) -> None:
        """Tell the blocks from `first` on that `count` tokens without a position come before the others."""
        transformer = self._transformer
        has_rotary = isinstance(transformer, Eva)
        for block in transformer.blocks[first:] if has_rotary else ():
            block.attn.num_prefix_tokens += count

    @property
    def _transformer(self) -> Any:  # noqa: ANN401 - timm has no types
        return self.backbone.model


def _backbone(name: str, in_channels: int) -> nn.Module:
    """The backbone as timm builds it for features, so that weights are loaded as into any other encoder's."""
    try:
        backbone = timm.create_model(
            name, pretrained=False, features_only=True, in_chans=in_channels, dynamic_img_size=True
        )
    except (RuntimeError, AttributeError, TypeError, NotImplementedError, AssertionError) as error:
        raise _no_transformer(name) from error
    if not isinstance(getattr(backbone, "model", None), VisionTransformer | Eva):
        raise _no_transformer(name)
    return backbone


def _no_transformer(name: str) -> SettingError:
    return SettingError(
        f"The backbone '{name}' is no plain vision transformer, which this model is built on. "
        f"Take one, such as '{FREE_TRANSFORMER}' or 'vit_small_patch16_224'."
    )
