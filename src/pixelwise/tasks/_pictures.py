"""What tasks share whose networks make pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor, nn

from pixelwise.data.degradations import parse_degradations
from pixelwise.picture_losses import PICTURE_LOSSES, PictureLoss
from pixelwise.tasks._base import Batch, Step, Task

__all__ = ["PictureTask"]


class PictureTask(Task):
    """A task that turns a picture into another, three channels in [0, 1], `scale` times as large.

    Scores are here the picture itself, before it is clipped.

    Args:
        loss: Name of the loss of pictures.
        degrade: What makes images of targets, as `data.degradations` writes it; empty where the data hold the images.

    Raises:
        SettingError: If the loss is not known, or the degradations cannot be read.
    """

    out_channels = 3
    is_turned: ClassVar[bool] = True
    """Whether pictures that are turned by quarters, or upside down, are still of their kind, so that views may be."""

    def __init__(self, loss: str, degrade: str = "") -> None:
        self._loss = PICTURE_LOSSES[loss]
        self.degradations = parse_degradations(degrade) if degrade else ()

    @cached_property
    def loss(self) -> PictureLoss:
        """The loss of pictures; made when it is first needed, since prediction needs none and some hold an encoder."""
        return self._loss.build()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the scores, the one that counts first."""
        return ("psnr_rgb", "ssim_rgb")

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        """One step: the loss of the picture against the target `(B, 3, scale * H, scale * W)`."""
        yield Step(self.compare(self.output(networks["model"], batch.image), batch.target))

    def compare(self, picture: Tensor, target: Tensor) -> Tensor:
        """The loss of pictures against their targets."""
        return self.loss.to(picture.device)(picture, target)

    def probabilities(self, scores: Tensor) -> Tensor:
        """Pictures `(B, 3, H, W)` within [0, 1], float32."""
        return scores.float().clamp(0, 1)

    def scores_of(self, probabilities: Tensor) -> Tensor:
        """The pictures themselves."""
        return probabilities

    def decode(self, scores: Tensor) -> Tensor:
        """Pictures `(B, 3, H, W)`, uint8."""
        return self.probabilities(scores).mul(255).round().to(torch.uint8)
