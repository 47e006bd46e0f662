"""Test-time augmentation: an image seen mirrored and at several scales, each view undone before they are averaged.

What is averaged is what the scores mean to the task, probabilities or colours, and not the scores themselves, which
some views would outshout. The scales are those of Chen et al.: "DeepLab", https://arxiv.org/abs/1606.00915, which
takes the maximum where the mean is usual now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from pixelwise.errors import SettingError
from pixelwise.tasks import Task

__all__ = ["TTA", "average_views", "settle_tta"]


@dataclass(frozen=True)
class TTA:
    """Which views of an image are averaged: each scale, and each once more mirrored.

    Attributes:
        flip: Whether each view is seen mirrored left to right, too.
        scales: Factors of the image's size. Elsewhere some above 1 are usual; a training here shows images at 0.5 to 1
            of their size, and a scale of 1.25 was measured to take from the gain.

    Raises:
        SettingError: If there is no scale, or one is not above 0.
    """

    flip: bool = True
    scales: tuple[float, ...] = (0.75, 1.0)

    def __post_init__(self) -> None:
        if not self.scales or min(self.scales) <= 0:
            raise SettingError(f"The scales are {self.scales}, but each view needs one above 0, such as 1.")

    def __str__(self) -> str:
        """Such as `flip + 2 scales`, for the protocol of a score."""
        count = len(self.scales)
        scales = f"{count} scales" if count > 1 else f"scale {self.scales[0]:g}"
        return " + ".join(["flip"] * self.flip + [scales] * (self.scales != (1.0,) or not self.flip))


def settle_tta(tta: TTA | bool, *, of_pictures: bool = False) -> TTA | None:
    """The views that are meant: true stands for the usual ones, false for none but the image itself.

    Args:
        tta: As a user says it.
        of_pictures: Whether pictures come out, whose detail would not outlive a change of scale: the usual views are
            then the image and its mirror image.
    """
    if isinstance(tta, TTA):
        return tta
    usual = TTA(scales=(1.0,)) if of_pictures else TTA()
    return usual if tta else None


def average_views(scores: Callable[[Tensor, float], Tensor], image: Tensor, tta: TTA, task: Task) -> Tensor:
    """Scores whose probabilities are the mean of those of all views.

    Args:
        scores: Maps an image `(B, C, H, W)` and its scale to raw scores `(B, K, height, width)`, of one size for all
            scales.
        image: `(B, C, H, W)`.
        tta: Which views.
        task: Says what scores mean, and which scores mean a given thing.

    Returns:
        `(B, K, height, width)`; `task.probabilities` and `task.decode` take them as they take a network's.
    """
    views = [(scale, is_mirrored) for scale in tta.scales for is_mirrored in (False, True)[: 1 + tta.flip]]
    total = image.new_zeros(())
    for scale, is_mirrored in views:
        seen = scores(image.flip(-1), scale).flip(-1) if is_mirrored else scores(image, scale)
        total = total + task.probabilities(seen)
    return task.scores_of(total / len(views))
