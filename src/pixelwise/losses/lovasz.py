"""Lovász: a convex surrogate of intersection over union, whose optimum is that of the metric itself."""

from __future__ import annotations

import torch
from torch import Tensor

from pixelwise.losses._base import Loss, LossCard
from pixelwise.losses._overlap import mean_over_classes
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["LOSS", "Lovasz"]


class Lovasz(Loss):
    """The Lovász extension of one minus intersection over union, from the errors of the single pixels.

    Of several classes, it is the Lovász-softmax: an error is the distance of a class's probability from 0 or 1, and the
    mean is over the classes that the batch holds. Of one channel, it is the Lovász hinge: an error is that of the hinge
    loss, max(0, 1 - score) of the object and max(0, 1 + score) of background. Intersection and union are those of the
    whole batch; where several processes share it, those of the part of each, since pixels are sorted.
    """

    is_shared = False

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        """The loss of scores `(B, K, H, W)` against target `(B, H, W)`: 0 to 1, for one channel from 0."""
        scores = scores.float()
        labelled = target != IGNORE_INDEX
        if scores.shape[1] == 1:
            truth = target == 1
            return _extension((1 - scores.squeeze(1) * (2.0 * truth - 1)).relu(), truth, labelled)
        losses, present = [], []
        for index, probability in enumerate(scores.softmax(dim=1).unbind(dim=1)):
            truth = target == index
            losses.append(_extension((truth.float() - probability).abs(), truth, labelled))
            present.append(truth.any())
        return mean_over_classes(torch.stack(losses), torch.stack(present).float())


def _extension(errors: Tensor, truth: Tensor, labelled: Tensor) -> Tensor:
    """The Lovász extension of the Jaccard loss at the errors of one class; all `(B, H, W)`."""
    return (errors * _slopes(errors.detach(), truth, labelled)).masked_fill(~labelled, 0.0).sum()


@torch.no_grad()
def _slopes(errors: Tensor, truth: Tensor, labelled: Tensor) -> Tensor:
    """By how much the Jaccard loss grows when each pixel joins those of larger error in being wrong; `(B, H, W)`.

    Algorithm 1 of the paper takes differences of neighbouring values, which are small among many pixels. Written out,
    each is a fraction without a difference of like numbers: with U the union and I the intersection that is left, 1 / U
    for a pixel of the class, and I / (U (U - 1)) for another; the very first of a class without pixels costs 1.
    """
    order = errors.masked_fill(~labelled, -1.0).flatten().argsort(descending=True)  # what is left out comes last
    of_class = truth.flatten()[order]
    others = (~of_class).cumsum(0)
    true = of_class.sum()
    left, union = true - of_class.cumsum(0), true + others
    of_others = torch.where(union == 1, 1.0, left / (union * (union - 1)).clamp_min(1))
    slopes = torch.where(of_class, 1 / union.clamp_min(1), of_others)
    return torch.zeros_like(slopes).scatter(0, order, slopes).reshape(errors.shape)


LOSS = LossCard(
    build=Lovasz,
    summary="convex surrogate of intersection over union: Lovász-softmax, and Lovász hinge of one channel",
    paper="Berman, Rannen Triki, Blaschko: The Lovász-Softmax loss, https://arxiv.org/abs/1705.08790",
)
