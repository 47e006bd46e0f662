"""What is said about a folder: by the caller, and by the `dataset.yaml` in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from pixelwise.data.color_legend import ColorLegend
from pixelwise.data.dataset import Decision
from pixelwise.data.formats._paths import is_file
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import Pair
from pixelwise.data.settings_file import SETTINGS_FILE, SettingsFile, find_settings
from pixelwise.errors import SettingError, some_of

__all__ = ["Told", "said_together"]


@dataclass(frozen=True)
class Told:
    """What the file and the caller say together; None and False: nothing.

    Attributes:
        base: The folder of the file; that of the data where there is none.
        format: Name of the layout.
        names: Names of stored values.
        legend: Names of colours.
        ignore: Stored values to be ignored.
        binary: Whether everything above 0 is the object.
        separate: Whether numbered objects are kept apart.
        multilabel: Whether pixels may belong to several classes.
        validation: What is held out.
        splits: Patterns of the images per split.
        decisions: What was taken from the file, and what was overruled.
    """

    base: Path
    format: str | None = None
    names: ClassNames | None = None
    legend: ColorLegend | None = None
    ignore: tuple[int, ...] | None = None
    binary: bool | None = None
    separate: bool = False
    multilabel: bool | None = None
    validation: float | str | None = None
    splits: Mapping[str, Sequence[str]] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()

    def arranged(self, found: Mapping[str, tuple[Pair, ...]]) -> dict[str, tuple[Pair, ...]]:
        """Put each image into the split whose pattern it fits; the others stay where they are.

        A pattern is the path of a folder or of an image below `base`, in which `*` stands for any text; or the name
        of an image without its folder and its ending. Marks in the path of a file that is there (`a[1].png`) stand for
        themselves.

        Raises:
            SettingError: If a pattern fits no image, or an image belongs to two splits.
        """
        if not self.splits:
            return dict(found)
        arranged: dict[str, list[Pair]] = {"train": [], "val": [], "test": []}
        patterns = {split: _Patterns(several, self.base) for split, several in self.splits.items()}
        for split, pairs in found.items():
            for pair in pairs:
                fitting = [name for name, one in patterns.items() if one.fit(pair)]
                if len(fitting) > 1:
                    raise SettingError(
                        f"{self.base / SETTINGS_FILE} puts {pair.image} into {some_of(fitting)}; an image belongs to "
                        "one split."
                    )
                arranged[fitting[0] if fitting else split or "train"].append(pair)
        for split, one in patterns.items():
            if one.unused:
                raise SettingError(
                    f"{self.base / SETTINGS_FILE}: no image fits {some_of(map(repr, one.unused))} (splits.{split}); a "
                    f"folder, a file or a pattern below {self.base} is expected."
                )
        return {split: tuple(pairs) for split, pairs in arranged.items() if pairs}


def said_together(
    path: str | Path,
    *,
    classes: Sequence[str] | str | Path | None = None,
    ignore: tuple[int, ...] | None = None,
    binary: bool | None = None,
    separate: bool = False,
    multilabel: bool | None = None,
    validation: float | str | None = None,
) -> Told:
    """What `dataset.yaml` says, overruled by what the caller says (see `open_data`).

    `classes` of the caller is not contained in the answer; it only overrules.

    Raises:
        SettingError: As in `find_settings`.
    """
    found = find_settings(path)
    if found is None:
        return Told(
            Path(path),
            ignore=ignore,
            binary=binary,
            separate=separate,
            multilabel=multilabel,
            validation=validation,
        )
    base, settings = found
    file = base / SETTINGS_FILE
    given = {
        "classes": classes,
        "ignore": ignore,
        "binary": binary,
        "multilabel": multilabel,
        "validation": validation,
    }
    overruled = {key for key, value in given.items() if value is not None}
    if binary is False or separate:
        overruled |= {"separate", "binary"}
    told = settings.model_copy(update=dict.fromkeys(overruled))
    numbers, colors = _ignored(told.ignore)
    names, legend = _classes(told.classes, colors, str(file))
    return Told(
        base=base,
        format=told.format,
        names=names,
        legend=legend,
        ignore=ignore if ignore is not None else numbers,
        binary=binary if binary is not None else told.binary,
        separate=separate or bool(told.separate),
        multilabel=multilabel if multilabel is not None else told.multilabel,
        validation=validation if validation is not None else told.validation,
        splits=told.splits or {},
        decisions=tuple(_decisions(file, settings, overruled)),
    )


class _Patterns:
    """The patterns of one split, below a folder; one that is the path of a file there means that file alone."""

    def __init__(self, patterns: Sequence[str], base: Path) -> None:
        self._base = base
        self._plain = {pattern.strip("/"): pattern for pattern in patterns}
        marked = (pattern for pattern in patterns if any(mark in pattern for mark in "*?["))
        self._wild = [pattern for pattern in marked if not is_file(base / pattern)]
        self._used: set[str] = set()

    def fit(self, pair: Pair) -> bool:
        """Whether an image fits one of them."""
        image = pair.image.relative_to(self._base) if pair.image.is_relative_to(self._base) else pair.image
        text = image.as_posix()
        places = (text, pair.name, *(parent.as_posix() for parent in image.parents))
        fitting = {self._plain[place] for place in places if place in self._plain}
        fitting |= {wild for wild in self._wild if fnmatchcase(text, wild) or fnmatchcase(pair.name, wild)}
        self._used |= fitting
        return bool(fitting)

    @property
    def unused(self) -> list[str]:
        """Those that no image has fitted."""
        return [pattern for pattern in self._plain.values() if pattern not in self._used]


def _decisions(file: Path, settings: SettingsFile, overruled: set[str]) -> Iterator[Decision]:
    """What is taken from the file, and what is not."""
    said = settings.model_dump(exclude_none=True)
    taken = [key for key in said if key not in overruled]
    if taken:
        yield Decision(f"{some_of(taken, most=9)} as {SETTINGS_FILE} says", f"{file}; options overrule it")
    for key in overruled & said.keys():
        told = some_of(said[key], most=6) if isinstance(said[key], dict | list) else said[key]
        yield Decision(f"{key}: not as {SETTINGS_FILE} says ({told})", f"asked for otherwise (--{key})")


def _classes(
    classes: Mapping[str, int | str] | None, void: Sequence[int], source: str
) -> tuple[ClassNames | None, ColorLegend | None]:
    """The classes by number, or by colour."""
    if not classes:
        return None, None
    if not _is_colored(classes):
        return ClassNames(tuple(classes), source, tuple(map(int, classes.values()))), None
    codes = tuple(_code(str(color)) for color in classes.values())
    return None, ColorLegend((*classes, *("void" for _ in void)), (*codes, *void), source)


def _ignored(ignore: Sequence[int | str] | None) -> tuple[tuple[int, ...] | None, list[int]]:
    """The ignored numbers, and the ignored colours."""
    if ignore is None:
        return None, []
    numbers = tuple(value for value in ignore if isinstance(value, int))
    return numbers, [_code(value) for value in ignore if isinstance(value, str)]


def _is_colored(classes: Mapping[str, int | str]) -> bool:
    return any(isinstance(value, str) for value in classes.values())


def _code(color: str) -> int:
    """`#804080` as a number."""
    return int(color[1:], 16)
