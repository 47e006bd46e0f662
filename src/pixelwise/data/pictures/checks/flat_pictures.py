"""Pictures that show nothing: black, of one colour, or nearly black where they should come out bright."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree, of_all
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey, Side

__all__ = ["CHECK"]

_FLAT = 1.5  # shades of standard deviation
_BLACK = 8.0
_FEW_SHADES = 16.0  # of 256
_NEARLY_ALL = 0.9


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """For each side, one finding for flat pictures and one for shades that are hardly used."""
    for side in survey.sides():
        yield from _flat(side)
        if side.is_wanted:
            yield from _dark(side)


def _flat(side: Side) -> Iterator[Finding]:
    flat = [pair for pair, look in side.looks.items() if max(look.look.deviation) < _FLAT]
    if flat:
        black = sum(max(side.looks[pair].look.mean) < _BLACK for pair in flat)
        shown = "black" if black == len(flat) else "of one colour" + f", {black} of them black" * bool(black)
        yield Finding(
            Severity.RUINS if len(flat) == len(side.looks) else Severity.HARMS,
            f"{of_all(len(flat), len(side.looks), side.nouns)} {agree(len(flat), 'is', 'are')} {shown}.",
            "Nothing can be learnt from a picture that shows nothing.",
            "Export these pictures again, or take them out with their partners, if they have any.",
            tuple(side.files[pair] for pair in flat),
        )


def _dark(side: Side) -> Iterator[Finding]:
    looks = {pair: look.look for pair, look in side.looks.items() if max(look.look.deviation) >= _FLAT}
    dark = [pair for pair, look in looks.items() if look.span[1] < _FEW_SHADES]
    if looks and len(dark) >= _NEARLY_ALL * len(looks):
        brightest = max(looks[pair].span[1] for pair in dark)
        why, cure = "perhaps a deeper picture was cut to 8 bits", ""
        if all(looks[pair].is_grey for pair in dark):
            why = f"masks of {brightest + 1:.0f} classes look so, or deeper pictures that were cut to 8 bits"
            cure = "If they are masks, call the folders images and masks and leave out `--task`; if not, "
        again = "save them again with the range of brightness that matters spread over 0 to 255."
        yield Finding(
            Severity.HARMS,
            f"{of_all(len(dark), len(looks), side.nouns)} use the shades 0 to {brightest:.0f} of 255 only.",
            f"What should come out is nearly black; {why}.",
            f"{cure}{again}" if cure else again.capitalize(),
            tuple(side.files[pair] for pair in dark),
        )


CHECK = PictureCheck(run, "pictures that are black, of one colour, or nearly black", looks=True)
