"""Multi-label segmentation: any of several classes for every pixel, each against the rest.

One sigmoid per class, trained with binary cross-entropy and the soft Dice loss, as nnU-Net trains regions that lie over
each other: Isensee et al., Nature Methods 2021, https://doi.org/10.1038/s41592-020-01008-z.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.losses import build_loss
from pixelwise.models import ImageModel
from pixelwise.tasks._base import Batch, Step, Task, TaskCard

__all__ = ["TASK", "MultilabelSegmentation"]

_NEARLY = 1e-6  # how near a probability may come to 0 and 1 before its score is taken


class MultilabelSegmentation(Task):
    """Any of `num_classes` classes per pixel, or none: one channel for each, which tells it from the rest.

    Targets are int64 `(B, K, H, W)`: 1 where the pixel belongs to the class, 0 where not, 255 where it is left out.

    Args:
        num_classes: Number of classes.
        thresholds: Probability of each class from which on a pixel belongs to it; None: 0.5 for all.
        class_weights: Factor for the pixels of each class against those of the rest, for every loss that takes one;
            None for 1.
        auxiliary_weight: How much each auxiliary head of a network counts beside its scores.
        loss: A sum of losses for one channel, as `parse_loss` reads it; taken of each channel, and averaged.

    Raises:
        SettingError: If there is no class, the number of thresholds or of weights does not fit, or the loss cannot be
            read or built.
    """

    def __init__(
        self,
        num_classes: int,
        thresholds: Sequence[float] | None = None,
        class_weights: Sequence[float] | None = None,
        auxiliary_weight: float = 1.0,
        loss: str = "binary_cross_entropy",
    ) -> None:
        if num_classes < 1:
            raise SettingError(f"num_classes is {num_classes}, but this segmentation needs at least one.")
        for name, values in (("thresholds", thresholds), ("class_weights", class_weights)):
            if values is not None and len(values) != num_classes:
                raise SettingError(f"{name} has {len(values)} values for {num_classes} classes; give one per class.")
        if thresholds is not None and not all(0 <= threshold <= 1 for threshold in thresholds):
            raise SettingError(f"thresholds holds {list(thresholds)}, but probabilities are expected: 0 to 1.")
        self.num_classes = num_classes
        self.out_channels = num_classes
        self.thresholds = torch.tensor(thresholds or [0.5] * num_classes).reshape(-1, 1, 1)
        self.auxiliary_weight = auxiliary_weight
        self.losses = [build_loss(loss, 1, (1.0, weight)) for weight in class_weights or [1.0] * num_classes]
        self.is_shared = all(compare.is_shared for compare in self.losses)

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        """One step: the loss of the model's scores against the target, and of those of its auxiliary heads."""
        if batch.weight is not None:
            raise SettingError(
                "The data weigh single pixels, which the task multilabel_segmentation cannot take into account. "
                "Leave --separate out."
            )
        model = cast(ImageModel, networks["model"])
        scores, *auxiliary = model.training_scores(batch.image)
        loss = self.loss(scores, batch.target)
        for more in auxiliary:
            loss = loss + self.auxiliary_weight * self.loss(more, batch.target)
        yield Step(loss)

    def loss(self, scores: Tensor, target: Tensor) -> Tensor:
        """Mean over the classes of the loss of each against the rest.

        Args:
            scores: `(B, K, H, W)`, raw.
            target: `(B, K, H, W)`, int64 of 0, 1 and 255.

        Returns:
            A scalar, float32; zero, with a gradient of zero, if no pixel is labelled.
        """
        of_classes = [
            compare.to(scores.device)(scores[:, k : k + 1], target[:, k]) for k, compare in enumerate(self.losses)
        ]
        return torch.stack(of_classes).mean()

    def probabilities(self, scores: Tensor) -> Tensor:
        """Turn scores `(B, K, H, W)` into probabilities of the same shape, each from 0 to 1 for itself."""
        return scores.float().sigmoid()

    def scores_of(self, probabilities: Tensor) -> Tensor:
        """Turn probabilities `(B, K, H, W)` into scores that mean them."""
        return probabilities.logit(eps=_NEARLY)

    def decode(self, scores: Tensor) -> Tensor:
        """Turn scores `(B, K, H, W)` into uint8 `(B, K, H, W)`: 1 where a pixel belongs to a class, else 0."""
        return (scores.float().sigmoid() >= self.thresholds.to(scores.device)).to(torch.uint8)


TASK = TaskCard(
    build=MultilabelSegmentation,
    summary="any of several classes for every pixel, each against the rest",
)
