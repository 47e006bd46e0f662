"""Pictures smaller than the views that training cuts out: the smallest decides for all."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree, of_all
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey
from pixelwise.data.pictures.views import USUAL_SIDES, view_side

__all__ = ["CHECK"]

_FEW = 0.5  # share of the pictures up to which they hold the others back
_TINY = 0.5  # of the usual side


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for all of them."""
    usual, scale = USUAL_SIDES[survey.wanted.task], survey.wanted.scale
    halves = 2 if survey.layout == "halves" else 1
    left_out = {pair for pairs in survey.left_out for pair in pairs}
    sides = {
        file: min(survey.files[file].size[0], survey.files[file].size[1] // halves)
        for side in survey.sides()
        if side.is_wanted or survey.layout == "domains"
        for pair, file in side.files.items()
        if file in survey.files and pair not in left_out
    }
    small = sorted((file for file, side in sides.items() if side < usual), key=lambda file: sides[file])
    if not small:
        return
    least = sides[small[0]]
    view = view_side(survey.wanted.task, least, scale) * scale
    count = len(small)
    if least < view:
        tiny = tuple(file for file in small if sides[file] < view)
        yield Finding(
            Severity.RUINS,
            f"{of_all(len(tiny), len(sides), 'pictures')} {agree(len(tiny), 'is', 'are')} less than {view} pixels high "
            f"or wide (down to {least}).",
            "No view can be cut out of them.",
            "Look whether previews were saved instead of the pictures, and take these out.",
            tiny,
        )
        return
    holds_back = count <= _FEW * len(sides) and view < _TINY * usual
    yield Finding(
        Severity.HARMS if holds_back else Severity.NOTE,
        f"{of_all(count, len(sides), 'pictures')} {agree(count, 'is', 'are')} less than {usual} pixels high or wide "
        f"(down to {least}).",
        f"The views that training cuts out are as small as the smallest: {view} pixels of all pictures instead of "
        f"{usual}.",
        "Take the smallest out, so that the others are seen in larger parts."
        if count < len(sides)
        else "Larger pictures, if there are any, would be seen in larger parts.",
        tuple(small),
    )


CHECK = PictureCheck(run, "pictures smaller than the views that training cuts out")
