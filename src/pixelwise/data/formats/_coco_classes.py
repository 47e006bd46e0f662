"""Which categories of COCO files are classes, and which number each has in a mask."""

from __future__ import annotations

from collections.abc import Sequence

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._coco_file import Category, CocoFile, Identity
from pixelwise.data.formats._objects import BACKGROUND, is_background, object_classes
from pixelwise.data.names import ClassNames
from pixelwise.errors import DataError, some_of

__all__ = ["coco_classes", "values_of"]

_NO_HEADING = "none"  # what Roboflow writes


def coco_classes(contents: Sequence[CocoFile]) -> tuple[ClassNames, list[Decision]]:
    """The categories of all files together: by their ids in the first file, then what the others add.

    A category whose heading (supercategory) is background, or that is called so, is what no shape covers. Roboflow
    writes a first category that stands for all the others; where no object belongs to it, it is no class.

    Raises:
        DataError: If two categories of a file have one name, or there are too many or none.
    """
    decisions = []
    kept = {content.file: _classes_of(content, contents) for content in contents}
    for content in contents:
        names = [category.name for category in kept[content.file]]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(
                f"{content.file}: two categories are called {some_of(map(repr, twice))}; every class needs its own "
                "name."
            )
    for category in contents[0].categories:
        if category not in kept[contents[0].file]:
            why = "it is the heading of all others, and no object belongs to it"
            decisions.append(Decision(f"The category {category.name!r} is left out", why))
    names = list(dict.fromkeys(category.name for several in kept.values() for category in several))
    fewer = [file.name for file, several in kept.items() if len(several) < len(names)]
    if fewer:
        what = f"The classes are those of all annotation files together, {len(names)}"
        decisions.append(Decision(what, f"{some_of(fewer)} {'names' if len(fewer) == 1 else 'name'} fewer"))
    behind = [category.name for category in kept[contents[0].file] if category.heading == BACKGROUND]
    background = behind[0] if len(behind) == 1 else BACKGROUND
    return object_classes(names, contents[0].file, background), decisions


def values_of(content: CocoFile, names: ClassNames) -> dict[Identity, int]:
    """The number in a mask of each category of a file, by its id."""
    numbers = {name: number for number, name in enumerate(names.names)}
    return {
        category.identity: 0 if is_background(category.name) else numbers.get(category.name, 0)
        for category in content.categories
    }


def _classes_of(content: CocoFile, contents: Sequence[CocoFile]) -> list[Category]:
    """The categories of a file without the one that stands for all others in every file."""
    return [
        category
        for category in content.categories
        if category.heading != _NO_HEADING or not all(_is_heading(category.name, other) for other in contents)
    ]


def _is_heading(name: str, content: CocoFile) -> bool:
    """Whether a category of that name is the heading of all others, and no object belongs to it."""
    own = [one for one in content.categories if one.name == name and one.heading == _NO_HEADING]
    others = [one for one in content.categories if one not in own]
    if len(own) != 1 or not others or any(other.heading != name for other in others):
        return False
    return all(annotation.category != own[0].identity for annotation in content.annotations)
