"""A moving average of the weights, which is what is kept at the end."""

from __future__ import annotations

import copy

import torch
from torch import nn

from pixelwise.models import ImageModel

__all__ = ["MovingAverage"]


class MovingAverage:
    """Exponential moving average of a network's parameters and buffers.

    Averaged weights generalise better than the last ones (Polyak and Juditsky 1992), most of all in short trainings.
    In the first steps the decay is smaller, so that the random beginning is forgotten.

    Args:
        model: The network to follow; it is copied.
        decay: Share of the average that is kept in each step, in the long run.
    """

    def __init__(self, model: ImageModel, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards `model` after its step number `step` (from 0)."""
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        average, current = _tensors(self.model), _tensors(model)
        floating = [i for i, tensor in enumerate(average) if tensor.is_floating_point()]
        torch._foreach_lerp_([average[i] for i in floating], [current[i] for i in floating], share)
        for old, new in zip(average, current, strict=True):
            if not old.is_floating_point():
                old.copy_(new)

    @torch.no_grad()
    def mend(self, model: nn.Module) -> None:
        """Give `model` this average's buffers in place of those that hold a value that is no finite number."""
        for own, kept in zip(model.buffers(), self.model.buffers(), strict=True):
            if not own.isfinite().all():
                own.copy_(kept)


def _tensors(model: nn.Module) -> list[torch.Tensor]:
    return [tensor.detach() for tensor in (*model.parameters(), *model.buffers())]
