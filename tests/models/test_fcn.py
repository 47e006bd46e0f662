"""The simple network: five transposed convolutions on an encoder."""

from __future__ import annotations

import torch
from torch import nn

from pixelwise.models.fcn import FCN


def test_with_resnet34_it_has_as_many_parameters_as_the_network_of_2018() -> None:
    with torch.device("meta"):
        model = FCN(12, encoder="resnet34")
    assert sum(parameter.numel() for parameter in model.parameters()) == 22_610_764


def test_each_transposed_convolution_but_the_last_is_followed_by_relu_and_then_batch_norm() -> None:
    model = FCN(3, encoder="test_convnext", width=8)
    layers = [type(layer) for layer in model.decoder.modules() if not isinstance(layer, nn.Sequential)]
    assert layers == 4 * [nn.ConvTranspose2d, nn.ReLU, nn.BatchNorm2d]
    assert isinstance(model.head, nn.ConvTranspose2d)


def test_an_image_is_padded_to_the_stride_of_the_coarsest_features() -> None:
    assert FCN(3, encoder="test_convnext", width=8).multiple_of == 32
