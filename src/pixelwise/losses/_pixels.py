"""What the losses share that are a weighted mean over pixels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.losses._base import refuse_class_weights
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["as_tensor", "pixel_weights", "total_weight", "with_background"]


def as_tensor(class_weights: Sequence[float] | None) -> Tensor | None:
    """The weights of the classes, `(K,)`, float32; None for equal ones.

    Raises:
        SettingError: If one is below 0 or no finite number, or all are 0.
    """
    if class_weights is None:
        return None
    refuse_class_weights(class_weights)
    return torch.tensor(class_weights, dtype=torch.float32)


def with_background(scores: Tensor) -> Tensor:
    """The scores in float32 `(B, K, H, W)`, K at least two: a lone channel gets background of score 0 before it.

    The softmax of the two is the sigmoid of the one.
    """
    scores = scores.float()
    return F.pad(scores, (0, 0, 0, 0, 1, 0)) if scores.shape[1] == 1 else scores


def pixel_weights(target: Tensor, class_weights: Tensor | None) -> Tensor:
    """The weight that each pixel has for its class, `(B, H, W)`, float32; 0 where it is left out."""
    labelled = target != IGNORE_INDEX
    if class_weights is None:
        return labelled.float()
    return class_weights[target.masked_fill(~labelled, 0)] * labelled


def total_weight(target: Tensor, class_weights: Tensor | None) -> Tensor:
    """The sum of `pixel_weights`; without weights, the number of labelled pixels."""
    if class_weights is None:
        return (target != IGNORE_INDEX).sum().float()
    return pixel_weights(target, class_weights).sum()
