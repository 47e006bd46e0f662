"""How weights lie in memory."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["to_channels_last"]


def to_channels_last(network: nn.Module) -> nn.Module:
    """Let the weights of two-dimensional convolutions lie as channels-last images do, in place; all others stay.

    PyTorch's own `network.to(memory_format=torch.channels_last)` fails where there are three-dimensional convolutions,
    as in a lambda network.

    Returns:
        The network itself.
    """
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.ndim == 4:
            tensor.data = tensor.data.to(memory_format=torch.channels_last)
    return network
