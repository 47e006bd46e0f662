"""The losses of tasks that predict pictures: `x` is the file `x.py`, which ends in `LOSS = PictureLossCard(...)`.

They stand beside `pixelwise.losses`, whose targets are classes, so that each task lists what fits it.
"""

from __future__ import annotations

from pixelwise.catalog import Catalog
from pixelwise.picture_losses._adversarial import ADVERSARIAL, Adversarial
from pixelwise.picture_losses._base import PictureLoss, PictureLossCard
from pixelwise.picture_losses._contrastive import PatchProjection, patch_contrast

__all__ = [
    "ADVERSARIAL",
    "PICTURE_LOSSES",
    "Adversarial",
    "PatchProjection",
    "PictureLoss",
    "PictureLossCard",
    "patch_contrast",
]

PICTURE_LOSSES: Catalog[PictureLossCard] = Catalog(__name__, "loss")
