"""What tasks share whose networks make pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor, nn

from pixelwise.data.degradations import parse_degradations
from pixelwise.errors import unknown_name
from pixelwise.models import ImageModel
from pixelwise.picture_losses import PictureLoss, parse_picture_loss
from pixelwise.tasks._base import Batch, Step, Task
from pixelwise.tasks._nogan import NOGAN_PHASES, NoGan

__all__ = ["AgainstCritic", "PictureTask"]

AgainstCritic = Literal["none", "nogan"]

_FOR_LOOKS = ("perceptual",)  # losses that make pictures look better and their scores worse


class PictureTask(Task):
    """A task that turns a picture into another, three channels in [0, 1], `scale` times as large.

    Scores are here the picture itself, before it is clipped.

    Args:
        loss: Name of the loss of pictures, which a variant may follow, as in `perceptual:vgg16.pth`.
        degrade: What makes images of targets, as `data.degradations` writes it; empty where the data hold the images.
        adversarial: `nogan` trains against a critic at the end; see `NoGan`, which has the other arguments.
        phases: Shares of the training in which the network, the critic, and both are trained.
        adversarial_weight: What being taken for real counts.
        critic_width: Channels of the critic after its first convolution.

    Raises:
        SettingError: If the loss is not known, the degradations cannot be read, or the phases are not possible.
    """

    out_channels = 3
    is_turned: ClassVar[bool] = True
    """Whether pictures that are turned by quarters, or upside down, are still of their kind, so that views may be."""
    gives_color: bool = False
    """Whether the images are without the colours that the targets have, so that these are what is learnt."""
    aims_at_looks: bool
    """Whether pictures are to look real, for which they may end further from their targets than what was given."""
    loss_factor: ClassVar[float] = 1.0
    """What the loss of pictures in [0, 1] is multiplied by: 2 where a paper's weights are for pixels from -1 to 1."""

    def __init__(
        self,
        loss: str,
        degrade: str = "",
        adversarial: AgainstCritic = "none",
        phases: Sequence[float] = NOGAN_PHASES,
        adversarial_weight: float = 1.0,
        critic_width: int = 64,
    ) -> None:
        if adversarial not in get_args(AgainstCritic):
            raise unknown_name("adversarial training", adversarial, get_args(AgainstCritic))
        self._build_loss = parse_picture_loss(loss)
        self.aims_at_looks = adversarial != "none" or loss.partition(":")[0] in _FOR_LOOKS
        self.degradations = parse_degradations(degrade) if degrade else ()
        self._nogan = NoGan(phases, adversarial_weight, critic_width) if adversarial == "nogan" else None

    @cached_property
    def loss(self) -> PictureLoss:
        """The loss of pictures; made when it is first needed, since prediction needs none and some hold an encoder."""
        return self._build_loss()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the scores, the one that counts first."""
        return ("psnr_rgb", "ssim_rgb")

    def phase(self, progress: float) -> str:
        """What is trained at `progress` of a training, [0, 1], in words; empty where it is always the same."""
        return "" if self._nogan is None else self._nogan.phase(progress)

    def partners(self, model: ImageModel) -> dict[str, nn.Module]:
        """The critic, if there is one.

        Raises:
            WeightsError: If those of a network in the loss cannot be had, which is found out before the first step.
        """
        self.loss.eval()  # built by now
        return {} if self._nogan is None else {"critic": self._nogan.critic()}

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        """One step: the loss of the picture against the target `(B, 3, scale * H, scale * W)`; or those of NoGAN."""
        if self._nogan is not None:
            yield from self._nogan.steps(networks, batch, self.output, self.compare)
            return
        made = self.output(networks["model"], batch.image)
        yield Step(self.compare(made, batch.target), made=made)

    def compare(self, picture: Tensor, target: Tensor) -> Tensor:
        """The loss of pictures against their targets, times `loss_factor`."""
        return self.loss_factor * self.loss.to(picture.device)(picture, target)

    def probabilities(self, scores: Tensor) -> Tensor:
        """Pictures `(B, 3, H, W)` within [0, 1], float32."""
        return scores.float().clamp(0, 1)

    def scores_of(self, probabilities: Tensor) -> Tensor:
        """The pictures themselves."""
        return probabilities

    def decode(self, scores: Tensor) -> Tensor:
        """Pictures `(B, 3, H, W)`, uint8."""
        return self.probabilities(scores).mul(255).round().to(torch.uint8)
