"""The losses of tasks that predict pictures: `x` is the file `x.py`, which ends in `LOSS = PictureLossCard(...)`.

They stand beside `pixelwise.losses`, whose targets are classes, so that each task lists what fits it.
"""

from __future__ import annotations

from pixelwise.picture_losses._adversarial import ADVERSARIAL, Adversarial
from pixelwise.picture_losses._base import PICTURE_LOSSES, PictureLoss, PictureLossCard
from pixelwise.picture_losses._contrastive import PatchProjection, patch_contrast
from pixelwise.picture_losses._named import parse_picture_loss, refuse_missing_file, with_whole_path

__all__ = [
    "ADVERSARIAL",
    "PICTURE_LOSSES",
    "Adversarial",
    "PatchProjection",
    "PictureLoss",
    "PictureLossCard",
    "parse_picture_loss",
    "patch_contrast",
    "refuse_missing_file",
    "with_whole_path",
]
