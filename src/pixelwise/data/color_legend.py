"""Which colour is which class, from a file beside the data."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pixelwise.errors import DataError, some_of
from pixelwise.ops.color_codes import hex_of

__all__ = ["LEGEND_FILES", "ColorLegend", "find_legend"]


@dataclass(frozen=True)
class ColorLegend:
    """Classes by colour.

    Attributes:
        names: One per class.
        codes: 0xRRGGBB of each, in the same order.
        source: Where they come from, for messages.
    """

    names: tuple[str, ...]
    codes: tuple[int, ...]
    source: str


def find_legend(folders: Iterable[Path]) -> ColorLegend | None:
    """The legend in one of the folders.

    Known are CVAT's `labelmap.txt` (`name:r,g,b:parts:actions`), `class_dict.csv` (`name,r,g,b` below a line of
    titles) and CamVid's `label_colors.txt` (`r g b name`).

    Raises:
        DataError: If a file cannot be read, a line of it is none of these, or a name or a colour stands twice.
    """
    files = [folder / name for folder in dict.fromkeys(folders) for name in _READERS if (folder / name).is_file()]
    legends = [_read(file) for file in files]
    if len({(legend.names, legend.codes) for legend in legends}) > 1:
        raise DataError(f"The colours are named differently in {some_of(files)}. Keep one of these files.")
    return legends[0] if legends else None


def _read(file: Path) -> ColorLegend:
    """One file."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read as a legend of colours ({error}).") from error
    entries = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = _READERS[file.name](line)
        if entry is None and number == 1 and file.suffix == ".csv":
            continue  # the titles
        if entry is None or not entry[0] or not all(0 <= channel <= 255 for channel in entry[1]):
            raise DataError(
                f"Line {number} of {file} is {line.strip()!r}; a name and three numbers from 0 to 255 are expected, "
                f"such as {_EXAMPLES[file.name]!r}."
            )
        red, green, blue = entry[1]
        entries.append((entry[0], red << 16 | green << 8 | blue))
    _refuse_twice(file, [name for name, _ in entries], "The name")
    _refuse_twice(file, [hex_of(code) for _, code in entries], "The colour")
    if not entries:
        raise DataError(f"{file} is empty; a line per class is expected, such as {_EXAMPLES[file.name]!r}.")
    return ColorLegend(tuple(name for name, _ in entries), tuple(code for _, code in entries), str(file))


def _refuse_twice(file: Path, items: list[str], kind: str) -> None:
    twice = sorted({item for item in items if items.count(item) > 1})
    if twice:
        raise DataError(f"{kind} {some_of(twice)} stands twice in {file}; each class needs its own.")


_Entry = tuple[str, tuple[int, ...]]


def _labelmap(line: str) -> _Entry | None:
    """`car:0,0,142::`."""
    name, _, rest = line.partition(":")
    return _entry(name, rest.split(":")[0].split(","))


def _class_dict(line: str) -> _Entry | None:
    """`car,0,0,142`."""
    name, *numbers = next(csv.reader([line]))
    return _entry(name, numbers[:3])


def _label_colors(line: str) -> _Entry | None:
    """`0 0 142    car`."""
    found = re.fullmatch(r"\s*(\d+)\s+(\d+)\s+(\d+)\s+(.+)", line)
    return _entry(found[4], found.groups()[:3]) if found else None


def _entry(name: str, numbers: Iterable[str]) -> _Entry | None:
    channels = [number.strip() for number in numbers]
    if len(channels) != 3 or not all(channel.isdigit() for channel in channels):
        return None
    return name.strip(), tuple(int(channel) for channel in channels)


_READERS: dict[str, Callable[[str], _Entry | None]] = {
    "labelmap.txt": _labelmap,
    "class_dict.csv": _class_dict,
    "label_colors.txt": _label_colors,
}
LEGEND_FILES = tuple(_READERS)
_EXAMPLES = {"labelmap.txt": "car:0,0,142::", "class_dict.csv": "car,0,0,142", "label_colors.txt": "0 0 142 car"}
