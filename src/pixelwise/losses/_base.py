"""What every loss here promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from pixelwise.errors import SettingError

__all__ = ["Loss", "LossCard", "refuse_label_smoothing"]


class Loss(nn.Module, ABC):
    """A number that is smaller, the better the scores fit the target.

    `scores` are raw, `(B, K, H, W)`, float. `target` is int64 `(B, H, W)` with values 0 to K - 1 (0 and 1 where K is
    one), and 255 for pixels that are left out. A batch in which every pixel is left out gives zero, with a gradient
    of zero, rather than not-a-number.

    A loss with `takes_weight` has a third argument, float `(B, H, W)` from 0 or None: what is added to the weight that
    a pixel has for its class.
    """

    takes_weight: ClassVar[bool] = False

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
    """

    build: Callable[..., Loss]
    summary: str
    paper: str


def refuse_label_smoothing(label_smoothing: float) -> None:
    """Refuse a share of a target that is none.

    Raises:
        SettingError: If it is not from 0 to 1.
    """
    if not 0 <= label_smoothing <= 1:
        raise SettingError(f"label_smoothing is {label_smoothing:g}, but it is a share of the target: 0 to 1.")
