"""Semantic segmentation by masks: a network predicts masks and the class of each, and is trained on pairs of both.

Cheng, Schwing, Kirillov: "Per-Pixel Classification is Not All You Need for Semantic Segmentation", NeurIPS 2021,
https://arxiv.org/abs/2107.06278; with the weights of "Masked-attention Mask Transformer for Universal Image
Segmentation", CVPR 2022, https://arxiv.org/abs/2112.01527.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.losses._base import mean_of
from pixelwise.losses._matching import MaskDistances, Matches, mask_distances, match, truth_in_cells
from pixelwise.models import QueryModel, QueryScores
from pixelwise.tasks._base import Batch, Step, Task, TaskCard

__all__ = ["TASK", "MaskClassification"]


class MaskClassification(Task):
    """One of `num_classes` classes per pixel, learnt as one mask per class that an image shows.

    Each class of an image is matched to the query that comes nearest (`losses/_matching.py`); that query is to name the
    class and to cover its pixels, all others are to say that they show nothing. What the queries say on their way
    through the network is trained likewise, each time with its own matching. Pixels that are left out count for no
    mask, and images without a labelled pixel not at all.

    Args:
        num_classes: Number of classes.
        class_weight: How much naming counts, in the matching and in the loss.
        mask_weight: How much the cross-entropy of the masks counts.
        dice_weight: How much their Dice loss counts.
        no_object_weight: Weight of a query that is to show nothing, beside 1 for the others, when naming is averaged.

    Raises:
        SettingError: If there are fewer than two classes, or a weight is negative.
    """

    def __init__(
        self,
        num_classes: int,
        class_weight: float = 2.0,
        mask_weight: float = 5.0,
        dice_weight: float = 5.0,
        no_object_weight: float = 0.1,
    ) -> None:
        if num_classes < 2:
            raise SettingError(f"num_classes is {num_classes}, but this segmentation needs at least two.")
        weights = {"class": class_weight, "mask": mask_weight, "dice": dice_weight, "no_object": no_object_weight}
        for name, weight in weights.items():
            if weight < 0:
                raise SettingError(f"{name}_weight is {weight:g}, but weights begin at 0.")
        self.num_classes = num_classes
        self.out_channels = num_classes
        self.class_weight = class_weight
        self.mask_weight = mask_weight
        self.dice_weight = dice_weight
        self.no_object_weight = no_object_weight

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        """One step: the sum of the losses of what the queries say on their way and at the end."""
        if batch.weight is not None:
            raise SettingError(
                "The data weigh single pixels, which the task mask_classification cannot; take a model that is "
                "trained pixel by pixel, such as the default."
            )
        model = cast(QueryModel, networks["model"])
        predictions = model.query_scores(batch.image, batch.progress)
        height, width = batch.target.shape[-2:]
        padded = height + -height % model.multiple_of, width + -width % model.multiple_of
        grid = predictions[-1].masks.shape[-2], predictions[-1].masks.shape[-1]
        yield Step(self.loss(predictions, truth_in_cells(batch.target, padded, grid, self.num_classes)))

    def loss(self, predictions: tuple[QueryScores, ...], truth: Tensor) -> Tensor:
        """Sum over the predictions of the weighted losses, each with its own matching, all in float32.

        Args:
            predictions: What queries say of a batch, once or several times.
            truth: `(B, K, h, w)`, from `truth_in_cells`.

        Returns:
            A scalar; zero, with a gradient of zero, if no pixel is labelled.
        """
        present = truth.flatten(2).any(dim=2)  # (B, K)
        distances = [mask_distances(prediction.masks, truth) for prediction in predictions]
        costs = [self._cost(*both) for both in zip(predictions, distances, strict=True)]
        total = truth.new_zeros(())
        for prediction, distance, matches in zip(
            predictions, distances, match(torch.stack(costs), present), strict=True
        ):
            pairs = Matches(*(index.to(truth.device) for index in matches))
            total = total + self._class_loss(prediction.classes, pairs, present.any(dim=1))
            total = total + self._mask_loss(distance, pairs)
        return total

    def probabilities(self, scores: Tensor) -> Tensor:
        """Turn scores `(B, K, H, W)` into probabilities of the same shape that sum to one over the classes."""
        return scores.float().softmax(dim=1)

    def scores_of(self, probabilities: Tensor) -> Tensor:
        """Scores `(B, K, H, W)` of probabilities of the same shape."""
        return probabilities.clamp_min(torch.finfo(torch.float32).tiny).log()

    def decode(self, scores: Tensor) -> Tensor:
        """Turn scores `(B, K, H, W)` into class indices `(B, H, W)`, int64."""
        return scores.argmax(dim=1)

    def _cost(self, prediction: QueryScores, distance: MaskDistances) -> Tensor:
        """`(B, Q, K)`: what it would cost if the query answered for the class; Mask2Former's, without a gradient."""
        naming = -prediction.classes.detach().float().softmax(dim=-1)[..., :-1]
        of_masks = self.mask_weight * distance.cross_entropy + self.dice_weight * distance.dice
        return self.class_weight * naming + of_masks.detach()

    def _class_loss(self, classes: Tensor, pairs: Matches, is_labelled: Tensor) -> Tensor:
        batch, queries, _ = classes.shape
        label = torch.full((batch, queries), self.num_classes, device=classes.device)
        label[pairs.image, pairs.query] = pairs.label
        weight = torch.where(label == self.num_classes, self.no_object_weight, 1.0) * is_labelled.unsqueeze(1)
        surprise = F.cross_entropy(classes.float().transpose(1, 2), label, reduction="none")
        return self.class_weight * mean_of((surprise * weight).sum(), weight.sum())

    def _mask_loss(self, distance: MaskDistances, pairs: Matches) -> Tensor:
        of_pairs = self.mask_weight * distance.cross_entropy + self.dice_weight * distance.dice
        of_matched = of_pairs[pairs.image, pairs.query, pairs.label]
        return mean_of(of_matched.sum(), of_matched.new_tensor(float(len(pairs.label))))


TASK = TaskCard(
    build=MaskClassification,
    summary="a class for every pixel, learnt as one mask for each class that an image shows",
)
