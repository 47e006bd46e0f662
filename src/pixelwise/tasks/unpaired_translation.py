"""Unpaired translation: pictures of one kind into those of another, learnt from pictures that do not belong together.

`cyclegan`: Zhu, Park, Isola, Efros: "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
ICCV 2017, https://arxiv.org/abs/1703.10593. `cut`: Park, Efros, Zhang, Zhu: "Contrastive Learning for Unpaired
Image-to-Image Translation", ECCV 2020, https://arxiv.org/abs/2007.15651.

Differs from the authors' CUT: weights begin as CycleGAN's do, with N(0, 0.02), instead of Xavier's with a gain of 0.02;
the network blurs before it halves if it is told to (`antialias`).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError, unknown_name
from pixelwise.models import ImageModel
from pixelwise.models.resnet_generator import ResNetGenerator
from pixelwise.nn.normal_init import initialise_normal
from pixelwise.picture_losses import ADVERSARIAL, PatchProjection, patch_contrast
from pixelwise.tasks._adversarial import PicturePool, frozen, refuse_negative
from pixelwise.tasks._base import Batch, Step, TaskCard
from pixelwise.tasks._critics import CriticKind, make_critic, refuse_critic
from pixelwise.tasks._pictures import PictureTask

__all__ = ["TASK", "Method", "UnpairedTranslation"]

Method = Literal["cyclegan", "cut"]

_CHANNELS = 3  # of a picture


class UnpairedTranslation(PictureTask):
    """A picture of the same size and of another kind; what the network gives is the picture itself.

    In a batch, `image` holds pictures of kind A and `target` pictures of kind B that have nothing to do with them. The
    model turns A into B. A critic of kind B tells real pictures from made ones.

    - `cyclegan`: a second network turns B into A, with a critic of its own. Both networks learn that the way there and
      back leads to where it began.
    - `cut`: there is no second network. Each patch of the made picture has to be nearer to the patch that it was made
      of, in features of the model, than to others of the same picture.

    Args:
        method: `cyclegan` or `cut`.
        cycle_weight: What the way there and back counts: the mean absolute difference of pixels from -1 to 1, as in
            the paper (`cyclegan`).
        identity_weight: What it counts that pictures of kind B stay as they are. For `cyclegan` it is a share of
            `cycle_weight`: 0.5 keeps colours, 0 gives more freedom. For `cut` any number above 0 asks for it in full.
        contrast_weight: What the patches count (`cut`).
        pool_size: How many earlier pictures each critic is shown again (`cyclegan`).
        critic: `patch`, the papers' critic of pixels, or `features`, one that sees with the default encoder and takes
            a fraction of the steps.
        critic_width: Channels of a critic after its first convolution.
        critic_depth: How often a critic of pixels halves the resolution; it judges patches of 70 × 70 with 3.

    Raises:
        SettingError: If the method or the critic is not known, a number is negative, or a critic of features is asked
            for a depth.
    """

    is_turned = False
    loss_factor = 2.0
    is_shared = False  # pools of earlier pictures, and patches that are drawn, are those of each process

    def __init__(
        self,
        method: Method = "cyclegan",
        cycle_weight: float = 10.0,
        identity_weight: float = 0.5,
        contrast_weight: float = 1.0,
        pool_size: int = 50,
        critic: CriticKind = "patch",
        critic_width: int = 64,
        critic_depth: int = 3,
    ) -> None:
        super().__init__("l1")
        self.aims_at_looks = True
        if method not in get_args(Method):
            raise unknown_name("method of unpaired translation", method, get_args(Method))
        refuse_negative(
            cycle_weight=cycle_weight,
            identity_weight=identity_weight,
            contrast_weight=contrast_weight,
            pool_size=pool_size,
        )
        refuse_critic(critic, critic_depth)
        self.method = method
        self.cycle_weight = cycle_weight
        self.identity_weight = identity_weight
        self.contrast_weight = contrast_weight
        self.pool_size = pool_size
        self._new_critic = partial(make_critic, critic, _CHANNELS, critic_width, critic_depth, "instance")
        self._objective = ADVERSARIAL["lsgan"]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the scores, of sets of pictures, the one that counts first; the smaller, the better."""
        return ("kid_lite0", "fid_lite0")

    def partners(self, model: ImageModel) -> dict[str, nn.Module]:
        """`cyclegan`: the way back, two critics and two pools; `cut`: the critic of B and the patches' projection."""
        if self.method == "cut":
            if not isinstance(model, ResNetGenerator):
                raise SettingError(
                    f"The method cut compares features within the network, which {type(model).__name__} does not "
                    f"give. Take --model resnet_generator, or the method cyclegan."
                )
            projection = PatchProjection(model.patch_channels)
            return {"critic_b": self._new_critic(), "projection": projection}
        back = copy.deepcopy(model)
        if model.encoder is None:
            initialise_normal(back)
        return {
            "back": back,
            "critic_a": self._new_critic(),
            "critic_b": self._new_critic(),
            "pool_a": PicturePool(self.pool_size),
            "pool_b": PicturePool(self.pool_size),
        }

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        """`cyclegan`: a step of both networks, then one of each critic; `cut`: the critic first, as in the papers."""
        return self._cut(networks, batch) if self.method == "cut" else self._cyclegan(networks, batch)

    def _cyclegan(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        there, back = networks["model"], networks["back"]
        real_a, real_b = batch.image, batch.target
        made_b, made_a = self.output(there, real_a), self.output(back, real_b)
        cycle = self.compare(self.output(back, made_b), real_a) + self.compare(self.output(there, made_a), real_b)
        loss = self.cycle_weight * cycle
        if self.identity_weight:
            same = self.compare(self.output(there, real_b), real_b) + self.compare(self.output(back, real_a), real_a)
            loss = loss + self.identity_weight * self.cycle_weight * same
        with frozen(networks["critic_a"], networks["critic_b"]):
            loss = loss + self._objective.of_generator(networks["critic_b"](made_b))
            loss = loss + self._objective.of_generator(networks["critic_a"](made_a))
        yield Step(loss, ("model", "back"), made=made_b)
        for kind, real, made in (("a", real_a, made_a), ("b", real_b, made_b)):
            shown = networks[f"pool_{kind}"](made)
            yield Step(self._against(networks[f"critic_{kind}"], real, shown), f"critic_{kind}")

    def _cut(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        model, critic, projection = (networks[name] for name in ("model", "critic_b", "projection"))
        real_a, real_b = batch.image, batch.target
        made_b = self.output(model, real_a)
        yield Step(self._against(critic, real_b, made_b.detach()), "critic_b")
        with frozen(critic):
            loss = self._objective.of_generator(critic(made_b))
        contrast = _contrast(model, projection, made_b, real_a)
        if self.identity_weight:
            contrast = (contrast + _contrast(model, projection, self.output(model, real_b), real_b)) / 2
        yield Step(loss + self.contrast_weight * contrast, ("model", "projection"), made=made_b)

    def _against(self, critic: nn.Module, real: Tensor, made: Tensor) -> Tensor:
        return self._objective.of_discriminator(critic(real), critic(made))


def _contrast(model: Any, projection: nn.Module, made: Tensor, source: Tensor) -> Tensor:  # noqa: ANN401 - a wrapped one has any method
    """How hard it is to tell which patch of the source a patch of the picture was made of."""
    # What is learnt from comes first: autocast keeps the first bf16 copy of each weight, which in PyTorch before 2.11
    # has no gradient if it was made without (https://github.com/pytorch/pytorch/issues/112583).
    of_made = model.patch_features(made)
    with torch.no_grad():
        of_source = model.patch_features(source)
    return patch_contrast(projection, of_made, of_source)


TASK = TaskCard(
    build=UnpairedTranslation,
    summary="a picture of another kind, learnt from two heaps of pictures (CycleGAN, CUT): trainA, trainB",
)
