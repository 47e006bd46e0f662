"""Where the files of a mended copy go, so that no two different ones have one place."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path

__all__ = ["own_places"]


def own_places(wanted: Iterable[tuple[Path, Hashable]]) -> list[Path]:
    """A place for each file, the same for the same content, and another for any other; who comes first has the choice.

    >>> one, other = (Path("m.png"), "as it is"), (Path("m.png"), "twice as large")
    >>> [place.name for place in own_places([one, other, one])]
    ['m.png', 'm_2.png', 'm.png']

    Args:
        wanted: Where each should go, and what tells its content from others.
    """
    listed = list(wanted)
    taken: dict[Path, Hashable] = {}
    for place, content in listed:
        taken.setdefault(place, content)
    found: dict[tuple[Path, Hashable], Path] = {}
    for place, content in listed:
        free, number = place, 2
        while (place, content) not in found:
            if taken.setdefault(free, content) == content:
                found[place, content] = free
            free, number = place.with_stem(f"{place.stem}_{number}"), number + 1
    return [found[one] for one in listed]
