"""What every network here promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.ops.pad import crop_to, pad_to_multiple

__all__ = ["ImageModel", "ModelCard"]


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

    in_channels: int
    out_channels: int
    multiple_of: int = 1
    scale: int = 1
    encoder: Encoder | None

    def __init__(self) -> None:
        super().__init__()
        self.encoder = None

    def forward(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` in [0, 1] to raw scores `(B, out_channels, scale * H, scale * W)`."""
        return self._as_large_as(image, self.scores(pad_to_multiple(image, self.multiple_of)))

    def training_scores(self, image: Tensor) -> tuple[Tensor, ...]:
        """What a loss looks at: what `forward` gives and, after it, the same from each auxiliary head."""
        padded = pad_to_multiple(image, self.multiple_of)
        return tuple(self._as_large_as(image, scores) for scores in self.all_scores(padded))

    @abstractmethod
    def scores(self, image: Tensor) -> Tensor:
        """Map an image whose sides are multiples of `multiple_of` to raw scores."""

    def all_scores(self, image: Tensor) -> tuple[Tensor, ...]:
        """What `scores` gives and, after it, raw scores of the same shape from each head that only training uses."""
        return (self.scores(image),)

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
