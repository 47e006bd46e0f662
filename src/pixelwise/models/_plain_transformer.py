"""A plain vision transformer from timm, open between its blocks."""

from __future__ import annotations

from typing import Any, NamedTuple

from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor

from pixelwise.encoders import Backbone
from pixelwise.errors import SettingError

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


class PlainTransformer(Backbone):
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
        super().__init__(name, in_channels)
        if not isinstance(getattr(self.backbone, "model", None), VisionTransformer | Eva):
            raise self.refusal(name, "it is of another kind")
        transformer = self._transformer
        self.stride = int(transformer.patch_embed.feat_ratio())
        self.width = int(transformer.embed_dim)
        self.prefix = int(transformer.num_prefix_tokens)
        self.depth = len(transformer.blocks)
        self.channels = (self.width,)
        self.strides = (self.stride,)

    @staticmethod
    def refusal(name: str, reason: str) -> SettingError:
        """The error for a backbone that is no plain vision transformer, whatever else it is."""
        return SettingError(
            f"The backbone '{name}' is no plain vision transformer, which this model is built on. "
            f"Take one, such as '{FREE_TRANSFORMER}' or 'vit_small_patch16_224'."
        )

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
