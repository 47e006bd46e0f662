"""What a network promises that predicts masks and their classes, rather than a class per pixel."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, NamedTuple

from torch import Tensor

from pixelwise.models._base import ImageModel

__all__ = ["QueryModel", "QueryScores"]


class QueryScores(NamedTuple):
    """What Q queries say of an image, each one mask and what it shows.

    Attributes:
        classes: Raw scores `(B, Q, K + 1)` of the classes and, last, of showing none of them.
        masks: Raw scores `(B, Q, h, w)` of belonging to the mask, on a grid of cells over the padded image.
    """

    classes: Tensor
    masks: Tensor


class QueryModel(ImageModel):
    """An image model whose scores are made from masks and the classes of these.

    What `forward` gives has the promised shape, so that it is used like any other. What it is trained by is said by
    `query_scores`, which the task `mask_classification` asks for.
    """

    training_methods: ClassVar[tuple[str, ...]] = (*ImageModel.training_methods, "query_scores")

    @abstractmethod
    def query_scores(self, image: Tensor, progress: float = 1.0) -> tuple[QueryScores, ...]:
        """What a loss looks at: in training mode what the queries say on the way, and last what they say at the end.

        Args:
            image: `(B, in_channels, H, W)` in [0, 1], of any height and width; padded as in `forward`.
            progress: Share of the training that is done, [0, 1].
        """
