"""Semantic segmentation: a class for every pixel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.losses import LOSSES, build_loss
from pixelwise.models import ImageModel
from pixelwise.tasks._base import Batch, Step, Task, TaskCard

__all__ = ["TASK", "Segmentation"]


class Segmentation(Task):
    """One of `num_classes` classes per pixel, or, if `binary`, object against background on one channel.

    Args:
        num_classes: Number of classes; two if `binary`.
        binary: Train one channel, object against background, instead of two.
        threshold: Probability from which on a pixel is object; for `binary` only.
        class_weights: One factor per class for every loss that takes them, or None for equal weights.
        auxiliary_weight: How much each auxiliary head of a network counts beside its scores.
        loss: A sum of losses, as `parse_loss` reads it, such as `ce + 0.5*dice`. Prediction does not need it.

    Raises:
        SettingError: If the number of classes or of weights does not fit, the threshold is no probability, or the loss
            cannot be read or built.
    """

    def __init__(
        self,
        num_classes: int,
        binary: bool = False,
        threshold: float = 0.5,
        class_weights: Sequence[float] | None = None,
        auxiliary_weight: float = 1.0,
        loss: str = "cross_entropy",
    ) -> None:
        if num_classes < 2 or (binary and num_classes != 2):
            wanted = "two (background and object)" if binary else "at least two"
            raise SettingError(f"num_classes is {num_classes}, but this segmentation needs {wanted}.")
        if class_weights is not None and len(class_weights) != num_classes:
            raise SettingError(
                f"class_weights has {len(class_weights)} values for {num_classes} classes; give one per class."
            )
        if not 0 <= threshold <= 1:
            raise SettingError(f"threshold is {threshold:g}, but a probability is expected: 0 to 1.")
        self.num_classes = num_classes
        self.binary = binary
        self.threshold = threshold
        self.out_channels = 1 if binary else num_classes
        self.auxiliary_weight = auxiliary_weight
        self.loss = build_loss(loss, self.out_channels, class_weights)
        self.is_shared = self.loss.is_shared

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        """One step: the loss of the model's scores against the target, and of those of its auxiliary heads."""
        model = cast(ImageModel, networks["model"])
        scores, *auxiliary = model.training_scores(batch.image)
        loss = self._loss(scores, batch)
        for more in auxiliary:
            loss = loss + self.auxiliary_weight * self._loss(more, batch)
        yield Step(loss)

    def probabilities(self, scores: Tensor) -> Tensor:
        """Turn scores `(B, K, H, W)` into probabilities `(B, num_classes, H, W)` that sum to one over the classes."""
        if self.binary:
            object_ = scores.float().sigmoid()
            return torch.cat([1 - object_, object_], dim=1)
        return scores.float().softmax(dim=1)

    def scores_of(self, probabilities: Tensor) -> Tensor:
        """Turn probabilities `(B, num_classes, H, W)` into scores `(B, K, H, W)` that mean them."""
        log = probabilities.clamp_min(torch.finfo(torch.float32).tiny).log()
        return log[:, 1:] - log[:, :1] if self.binary else log

    def decode(self, scores: Tensor) -> Tensor:
        """Turn scores `(B, K, H, W)` into class indices `(B, H, W)`, int64."""
        if self.binary:
            return (scores[:, 0].float().sigmoid() >= self.threshold).long()
        return scores.argmax(dim=1)

    def _loss(self, scores: Tensor, batch: Batch) -> Tensor:
        compare = self.loss.to(scores.device)
        if batch.weight is not None and not compare.takes_weight:
            named = " + ".join(type(loss).__name__ for loss in compare.losses)
            able = ", ".join(name for name in LOSSES if LOSSES[name].build().takes_weight)
            raise SettingError(
                f"The data weigh single pixels, which the loss {named} does not take into account. "
                f"Add one that does: {able}."
            )
        loss: Tensor = compare(scores, batch.target, batch.weight)
        return loss


TASK = TaskCard(
    build=Segmentation,
    summary="a class for every pixel; with two classes on request one channel, object against background",
)
