"""Paired translation: pictures of one kind into those of another, learnt from pairs, against a critic.

Isola, Zhu, Zhou, Efros: "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017 (pix2pix),
https://arxiv.org/abs/1611.07004.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import cast

import torch
from torch import nn

from pixelwise.errors import SettingError
from pixelwise.models import ImageModel
from pixelwise.picture_losses import ADVERSARIAL
from pixelwise.tasks._adversarial import frozen, refuse_negative
from pixelwise.tasks._base import Batch, Step, TaskCard
from pixelwise.tasks._critics import Critic, CriticKind, make_critic, refuse_critic
from pixelwise.tasks._pictures import PictureTask

__all__ = ["TASK", "PairedTranslation"]

_CHANNELS = 3  # of a picture


class PairedTranslation(PictureTask):
    """A picture of the same size and of another kind; what the network gives is the picture itself.

    A critic is shown an image together with a picture, the real one or the one that the network made, and learns to
    tell which it was; the network learns to be taken for real, and to be near the real picture.

    Args:
        l1_weight: What the mean absolute difference to the target counts, of pixels from -1 to 1 as in the paper.
        adversarial_weight: What being taken for real counts; with 0 there is no critic.
        adversarial_from: Share of the training, [0, 1), before which the difference alone counts. A critic that comes
            late has pictures to judge, and costs no time before.
        critic: `patch`, the paper's critic of pixels, or `features`, one that sees with the default encoder and takes
            a fraction of the steps.
        critic_width: Channels of the critic after its first convolution.
        critic_depth: How often a critic of pixels halves the resolution; it judges patches of 70 × 70 with 3.

    Raises:
        SettingError: If a weight is negative, both are 0, `adversarial_from` is no such share, the critic is not known,
            or one of features is asked for a depth.
    """

    is_turned = False
    loss_factor = 2.0

    def __init__(
        self,
        l1_weight: float = 100.0,
        adversarial_weight: float = 1.0,
        adversarial_from: float = 0.0,
        critic: CriticKind = "patch",
        critic_width: int = 64,
        critic_depth: int = 3,
    ) -> None:
        super().__init__("l1")
        refuse_negative(l1_weight=l1_weight, adversarial_weight=adversarial_weight)
        if not l1_weight and not adversarial_weight:
            raise SettingError("l1_weight and adversarial_weight are both 0, so there is nothing to learn.")
        if not 0 <= adversarial_from < 1 or (adversarial_from and not (l1_weight and adversarial_weight)):
            raise SettingError(
                f"adversarial_from is {adversarial_from:g}, l1_weight {l1_weight:g} and adversarial_weight "
                f"{adversarial_weight:g}, but it is the share of the training, at least 0 and below 1, in which the "
                f"first weight counts alone, before both do."
            )
        refuse_critic(critic, critic_depth)
        self.aims_at_looks = adversarial_weight > 0
        self.l1_weight = l1_weight
        self.adversarial_from = adversarial_from
        self.adversarial_weight = adversarial_weight
        self._new_critic = partial(make_critic, critic, 2 * _CHANNELS, critic_width, critic_depth, "batch")
        self._objective = ADVERSARIAL["bce"]

    def partners(self, model: ImageModel) -> dict[str, nn.Module]:
        """The critic, which is shown image and picture: six channels."""
        return {"critic": self._new_critic()} if self.adversarial_weight else {}

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        """A step of the critic, by both kinds of pictures, and then one of the network."""
        made = self.output(networks["model"], batch.image)
        if self.adversarial_weight:
            cast(Critic, networks["critic"]).refuse_small(batch.image)  # now, even where it comes late
        if not self.adversarial_weight or batch.progress < self.adversarial_from:
            yield Step(self.l1_weight * self.compare(made, batch.target), made=made)
            return
        critic = networks["critic"]
        of_real = critic(torch.cat([batch.image, batch.target], dim=1))
        of_made = critic(torch.cat([batch.image, made.detach()], dim=1))
        yield Step(self._objective.of_discriminator(of_real, of_made), "critic")
        with frozen(critic):
            judged = critic(torch.cat([batch.image, made], dim=1))
        adversarial = self.adversarial_weight * self._objective.of_generator(judged)
        yield Step(adversarial + self.l1_weight * self.compare(made, batch.target), made=made)


TASK = TaskCard(
    build=PairedTranslation,
    summary="a picture of another kind, learnt from pairs (pix2pix): --reverse turns them round",
)
