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
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    parts = [f"There is no {kind} called '{name}'."]
    if near:
        parts.append(f"Did you mean '{near[0]}'?")
    if 0 < len(known) <= 30:
        parts.append(f"Available: {', '.join(known)}.")
    if advice:
        parts.append(advice)
    return SettingError(" ".join(parts))


def some_of(items: Iterable[object], most: int = 3) -> str:
    """Join the first few of many items for a message.

    >>> some_of(["a.png", "b.png", "c.png", "d.png"])
    'a.png, b.png, c.png, …'
    """
    listed = [str(item) for item in items]
    return ", ".join(listed[:most]) + (", …" if len(listed) > most else "")
