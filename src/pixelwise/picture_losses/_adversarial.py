"""What a discriminator and the network that it judges are trained by.

Scores are raw, of any shape, one for each patch that a discriminator looks at. Each function gives a scalar in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["ADVERSARIAL", "Adversarial"]


@dataclass(frozen=True)
class Adversarial:
    """An adversarial objective.

    Attributes:
        distance: Scores, and what they should say in the same shape (1 real, 0 generated), to a scalar.
        paper: Title and address of the source.
    """

    distance: Callable[[Tensor, Tensor], Tensor]
    paper: str

    def of_discriminator(self, real: Tensor, generated: Tensor) -> Tensor:
        """How badly scores tell real pictures from generated ones: the mean of both errors.

        The scores of generated pictures are those of detached ones, or a gradient reaches the network that made them.
        """
        return (self._distance(real, 1.0) + self._distance(generated, 0.0)) / 2

    def of_generator(self, generated: Tensor) -> Tensor:
        """How far generated pictures are from being taken for real ones."""
        return self._distance(generated, 1.0)

    def _distance(self, scores: Tensor, wanted: float) -> Tensor:
        scores = scores.float()
        return self.distance(scores, torch.full_like(scores, wanted))


ADVERSARIAL = {
    "bce": Adversarial(
        F.binary_cross_entropy_with_logits,
        paper="Goodfellow et al.: Generative Adversarial Nets, https://arxiv.org/abs/1406.2661",
    ),
    "lsgan": Adversarial(
        F.mse_loss,
        paper="Mao et al.: Least Squares Generative Adversarial Networks, https://arxiv.org/abs/1611.04076",
    ),
}
