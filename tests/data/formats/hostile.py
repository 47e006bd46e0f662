"""Documents in which one value after the other is replaced by something that nobody expects."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pixelwise.data.formats import Found
from pixelwise.errors import DataError

__all__ = ["as_json", "sentence_of", "spoilt"]

REPLACEMENTS: tuple[Any, ...] = (None, [], {}, -1, "x", 1e400)


def spoilt(document: Any) -> Iterator[Any]:
    """Every copy of a document in which one value, at whatever depth, is another."""
    for place in _places(document):
        for replacement in REPLACEMENTS:
            if not place:
                yield replacement
                continue
            changed = copy.deepcopy(document)
            inner = changed
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = replacement
            yield changed


def as_json(document: Any) -> str:
    """A document as JSON, infinity as a number that is too large."""
    return json.dumps(document).replace("Infinity", "1e400")


def sentence_of(find: Callable[[Path], Found | None], root: Path) -> str | None:
    """What is said when a folder is read with all of its masks; None if it is read, or is of another layout."""
    try:
        found = find(root)
        if found is not None:
            for part in found.parts.values():
                for pair in part.pairing.pairs:
                    pair.read_stored()
    except DataError as error:
        return str(error)
    return None


def _places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all values, outermost first."""
    yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*place, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _places(inner, (*place, i))
