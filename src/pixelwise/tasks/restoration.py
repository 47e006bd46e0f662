"""Restoration: the picture as it was before something happened to it (noise, blur, JPEG, darkness, loss of colour)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from pixelwise.data.degradations import Degradation, enlargement
from pixelwise.errors import SettingError, unknown_name
from pixelwise.models import ImageModel
from pixelwise.ops.color import lab_to_rgb, linear_to_srgb, luminance, rgb_to_lab
from pixelwise.tasks._base import TaskCard
from pixelwise.tasks._nogan import NOGAN_PHASES
from pixelwise.tasks._pictures import AgainstCritic, PictureTask

__all__ = ["TASK", "Predicts", "Restoration"]

Predicts = Literal["difference", "picture", "color"]

_COLOR_RANGE = 110.0  # a and b of every colour that a screen shows lie within ± this
_ADDS_COLOR = ("dark", "holes", "noise")  # degradations whose result has colours even if what they are given has none


class Restoration(PictureTask):
    """A picture of the same size.

    A network that has learnt from images without colours (`--degrade grey`) is given no others: one that has some, such
    as a photograph that has turned brown, is made grey first.

    Args:
        loss: Name of the loss of pictures, which a variant may follow, as in `perceptual:vgg16.pth`.
        predicts: What the network gives: the `difference` to the image, which is nothing at the beginning and easily
            learnt; the `picture` itself; or its `color`, a and b of CIELAB, while the lightness stays the image's
            (Zhang, Isola, Efros 2016: "Colorful Image Colorization", https://arxiv.org/abs/1603.08511).
        degrade: What happens to the pictures, such as `noise:5-50+jpeg:30-95`; empty where the data hold pairs.
        adversarial: `nogan` trains against a critic at the end; `none` does not.
        phases: Shares of the training of `nogan` in which the network, the critic, and both are trained.
        adversarial_weight: What being taken for real counts beside the loss; 1 is for `perceptual`, 0.01 for `l1`.
        critic_width: Channels of the critic after its first convolution.

    Raises:
        SettingError: If a name is not known, a number is out of range, or the degradations make smaller pictures.
    """

    def __init__(
        self,
        loss: str = "charbonnier",
        predicts: Predicts = "difference",
        degrade: str = "",
        adversarial: AgainstCritic = "none",
        phases: Sequence[float] = NOGAN_PHASES,
        adversarial_weight: float = 1.0,
        critic_width: int = 64,
    ) -> None:
        super().__init__(loss, degrade, adversarial, phases, adversarial_weight, critic_width)
        if degrade and enlargement(self.degradations) != 1:
            raise SettingError(f"'{degrade}' makes smaller pictures; enlarging is the task super_resolution.")
        if predicts not in get_args(Predicts):
            raise unknown_name("thing to predict", predicts, get_args(Predicts))
        self.predicts = predicts
        self.out_channels = 2 if predicts == "color" else 3
        self.gives_color = predicts == "color" or any(one.name == "grey" for one in self.degradations)
        self._knows_grey_alone = _is_grey_after(self.degradations)

    def adds_scores(self, model: ImageModel) -> bool:
        """Whether the network gives the difference to the image, or its colours, which are none at zero."""
        return self.predicts == "color" or (self.predicts == "difference" and not model.adds_image)

    def output(self, model: nn.Module, image: Tensor) -> Tensor:
        """The picture `(B, 3, H, W)` that a network makes of an image `(B, 3, H, W)`."""
        if self._knows_grey_alone and not model.training:  # in training they are grey already
            image = _without_color(image)
        scores = model(image)
        if self.predicts == "difference":
            return scores if model.adds_image else image + scores
        if self.predicts == "picture":
            return scores
        with torch.autocast(image.device.type, enabled=False):  # bf16 would change the lightness
            lightness = rgb_to_lab(image.float())[:, :1]
            return lab_to_rgb(torch.cat([lightness, _COLOR_RANGE * scores.float().tanh()], dim=1))


def _is_grey_after(degradations: Sequence[Degradation]) -> bool:
    """Whether pictures have no colours any more once these have been applied."""
    names = [one.name for one in degradations]
    return "grey" in names and not any(name in _ADDS_COLOR for name in names[names.index("grey") :])


def _without_color(image: Tensor) -> Tensor:
    """An image `(B, 3, H, W)` in grey, as light as before; pixels that are grey already stay as they are."""
    with torch.autocast(image.device.type, enabled=False):
        grey = linear_to_srgb(luminance(image.float()))
    is_grey = (image == image[:, :1]).all(dim=1, keepdim=True)
    return torch.where(is_grey, image, grey)


TASK = TaskCard(
    build=Restoration, summary="a picture of the same size without noise, blur, JPEG's traces, …, or in colour"
)
