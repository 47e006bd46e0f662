"""What every check of the doctor is given, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from pixelwise.data.dataset import Dataset
from pixelwise.data.layout import Layout
from pixelwise.data.looks import Look
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import Pair
from pixelwise.data.scan import ScannedPair
from pixelwise.data.split import is_held_out
from pixelwise.errors import DataError

__all__ = ["Check", "Finding", "Severity", "Survey"]


class Severity(IntEnum):
    """How bad a finding is; the larger, the worse."""

    NOTE = 0  # worth knowing
    HARMS = 1  # training works, but less well, or its score deceives
    RUINS = 2  # training is refused, or would learn nothing


@dataclass(frozen=True)
class Finding:
    """Something about the data that a user should know.

    Attributes:
        severity: How bad it is.
        what: What was found, in one sentence with its numbers.
        consequence: What comes of it if nothing is done, in one sentence.
        cure: What to do, in one sentence; names the command or the option where there is one.
        files: The files that it is about, the plainest first; as many as there are.
        count: How many there are, where it is not the number of files.
        check: Name of the check; filled in by the doctor.
    """

    severity: Severity
    what: str
    consequence: str
    cure: str
    files: tuple[Path, ...] = ()
    count: int | None = None
    check: str = ""


@dataclass(frozen=True)
class Survey:
    """Everything that was read of a folder, once, for all checks.

    Attributes:
        root: The folder.
        layout: How the files lie; None where no layout was found.
        splits: The pairs of each split as they lie on disk ("" where the disk knows no splits), before anything is
            held out; unreadable ones included.
        scanned: What each readable pair holds.
        unreadable: Why a file could not be read.
        dataset: The data as training would see them; None where training would refuse them.
        refusal: Why it would, as training says it; None where it would not.
        looks: How each image looks at the size of a stamp; empty where only the quick checks were asked for.
        usable: As `dataset`, or, where training would refuse the data for some of their files, the data without these,
            and without the values in masks that no named class stands for; None where that is refused too.
        undecided: Why the data are refused without these files.
        names: Names of the classes, where they are known.
        validation: What to hold out, as somebody has said, or `dataset.yaml`; None: as on disk.
    """

    root: Path
    layout: Layout | None
    splits: Mapping[str, tuple[Pair, ...]]
    scanned: Mapping[Pair, ScannedPair]
    unreadable: Mapping[Path, DataError]
    dataset: Dataset | None
    refusal: str | None
    looks: Mapping[Pair, Look] = field(default_factory=dict)
    usable: Dataset | None = None
    undecided: str | None = None
    names: ClassNames | None = None
    validation: float | str | None = None

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs, in the order of the splits."""
        return tuple(pair for pairs in self.splits.values() for pair in pairs)

    @property
    def final_splits(self) -> Mapping[str, tuple[Pair, ...]]:
        """The pairs of each split as training would see them; as they lie on disk where it would refuse all."""
        return self.splits if self.usable is None else self.usable.splits

    @property
    def is_drawn(self) -> bool:
        """Whether pixelwise has held val out, so that no file can be moved between train and val."""
        if self.usable is None:
            return False
        used = {pair for pairs in self.usable.splits.values() for pair in pairs}
        return is_held_out(self.validation, [name for name, on_disk in self.splits.items() if used & set(on_disk)])

    @property
    def entries(self) -> tuple[ScannedPair, ...]:
        """What each readable pair holds, in the order of the splits."""
        return tuple(self.scanned[pair] for pair in self.pairs if pair in self.scanned)


@dataclass(frozen=True)
class Check:
    """One thing that the doctor looks for.

    Attributes:
        run: Gives the findings; none on healthy data. Raises nothing.
        summary: One line for `pixelwise list checks`.
        looks: Whether it needs `Survey.looks`, for which images are decoded; `train` leaves such checks out.
    """

    run: Callable[[Survey], Iterable[Finding]]
    summary: str
    looks: bool = False
