"""What every loss here promises."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pixelwise.catalog import Catalog
from pixelwise.errors import SettingError
from pixelwise.ops.ranks import summed

__all__ = ["LOSSES", "Loss", "LossCard", "mean_of", "refuse_class_weights", "refuse_label_smoothing"]


class Loss(nn.Module, ABC):
    """A number that is smaller, the better the scores fit the target.

    `scores` are raw, `(B, K, H, W)`, float; what is less precise than float32 is computed in it. `target` is int64
    `(B, H, W)` with values 0 to K - 1 (0 and 1 where K is one), and 255 for pixels that are left out. A batch in which
    every pixel is left out gives zero, with a gradient of zero, rather than not-a-number.

    A loss with `takes_weight` has a third argument, float `(B, H, W)` from 0 or None: what is added to the weight that
    a pixel has for its class.

    Where several processes share a batch, the loss of each is that of the whole batch if `is_shared` (see `mean_of`);
    otherwise it is that of its part, and their mean is learnt from.
    """

    takes_weight: bool = False
    is_shared: bool = True

    def __init__(self) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch, a scalar in float32."""


@dataclass(frozen=True)
class LossCard:
    """What the catalog knows of a loss.

    Attributes:
        build: The class; its keyword arguments are the loss's settings.
        summary: One line for `pixelwise list losses`.
        paper: Title and address of the source.
        abbreviation: What the field calls it for short; a second name in sums. None for the name alone.
        several_classes: Whether it serves classes that exclude one another; every loss serves one channel.
    """

    build: Callable[..., Loss]
    summary: str
    paper: str
    abbreviation: str | None = None
    several_classes: bool = True


LOSSES: Catalog[LossCard] = Catalog("pixelwise.losses", "loss")


def mean_of(weighted_sum: Tensor, weight: Tensor) -> Tensor:
    """Divide a sum over the pixels of the batch by the sum of their weights; both are scalars. 0 where that is 0.

    Where several processes share a batch, the sums are those of all of them, so that each has the loss of the whole.
    """
    above, below = summed(torch.stack([weighted_sum, weight.to(weighted_sum.dtype)])).unbind()
    is_nothing = below == 0  # but smoothed labels may leave something above
    return above.masked_fill(is_nothing, 0.0) / below.masked_fill(is_nothing, 1.0)


def refuse_label_smoothing(label_smoothing: float) -> None:
    """Refuse a share of a target that is none.

    Raises:
        SettingError: If it is not from 0 to 1.
    """
    if not 0 <= label_smoothing <= 1:
        raise SettingError(f"label_smoothing is {label_smoothing:g}, but it is a share of the target: 0 to 1.")


def refuse_class_weights(class_weights: object) -> None:
    """Refuse what are no weights of classes, or such as nothing sensible would be learnt with.

    Raises:
        SettingError: If it is no list of numbers, one of them is below 0 or not finite, or all are 0.
    """
    weights = class_weights if isinstance(class_weights, list | tuple) else ()
    if not all(isinstance(weight, int | float) and 0 <= weight < math.inf for weight in weights) or not any(weights):
        raise SettingError(
            f"The weights of the classes are {class_weights}, but a list of numbers is expected, one per class, each 0 "
            f"or above, and at least one above 0."
        )
