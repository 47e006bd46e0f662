"""UPerNet: pooled context that any size of image and of batch can have."""

from __future__ import annotations

import torch
from torch import nn

from pixelwise.models.upernet import UPerNet


def build(encoder: str = "test_resnet") -> UPerNet:
    torch.manual_seed(0)
    return UPerNet(3, encoder=encoder, width=8)


def test_nothing_is_normalised_after_it_was_pooled() -> None:
    pooled = [layer for branch in build().context.pooled for layer in branch.modules()]
    assert not [layer for layer in pooled if isinstance(layer, nn.modules.batchnorm._BatchNorm)]


def test_the_auxiliary_head_takes_the_scale_before_the_coarsest() -> None:
    model = build()
    assert model.encoder.strides[-2] == 16
    convolution = model.get_submodule("auxiliary.0.conv")
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.in_channels == model.encoder.channels[-2]


def test_features_finer_than_stride_4_are_left_out() -> None:
    assert len(build("test_resnet").laterals) == len(build("test_convnext").laterals) == 3
