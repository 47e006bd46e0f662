"""Batches of which one half comes from labelled images and the other from pseudo-labelled ones."""

from __future__ import annotations

import torch
from torch import Tensor

from pixelwise.errors import SettingError
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.tasks import Batch
from pixelwise.training.sampling import Drawn
from pixelwise.training.views import MaskViews

__all__ = ["MixedViews"]


class MixedViews(MaskViews):
    """Views of which the first, third, … of each batch show labelled images, and the others pseudo-labelled ones.

    In an epoch each labelled image is seen once on average, and as many pseudo-labelled ones, which take their turns
    over the epochs. What a step gets is a function of what was drawn alone.

    Args:
        labelled: Views of the labelled images.
        others: Views of the pseudo-labelled ones.
    """

    kinds = 2

    def __init__(self, labelled: MaskViews, others: MaskViews) -> None:
        super().__init__(labelled.examples)
        self.rare = labelled.rare
        self._labelled = labelled
        self._others = others

    def __len__(self) -> int:
        return 2 * len(self._labelled)

    def batch(
        self, drawn: Drawn, stage: Stage, settings: TrainingSettings, device: torch.device, progress: float
    ) -> Batch:
        """Views as `MaskViews` gives them; a pseudo-labelled one has no weights of pixels.

        Raises:
            SettingError: If a batch has too few views for one of each kind, or for two where these are mixed.
        """
        if len(drawn) < (least := settings.least_batch(self.kinds)):
            needed = "a labelled view and a pseudo-labelled one"
            if settings.mix != "none":
                needed = f"two views of each kind for training.mix={settings.mix}"
            raise SettingError(
                f"training.batch_size is {len(drawn)}, but with unlabelled images each batch needs {needed}. Set it to "
                f"{least} or more."
            )
        labelled, others = self._shared_out(drawn)
        first = self._labelled.batch(labelled, stage, settings, device, progress)
        second = self._others.batch(others, stage, settings, device, progress)
        image = torch.cat([first.image, second.image]).contiguous(memory_format=torch.channels_last)
        return Batch(image, torch.cat([first.target, second.target]), _weights(first.weight, second), progress)

    def prepare(self, drawn: Drawn, settings: TrainingSettings) -> None:
        """Begin to decode images of both kinds that are not in memory."""
        labelled, others = self._shared_out(drawn)
        self._labelled.prepare(labelled, settings)
        self._others.prepare(others, settings)

    def names(self, drawn: Drawn) -> list[str]:
        """The names of the images, in the order of the batch."""
        labelled, others = self._shared_out(drawn)
        return self._labelled.names(labelled) + self._others.names(others)

    def _shared_out(self, drawn: Drawn) -> tuple[Drawn, Drawn]:
        """Epoch and index among the labelled images, and among the others."""
        labelled = [(2 * epoch + index % 2, index // 2) for epoch, index in drawn[::2]]
        places = [epoch * len(self) + index for epoch, index in drawn[1::2]]  # all different
        return labelled, [divmod(place, len(self._others)) for place in places]


def _weights(weight: Tensor | None, others: Batch) -> Tensor | None:
    """The weights of the pixels of the whole batch; nothing is added to those of the others."""
    if weight is None:
        return None
    return torch.cat([weight, weight.new_zeros((len(others.image), *weight.shape[1:]))])
