"""The initialisation that generators and discriminators begin with."""

from __future__ import annotations

from torch import nn

__all__ = ["initialise_normal"]


def initialise_normal(network: nn.Module, std: float = 0.02) -> None:
    """Draw the weights of convolutions from N(0, `std`) and those of norms from N(1, `std`); biases are zero.

    Radford, Metz, Chintala: "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
    Networks", ICLR 2016, https://arxiv.org/abs/1511.06434; pix2pix and CycleGAN took it over.

    Args:
        network: Changed in place.
        std: Standard deviation.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0.0, std)
        elif isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d) and layer.affine:
            nn.init.normal_(layer.weight, 1.0, std)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
