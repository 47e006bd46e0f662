"""Binary masks in which object and background have changed places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, percent
from pixelwise.data.classes import Classes
from pixelwise.data.looks import Look
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError

__all__ = ["CHECK"]

_FEWEST = 6
_MOST = 0.8  # share of the masks
_ALL_AROUND = 0.95  # share of a mask's rim


def run(survey: Survey) -> Iterator[Finding]:
    """One finding, if nearly all binary masks look inverted, or a few do and the others do not."""
    data = survey.usable
    if data is None or not data.classes.binary:
        return
    rims = {pair: rim for pair, look in survey.looks.items() if (rim := _rim(look, data.classes)) is not None}
    around = [pair for pair, (rim, share) in rims.items() if rim >= _ALL_AROUND and share > 0.5]
    inside = [pair for pair, (rim, _) in rims.items() if rim <= 0.5]
    if len(rims) < _FEWEST or not around:
        return
    name, count = data.classes.names[1], len(around)
    if count >= _MOST * len(rims):
        share = float(np.mean([rims[pair][1] for pair in around]))
        yield _finding(
            f"In {count} of {len(rims)} masks {name} covers the whole rim and {percent(share)} of the area on "
            f"average: object and background seem to have changed places.",
            around,
        )
    elif len(inside) >= _MOST * len(rims):
        yield _finding(
            f"In {count} of {len(rims)} masks {name} covers the whole rim and most of the area, unlike in the "
            f"others: {agree(count, 'this one seems', 'these seem')} to be inverted.",
            around,
        )


def _rim(look: Look, classes: Classes) -> tuple[float, float] | None:
    """Share of the object on the rim of a mask, and in all of it; None where it shows one class only."""
    if look.outline is None:
        return None
    try:
        index = classes.encode(classes.numbers(look.outline.labels))
    except DataError:
        return None
    share = float((index == 1).mean())
    rim = np.concatenate([index[0], index[-1], index[1:-1, 0], index[1:-1, -1]])
    return (float((rim == 1).mean()), share) if 0 < share < 1 else None


def _finding(what: str, pairs: list[Pair]) -> Finding:
    """What to say of inverted masks."""
    return Finding(
        Severity.HARMS,
        what,
        "The network learns the opposite of what is meant, and the score is that of the background.",
        "Look at some of these masks; if white and black are exchanged, invert them.",
        masks_of(pairs),
    )


CHECK = Check(run, "binary masks whose object and background have changed places", looks=True)
