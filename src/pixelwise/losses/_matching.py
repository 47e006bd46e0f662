"""Which query of a network answers for which class of an image, and how far its mask is from that class.

Bipartite matching as a loss is Carion et al.'s ("End-to-End Object Detection with Transformers", ECCV 2020,
https://arxiv.org/abs/2005.12872), with the costs of Cheng et al. ("Masked-attention Mask Transformer for Universal
Image Segmentation", CVPR 2022, https://arxiv.org/abs/2112.01527).

Differs from the paper: masks are compared in all cells rather than at drawn points. A cell's truth is the number of its
pixels that show the class, so cross-entropy and Dice are exactly those over all pixels of a mask that is constant
within a cell, without a draw.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn import functional as F

from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["MaskDistances", "Matches", "mask_distances", "match", "truth_in_cells"]

_HOPELESS = 1e6  # cost of a pair whose cost is no number


class MaskDistances(NamedTuple):
    """How far each query's mask is from each class's; all `(B, Q, K)`, float32.

    Attributes:
        cross_entropy: Mean over the labelled pixels of the image of the binary cross-entropy.
        dice: One minus the soft Dice coefficient, 0 to 1.
    """

    cross_entropy: Tensor
    dice: Tensor


class Matches(NamedTuple):
    """Pairs of a query and a class, as three indices of the same length, int64.

    Attributes:
        image: In the batch.
        query: In the image.
        label: Index of the class.
    """

    image: Tensor
    query: Tensor
    label: Tensor


def truth_in_cells(target: Tensor, padded: tuple[int, int], grid: tuple[int, int], num_classes: int) -> Tensor:
    """Count the pixels of each class in each cell, in units of a cell's size.

    Args:
        target: `(B, H, W)`, int64, 255 = left out.
        padded: Height and width of the padded image, whose top left is the target; what is added counts as left out.
        grid: Number of cells down and across the padded image; a cell's sides need not be whole pixels.
        num_classes: K.

    Returns:
        `(B, K, *grid)`, float32; summed over the classes, the labelled share of each cell.
    """
    batch, height, width = target.shape
    (rows, columns), cells = grid, grid[0] * grid[1]
    row = torch.arange(height, device=target.device) * rows // padded[0]
    column = torch.arange(width, device=target.device) * columns // padded[1]
    label = target.masked_fill(target == IGNORE_INDEX, num_classes)
    label = label + torch.arange(batch, device=target.device).reshape(-1, 1, 1) * (num_classes + 1)
    index = label * cells + row.unsqueeze(1) * columns + column
    counts = torch.bincount(index.flatten(), minlength=batch * (num_classes + 1) * cells)
    counts = counts.reshape(batch, num_classes + 1, rows, columns)[:, :num_classes]
    return counts.float() * (cells / (padded[0] * padded[1]))


def mask_distances(masks: Tensor, truth: Tensor) -> MaskDistances:
    """Compare every mask with every class, over the labelled pixels; in float32 under autocast too.

    Args:
        masks: Raw scores `(B, Q, h, w)`.
        truth: `(B, K, h, w)`, from `truth_in_cells`.
    """
    scores, truth = masks.float().flatten(2), truth.flatten(2)
    labelled = truth.sum(dim=1)  # (B, h * w)
    total = labelled.sum(dim=1).clamp_min(torch.finfo(torch.float32).tiny).reshape(-1, 1, 1)
    probability = scores.sigmoid()
    with torch.autocast(masks.device.type, enabled=False):  # bf16 leaves nothing of a difference of such sums
        overlap_of_scores = torch.einsum("bqn,bkn->bqk", scores, truth)
        penalty = torch.einsum("bqn,bn->bq", F.softplus(scores), labelled).unsqueeze(2)
        overlap = torch.einsum("bqn,bkn->bqk", probability, truth)
        claimed = torch.einsum("bqn,bn->bq", probability, labelled).unsqueeze(2)
    dice = (2 * overlap + 1) / (claimed + truth.sum(dim=2).unsqueeze(1) + 1)
    return MaskDistances((penalty - overlap_of_scores) / total, 1 - dice)


def match(cost: Tensor, present: Tensor) -> list[Matches]:
    """Give each class of each image the query that answers for it, at the smallest sum of costs.

    Where an image has more classes than there are queries, the dearest classes get none.

    Args:
        cost: `(N, B, Q, K)`: of N predictions for the same batch.
        present: `(B, K)`, bool: whether the image shows the class.

    Returns:
        The pairs of each prediction, on the CPU.
    """
    together = torch.cat([cost.detach().float().flatten(0, 2), present.float()]).cpu().numpy()  # the device waits once
    costs = np.nan_to_num(together[: -len(present)], nan=_HOPELESS, posinf=_HOPELESS, neginf=-_HOPELESS)
    costs = costs.reshape(cost.shape)
    labels = [np.flatnonzero(row) for row in together[-len(present) :]]
    return [_match_batch(of_prediction, labels) for of_prediction in costs]


def _match_batch(costs: np.ndarray, labels: list[np.ndarray]) -> Matches:
    pairs = []
    for image, (of_image, known) in enumerate(zip(costs, labels, strict=True)):
        query, position = linear_sum_assignment(of_image[:, known])
        pairs.append(np.stack([np.full_like(query, image), query, known[position]]))
    return Matches(*torch.from_numpy(np.concatenate(pairs, axis=1).astype(np.int64)))
