"""Everything that a user can get wrong, as one tree of exceptions.

PixelwiseError            the user can mend it: the command line prints the sentence and exits with 2
├── DataError             a folder, a pair, an image or a mask
├── SettingError          an option, a name or a value that is not known or not possible
├── WeightsError          pretrained weights that are not there, or are not what they should be
├── ArtifactError         a model file that is torn, foreign or too new
├── RunError              a run folder that cannot be resumed or used
├── OutputError           a place that cannot be written to
└── ProcessError          one of several processes that train together cannot go on

Anything else that is raised is a fault of pixelwise and shows its traceback.

Every message says what is wrong, where, with the value, what was expected, and what to do.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from typing import Literal

__all__ = [
    "ArtifactError",
    "DataError",
    "Fault",
    "OutputError",
    "PixelwiseError",
    "ProcessError",
    "RunError",
    "SettingError",
    "WeightsError",
    "install",
    "nearest",
    "some_of",
    "unknown_name",
]


Fault = Literal[
    "alpha", "cut", "depth", "empty", "extra", "forbidden", "foreign", "large", "missing", "no numbers", "pages"
]
"""What is wrong with a file: empty, damaged or cut short, of no known kind, not there, not to be read for want of
permission, too large; of several pages, of grey of 16 bits with transparency, of fractions or colours of more than 8
bits where none are expected, of no real numbers, or in need of a package that is not there.
"""


_ALIKE = 20  # names that are compared more closely


class PixelwiseError(Exception):
    """Something that the user can mend; the message says how."""


class DataError(PixelwiseError):
    """The data cannot be used as they are.

    Args:
        message: The sentence for the user.
        fault: What is wrong with a file, where it is one that checks tell apart.
    """

    def __init__(self, message: str, fault: Fault | None = None) -> None:
        super().__init__(message)
        self.fault = fault


class SettingError(PixelwiseError):
    """A setting is unknown, misspelt or out of range."""


class WeightsError(PixelwiseError):
    """Pretrained weights are missing or damaged."""


class ArtifactError(PixelwiseError):
    """A model file cannot be read."""


class RunError(PixelwiseError):
    """A run folder cannot be resumed or used."""


class OutputError(PixelwiseError):
    """A file or folder cannot be written."""


class ProcessError(PixelwiseError):
    """One of several processes that train together cannot go on, and the others do not know why."""


def unknown_name(kind: str, name: str, available: Iterable[str], *, advice: str = "") -> SettingError:
    """Build the error for a name that is not in a list, with the nearest one that is.

    >>> print(unknown_name("model", "unett", ["fcn", "unet"]))
    There is no model called 'unett'. Did you mean 'unet'? Available: fcn, unet.
    """
    known = sorted(available)
    near = nearest(name, known)
    parts = [f"There is no {kind} called '{name}'."]
    if near is not None:
        parts.append(f"Did you mean '{near}'?")
    if 0 < len(known) <= 30:
        parts.append(f"Available: {', '.join(known)}.")
    if advice:
        parts.append(advice)
    return SettingError(" ".join(parts))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name that was most likely meant: the one with the fewest other letters, of those the nearest in its numbers.

    >>> nearest("resnet35", ["resnet18", "resnet34", "resnet50", "vgg16"])
    'resnet34'

    Returns:
        One of the known names; None if none is alike.
    """
    alike = difflib.get_close_matches(name, list(known), n=_ALIKE, cutoff=0.6)
    return min(alike, key=lambda other: (_edits(name, other), _apart(name, other)), default=None)


def install(extra: str = "") -> str:
    """What installs pixelwise, with the packages of an extra; from its clone, since no package index has it.

    >>> install("tiff")
    "In the clone of pixelwise, run: pip install '.[tiff]'"
    """
    what = f"'.[{extra}]'" if extra else "."
    return f"In the clone of pixelwise, run: pip install {what}"


def some_of(items: Iterable[object], most: int = 3) -> str:
    """Join the first few of many items for a message.

    >>> some_of(["a.png", "b.png", "c.png", "d.png"])
    'a.png, b.png, c.png, …'
    """
    listed = [str(item) for item in items]
    return ", ".join(listed[:most]) + (", …" if len(listed) > most else "")


def _edits(one: str, other: str) -> int:
    """How many letters have to be added, left out or replaced to make one word of the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, start=1):
        above, row = row, [count]
        for place, another in enumerate(other):
            row.append(min(above[place + 1] + 1, row[place] + 1, above[place] + (letter != another)))
    return row[-1]


def _apart(one: str, other: str) -> float:
    """Sum of the differences of the numbers in two words; infinite if they have not as many."""
    numbers, others = (list(map(int, re.findall(r"\d+", word, re.ASCII))) for word in (one, other))
    if len(numbers) != len(others):
        return math.inf
    return sum(abs(a - b) for a, b in zip(numbers, others, strict=True))
