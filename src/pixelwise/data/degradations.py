"""Degradations as they are written: `noise:5-50+jpeg:30-95`. What they do is in `data.degrade`.

Several are joined by `+` and applied in the order in which they are written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from pixelwise.errors import SettingError, unknown_name
from pixelwise.ops.given import refuse_other_type

__all__ = ["DEGRADATIONS", "Degradation", "DegradationCard", "enlargement", "parse_degradations"]


@dataclass(frozen=True)
class DegradationCard:
    """What is known of a degradation.

    Attributes:
        summary: One line for the list of degradations.
        strength: What its number is, with the unit and the range; empty where it has none.
        lowest: Smallest number.
        highest: Largest number.
        example: As it is written.
        is_whole: Whether only whole numbers are possible.
        is_fixed: Whether one number is given and no range.
    """

    summary: str
    strength: str
    lowest: float
    highest: float
    example: str
    is_whole: bool = False
    is_fixed: bool = False


DEGRADATIONS = {
    "blur": DegradationCard("Gaussian blur", "sigma in pixels, 0.1 to 20", 0.1, 20, "blur:0.5-2"),
    "dark": DegradationCard(
        "low light, with its noise", "the share of the light that is left, 0.01 to 1", 0.01, 1, "dark:0.2-0.6"
    ),
    "down": DegradationCard(
        "smaller by a whole factor, bicubic", "the factor, 2 to 8", 2, 8, "down:4", is_whole=True, is_fixed=True
    ),
    "grey": DegradationCard("without colours, as light as before", "", 0, 0, "grey"),
    "holes": DegradationCard(
        "parts painted over", "the share of the picture that is missing, 0.01 to 0.9", 0.01, 0.9, "holes:0.1-0.3"
    ),
    "jpeg": DegradationCard("JPEG compression", "the quality, 1 to 100", 1, 100, "jpeg:30-95", is_whole=True),
    "noise": DegradationCard("Gaussian noise", "sigma in 255ths of the range, 0.1 to 200", 0.1, 200, "noise:5-50"),
}


@dataclass(frozen=True)
class Degradation:
    """One degradation, whose strength is drawn anew for each picture.

    Attributes:
        name: In `DEGRADATIONS`.
        low: Smallest strength; 0 where it has none.
        high: Largest strength.
    """

    name: str
    low: float = 0.0
    high: float = 0.0

    def __str__(self) -> str:
        if not DEGRADATIONS[self.name].strength:
            return self.name
        numbers = dict.fromkeys((f"{self.low:g}", f"{self.high:g}"))
        return f"{self.name}:{'-'.join(numbers)}"


def parse_degradations(text: str) -> tuple[Degradation, ...]:
    """Read degradations in the order in which they are to be applied.

    Args:
        text: Names with a strength, or with a range from which it is drawn evenly, joined by `+`.

    Raises:
        SettingError: If it is no text, nothing is written where a degradation belongs, or a name or a number is not
            possible.

    >>> [str(one) for one in parse_degradations("down:2 + noise:5-50 + jpeg:30-95")]
    ['down:2', 'noise:5-50', 'jpeg:30-95']
    """
    refuse_other_type(text, "degrade", str, "degradations are one text, joined by '+', such as 'noise:5-50+jpeg:30-95'")
    parts = [part.strip() for part in text.split("+")]
    if not all(parts):
        empty = f"Beside a '+' of '{text}' nothing is written" if len(parts) > 1 else "No degradation is written"
        raise SettingError(f"{empty}. Write one or several, joined by '+', such as noise:5-50+jpeg:30-95.")
    for part in parts:
        several = re.split(r"[\s,;]+", part)
        if len(several) > 1 and all(one.partition(":")[0] in DEGRADATIONS for one in several):
            raise SettingError(f"Degradations are joined by '+', not as in '{part}'. Write {'+'.join(several)}.")
    return tuple(map(_parse_one, parts))


def enlargement(degradations: tuple[Degradation, ...]) -> int:
    """How many pixels of the whole picture, along a side, belong to one of the degraded picture.

    >>> enlargement(parse_degradations("blur:1+down:4"))
    4
    """
    return math.prod(int(one.low) for one in degradations if one.name == "down")


def _parse_one(text: str) -> Degradation:
    name, colon, numbers = text.partition(":")
    if name not in DEGRADATIONS:
        raise unknown_name("degradation", name, DEGRADATIONS, advice="Several are joined by '+'.")
    card = DEGRADATIONS[name]
    if not card.strength:
        if colon:
            raise SettingError(f"'{text}' has a number, but {name} takes none. Write {card.example}.")
        return Degradation(name)
    number: Callable[[str], float] = int if card.is_whole else float
    try:
        values = [number(value) for value in numbers.split("-")]
    except ValueError:
        values = []
    wanted = f"{name} takes {card.strength}"
    if not 1 <= len(values) <= (1 if card.is_fixed else 2):
        kind = "whole numbers" if card.is_whole else "numbers"
        told = f"one {kind.removesuffix('s')}" if card.is_fixed else f"{kind}, one or a range"
        raise SettingError(
            f"The strength '{numbers}' in '{text}' cannot be read: {wanted}; {told}. Write {card.example}."
        )
    low, high = values[0], values[-1]
    if low > high:
        raise SettingError(f"The range of '{text}' begins above its end. Write {name}:{high:g}-{low:g}.")
    if not (card.lowest <= low and high <= card.highest):
        raise SettingError(f"The strength of '{text}' is out of range: {wanted}. An example is {card.example}.")
    return Degradation(name, low, high)
