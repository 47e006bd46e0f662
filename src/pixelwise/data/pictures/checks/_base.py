"""What a check of pictures is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pixelwise.data.checks import Finding
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["PictureCheck"]


@dataclass(frozen=True)
class PictureCheck:
    """One thing that the doctor looks for among pictures.

    Attributes:
        run: Gives the findings; none on healthy data. Raises nothing.
        summary: One line for `pixelwise list checks`.
        looks: Whether it needs `PictureSurvey.looks`, for which files are decoded; `train` leaves such checks out.
    """

    run: Callable[[PictureSurvey], Iterable[Finding]]
    summary: str
    looks: bool = False
