"""The overlap of prediction and truth per class, from which Dice, Jaccard and Tversky are computed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pixelwise.errors import SettingError
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.ranks import summed

__all__ = ["Overlap", "mean_over_classes", "overlap", "ratio", "refuse_smooth"]


class Overlap(NamedTuple):
    """Sums over the labelled pixels of a batch, of all processes that share it, each `(K,)` and in pixels.

    Attributes:
        shared: Probability of the class where it is the truth: the true positives.
        claimed: Probability of the class everywhere.
        true: Pixels that show the class.
        present: 1 for each class that counts, else 0: one that the batch shows; a lone channel always, unless every
            pixel is left out.
    """

    shared: Tensor
    claimed: Tensor
    true: Tensor
    present: Tensor


def overlap(scores: Tensor, target: Tensor) -> Overlap:
    """Sum the overlap of scores `(B, K, H, W)` with a target `(B, H, W)`, by softmax, or by sigmoid if K is one."""
    scores = scores.float()
    return _of_channel(scores, target.unsqueeze(1)) if scores.shape[1] == 1 else _of_classes(scores, target)


def ratio(above: Tensor, below: Tensor) -> Tensor:
    """Divide; 1 where both are 0, so that a class without any pixel costs nothing."""
    empty = below == 0
    return torch.where(empty, 1.0, above / below.masked_fill(empty, 1.0))


def mean_over_classes(loss: Tensor, present: Tensor) -> Tensor:
    """The mean `()` of a loss `(K,)` over the classes whose `present` is 1; 0 if there are none."""
    return (loss * present).sum() / present.sum().clamp_min(1)


def refuse_smooth(smooth: float) -> None:
    """Refuse a number of pixels that is none.

    Raises:
        SettingError: If it is negative or infinite.
    """
    if not 0 <= smooth < float("inf"):
        raise SettingError(f"smooth is {smooth:g}, but it is a number of pixels: 0 or above.")


def _of_channel(scores: Tensor, target: Tensor) -> Overlap:
    """The overlap of a lone channel; both `(B, 1, H, W)`."""
    labelled = target != IGNORE_INDEX
    probability = scores.sigmoid() * labelled
    truth = (target == 1) & labelled
    shared, claimed, true, pixels = _of_all_processes(
        (probability * truth).sum(dim=(0, 2, 3)),
        probability.sum(dim=(0, 2, 3)),
        truth.sum(dim=(0, 2, 3)),
        labelled.sum(dim=(0, 2, 3)),
    )
    return Overlap(shared, claimed, true, (pixels > 0).float())


def _of_classes(scores: Tensor, target: Tensor) -> Overlap:
    classes = scores.shape[1]
    labelled = target != IGNORE_INDEX
    probability = scores.softmax(dim=1)
    index = target.masked_fill(~labelled, 0)
    of_truth = probability.gather(1, index.unsqueeze(1)).squeeze(1) * labelled  # (B, H, W)
    nothing = of_truth.new_zeros(classes, dtype=torch.float64)  # one number after the other: too many for float32
    shared, claimed, true = _of_all_processes(
        nothing.index_add(0, index.flatten(), of_truth.flatten().double()).to(probability.dtype),
        (probability * labelled.unsqueeze(1)).sum(dim=(0, 2, 3)),
        nothing.index_add(0, index.flatten(), labelled.flatten().double()),  # a bincount would wait for the GPU
    )
    return Overlap(shared, claimed, true, (true > 0).float())


def _of_all_processes(*sums: Tensor) -> tuple[Tensor, ...]:
    """Sums `(K,)` of this process's part of the batch, those of probabilities first, to those of the whole batch."""
    return summed(torch.stack([each.to(sums[0].dtype) for each in sums])).unbind()
