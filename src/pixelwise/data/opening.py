"""A folder whose pairs are known, before anything has been read of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import SPLIT_WORDS
from pixelwise.data.layout import Layout
from pixelwise.data.names import ClassNames, find_names
from pixelwise.data.pairs import Pair
from pixelwise.data.told import Told

__all__ = ["Opening", "places_of_names"]


@dataclass(frozen=True)
class Opening:
    """A folder whose pairs are known, and of which nothing has been read yet.

    Attributes:
        path: The folder as it was given.
        told: What was said about it.
        classes: Names of the classes as the caller gave them.
        layout: How the files lie.
        pairs: The pairs per split, as on disk.
        decisions: What was decided so far.
    """

    path: Path
    told: Told
    classes: Sequence[str] | str | Path | None
    layout: Layout
    pairs: dict[str, tuple[Pair, ...]]
    decisions: tuple[Decision, ...]

    def names(self) -> ClassNames | None:
        """The names of the classes: as said, as the format says, or from a file beside the data."""
        if self.told.names or self.told.legend:
            return self.told.names
        known = self.layout.found.names
        if self.classes is None and known is not None:
            return known
        return find_names(self.classes, places_of_names(self.path, self.layout))


def places_of_names(path: Path, layout: Layout) -> list[Path]:
    """Where a file with the names of the classes may lie."""
    root = path.expanduser()
    places = [root, layout.root, layout.found.base]
    return [*places, root.parent] if root.name.lower() in SPLIT_WORDS else places
