"""File names from annotation files, which anybody may have written."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Literal

from pixelwise.data.formats._nodes import shortened
from pixelwise.errors import DataError

__all__ = ["Way", "inside", "is_file", "way_out"]

Way = Literal["absolute", "upwards", "link"]
"""How a name leads out of a folder: by itself, by `..`, or by a link on its way."""

_DRIVE = re.compile(r"[A-Za-z]:")


def inside(root: Path, name: object, below: Path | None = None) -> Path:
    r"""Join a file name from an annotation file to the folder of the data, which it must not leave.

    Backslashes count as slashes, as Windows writes them.

    Args:
        root: The folder of the data.
        name: The file name, as it was read.
        below: The folder in `root` that the name starts from, where that is another one: `..` may then lead upwards as
            far as `root`, as in `../images/a.jpg`.

    Raises:
        DataError: If the name is no text, empty, absolute, begins with a drive, holds `..` that leads out of the folder
            or a character that no file name holds, or if a link leads out of the folder.

    >>> inside(Path("data"), "images\\a.jpg").as_posix()
    'data/images/a.jpg'
    """
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"{shortened(name)} is no file name; the name of a file in {root} is expected.")
    if "\0" in name or not _can_be_stored(name):
        raise DataError(f"The file name {shortened(name)} holds a character that no file name can hold.")
    start = root if below is None else below
    way = way_out(root, name, below)
    if way == "absolute":
        raise DataError(
            f"The file name {shortened(name)} is absolute; files are read from {root} only. Write it relative to "
            f"{'that folder' if start == root else start}."
        )
    if way is not None:
        cure = "itself, not a link to it" if way == "link" else "and name it without '..'"
        raise DataError(
            f"The file name {shortened(name)} leads out of {root}; files are read from that folder only. Put the file "
            f"there {cure}."
        )
    path = PurePosixPath(name.replace("\\", "/"))
    return (_without_dots(root, start / path) if ".." in path.parts else None) or start / path


def way_out(root: Path, name: str, below: Path | None = None) -> Way | None:
    """How a file name leads out of the folder of the data, as `inside` reads it; None where it does not, or is none."""
    if "\0" in name or not _can_be_stored(name):
        return None
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or _DRIVE.match(name):
        return "absolute"
    joined: Path | None = (root if below is None else below) / path
    if ".." in path.parts:
        joined = None if below is None else _without_dots(root, below / path)
    if joined is None:
        return "upwards"
    return None if _is_below(joined, root) else "link"


def is_file(path: Path) -> bool:
    """Whether there is a file of that name; a name that is too long is that of none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _without_dots(root: Path, path: Path) -> Path | None:
    """A path without `..`, or None where that leads out of a folder."""
    top, plain = Path(os.path.normpath(root)), Path(os.path.normpath(path))
    return root / plain.relative_to(top) if plain.is_relative_to(top) else None


def _is_below(path: Path, root: Path) -> bool:
    """Whether a path lies in a folder when all links are followed."""
    real, folder = os.path.realpath(path), os.path.realpath(root)
    return real == folder or real.startswith(folder.rstrip(os.sep) + os.sep)


def _can_be_stored(name: str) -> bool:
    """Whether the file system can spell a name."""
    try:
        os.fsencode(name)
    except ValueError:
        return False
    return True
