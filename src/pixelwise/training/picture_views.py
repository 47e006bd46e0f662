"""What a step sees of pictures: crops of pairs, turned and mirrored together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pixelwise.data.degradations import Degradation
from pixelwise.data.degrade import degrade
from pixelwise.data.pictures import PictureExample, PictureExamples
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.tasks import Batch
from pixelwise.training.sampling import Drawn

__all__ = ["PictureViews", "View", "on_device"]

_Pixels = NDArray[np.uint8]

_OF_VIEWS = 1 << 16  # the fourth number of a seed, where degradations have their places: a blur is not told by the crop


@dataclass(frozen=True)
class View:
    """Which part of a picture is seen, and which way round.

    Attributes:
        size: Height and width of the part in pixels of the picture, before it is scaled.
        corner: Where it begins: row and column.
        turns: By how many quarters it is turned, after it was mirrored.
        is_mirrored: Whether left and right change places.
    """

    size: tuple[float, float]
    corner: tuple[float, float]
    turns: int
    is_mirrored: bool

    @classmethod
    def draw(
        cls, size: tuple[int, int], stage: Stage, random: np.random.Generator, *, flip: bool, is_turned: bool
    ) -> View:
        """Draw a view of a picture; all that fit into it are equally likely.

        Args:
            size: Height and width of the picture; smaller ones are continued before they are cut.
            stage: Size and scale of the views.
            random: Where chance comes from.
            flip: Whether views are mirrored.
            is_turned: Whether they are turned then, too.
        """
        scale = stage.min_scale
        if stage.max_scale > scale:
            scale = float(random.uniform(scale, stage.max_scale))
        part = (stage.height / scale, stage.width / scale)
        top, left = (_begin(max(0.0, have - want), random) for have, want in zip(size, part, strict=True))
        turns = 0
        if flip and is_turned:
            turns = int(random.integers(4)) if stage.height == stage.width else 2 * int(random.integers(2))
        return cls(part, (top, left), turns, flip and bool(random.integers(2)))

    def of(self, picture: _Pixels, stage: Stage, scale: int = 1) -> Tensor:
        """The view `(3, scale * H, scale * W)`, float32, [0, 1], of a picture that is `scale` times as large.

        Where the stage scales, bicubic interpolation does it.
        """
        size = (stage.height * scale, stage.width * scale)
        (high, wide), (top, left) = self.size, self.corner
        whole = _at_least(picture, math.ceil(high * scale), math.ceil(wide * scale))
        if (high, wide) == (stage.height, stage.width):
            part = whole[int(top) * scale :, int(left) * scale :][: size[0], : size[1]]
        else:
            box = (left * scale, top * scale, (left + wide) * scale, (top + high) * scale)
            part = np.asarray(Image.fromarray(whole).resize(size[::-1], Image.Resampling.BICUBIC, box=box))
        turned = np.rot90(part[:, ::-1] if self.is_mirrored else part, self.turns)
        return torch.from_numpy(np.ascontiguousarray(turned.transpose(2, 0, 1))).to(torch.float32).div_(255)


class PictureViews:
    """Views of pairs of pictures.

    A view is a crop of the image, of the size of the stage, and the same part of the target, scaled alike where the
    stage says so. Both are mirrored and turned by quarters alike, all eight ways being equally likely. Smaller pictures
    are continued by their mirror image. Which crop it is, and what a degradation draws, depend on seed, epoch and
    example alone.

    Args:
        examples: The training split, decoded.
        scale: Pixels of a target per pixel of its image, along a side.
        degradations: What makes the images of the targets; empty where the data hold them.
        is_turned: Whether views are turned; otherwise left and right change places, and nothing else.
    """

    kinds = 1

    def __init__(
        self,
        examples: PictureExamples,
        scale: int = 1,
        degradations: tuple[Degradation, ...] = (),
        *,
        is_turned: bool = True,
    ) -> None:
        self.examples = examples
        self.scale = scale
        self.degradations = degradations
        self.is_turned = is_turned

    def __len__(self) -> int:
        return len(self.examples)

    def batch(
        self, drawn: Drawn, stage: Stage, settings: TrainingSettings, device: torch.device, progress: float
    ) -> Batch:
        """Views as `Views` promises them: image `(B, 3, H, W)` and target `(B, 3, S H, S W)`, float32, [0, 1]."""
        self.prepare(drawn, settings)
        views = [self._view(epoch, index, stage, settings) for epoch, index in drawn]
        image, target = (torch.stack([view[side] for view in views]) for side in (0, 1))
        return Batch(on_device(image, device), on_device(target, device), None, progress)

    def prepare(self, drawn: Drawn, settings: TrainingSettings) -> None:
        """Begin to decode pictures that are not in memory."""
        self.examples.prepare([index for _, index in drawn])

    def names(self, drawn: Drawn) -> list[str]:
        """The names of the files behind what was drawn."""
        return [str(self.examples.pairs[index].image) for _, index in drawn]

    def _view(self, epoch: int, index: int, stage: Stage, settings: TrainingSettings) -> tuple[Tensor, Tensor]:
        """Image and target of one view, `(3, H, W)` and `(3, S H, S W)`, float32, [0, 1]."""
        random = np.random.default_rng((settings.seed, epoch, index, _OF_VIEWS))
        example = self.examples[index]
        target = _target_of(example)
        size = (target.shape[0] // self.scale, target.shape[1] // self.scale)
        view = View.draw(size, stage, random, flip=settings.flip, is_turned=self.is_turned)
        wanted = view.of(target, stage, self.scale)
        if example.image is not None:
            return view.of(example.image, stage), wanted
        if settings.color:
            wanted = _exposed(wanted, settings.color, random)
        return degrade(wanted, self.degradations, seed=settings.seed, epoch=epoch, index=index), wanted


def on_device(batch: Tensor, device: torch.device) -> Tensor:
    """A batch `(B, C, H, W)` where it is needed, channels last."""
    return batch.to(device, non_blocking=True).contiguous(memory_format=torch.channels_last)


def _exposed(picture: Tensor, strength: float, random: np.random.Generator) -> Tensor:
    """A picture in [0, 1] as it might have been exposed otherwise: another gamma and brightness, clipped to white."""
    gamma, brightness = np.exp(random.uniform(-1, 1, 2) * np.array([1.2, 1.0]) * strength)
    return (picture**gamma).mul_(brightness).clamp_(max=1)


def _begin(room: float, random: np.random.Generator) -> float:
    """Where a view begins that has some room; at a whole pixel if the room is whole."""
    return int(random.integers(int(room) + 1)) if room == int(room) else float(random.uniform(0, room))


def _target_of(example: PictureExample) -> _Pixels:
    if example.target is None:
        raise ValueError("Views of pairs need a target; this example has none.")
    return example.target


def _at_least(picture: _Pixels, height: int, width: int) -> _Pixels:
    """The picture, continued by its mirror image where it is smaller."""
    down, right = max(0, height - picture.shape[0]), max(0, width - picture.shape[1])
    return np.pad(picture, ((0, down), (0, right), (0, 0)), mode="symmetric") if down or right else picture
