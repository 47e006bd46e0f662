"""Opening a folder of pictures for a learner: what is in it, and what is to be learnt from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.pictures import Pictures
from pixelwise.data.pictures.doctor import examine_pictures
from pixelwise.errors import unknown_name
from pixelwise.models import DEFAULT_MODELS
from pixelwise.ops.keywords import known_keywords
from pixelwise.planning.pictures_wanted import picture_arguments, pictures_wanted

__all__ = ["TaskPictures", "open_pictures"]

_TASKS = tuple(task for task in DEFAULT_MODELS if task != "segmentation")


@dataclass(frozen=True)
class TaskPictures:
    """Pictures, and what is to be learnt from them.

    Attributes:
        pictures: What was found, and what was decided about it.
        task: Name of the task.
        arguments: Of the task, as far as they follow from the pictures and from what was asked for.
        findings: What is wrong with the pictures and ruins nothing, the worst first.
    """

    pictures: Pictures
    task: str
    arguments: dict[str, Any]
    findings: tuple[Finding, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for each finding that harms a training, with its cure."""
        harms = (finding for finding in self.findings if finding.severity is Severity.HARMS)
        return tuple(f"Warning: {finding.what} {finding.cure}" for finding in harms)

    def __repr__(self) -> str:
        return f"TaskPictures({self.task}, {self.pictures!r})"

    def __str__(self) -> str:
        return "\n".join((self.pictures.describe(), *self.warnings))


@known_keywords
def open_pictures(
    path: str | Path,
    task: str,
    *,
    scale: int | None = None,
    degrade: str | None = None,
    reverse: bool = False,
    validation: float | str | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> TaskPictures:
    """Find out what pictures are in a folder, as `pixelwise train FOLDER --task TASK` does.

    Args:
        path: The folder.
        task: `super_resolution`, `restoration`, `paired_translation` or `unpaired_translation`.
        scale: How many times larger pictures become, for super-resolution; None is 2.
        degrade: What makes images of sharp pictures, such as `noise:5-50+jpeg:30-95`; None where the folder holds
            pairs, and makes them smaller for super-resolution where it does not.
        reverse: Whether the second folder, the right half or kind B goes in, for translation.
        validation: What is held out of train: a share between 0 and 1, or how the names begin. By default the val on
            disk, or a fifth of train.
        seed: Which pictures make up that share.
        progress: Called with how many files have been read and how many there are.

    Raises:
        SettingError: If there is no such task or degradation, or what was asked for has no place in the task, is out
            of range, or does not fit together.
        DataError: If the folder or a file cannot be used, or something ruins a training on it.
    """
    if task not in _TASKS:
        raise unknown_name("task of pictures", task, _TASKS, advice="Masks are opened by open_data.")
    wanted = pictures_wanted(task, scale=scale, degrade=degrade, reverse=reverse, validation=validation, seed=seed)
    diagnosis = examine_pictures(path, wanted, quick=True, progress=progress)
    pictures = diagnosis.pictures
    diagnosis.refuse_ruined()
    return TaskPictures(pictures, task, picture_arguments(wanted, degrade, pictures.layout), diagnosis.findings)
