"""Patches that have to stay what they were while their picture is translated.

Park, Efros, Zhang, Zhu: "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV 2020,
https://arxiv.org/abs/2007.15651.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["PatchProjection", "patch_contrast"]

_PATCHES = 256  # of each level
_TEMPERATURE = 0.07


class PatchProjection(nn.Module):
    """Features of patches, each level by two layers of its own, as directions.

    Args:
        channels: Of the feature maps.
        width: Of the directions.
    """

    def __init__(self, channels: Sequence[int], width: int = 256) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Linear(count, width), nn.ReLU(), nn.Linear(width, width)) for count in channels
        )
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, 0.0, 0.02)
                nn.init.zeros_(layer.bias)

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Map the patches `(B, N, channels[i])` of each level to unit vectors `(B, N, width)`, float32."""
        return [F.normalize(level(each).float(), dim=-1) for level, each in zip(self.levels, features, strict=True)]


def patch_contrast(projection: nn.Module, made: Sequence[Tensor], source: Sequence[Tensor]) -> Tensor:
    """How hard it is to tell, from a patch of a made picture, which patch of its source it was made of.

    For each patch that is drawn it is the cross-entropy of its similarity to the patch in the same place, against the
    other patches of the same source; the mean over patches and levels, a scalar.

    Args:
        projection: As `PatchProjection`.
        made: Feature maps `(B, C, H, W)` of made pictures.
        source: Those of what they were made of, in the same order; no gradient reaches them.
    """
    places = [torch.randperm(each[0, 0].numel())[:_PATCHES].to(each.device) for each in made]
    queries = projection([_at(each, place) for each, place in zip(made, places, strict=True)])
    with torch.no_grad():
        keys = projection([_at(each, place) for each, place in zip(source, places, strict=True)])
    losses = []
    for query, key in zip(queries, keys, strict=True):
        with torch.autocast(query.device.type, enabled=False):
            similarity = query @ key.transpose(1, 2) / _TEMPERATURE
        wanted = torch.arange(similarity.shape[1], device=similarity.device).expand(similarity.shape[:2])
        losses.append(F.cross_entropy(similarity.flatten(0, 1), wanted.flatten()))
    return torch.stack(losses).mean()


def _at(feature: Tensor, places: Tensor) -> Tensor:
    """The vectors `(B, N, C)` at some places of a feature map `(B, C, H, W)`."""
    return feature.flatten(2).index_select(2, places).transpose(1, 2)
