"""File names from annotation files, which anybody may have written."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from pixelwise.data.formats._nodes import shortened
from pixelwise.errors import DataError

__all__ = ["inside", "is_file"]

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
    path = PurePosixPath(name.replace("\\", "/"))
    if "\0" in name or not _can_be_stored(name):
        raise DataError(f"The file name {shortened(name)} holds a character that no file name can hold.")
    if path.is_absolute() or _DRIVE.match(name):
        raise DataError(
            f"The file name {shortened(name)} is absolute; files are read from {root} only. Write it relative to that "
            "folder."
        )
    start = root if below is None else below
    joined: Path | None = start / path
    if ".." in path.parts:
        joined = None if below is None else _without_dots(root, start / path)
    if joined is None or not _is_below(joined, root):
        raise DataError(
            f"The file name {shortened(name)} leads out of {root}; files are read from that folder only. Put the file "
            "there itself, not a link to it, and name it without '..'."
        )
    return joined


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
