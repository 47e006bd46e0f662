"""Random views of examples: geometry once for image and target, then light and colour.

Every draw is a pure function of (seed, epoch, index), so that a resumed training sees what the uninterrupted one
would have seen. Geometry is one affine grid per view, sampled bilinearly from the image and nearest from the target;
colour is arithmetic on the batch. Both run on the device of training. What bends the grid, if asked for, is the elastic
deformation of Ronneberger et al.: "U-Net", https://arxiv.org/abs/1505.04597.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.data.borders import WEIGHT_STEP
from pixelwise.data.examples import Example
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["Augmentation", "Rendered", "View", "draw_view", "render_views"]

_COARSE = 3  # displacements are drawn on a grid of so many points to a side


@dataclass(frozen=True)
class Augmentation:
    """How much views may vary.

    Attributes:
        height: Pixels of a view.
        width: Pixels of a view.
        min_scale: Smallest view pixels per image pixel; drawn log-uniformly.
        max_scale: Largest.
        rotation: Largest angle either way, in degrees.
        color: Strength of changes of gamma, brightness, contrast, saturation and tint; 0 leaves colours alone.
        flip: Mirror each image in every other epoch (alternating flip of K. Jordan's airbench: both views are seen
            equally often, which a coin does not grant).
        elastic: Standard deviation, in pixels of a view, of the displacements at 3 × 3 points spread over it, between
            which they are bicubic; 0 bends nothing.
    """

    height: int
    width: int
    min_scale: float = 0.5
    max_scale: float = 1.0
    rotation: float = 5.0
    color: float = 0.25
    flip: bool = True
    elastic: float = 0.0


@dataclass(frozen=True)
class View:
    """What was drawn for one example.

    Attributes:
        scale: View pixels per image pixel.
        angle: Radians.
        top_left: Place of the crop within what room there is, two shares in [-1, 1]: down, right.
        is_flipped: Mirrored left to right.
        gamma, brightness, contrast, saturation: Factors.
        tint: One factor per colour channel; further bands take these in turn.
        displacements: Pixels of the view, to the right at 3 × 3 points, then down at the same; empty where nothing is
            bent.
    """

    scale: float
    angle: float
    top_left: tuple[float, float]
    is_flipped: bool
    gamma: float
    brightness: float
    contrast: float
    saturation: float
    tint: tuple[float, float, float]
    displacements: tuple[float, ...] = ()


class Rendered(NamedTuple):
    """A batch of views.

    Attributes:
        image: `(B, C, height, width)`, float32 in [0, 1]; mirrored beyond the border of the image.
        target: `(B, height, width)`, int64, 255 outside of the image; `(B, K, height, width)` of classes that overlap.
        weight: `(B, height, width)`, float32, what is added to a pixel's weight in the loss; None if the examples have
            none.
    """

    image: Tensor
    target: Tensor
    weight: Tensor | None


def draw_view(augmentation: Augmentation, *, seed: int, epoch: int, index: int) -> View:
    """Draw the view of example `index` in `epoch`; the same arguments always give the same view."""
    random = np.random.default_rng((seed, epoch, index))
    first_flip = np.random.default_rng((seed, index)).integers(2)
    low, high = math.log(augmentation.min_scale), math.log(augmentation.max_scale)
    scale = math.exp(random.uniform(low, high))
    angle = math.radians(random.uniform(-1, 1) * augmentation.rotation)
    down, right = random.uniform(-1, 1, 2)
    strengths = np.array([1.2, 1.0, 1.0, 2.0, 0.25, 0.25, 0.25]) * augmentation.color
    factors = np.exp(random.uniform(-1, 1, 7) * strengths)
    bent = random.normal(0, augmentation.elastic, 2 * _COARSE**2) if augmentation.elastic else ()
    return View(
        scale=scale,
        angle=angle,
        top_left=(down, right),
        is_flipped=augmentation.flip and bool((first_flip + epoch) % 2),
        gamma=factors[0],
        brightness=factors[1],
        contrast=factors[2],
        saturation=factors[3],
        tint=(factors[4], factors[5], factors[6]),
        displacements=tuple(map(float, bent)),
    )


def render_views(
    examples: Sequence[Example], views: Sequence[View], augmentation: Augmentation, device: torch.device
) -> Rendered:
    """Sample the views of a batch: images and weights bilinearly, targets by nearest neighbour, on one grid."""
    size = (augmentation.height, augmentation.width)
    images, targets, weights = [], [], []
    groups = _equal_sizes(examples)
    for group in groups:
        image = torch.stack([examples[i].image for i in group]).to(device, non_blocking=True)
        target = torch.stack([examples[i].target for i in group]).to(device, non_blocking=True)
        theta = torch.stack([_affine(views[i], size, (image.shape[2], image.shape[3])) for i in group])
        grid = F.affine_grid(theta.to(device), [len(group), 1, *size], align_corners=False)
        if augmentation.elastic:
            grid = grid + _bend([views[i] for i in group], size, (image.shape[2], image.shape[3])).to(device)
        sampled = F.grid_sample(image.float(), grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        images.append(sampled.div_(255))
        targets.append(_sample_target(target, grid))
        weights += [_sample_weight(weight, grid)] if (weight := _stacked_weights(examples, group)) is not None else []
    image = _in_order(images, groups)
    if augmentation.color:
        image = _recolor(image, views)
    return Rendered(image, _in_order(targets, groups), _in_order(weights, groups) if weights else None)


def _equal_sizes(examples: Sequence[Example]) -> list[list[int]]:
    """Positions grouped by the size of the image, since one grid_sample takes one size."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for position, example in enumerate(examples):
        groups.setdefault(tuple(example.image.shape), []).append(position)
    return list(groups.values())


def _in_order(parts: Sequence[Tensor], groups: Sequence[Sequence[int]]) -> Tensor:
    """One tensor of what was computed group by group, each entry at its own position in the batch."""
    if len(parts) == 1:
        return parts[0]
    joined = torch.cat(list(parts))
    return joined[torch.tensor([i for group in groups for i in group], device=joined.device).argsort()]


def _affine(view: View, size: tuple[int, int], image_size: tuple[int, int]) -> Tensor:
    """The 2 × 3 matrix from the view's coordinates to the image's, both in [-1, 1]."""
    height, width = image_size
    tall, wide = size[0] / view.scale / height, size[1] / view.scale / width  # the view's share of the image
    room = (max(0.0, 1 - tall), max(0.0, 1 - wide))
    cos, sin = math.cos(view.angle), math.sin(view.angle)
    mirror = -1.0 if view.is_flipped else 1.0
    return torch.tensor(
        [
            [cos * wide * mirror, -sin * tall * height / width, view.top_left[1] * room[1]],
            [sin * wide * width / height * mirror, cos * tall, view.top_left[0] * room[0]],
        ],
        dtype=torch.float32,
    )


def _bend(views: Sequence[View], size: tuple[int, int], image_size: tuple[int, int]) -> Tensor:
    """What to add to the grids of views, `(B, height, width, 2)`, right and down, in the image's [-1, 1].

    A pixel of the view is `1 / scale` of one of the image; that the view may be turned or mirrored makes no difference
    to displacements that have no direction of their own.
    """
    coarse = torch.tensor([view.displacements for view in views]).reshape(len(views), 2, _COARSE, _COARSE)
    fine = F.interpolate(coarse, size, mode="bicubic", align_corners=True)  # the outer points are the view's corners
    scale = torch.tensor([[2 / (view.scale * image_size[1]), 2 / (view.scale * image_size[0])] for view in views])
    return (fine * scale[:, :, None, None]).permute(0, 2, 3, 1)


def _stacked_weights(examples: Sequence[Example], group: Sequence[int]) -> Tensor | None:
    """The weights of a group of examples `(B, H, W)`, if they have any."""
    weights = [weight for i in group if (weight := examples[i].weight) is not None]
    return torch.stack(weights) if weights else None


def _sample_weight(weight: Tensor, grid: Tensor) -> Tensor:
    """Weights `(B, height, width)`, float32, from steps `(B, H, W)`, uint8."""
    steps = weight.to(grid.device, torch.float32).unsqueeze(1)
    sampled = F.grid_sample(steps, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return sampled.squeeze(1).mul_(WEIGHT_STEP)


def _sample_target(target: Tensor, grid: Tensor) -> Tensor:
    """Nearest neighbours of a uint8 `(B, H, W)` or `(B, K, H, W)`; beyond the border there is nothing, which is 255."""
    shifted = target.float().sub_(IGNORE_INDEX)  # so that grid_sample's zeros mean 255
    planes = shifted if target.dim() == 4 else shifted.unsqueeze(1)
    sampled = F.grid_sample(planes, grid, mode="nearest", padding_mode="zeros", align_corners=False)
    return (sampled if target.dim() == 4 else sampled.squeeze(1)).add_(IGNORE_INDEX).long()


def _recolor(image: Tensor, views: Sequence[View]) -> Tensor:
    """Change gamma, brightness, saturation, contrast and tint, in this order, and clip to [0, 1].

    Only gamma bends; the other four are one matrix over the bands, and what contrast and saturation hold still is added
    to it. `image` `(B, C, H, W)` is used up.
    """
    bands = image.shape[1]

    def drawn(values: Sequence[Sequence[float]]) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=image.device)[:, :, None]

    factors = drawn([[view.gamma, view.brightness, view.contrast, view.saturation] for view in views])
    gamma, brightness, contrast, saturation = factors.unsqueeze(-1).unbind(1)
    tint = drawn([[view.tint[band % 3] for band in range(bands)] for view in views])
    image.clamp_min_(1e-4).log_().mul_(gamma[..., None]).exp_()  # a power, at half of its price
    mean = image.mean(dim=(1, 2, 3))[:, None, None]
    own = torch.eye(bands, device=image.device) * saturation + (1 - saturation) / bands
    strength = tint * brightness
    matrix, offset = strength * contrast * own, strength * (1 - contrast) * mean
    return torch.baddbmm(offset, matrix, image.flatten(2)).clamp_(0, 1).view_as(image)
