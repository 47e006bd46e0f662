"""Semantic segmentation: a class for every pixel."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.losses import LOSSES, Loss
from pixelwise.models import ImageModel
from pixelwise.tasks._base import Batch, Step, Task, TaskCard

__all__ = ["TASK", "Segmentation"]


class Segmentation(Task):
    """One of `num_classes` classes per pixel, or, if `binary`, object against background on one channel.

    Args:
        num_classes: Number of classes; two if `binary`.
        binary: Train one channel with binary cross-entropy instead of two with softmax.
        threshold: Probability from which on a pixel is object; for `binary` only.
        class_weights: One factor per class for the loss, or None for equal weights.
        label_smoothing: Share of each target spread over all classes, 0 to 1; not for `binary`.
        dice_weight: How much the soft Dice loss counts beside the cross-entropy.
        auxiliary_weight: How much each auxiliary head of a network counts beside its scores.
        loss: Name of the loss of several classes, one of those that take class weights; not for `binary`.

    Raises:
        SettingError: If the number of classes or of weights does not fit, or the loss is not made for several classes.
    """

    def __init__(
        self,
        num_classes: int,
        binary: bool = False,
        threshold: float = 0.5,
        class_weights: Sequence[float] | None = None,
        label_smoothing: float = 0.0,
        dice_weight: float = 0.0,
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
        self.num_classes = num_classes
        self.binary = binary
        self.threshold = threshold
        self.out_channels = 1 if binary else num_classes
        self.dice_weight = dice_weight
        self.auxiliary_weight = auxiliary_weight
        self.dice: Loss = LOSSES["dice"].build()
        self.loss: Loss
        if binary:
            _refuse_for_binary(loss)
            weight = 1.0 if class_weights is None else class_weights[1] / class_weights[0]
            self.loss = LOSSES["binary_cross_entropy"].build(object_weight=weight)
        else:
            self.loss = _loss_of_classes(loss, class_weights, label_smoothing)

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

    def decode(self, scores: Tensor) -> Tensor:
        """Turn scores `(B, K, H, W)` into class indices `(B, H, W)`, int64."""
        if self.binary:
            return (scores[:, 0].float().sigmoid() >= self.threshold).long()
        return scores.argmax(dim=1)

    def _loss(self, scores: Tensor, batch: Batch) -> Tensor:
        compare = self.loss.to(scores.device)
        if batch.weight is None:
            loss: Tensor = compare(scores, batch.target)
        elif compare.takes_weight:
            loss = compare(scores, batch.target, batch.weight)
        else:
            raise SettingError(
                f"The data weigh single pixels, which the loss {type(compare).__name__} cannot; "
                "cross_entropy and binary_cross_entropy can."
            )
        if self.dice_weight:
            loss = loss + self.dice_weight * self.dice(scores, batch.target)
        return loss


def _loss_of_classes(name: str, class_weights: Sequence[float] | None, label_smoothing: float) -> Loss:
    arguments = inspect.signature(LOSSES[name].build).parameters
    if "class_weights" not in arguments:
        suitable = [other for other in LOSSES if "class_weights" in inspect.signature(LOSSES[other].build).parameters]
        raise SettingError(
            f"The loss '{name}' takes no class_weights, so it cannot be the loss of a segmentation in several classes. "
            f"Take one of {', '.join(suitable)}; Dice is added to it by dice_weight."
        )
    if "label_smoothing" in arguments:
        return LOSSES[name].build(class_weights=class_weights, label_smoothing=label_smoothing)
    if label_smoothing:
        raise SettingError(
            f"label_smoothing is {label_smoothing:g}, but the loss '{name}' takes none; set label_smoothing to 0."
        )
    return LOSSES[name].build(class_weights=class_weights)


def _refuse_for_binary(loss: str) -> None:
    if loss != "cross_entropy":
        raise SettingError(
            f"The loss is '{loss}', but a binary segmentation, which has one channel, is trained with binary "
            f"cross-entropy. Leave the loss out, or set binary to false to train two channels."
        )


TASK = TaskCard(
    build=Segmentation,
    summary="a class for every pixel; with two classes on request one channel, object against background",
)
