"""A folder of pictures, understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixelwise.data.dataset import Decision, decision_lines, sizes_in_words
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.sources import PictureSource
from pixelwise.data.wording import counted
from pixelwise.errors import DataError

__all__ = ["Pictures", "picture_source"]


@dataclass(frozen=True)
class Pictures:
    """What is in a folder whose targets are pictures, and what was decided about it.

    Attributes:
        root: The folder.
        layout: `alone` (targets, out of which images are made), `pairs` (two files), `halves` (two pictures in one
            file) or `domains` (two kinds of pictures that do not belong together).
        splits: The pairs of `train`, `val` and `test`, those that there are.
        sizes: How many targets there are of each (height, width).
        scale: Pixels of a target per pixel of its image, along a side.
        decisions: What was decided and on which evidence, in the order of their making.
        digest: Twelve hexadecimal digits that change when a name, a split, a size or a file's length changes.
        others: For `domains`: the pictures of the other kind, by split; what `splits` holds then has no targets.
    """

    root: Path
    layout: str
    splits: dict[str, tuple[Pair, ...]]
    sizes: dict[tuple[int, int], int]
    scale: int = 1
    decisions: tuple[Decision, ...] = ()
    digest: str = ""
    others: dict[str, tuple[Pair, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Pictures({self.root.name}: {self._counts()})"

    def __str__(self) -> str:
        return self.describe()

    @property
    def channels(self) -> int:
        """Channels of the images: RGB."""
        return 3

    def describe(self) -> str:
        """What is there, and each decision with its reason."""
        lines = [f"{self.root}: {self._counts()}", f"Sizes (height × width): {sizes_in_words(self.sizes)}"]
        return "\n".join([*lines, *decision_lines(self.decisions)])

    def _counts(self) -> str:
        """How many pictures of which layout there are, such as `5 pairs of pictures (train 4, val 1)`."""
        counts = ", ".join(f"{split} {len(pairs)}" for split, pairs in self.splits.items())
        count = sum(map(len, self.splits.values()))
        what = {
            "alone": counted(count, "picture"),
            "pairs": counted(count, "pair") + " of pictures",
            "halves": counted(count, "picture") + " of two halves",
            "domains": f"two kinds of pictures, {count} and {sum(map(len, self.others.values()))}",
        }[self.layout]
        return f"{what} ({counts})"

    def fingerprint(self) -> dict[str, Any]:
        """The data in numbers that JSON can hold."""
        return {
            "layout": self.layout,
            "hash": self.digest,
            "images": {split: len(pairs) for split, pairs in self.splits.items()},
            "sizes": [
                {"height": height, "width": width, "images": count} for (height, width), count in self.sizes.items()
            ],
        }

    def smallest_side(self) -> int:
        """Pixels of the shortest side of any target."""
        return min(min(size) for size in self.sizes)


def picture_source(pair: Pair) -> PictureSource:
    """What reads the target of a pair as a picture.

    Raises:
        DataError: If the target is a mask.
    """
    if isinstance(pair.source, PictureSource):
        return pair.source
    raise DataError(f"{pair.image} has a mask, where a picture is needed. Open the folder for the task of the model.")
