"""Less memory for a training: what a block computes is forgotten, and computed again on the way back.

Chen, Xu, Zhang, Guestrin: "Training Deep Nets with Sublinear Memory Cost", https://arxiv.org/abs/1604.06174, by
PyTorch's checkpointing. Two things that it leaves to its callers are seen to here: batch norms learn from each batch
once, though they see it twice, and a block that changes what it was given is found out, since its second pass would
begin with something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.parametrize import is_parametrized
from torch.utils.checkpoint import checkpoint

from pixelwise.errors import SettingError
from pixelwise.nn.weight_norm import SpectralConv2d

__all__ = ["blocks_of", "recomputing"]

_MOST_LAYERS = 6  # of a block, such as a residual one with squeeze and excitation; what is larger is looked into


@contextmanager
def recomputing(blocks: Sequence[nn.Module]) -> Iterator[None]:
    """Within it, these blocks keep only what goes into them.

    What they compute, their gradients and the statistics of their batch norms are the same as without.

    Args:
        blocks: Parts of networks that are trained, as `blocks_of` finds them, none inside another; they are what they
            were, afterwards.

    Raises:
        SettingError: In a forward pass, if a block changes its input in place.
    """
    for block in blocks:
        block.forward = partial(_forward, block, block.forward)
    try:
        yield
    finally:
        for block in blocks:
            del block.forward


def blocks_of(network: nn.Module) -> Iterator[nn.Module]:
    """The largest parts of a network with two to six layers that have weights, in order.

    Containers without a forward pass are no blocks, nor is what draws anew or counts whenever it is called, such as
    spectral norm.
    """
    layers = sum(isinstance(part, _LAYERS) for part in network.modules())
    if layers < 2:
        return
    if layers <= _MOST_LAYERS and not isinstance(network, _CONTAINERS) and not any(map(_varies, network.modules())):
        yield network
        return
    for child in network.children():
        yield from blocks_of(child)


_LAYERS = (nn.Linear, nn.modules.conv._ConvNd)
_CONTAINERS = (nn.ModuleList, nn.ModuleDict)


def _varies(module: nn.Module) -> bool:
    return isinstance(module, SpectralConv2d) or is_parametrized(module) or "forward" in vars(module)


def _forward(block: nn.Module, forward: Callable[..., Any], *inputs: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever a block takes
    """The forward pass of a block, to be repeated on the way back."""
    if not torch.is_grad_enabled():
        return forward(*inputs, **named)
    tensors = [each for each in (*inputs, *named.values()) if isinstance(each, Tensor)]
    versions = [tensor._version for tensor in tensors]
    output = checkpoint(forward, *inputs, use_reentrant=False, context_fn=partial(_contexts, block), **named)
    if versions != [tensor._version for tensor in tensors]:
        raise SettingError(
            f"training.recompute does not go with this network: its {type(block).__name__} changes what it is given. "
            f"Leave it out, or take another --model or --encoder."
        )
    return output


def _contexts(block: nn.Module) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """What surrounds the first pass through a block, and the second."""
    return nullcontext(), _learning_nothing(block)


@contextmanager
def _learning_nothing(block: nn.Module) -> Iterator[None]:
    """Within it, batch norms keep their statistics, though they normalise by those of the batch."""
    norms = [part for part in block.modules() if isinstance(part, _BatchNorm)]
    kept = [(norm, norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
        norm.num_batches_tracked = None if norm.num_batches_tracked is None else norm.num_batches_tracked.clone()
    try:
        yield
    finally:
        for norm, momentum, batches in kept:
            norm.momentum, norm.num_batches_tracked = momentum, batches
