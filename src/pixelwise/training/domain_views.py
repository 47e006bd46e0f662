"""What a step sees of two kinds of pictures that do not belong together."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pixelwise.data.pictures import PictureExamples
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.tasks import Batch
from pixelwise.training.picture_views import View, on_device
from pixelwise.training.sampling import Drawn

__all__ = ["DomainViews"]


class DomainViews:
    """Views of pictures of kind A, each beside one of a picture of kind B that is drawn by itself.

    An epoch has as many views as the larger kind has pictures: those of A in turn, those of B by chance. Views are cut,
    scaled and mirrored each by itself. What is drawn depends on seed, epoch and place alone.

    Args:
        examples: Pictures of kind A, which go in.
        others: Pictures of kind B, as which they should come out.
    """

    kinds = 1

    def __init__(self, examples: PictureExamples, others: PictureExamples) -> None:
        self.examples = examples
        self.others = others

    def __len__(self) -> int:
        return max(len(self.examples), len(self.others))

    def batch(
        self, drawn: Drawn, stage: Stage, settings: TrainingSettings, device: torch.device, progress: float
    ) -> Batch:
        """Views of A as the image and of B as the target, `(B, 3, H, W)` each, float32, [0, 1]."""
        self.prepare(drawn, settings)
        image, target = (
            torch.stack([self._view(epoch, index, stage, settings, is_other) for epoch, index in drawn])
            for is_other in (False, True)
        )
        return Batch(on_device(image, device), on_device(target, device), None, progress)

    def prepare(self, drawn: Drawn, settings: TrainingSettings) -> None:
        """Begin to decode pictures of both kinds that are not in memory."""
        self.examples.prepare([index % len(self.examples) for _, index in drawn])
        self.others.prepare([self._other(self._random(place, settings, is_other=True)) for place in drawn])

    def names(self, drawn: Drawn) -> list[str]:
        """The names of the files of kind A behind what was drawn."""
        return [str(self.examples.pairs[index % len(self.examples)].image) for _, index in drawn]

    def _view(self, epoch: int, index: int, stage: Stage, settings: TrainingSettings, is_other: bool) -> Tensor:
        """One view `(3, H, W)`, float32, [0, 1]."""
        random = self._random((epoch, index), settings, is_other=is_other)
        example = self.others[self._other(random)] if is_other else self.examples[index % len(self.examples)]
        if example.image is None:
            raise ValueError("Views of two kinds need images; this example has none.")
        picture = example.image
        view = View.draw(picture.shape[:2], stage, random, flip=settings.flip, is_turned=False)
        return view.of(picture, stage)

    def _random(self, place: tuple[int, int], settings: TrainingSettings, *, is_other: bool) -> np.random.Generator:
        """What one view is drawn by."""
        return np.random.default_rng((settings.seed, *place, int(is_other)))

    def _other(self, random: np.random.Generator) -> int:
        """Which picture of kind B comes next; the first draw of a view."""
        return int(random.integers(len(self.others)))
