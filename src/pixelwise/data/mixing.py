"""Mixes: pixels of one view of a batch pasted into another, those of the image, the target and the weight alike.

A pasted pixel brings its own label along, so masks stay masks; nothing is blended. What is pasted is

- CutMix: a rectangle. Yun et al.: "CutMix", ICCV 2019, https://arxiv.org/abs/1905.04899; found to suit segmentation by
  French et al., BMVC 2020, https://arxiv.org/abs/1906.01916.
- ClassMix: the pixels of half of the classes. Olsson et al.: "ClassMix", WACV 2021, https://arxiv.org/abs/2007.07936.
- copy-paste: the pixels of half of the rare classes, in the simple way of Ghiasi et al.: "Simple Copy-Paste is a Strong
  Data Augmentation Method for Instance Segmentation", CVPR 2021, https://arxiv.org/abs/2012.07177.

Differs from the papers: CutMix mixes labels pixel by pixel, not by area; ClassMix takes the classes from the truth, for
there are no images without; copy-paste takes all pixels of a class, since objects are not told apart, and leaves them
where they are, which in streets is where they belong.

Every draw is a pure function of (seed, epoch, index) of the view that is pasted into, as are the views themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from pixelwise.data.augment import Rendered
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["Mix", "mix_views", "rare_classes"]

Mix = Literal["none", "cutmix", "classmix", "copy_paste"]

_OF_MIXES = 1  # the fourth number of a seed, which keeps these draws apart from those of the views


def mix_views(
    views: Rendered,
    mix: Mix,
    *,
    probability: float,
    seed: int,
    drawn: Sequence[tuple[int, int]],
    rare: Sequence[int] = (),
) -> Rendered:
    """Paste into each view, with some probability, a part of another one of the batch; a single view is left alone.

    Args:
        views: The batch; `image` is `(B, C, H, W)`, `target` `(B, H, W)` of class indices and 255, or `(B, K, H, W)` of
            0, 1 and 255 where classes overlap, `weight` `(B, H, W)` or None.
        mix: What is pasted.
        probability: Of each view to be pasted into, [0, 1].
        seed: Of all draws.
        drawn: Epoch and index of each view.
        rare: For copy-paste, the indices of the classes that are pasted.

    Returns:
        A new batch of the same shapes.
    """
    count = len(drawn)
    if mix == "none" or count == 1:
        return views
    random = [np.random.default_rng((seed, epoch, index, _OF_MIXES)) for epoch, index in drawn]
    device = views.target.device
    is_mixed = torch.tensor([each.random() < probability for each in random], device=device)
    donor = torch.tensor([(i + each.integers(1, count)) % count for i, each in enumerate(random)], device=device)
    if mix == "cutmix":
        region = _rectangles(random, views.target)
    else:
        region = _pixels_of_classes(random, views.target[donor], rare if mix == "copy_paste" else None)
    return _paste(views, donor, region & is_mixed[:, None, None])


def rare_classes(pixels: Sequence[int]) -> tuple[int, ...]:
    """The classes that have less than half of an even share of the pixels, but some.

    Args:
        pixels: Of each class in the training split.

    >>> rare_classes([700, 250, 50, 0])
    (2,)
    """
    bound = sum(pixels) / max(1, len(pixels)) / 2
    return tuple(i for i, count in enumerate(pixels) if 0 < count < bound)


def _rectangles(random: Sequence[np.random.Generator], target: Tensor) -> Tensor:
    """CutMix: one rectangle for each view, `(B, H, W)`, true inside.

    Its area is a uniform share of the view, and its shape the view's; what of it lies beyond the border is cut off.
    """
    height, width = target.shape[-2:]
    sides = np.array([height, width])
    begins, ends = np.empty((len(random), 2)), np.empty((len(random), 2))
    for i, each in enumerate(random):
        half = sides * np.sqrt(each.random()) / 2
        center = each.random(2) * sides
        begins[i], ends[i] = center - half, center + half
    begin, end = (torch.from_numpy(edges.round()).to(target.device, torch.int64) for edges in (begins, ends))
    rows, columns = torch.arange(height, device=target.device), torch.arange(width, device=target.device)
    in_rows = (rows >= begin[:, :1]) & (rows < end[:, :1])
    in_columns = (columns >= begin[:, 1:]) & (columns < end[:, 1:])
    return in_rows[:, :, None] & in_columns[:, None, :]


def _pixels_of_classes(random: Sequence[np.random.Generator], target: Tensor, allowed: Sequence[int] | None) -> Tensor:
    """The pixels of half of the classes that each target shows, rounded up, `(B, H, W)`.

    Args:
        random: One generator for each target.
        target: Of the views to paste from.
        allowed: Classes to choose from; None for all. What is ignored is never chosen.
    """
    overlaps = target.dim() == 4
    count = target.shape[1] if overlaps else IGNORE_INDEX + 1
    candidates = _shown(target, count)
    if allowed is not None:
        candidates &= torch.isin(torch.arange(count, device=target.device), torch.tensor(allowed, device=target.device))
    order = torch.from_numpy(np.stack([each.permutation(count) for each in random])).to(target.device)
    rank = order.masked_fill(~candidates, count).argsort(dim=1).argsort(dim=1)  # candidates come first
    chosen = rank < (candidates.sum(dim=1, keepdim=True) + 1) // 2
    if overlaps:
        return ((target == 1) & chosen[:, :, None, None]).any(dim=1)
    return chosen.gather(1, target.flatten(1)).reshape(target.shape)


def _shown(target: Tensor, count: int) -> Tensor:
    """Which of `count` classes each target shows, `(B, count)`."""
    if target.dim() == 4:
        return (target == 1).flatten(2).any(dim=2)
    shown = torch.zeros(len(target), count, dtype=torch.bool, device=target.device)
    shown.scatter_(1, target.flatten(1), True)
    shown[:, IGNORE_INDEX] = False
    return shown


def _paste(views: Rendered, donor: Tensor, region: Tensor) -> Rendered:
    """Take the pixels inside of the region from the views that `donor` names."""

    def pasted(tensor: Tensor) -> Tensor:
        return torch.where(region if tensor.dim() == 3 else region[:, None], tensor[donor], tensor)

    return Rendered(pasted(views.image), pasted(views.target), None if views.weight is None else pasted(views.weight))
