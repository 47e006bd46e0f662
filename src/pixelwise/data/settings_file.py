"""`dataset.yaml`: what somebody has settled about a folder, written beside its data.

Every key may be missing; what the file does not say is found out. What a caller says (an option of the command line)
overrules it, and this is stated. `pixelwise check FOLDER --write` writes the file from what was found out
(`data/settings_text.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixelwise.data.formats import FORMATS
from pixelwise.data.formats._base import SPLIT_WORDS, only_folders
from pixelwise.errors import SettingError, some_of, unknown_name

__all__ = ["SETTINGS_FILE", "SettingsFile", "find_settings", "read_keys"]

SETTINGS_FILE = "dataset.yaml"

_LARGEST = 16 * 1024**2  # bytes
_SPLITS = ("train", "val", "test")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_EXPECTED = {
    "format": "the name of a layout, as in `pixelwise list formats`,",
    "classes": "a name per class with the value that masks store for it (road: 3) or its colour (road: '#804080')",
    "ignore": "a list of values or of colours, such as [255], or [] for none,",
    "binary": "true or false",
    "separate": "true or false",
    "multilabel": "true or false",
    "validation": "a share (0.2) or, in quotes, how the names of the images begin ('0001TP')",
    "splits": "a list of folders, files or patterns (['street7_*']) for train, val or test",
}

Number = Annotated[int, Field(ge=0)]


class SettingsFile(BaseModel):
    """The keys of the file.

    Attributes:
        format: Name of the layout.
        classes: The number, or the colour (#rrggbb), that masks store for each class, by name.
        ignore: Numbers or colours that are neither trained on nor scored.
        binary: Whether everything above 0 is the object.
        separate: Whether numbered objects are kept apart where they touch.
        multilabel: Whether pixels may belong to several classes, of masks in one file per class.
        validation: What is held out: a share, or how names begin.
        splits: The images of train, val and test: folders, files or patterns below the folder of the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: str | None = None
    classes: dict[str, Number | str] | None = None
    ignore: list[Number | str] | None = None
    binary: bool | None = None
    separate: bool | None = None
    multilabel: bool | None = None
    validation: float | str | None = None
    splits: dict[str, list[str]] | None = None


def find_settings(path: str | Path) -> tuple[Path, SettingsFile] | None:
    """The `dataset.yaml` of a folder, or of the only folder in it.

    Where the folder is called like a split (`DATA/test`), the file beside it counts, as far as it is about classes. So
    does the one beside a file that is given instead of a folder.

    Raises:
        SettingError: If the file cannot be read, or holds a key or a value that is not known: one sentence for each.
    """
    root = Path(path).expanduser()
    root = root if root.name else root.resolve()
    if not root.exists():
        return None
    for folder in only_folders(root) if root.is_dir() else ():
        if (folder / SETTINGS_FILE).is_file():
            return folder, _read(folder / SETTINGS_FILE)
    beside = root.is_file() or root.name.lower() in SPLIT_WORDS
    if beside and (root.parent / SETTINGS_FILE).is_file():
        settings = _read(root.parent / SETTINGS_FILE)
        return root.parent, settings.model_copy(update={"format": None, "splits": None, "validation": None})
    return None


def read_keys(file: Path) -> dict[Any, Any]:
    """Read a file of settings in YAML: keys with values, none of which stands twice in its group.

    Raises:
        SettingError: If it cannot be read, or holds something else.
    """
    try:
        if file.stat().st_size > _LARGEST:
            raise SettingError(f"{file} has more than {_LARGEST // 1024**2} MB; a list of settings is expected.")
        values = _Loader(file.read_text(encoding="utf-8-sig")).get_single_data()
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(getattr(error, "problem", None) or error).split())
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise SettingError(f"{file} cannot be read as YAML ({line}{reason}).") from error
    if values is not None and not isinstance(values, dict):
        raise SettingError(f"{file} holds {type(values).__name__}; keys with values are expected, one on each line.")
    return values or {}


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, of which YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.YAMLError(f"{some_of(twice)} stands twice")
        return super().construct_mapping(node, deep=deep)


def _read(file: Path) -> SettingsFile:
    """The file."""
    values = read_keys(file)
    try:
        settings = SettingsFile.model_validate(values)
    except ValidationError as error:
        sentences = dict.fromkeys(_sentence(file, dict(problem), values) for problem in error.errors())
        raise SettingError("\n".join(sentences)) from error
    _check(file, settings)
    return settings


def _sentence(file: Path, problem: Mapping[str, Any], values: Mapping[Any, Any]) -> str:
    """One of pydantic's findings."""
    key = problem["loc"][0]
    if problem["type"] == "extra_forbidden" or key not in _EXPECTED:
        return f"{file}: {unknown_name('key', str(key), SettingsFile.model_fields)}"
    if key == "classes" and isinstance(values[key], dict):
        wrong = [name for name in values[key] if not isinstance(name, str)]
        if wrong:
            return f"{file}: classes: {wrong[0]!r} is no text to YAML; write the name of the class in quotes."
    return f"{file}: {key} is {problem['input']!r}; {_EXPECTED[key]} is expected."


def _check(file: Path, settings: SettingsFile) -> None:
    """Refuse what pydantic cannot see."""
    if settings.format is not None and settings.format not in FORMATS.names():
        raise SettingError(f"{file}: format: {unknown_name('format', settings.format, FORMATS.names())}")
    unknown = [split for split in settings.splits or {} if split not in _SPLITS]
    if unknown:
        raise SettingError(f"{file}: splits: {unknown_name('split', unknown[0], _SPLITS)}")
    for key, values in (("classes", list((settings.classes or {}).values())), ("ignore", settings.ignore or [])):
        colors = [value for value in values if isinstance(value, str)]
        wrong = [color for color in colors if not _COLOR.fullmatch(color)]
        if wrong:
            raise SettingError(
                f"{file}: {key} holds {wrong[0]!r}; a number, or a colour such as '#804080', is expected."
            )
        if colors and len(colors) < len(values):
            raise SettingError(f"{file}: {key} holds colours and numbers; either is expected.")
    values = [*(settings.classes or {}).values(), *(settings.ignore or [])]
    by_color, ignores_color = (
        any(isinstance(value, str) for value in several)
        for several in ((settings.classes or {}).values(), settings.ignore or [])
    )
    if settings.ignore and by_color != ignores_color:
        cure = (
            "all that is ignored."
            if by_color
            else "all classes. Name them under `classes:` here, or take the colours out of `ignore:` and give them the "
            "name void in class_dict.csv beside the data (a line per class: name,r,g,b)."
        )
        raise SettingError(
            f"{file}: {'classes' if by_color else 'ignore'} holds colours; colours such as '#804080' are then expected "
            f"for {cure}"
        )
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise SettingError(
            f"{file}: {some_of(twice)} stands for two classes, or is a class and ignored; each needs its own."
        )
