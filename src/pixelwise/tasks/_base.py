"""What every task here promises: how a batch becomes losses, and scores become a prediction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pixelwise.models import ImageModel

__all__ = ["Batch", "Step", "Task", "TaskCard"]


@dataclass(frozen=True)
class Batch:
    """What one training step sees.

    Attributes:
        image: `(B, C, H, W)`, float32, [0, 1].
        target: What should come out; for segmentation int64 `(B, H, W)`, 255 = left out.
        weight: `(B, H, W)`, float32, from 0: what is added to the weight that a pixel has in the loss for its class;
            None where nothing is.
        progress: Share of the training that is done, [0, 1].
    """

    image: Tensor
    target: Tensor
    weight: Tensor | None = None
    progress: float = 1.0


@dataclass(frozen=True)
class Step:
    """One step of one network's optimiser, as a task asks for it.

    Attributes:
        loss: A scalar with a gradient.
        network: The network whose optimiser steps; or several, which step together.
        made: What the model has made, `(B, K, H, W)`, if a training should notice when it is all the same.
    """

    loss: Tensor
    network: str | tuple[str, ...] = "model"
    made: Tensor | None = None

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks whose optimisers step."""
        return (self.network,) if isinstance(self.network, str) else self.network


class Task(ABC):
    """What a network is trained to do; pure PyTorch, used in training and in prediction alike."""

    out_channels: int
    scale: int = 1
    """How many times larger than the image the scores are, along a side."""
    is_shared: bool = True
    """Whether several processes that share a batch learn from it what one would: see `Loss.is_shared`."""

    def output(self, model: nn.Module, image: Tensor) -> Tensor:
        """Scores `(B, K, scale * H, scale * W)` that a trained model gives to an image `(B, C, H, W)`."""
        scores: Tensor = model(image)
        return scores

    def adds_scores(self, model: ImageModel) -> bool:
        """Whether what a network gives is added to what is right without it, so that it begins best at zero."""
        return False

    @abstractmethod
    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        """Yield the steps of one batch, in the paper's order; the trainer steps the named optimiser at each."""

    def phase(self, progress: float) -> str:
        """What is trained at `progress` of a training, [0, 1], in words; empty where it is always the same."""
        return ""

    def partners(self, model: ImageModel) -> dict[str, nn.Module]:
        """Further networks that are trained beside `model`, by name; made anew with random weights.

        They are part of a checkpoint and not of the model file. One without parameters, such as a pool of earlier
        pictures in buffers, is kept and restored like the others, and no optimiser steps it.
        """
        return {}

    @abstractmethod
    def probabilities(self, scores: Tensor) -> Tensor:
        """Turn raw scores `(B, K, H, W)` into what they mean."""

    def scores_of(self, probabilities: Tensor) -> Tensor:
        """Raw scores that `probabilities` turns into the given ones, so that what several views mean can be averaged.

        As it stands it is for tasks whose scores are what they mean, such as pictures.
        """
        return probabilities

    @abstractmethod
    def decode(self, scores: Tensor) -> Tensor:
        """Turn raw scores `(B, K, H, W)` into the prediction."""


@dataclass(frozen=True)
class TaskCard:
    """What the catalog knows of a task.

    Attributes:
        build: The class; its keyword arguments are the task's settings.
        summary: One line for `pixelwise list tasks`.
    """

    build: Callable[..., Task]
    summary: str
