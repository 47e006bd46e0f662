"""NoGAN: a network and its critic learn one after the other, and against each other only at the end.

Jason Antic: DeOldify, 2019, https://github.com/jantic/DeOldify, made with fastai. The way of the adversarial part of
fastai's lesson 7 of 2019 is the same.

Differs from DeOldify: the phases are shares of one training, under one schedule of the learning rate, not trainings of
their own that are repeated; the critic is shown what the network makes at that moment, not a folder of pictures made
before; it judges patches (PatchGAN); in the last phase both step in turn, instead of the network waiting for the
critic's loss to fall below a threshold.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.nn.patch_gan import PatchGAN
from pixelwise.picture_losses import ADVERSARIAL
from pixelwise.tasks._adversarial import frozen, refuse_negative
from pixelwise.tasks._base import Batch, Step

__all__ = ["NOGAN_PHASES", "NoGan"]

NOGAN_PHASES = (0.6, 0.15, 0.25)
"""Usual shares of a training: the network alone, the critic alone, both."""

_NAMES = ("network alone", "critic alone", "network against critic")
_CHANNELS = 3  # of a picture


class NoGan:
    """What is learnt at which progress of a training, and by which losses.

    - The network alone: the loss of pictures.
    - The critic alone, on real pictures and on those that the network makes, which stays as it is.
    - A step of the critic and one of the network in turn: the loss of pictures and, times `weight`, being taken for
      real.

    Args:
        phases: Shares of the training, each above 0, whose sum is 1.
        weight: What being taken for real counts beside the loss of pictures.
        critic_width: Channels of the critic after its first convolution.

    Raises:
        SettingError: If the shares are others, or the weight is negative.
    """

    def __init__(self, phases: Sequence[float], weight: float, critic_width: int) -> None:
        if len(phases) != len(_NAMES) or min(phases) <= 0 or not math.isclose(sum(phases), 1, abs_tol=1e-6):
            raise SettingError(
                f"The phases of NoGAN are {list(phases)}, but they are three shares of the training above 0 whose sum "
                f"is 1, such as {list(NOGAN_PHASES)}: the network alone, the critic alone, and both."
            )
        refuse_negative(adversarial_weight=weight)
        self.weight = weight
        self._ends = tuple(itertools.accumulate(phases[:-1]))
        self._critic_width = critic_width
        self._objective = ADVERSARIAL["bce"]

    def critic(self) -> PatchGAN:
        """A new critic, which is shown pictures alone."""
        return PatchGAN(_CHANNELS, self._critic_width)

    def phase(self, progress: float) -> str:
        """What is trained at `progress` of a training, [0, 1], in words."""
        return _NAMES[sum(progress >= end for end in self._ends)]

    def steps(
        self,
        networks: Mapping[str, nn.Module],
        batch: Batch,
        output: Callable[[nn.Module, Tensor], Tensor],
        compare: Callable[[Tensor, Tensor], Tensor],
    ) -> Iterator[Step]:
        """The steps of one batch.

        Args:
            networks: `model` and `critic`.
            batch: Its progress decides the phase.
            output: The picture that the model makes of an image.
            compare: The loss of pictures.
        """
        model, critic = networks["model"], cast(PatchGAN, networks["critic"])
        critic.refuse_small(batch.target)  # before the network alone has been trained for nothing
        phase = self.phase(batch.progress)
        if phase == _NAMES[1]:
            with torch.no_grad():
                made = output(model.eval(), batch.image)  # as it predicts, so that its statistics stay, too
            yield Step(self._objective.of_discriminator(critic(batch.target), critic(made)), "critic")
            return
        made = output(model, batch.image)
        loss = compare(made, batch.target)
        if phase == _NAMES[2]:
            yield Step(self._objective.of_discriminator(critic(batch.target), critic(made.detach())), "critic")
            with frozen(critic):
                loss = loss + self.weight * self._objective.of_generator(critic(made))
        yield Step(loss, made=made)
