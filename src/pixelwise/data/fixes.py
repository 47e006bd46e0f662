"""What was done to make a clean copy of a folder, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pixelwise.data.pairs import shown
from pixelwise.data.wording import counted

__all__ = ["FIXED_FILE", "Fix", "FixLog", "Fixed", "fixed_text"]

FIXED_FILE = "FIXED.md"


@dataclass(frozen=True)
class Fix:
    """One kind of thing that was done.

    Attributes:
        what: What was done, such as "turned upright".
        files: The files of the data that it was done to, below their folder.
        why: Why, or how.
    """

    what: str
    files: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Fixed:
    """What came of it.

    Attributes:
        folder: The clean copy; None where nothing had to be done, and nothing was written.
        num_pairs: Pairs in it.
        fixes: What was done.
        refusal: Why training would refuse the copy still; None where it would not.
    """

    folder: Path | None
    num_pairs: int
    fixes: tuple[Fix, ...]
    refusal: str | None


@dataclass
class FixLog:
    """Files by what was done to them, and why."""

    root: Path
    entries: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def note(self, what: str, why: str, names: Iterable[str]) -> None:
        """Note that something was done to files, by their names below the root."""
        self.entries.setdefault((what, why), []).extend(names)

    def add(self, what: str, why: str, *files: Path | None) -> None:
        """Note that something was done to files."""
        self.note(what, why, (shown(file, self.root) for file in files if file is not None))

    def fixes(self) -> tuple[Fix, ...]:
        """Everything, in the order of its kinds."""
        return tuple(Fix(what, tuple(files), why) for (what, why), files in self.entries.items())


def fixed_text(fixed: Fixed, root: Path) -> str:
    """What was done, as a document in Markdown."""
    lines = [
        f"# What was done to {root.name}",
        "",
        f"{counted(fixed.num_pairs, 'pair')} of image and mask, copied from {root} by `pixelwise check --fix`.",
        "",
        "| what | files | why |",
        "| --- | ---: | --- |",
        *(f"| {_cell(fix.what)} | {len(fix.files)} | {_cell(fix.why)} |" for fix in fixed.fixes),
        "",
    ]
    if fixed.refusal is not None:
        lines += ["Still refused by training:", "", f"> {fixed.refusal}", ""]
    for fix in fixed.fixes:
        lines += [f"## {fix.what[:1].upper()}{fix.what[1:]}: {fix.why}", "", *_listed(fix.files), ""]
    return "\n".join(lines)


def _listed(files: Iterable[str]) -> Iterator[str]:
    yield from (f"- `{name}`" for name in files)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
