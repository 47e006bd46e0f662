"""What every network here promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from pixelwise.encoders import DEFAULT_ENCODER, Backbone
from pixelwise.errors import SettingError
from pixelwise.nn.weight_norm import SpectralConv2d, WeightNormConv2d
from pixelwise.ops.pad import crop_to, pad_to_multiple

__all__ = ["ImageModel", "ModelCard", "refuse_sum"]


class ImageModel(nn.Module, ABC):
    """A network from an image to scores of the same height and width (times `scale`).

    In goes `(B, in_channels, H, W)`, float, in [0, 1], RGB where there are three channels, of any height and width.
    Out come raw scores `(B, out_channels, scale * H, scale * W)`, before any activation. Normalisation is the
    network's own affair, and so is padding: `forward` pads once, here, to `multiple_of`, and crops the output.

    A subclass sets the four attributes and implements `scores`; one whose auxiliary heads help in training implements
    `all_scores` too. It is final (nothing inherits from it).
    """

    training_methods: ClassVar[tuple[str, ...]] = ("training_scores",)
    """Methods that a task calls in training: what wraps a network for its device treats them as it does `forward`."""

    adds_image: bool = False
    """Whether the output already holds the image, enlarged by `scale`, so that nobody has to add it."""

    in_channels: int
    out_channels: int
    multiple_of: int = 1
    scale: int = 1
    encoder: Backbone | None

    def __init__(self) -> None:
        super().__init__()
        self.encoder = None

    def forward(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` in [0, 1] to raw scores `(B, out_channels, scale * H, scale * W)`.

        Raises:
            SettingError: If the image, or a batch in training, is so small that a norm has a single value to average.
        """
        try:
            scores = self.scores(pad_to_multiple(image, self.multiple_of))
        except ValueError as error:
            self._explain(error, image)
            raise
        return self._as_large_as(image, scores)

    def training_scores(self, image: Tensor) -> tuple[Tensor, ...]:
        """What a loss looks at: what `forward` gives and, after it, the same from each auxiliary head.

        Raises:
            SettingError: As `forward`.
        """
        try:
            every = self.all_scores(pad_to_multiple(image, self.multiple_of))
        except ValueError as error:
            self._explain(error, image)
            raise
        return tuple(self._as_large_as(image, scores) for scores in every)

    @abstractmethod
    def scores(self, image: Tensor) -> Tensor:
        """Map an image whose sides are multiples of `multiple_of` to raw scores."""

    def all_scores(self, image: Tensor) -> tuple[Tensor, ...]:
        """What `scores` gives and, after it, raw scores of the same shape from each head that only training uses."""
        return (self.scores(image),)

    @torch.no_grad()
    def begin_at_zero(self) -> None:
        """Set the last convolution to zero, so that scores which are added to an image change nothing at first.

        Of one with weight normalisation, that is the length of its weights. One with spectral normalisation stays as it
        is, and so does one without a bias, which a norm follows: both make up for the size of what they are given.
        """
        last = [layer for layer in self.modules() if isinstance(layer, nn.Conv2d)][-1]
        if isinstance(last, SpectralConv2d) or last.bias is None:
            return
        for name, parameter in last.named_parameters():
            if name != "weight" or not isinstance(last, WeightNormConv2d):
                parameter.zero_()

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """The parameters from the deepest in (trained most gently) to the head: the encoder's, then all others.

        Discriminative learning rates are given per group. A network without an encoder is one group.
        """
        if self.encoder is None:
            return [list(self.parameters())]
        encoder = list(self.encoder.parameters())
        known = {id(parameter) for parameter in encoder}
        return [encoder, [parameter for parameter in self.parameters() if id(parameter) not in known]]

    def _as_large_as(self, image: Tensor, scores: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        return crop_to(scores, height * self.scale, width * self.scale)

    def _explain(self, error: ValueError, image: Tensor) -> None:
        """Say in our own words what torch says of a norm that has a single value to average."""
        height, width = image.shape[-2:]
        if "more than 1 value per channel" in str(error):
            raise SettingError(
                f"{type(self).__name__} cannot be trained on a batch of one view of {height} × {width} pixels: one of "
                f"its batch norms averages over the batch, and has a single value there. Take a larger batch "
                f"(training.batch_size) or larger views (training.stages)."
            ) from error
        if "more than 1 spatial element" in str(error):
            raise SettingError(
                f"An image of {height} × {width} pixels is too small for this {type(self).__name__}: one of its "
                f"instance norms averages over the pixels, and has a single one there. Take larger images, or another "
                f"norm_type."
            ) from error


@dataclass(frozen=True)
class ModelCard:
    """What the catalog knows of a network without building it.

    Attributes:
        build: The class; its keyword arguments are the model's settings. `out_channels` and `in_channels` come
            from the data and the task; whoever has a pyramid takes `encoder`, the name of a timm backbone.
        summary: One line for `pixelwise list models`.
        paper: Title and address of the source.
        tasks: Names of the tasks that the network serves.
        encoder: The backbone that is taken if none is asked for; None for a network that has none from timm.
        variant: The argument that may stand behind a colon in the model's name, as `Unet` does in `smp:Unet`.
        takes_default_encoder: Whether the encoder whose weights are installed serves, too.
        learning_rate: The peak rate that it is best trained with; None for the usual one.
    """

    build: Callable[..., ImageModel]
    summary: str
    paper: str
    tasks: frozenset[str]
    encoder: str | None = DEFAULT_ENCODER
    variant: str | None = None
    takes_default_encoder: bool = True
    learning_rate: float | None = None

    @property
    def installed_encoder(self) -> str | None:
        """The encoder whose weights are installed, if the network takes it."""
        return DEFAULT_ENCODER if self.takes_default_encoder else None


def refuse_sum(name: str, in_channels: int, out_channels: int) -> None:
    """Refuse a network that adds what it makes to an image of another number of channels.

    Raises:
        SettingError: If the numbers differ.
    """
    if in_channels != out_channels:
        raise SettingError(
            f"With residual, what {name} makes is added to the image, but it gives {out_channels} channels for an "
            f"image of {in_channels}. Leave it out."
        )
