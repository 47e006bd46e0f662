"""Charbonnier's penalty: absolute difference, with a smooth bottom."""

from __future__ import annotations

from torch import Tensor

from pixelwise.errors import SettingError
from pixelwise.picture_losses._base import PictureLoss, PictureLossCard

__all__ = ["LOSS", "Charbonnier"]


class Charbonnier(PictureLoss):
    """Mean of sqrt(difference² + epsilon²): quadratic well below `epsilon`, absolute well above.

    Args:
        epsilon: Difference at which it turns from one to the other, above 0; also its smallest value.

    Raises:
        SettingError: If epsilon is not above 0.
    """

    def __init__(self, epsilon: float = 1e-3) -> None:
        super().__init__()
        if not epsilon > 0:
            raise SettingError(f"epsilon is {epsilon:g}, but it has to be above 0, such as 0.001.")
        self.epsilon = epsilon

    def distance(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of two batches `(B, C, H, W)`."""
        return ((prediction - target).square() + self.epsilon**2).sqrt().mean()


LOSS = PictureLossCard(
    build=Charbonnier,
    summary="absolute difference of the pixels, smooth near zero",
    paper="Lai et al.: Deep Laplacian Pyramid Networks for Super-Resolution, https://arxiv.org/abs/1704.03915",
)
