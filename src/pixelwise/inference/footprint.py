"""How much memory a network takes for each pixel that it is given, by which tiles are sized.

Networks differ a hundredfold in that: one of 32 channels, and one whose last layers have 64 channels at four times the
size of the image. It is not read from the modules, which need not say what they make, but from one run.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["bytes_per_pixel"]


@torch.no_grad()
def bytes_per_pixel(network: nn.Module, image: Tensor) -> float:
    """What the largest operation of a network takes in and gives, per pixel of the image.

    Only what is made of the image counts: neither weights do, nor what is made of them alone, as the weights that a
    weight norm computes at each use. Features that wait for a later operation come to that, so that a run takes
    somewhat more.

    Args:
        network: In evaluation mode.
        image: `(1, C, H, W)`, any image that the network accepts; small is enough.
    """
    largest = _Largest(image)
    with largest:
        network(image)
    return max(largest.nbytes, image.nbytes) / image.shape[-2:].numel()


class _Largest(TorchDispatchMode):
    """The operation of one run that takes in and gives the most of what is made of an image.

    Attributes:
        nbytes: How much that is.
    """

    def __init__(self, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.nbytes = 0
        self._features = {_place(image)}  # where they lie

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
        result = func(*args, **(kwargs or {}))
        given, made = _sizes((args, kwargs)), _sizes(result)
        if self._features.isdisjoint(given):
            self._features -= made.keys()  # where features lay that are gone
        else:
            self._features |= made.keys()
        sizes = (given | made).items()
        self.nbytes = max(self.nbytes, sum(size for place, size in sizes if place in self._features))
        return result


def _sizes(tree: Any) -> dict[int, int]:  # noqa: ANN401 - what an operation takes or gives
    """The bytes of all tensors in a tree, by their place."""
    tensors = (leaf for leaf in torch.utils._pytree.tree_leaves(tree) if isinstance(leaf, Tensor))
    return {_place(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}


def _place(tensor: Tensor) -> int:
    """Where the numbers of a tensor lie, which is the same for all views of it."""
    return tensor.untyped_storage().data_ptr()
