"""What a step of a training sees: the views that are drawn from examples, as one batch on the device of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch

from pixelwise.data.augment import Augmentation, draw_view, render_views
from pixelwise.data.examples import Examples
from pixelwise.data.mixing import mix_views, rare_classes
from pixelwise.errors import SettingError
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.tasks import Batch
from pixelwise.training.sampling import Drawn

__all__ = ["MaskViews", "Views", "augmentation_of"]


class Views(Protocol):
    """Where a training takes its batches from; which batch a step gets is a pure function of what is asked for.

    Attributes:
        kinds: How many kinds of examples take turns in a batch, whose size is a multiple of it where it is divided.
    """

    kinds: int

    def __len__(self) -> int:
        """How many examples an epoch has."""

    def batch(
        self, drawn: Drawn, stage: Stage, settings: TrainingSettings, device: torch.device, progress: float
    ) -> Batch:
        """One view of each example that was drawn, at the size of the stage, channels last.

        Args:
            drawn: Epoch and index of each example.
            stage: Size and scale of the views.
            settings: How views vary, and the seed.
            device: Where the batch has to be.
            progress: Share of the training that is done, [0, 1].
        """

    def prepare(self, drawn: Drawn, settings: TrainingSettings) -> None:
        """Begin to read, in the background, what the batch of `drawn` will need; what `batch` gives is the same."""

    def names(self, drawn: Drawn) -> list[str]:
        """The names of the files behind what was drawn, for whoever has to look at them."""


class MaskViews:
    """Views of images with masks.

    Args:
        examples: The training split, decoded.
        class_pixels: How many pixels each class has in it, from which copy-paste takes the rare classes.
    """

    kinds = 1

    def __init__(self, examples: Examples, class_pixels: Sequence[int] = ()) -> None:
        self.examples = examples
        self.rare = rare_classes(class_pixels)

    def __len__(self) -> int:
        return len(self.examples)

    def batch(
        self, drawn: Drawn, stage: Stage, settings: TrainingSettings, device: torch.device, progress: float
    ) -> Batch:
        """Views as `Views` promises them: image `(B, C, H, W)`, target `(B, H, W)`, and weights where there are any.

        Raises:
            SettingError: If pixels of rare classes are to be pasted, and no class is rare.
        """
        if settings.mix == "copy_paste" and not self.rare:
            raise SettingError(
                "training.mix is copy_paste, but no class is rare: each has at least half of an even share of the "
                "pixels. Take cutmix or classmix."
            )
        augmentation = augmentation_of(settings, stage)
        examples = self.examples.fetch([index for _, index in drawn])
        views = [draw_view(augmentation, seed=settings.seed, epoch=epoch, index=index) for epoch, index in drawn]
        rendered = render_views(examples, views, augmentation, device)
        image, target, weight = mix_views(
            rendered,
            settings.mix,
            probability=settings.mix_probability,
            seed=settings.seed,
            drawn=drawn,
            rare=self.rare,
        )
        return Batch(image.to(memory_format=torch.channels_last), target, weight, progress)

    def prepare(self, drawn: Drawn, settings: TrainingSettings) -> None:
        """Begin to decode images that are not in memory."""
        self.examples.prepare([index for _, index in drawn])

    def names(self, drawn: Drawn) -> list[str]:
        """The image files."""
        return [str(self.examples.pairs[index].image) for _, index in drawn]


def augmentation_of(settings: TrainingSettings, stage: Stage) -> Augmentation:
    """How views vary in one stage of a training."""
    return Augmentation(
        height=stage.height,
        width=stage.width,
        min_scale=stage.min_scale,
        max_scale=stage.max_scale,
        rotation=settings.rotation,
        color=settings.color,
        flip=settings.flip,
        elastic=settings.elastic,
    )
