"""Blocks that networks are built from."""

from __future__ import annotations

from pixelwise.nn.attention import SelfAttention
from pixelwise.nn.conv import ConvBlock, Init, Norm, batch_norm, conv_bn_relu
from pixelwise.nn.layout import to_channels_last
from pixelwise.nn.pixel_shuffle import PixelShuffleUpsample, icnr_
from pixelwise.nn.pool import pool_to_grid
from pixelwise.nn.recompute import blocks_of, recomputing
from pixelwise.nn.residual import ResidualBlock
from pixelwise.nn.resize import resize_bilinear, resize_nearest
from pixelwise.nn.weight_norm import SpectralConv2d, WeightNormConv2d

__all__ = [
    "ConvBlock",
    "Init",
    "Norm",
    "PixelShuffleUpsample",
    "ResidualBlock",
    "SelfAttention",
    "SpectralConv2d",
    "WeightNormConv2d",
    "batch_norm",
    "blocks_of",
    "conv_bn_relu",
    "icnr_",
    "pool_to_grid",
    "recomputing",
    "resize_bilinear",
    "resize_nearest",
    "to_channels_last",
]
