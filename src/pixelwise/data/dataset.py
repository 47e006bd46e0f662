"""A folder of images and masks, understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixelwise.data.classes import Classes
from pixelwise.data.pairs import Pair
from pixelwise.data.scaling import Scaling
from pixelwise.data.wording import counted

__all__ = ["WHOLE", "Dataset", "Decision", "decision_lines", "sizes_in_words"]

WHOLE = "all"  # the split of a folder that knows none, where a model is scored


@dataclass(frozen=True)
class Decision:
    """One thing that was decided for the user.

    Attributes:
        what: What was decided.
        why: The evidence, and how to say otherwise.
        check: Name of the check of the doctor that tells the same with its cure, where there is one.
    """

    what: str
    why: str
    check: str = ""


@dataclass(frozen=True)
class Dataset:
    """What is in a folder, and what was decided about it.

    Attributes:
        root: The folder.
        format: Name of the layout, as in `pixelwise list formats`.
        splits: The pairs of `train`, `val` and `test`, those that there are; of `all` where a model is scored on a
            folder without splits.
        classes: The classes and how they are stored.
        sizes: How many images there are of each (height, width).
        decisions: What was decided and on which evidence, in the order of their making.
        class_pixels: Pixels of each class, per split; where classes overlap, some count for several.
        ignored_pixels: Pixels that are ignored, per split.
        labelled_pixels: All other pixels, per split.
        digest: Twelve hexadecimal digits that change when a name, a split, a size, a mask's statistics or the
            classes change.
        scaling: How the images become bytes, band by band; None for ordinary pictures, which are bytes.
        shown: The names of the classes that each mask shows.
        object_sizes: How large what each class shows typically is, as the diameter in pixels of a disc of the same
            area; None where that was not measured (`data.presence.object_sizes`).
    """

    root: Path
    format: str
    splits: dict[str, tuple[Pair, ...]]
    classes: Classes
    sizes: dict[tuple[int, int], int]
    decisions: tuple[Decision, ...]
    class_pixels: dict[str, tuple[int, ...]]
    ignored_pixels: dict[str, int]
    digest: str = ""
    labelled_pixels: dict[str, int] = field(default_factory=dict)
    scaling: Scaling | None = None
    shown: Mapping[Pair, frozenset[str]] = field(default_factory=dict, repr=False)
    object_sizes: tuple[float | None, ...] = ()

    def __repr__(self) -> str:
        kind = "overlapping classes" if self.classes.multilabel else "classes"
        return f"Dataset({self.root.name}: {self._counts()}, {self.classes.num_classes} {kind}, layout {self.format})"

    def __str__(self) -> str:
        return self.describe()

    @property
    def channels(self) -> int:
        """Channels of the images; three are RGB."""
        return 3 if self.scaling is None else self.scaling.bands

    def shares(self, split: str) -> list[float]:
        """Share of each class among the labelled pixels of a split, 0 to 1; together above 1 where classes overlap."""
        pixels = self.class_pixels[split]
        total = max(1, self.labelled_pixels.get(split, sum(pixels)))
        return [count / total for count in pixels]

    def describe(self) -> str:
        """What is there, the classes with their shares of the labelled pixels, and each decision with its reason."""
        lines = [
            f"{self.root}: {self._counts()}, layout {self.format}",
            f"Sizes (height × width): {sizes_in_words(self.sizes)}",
            "",
            *self._class_table(),
        ]
        return "\n".join([*lines, *decision_lines(self.decisions)])

    def fingerprint(self) -> dict[str, Any]:
        """The data in numbers that JSON can hold: what a plan is made from, and what a model file remembers."""
        classes = self.classes
        return {
            "format": self.format,
            "hash": self.digest,
            "images": {split: len(pairs) for split, pairs in self.splits.items()},
            "sizes": [
                {"height": height, "width": width, "images": count} for (height, width), count in self.sizes.items()
            ],
            "classes": {
                "names": list(classes.names),
                "values": list(classes.values),
                "ignore_values": list(classes.ignore_values),
                "binary": classes.binary,
                **({"multilabel": True} if classes.multilabel else {}),
            },
            "class_pixels": {split: list(pixels) for split, pixels in self.class_pixels.items()},
            "class_shares": {split: [round(share, 6) for share in self.shares(split)] for split in self.splits},
            "ignored_pixels": dict(self.ignored_pixels),
            "object_sizes": [None if size is None else round(size, 1) for size in self.object_sizes],
        }

    def _counts(self) -> str:
        """How many images there are, such as `9 images with masks (train 6, val 3)`."""
        counts = ", ".join(f"{split} {len(pairs)}" for split, pairs in self.splits.items())
        return f"{counted(sum(map(len, self.splits.values())), 'image')} with masks ({counts})"

    def _class_table(self) -> list[str]:
        """One line per class: value in the masks, name, share per split."""
        classes = self.classes
        kind = "binary, one output channel" if classes.binary else "share of the labelled pixels"
        kind = "which may overlap; share of all pixels" if classes.multilabel else kind
        width = max(7, *(len(name) for name in classes.names))
        shares = {split: self.shares(split) for split in self.splits}
        lines = [
            f"{classes.num_classes} classes ({kind})",
            f"  {'value':>7}  {'class':<{width}}" + "".join(f"{split:>9}" for split in self.splits),
        ]
        for i, name in enumerate(classes.names):
            value = "> 0" if classes.any_positive and i == 1 else classes.shown(classes.values[i])
            cells = "".join(f"{100 * shares[split][i]:>7.2f} %" for split in self.splits)
            lines.append(f"  {value:>7}  {name:<{width}}{cells}")
        if classes.ignore_values or any(self.ignored_pixels.values()):
            values = ",".join(map(classes.shown, classes.ignore_values)) or "no data"
            cells = "".join(f"{100 * self._ignored_share(split):>7.2f} %" for split in self.splits)
            lines.append(f"  {values:>7}  {'ignored':<{width}}{cells}  (of all pixels)")
        return lines

    def _ignored_share(self, split: str) -> float:
        """Share of the ignored pixels among all pixels of a split."""
        ignored = self.ignored_pixels[split]
        return ignored / max(1, ignored + sum(self.class_pixels[split]))


def sizes_in_words(sizes: Mapping[tuple[int, int], int]) -> str:
    """The commonest sizes (height, width) with how many images have each: `360 × 480 (9), 240 × 320 (1)`."""
    common = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    if len(common) == 1:
        return f"all {common[0][0][0]} × {common[0][0][1]}"
    words = [f"{height} × {width} ({count})" for (height, width), count in common[:4]]
    return ", ".join(words) + (f" and {len(common) - 4} more" if len(common) > 4 else "")


def decision_lines(decisions: Sequence[Decision]) -> list[str]:
    """Each decision with its reason below it, under a heading; nothing where there are none."""
    if not decisions:
        return []
    told = [line for decision in decisions for line in (f"  - {decision.what}", f"      {decision.why}")]
    return ["", "Decided", *told]
