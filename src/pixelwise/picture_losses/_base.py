"""What every loss of pictures promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from pixelwise.catalog import Catalog

__all__ = ["PICTURE_LOSSES", "PictureLoss", "PictureLossCard"]


class PictureLoss(nn.Module, ABC):
    """A number from 0 that is smaller, the nearer a predicted picture is to the one that should come out.

    Both are `(B, C, H, W)`, float, [0, 1]. A prediction may leave this range; it is not clipped, so that its gradient
    leads back.
    """

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch, a scalar in float32.

        Raises:
            ValueError: If the shapes differ.
        """
        if prediction.shape != target.shape:
            raise ValueError(f"The prediction is {tuple(prediction.shape)}, but the target is {tuple(target.shape)}.")
        return self.distance(prediction.float(), target.float())

    @abstractmethod
    def distance(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of two batches of the same size, float32."""


@dataclass(frozen=True)
class PictureLossCard:
    """What the catalog knows of a loss of pictures.

    Attributes:
        build: The class; its keyword arguments are the loss's settings.
        summary: One line for the list of losses.
        paper: Title and address of the source.
        variant: The argument that may stand behind a colon, as in `perceptual:vgg16.pth`; None for most.
    """

    build: Callable[..., PictureLoss]
    summary: str
    paper: str
    variant: str | None = None


PICTURE_LOSSES: Catalog[PictureLossCard] = Catalog("pixelwise.picture_losses", "loss")
