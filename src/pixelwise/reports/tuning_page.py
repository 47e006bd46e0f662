"""The page of a tuning: every trial with its score, and how the best is trained again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pixelwise.reports.page import Account, Content, write_page

__all__ = ["TrialRow", "write_tuning_page"]


@dataclass(frozen=True)
class TrialRow:
    """One trial, as a table shows it.

    Attributes:
        name: Its number, or `best` for the last training.
        time: How long it was trained, such as `5m`.
        score: Such as `0.712`; empty where it failed.
        changes: What it changes in the plan, each as `path.to.value=new`, or why it failed.
    """

    name: str
    time: str
    score: str
    changes: str


def write_tuning_page(path: str | Path, *, title: str, metric: str, rows: Sequence[TrialRow], command: str) -> None:
    """Write the page as one html file without any reference to another.

    Args:
        path: File to write.
        title: Heading, such as the name of the data.
        metric: Name of the score.
        rows: The trials, in the order in which they are shown.
        command: What trains the best candidate again.

    Raises:
        OutputError: If the file cannot be written.
    """
    content = Content("tuning.html.j2", {"metric": metric, "rows": rows, "command": command})
    write_page(path, Account(title), content)
