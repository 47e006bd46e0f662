"""Grey pictures among coloured ones, and grey ones alone where colours are to be learnt."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree, of_all
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey, Side

__all__ = ["CHECK"]

_FEW = 0.1  # share up to which the odd ones hardly matter


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for each side whose pictures are of both sorts."""
    for side in survey.sides():
        grey = [pair for pair, look in side.looks.items() if look.look.is_grey]
        colors_wanted = side.is_wanted and _has_to_learn_colors(survey)
        if grey and len(grey) == len(side.looks) and colors_wanted:
            yield Finding(
                Severity.RUINS,
                f"All {len(grey)} {side.nouns} are without colour.",
                "There are no colours to learn.",
                "Give pictures in colour as targets.",
                tuple(side.files[pair] for pair in grey),
            )
        elif grey and len(grey) < len(side.looks):
            yield _mixed(side, colors_wanted=colors_wanted, gives_colors=_gives_colors(survey, side))


def _mixed(side: Side, *, colors_wanted: bool, gives_colors: bool) -> Finding:
    """Grey and coloured pictures on one side."""
    grey = [pair for pair, look in side.looks.items() if look.look.is_grey]
    colored = [pair for pair, look in side.looks.items() if not look.look.is_grey]
    odd, sort = (grey, "without colour") if len(grey) <= len(colored) else (colored, "in colour")
    others = "in colour" if odd is grey else "without"
    harms = side.is_wanted and (colors_wanted or len(odd) > _FEW * len(side.looks))
    return Finding(
        Severity.HARMS if harms else Severity.NOTE,
        f"{of_all(len(odd), len(side.looks), side.nouns)} {agree(len(odd), 'is', 'are')} {sort}, the others {others}.",
        "The network cannot know when to give colours, and makes them pale."
        if gives_colors
        else "The network sees two sorts of pictures; the rarer one will come out less well.",
        f"Take those {sort} out, unless both sorts are wanted.",
        tuple(side.files[pair] for pair in odd),
    )


def _gives_colors(survey: PictureSurvey, side: Side) -> bool:
    """Whether the network has to decide about colours, since the image need not tell whether there are any."""
    if survey.layout == "alone" or survey.wanted.task == "super_resolution":
        return "grey" in survey.wanted.degradations
    return side.is_wanted


def _has_to_learn_colors(survey: PictureSurvey) -> bool:
    """Whether the images are without colour, and the targets are not to be."""
    if survey.layout == "alone":
        return "grey" in survey.wanted.degradations
    looks = [look for look in survey.looks.values() if look.image is not None and look.target is not None]
    all_grey = all(look.image.look.is_grey for look in looks if look.image is not None)
    return all_grey and any(not look.target.look.is_grey for look in looks if look.target is not None)


CHECK = PictureCheck(
    run, "grey pictures among coloured ones, and none in colour where colours are to be learnt", looks=True
)
