"""Names of classes, from a file beside the data or from the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixelwise.errors import DataError, SettingError, some_of

__all__ = ["NAME_FILES", "ClassNames", "find_names", "is_rest", "is_void"]

NAME_FILES = ("codes.txt", "classes.txt", "labels.txt")

_REST = frozenset({"background", "bg", "other", "others", "rest", "nothing"})
_VOID = frozenset({"void", "unlabelled", "unlabeled", "ignore", "ignored"})


@dataclass(frozen=True)
class ClassNames:
    """Names of stored values.

    Attributes:
        names: One name per value; a name such as void or unlabelled says that the value is ignored.
        source: Where they come from, for messages.
        values: The stored value of each name; None: 0, 1, 2 and so on, unless the masks evidently number otherwise.
        ignore: Further values to be ignored, as the format says.
        colors: RGB of each name, 0 to 255, None where it has none; None: the format knows no colours.
        combined: Values are powers of two, and masks store the sum of those of a pixel's classes.
    """

    names: tuple[str, ...]
    source: str
    values: tuple[int, ...] | None = None
    ignore: tuple[int, ...] = ()
    colors: tuple[tuple[int, int, int] | None, ...] | None = None
    combined: bool = False


def find_names(given: Sequence[str] | str | Path | None, folders: Iterable[Path]) -> ClassNames | None:
    """The names that were given, or those in `codes.txt`, `classes.txt` or `labels.txt` in one of the folders.

    Args:
        given: Names, or the path of a file with one name per line.
        folders: Where to look for a file if nothing was given.

    Raises:
        DataError: If a file cannot be read as text, or two files name the classes differently.
        SettingError: If a name is empty or stands twice.
    """
    if isinstance(given, str | Path):
        return _checked(ClassNames(_read(Path(given)), str(given)))
    if given is not None:
        return _checked(ClassNames(tuple(given), "classes="))
    files = [folder / name for folder in dict.fromkeys(folders) for name in NAME_FILES if (folder / name).is_file()]
    found = {file: _read(file) for file in files}
    if len(set(found.values())) > 1:
        raise DataError(
            f"The classes are named differently in {some_of(found)}. Keep one of these files, or give the names "
            "yourself (--classes)."
        )
    return _checked(ClassNames(found[files[0]], str(files[0]))) if files else None


def is_void(name: str) -> bool:
    """Whether a name says that its pixels are to be ignored; background is a class like any other.

    >>> is_void("Void"), is_void("background")
    (True, False)
    """
    return name.strip().lower() in _VOID


def is_rest(name: str) -> bool:
    """Whether a name says that its pixels are those of no other class.

    >>> is_rest("Background"), is_rest("back yard")
    (True, False)
    """
    return name.strip().lower() in _REST


def _read(file: Path) -> tuple[str, ...]:
    """The lines of a file without the empty ones at its end."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{file} cannot be read as a list of classes ({error}); one name per line is expected."
        ) from error
    while lines and not lines[-1].strip():
        lines.pop()
    return tuple(line.strip() for line in lines)


def _checked(found: ClassNames) -> ClassNames:
    """Refuse names that are empty or stand twice."""
    if not found.names:
        raise SettingError(f"No names of classes are given in {found.source}; one name per class is expected.")
    if "" in found.names:
        place = found.names.index("")
        raise SettingError(f"The name of the value {place} in {found.source} is empty; every class needs a name.")
    twice = sorted({name for name in found.names if found.names.count(name) > 1})
    if twice:
        raise SettingError(f"The names in {found.source} hold {some_of(twice)} twice; every class needs its own name.")
    return found
