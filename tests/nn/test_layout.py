"""Weights lie as channels-last images do wherever they can."""

from __future__ import annotations

import torch
from torch import nn

from pixelwise.nn import to_channels_last


def test_weights_of_images_are_laid_out_anew_and_those_of_volumes_stay() -> None:
    flat, deep = nn.Conv2d(3, 4, 3), nn.Conv3d(1, 2, 3)
    network = nn.Sequential(flat, nn.BatchNorm2d(4), deep)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    parameters = list(network.parameters())
    assert to_channels_last(network) is network
    assert flat.weight.is_contiguous(memory_format=torch.channels_last)
    assert deep.weight.is_contiguous()
    assert all(one is other for one, other in zip(network.parameters(), parameters, strict=True))
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
