"""Opening a folder of pictures for a learner: what is in it, and what is to be learnt from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelwise.data.degradations import parse_degradations
from pixelwise.data.pictures import Pictures
from pixelwise.data.pictures.doctor import examine_pictures
from pixelwise.data.pictures.survey import PicturesWanted
from pixelwise.errors import SettingError, unknown_name
from pixelwise.models import DEFAULT_MODELS

__all__ = ["TaskPictures", "open_pictures"]

_ENLARGING = "super_resolution"
_TRANSLATING = ("paired_translation", "unpaired_translation")
_TASKS = tuple(task for task in DEFAULT_MODELS if task != "segmentation")
_USUAL_SCALE = 2


@dataclass(frozen=True)
class TaskPictures:
    """Pictures, and what is to be learnt from them.

    Attributes:
        pictures: What was found, and what was decided about it.
        task: Name of the task.
        arguments: Of the task, as far as they follow from the pictures and from what was asked for.
    """

    pictures: Pictures
    task: str
    arguments: dict[str, Any]

    def __str__(self) -> str:
        return self.pictures.describe()


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
        SettingError: If there is no such task or degradation, or one of them has no place for what was asked for.
        DataError: If the folder or a file cannot be used, or something ruins a training on it.
    """
    if task not in _TASKS:
        raise unknown_name("task of pictures", task, _TASKS, advice="Masks are opened by open_data.")
    _refuse_misplaced(task, {"scale": scale, "degrade": degrade, "reverse": reverse or None})
    factor = (scale or _USUAL_SCALE) if task == _ENLARGING else 1
    names = () if degrade is None else tuple(one.name for one in parse_degradations(degrade))
    wanted = PicturesWanted(task, factor, names, not reverse, validation, seed)
    diagnosis = examine_pictures(path, wanted, quick=True, progress=progress)
    pictures = diagnosis.pictures
    diagnosis.refuse_ruined()
    arguments: dict[str, Any] = {"scale": factor} if task == _ENLARGING else {}
    if pictures.layout == "alone":
        arguments["degrade"] = degrade or f"down:{factor}"
    return TaskPictures(pictures, task, arguments)


def _refuse_misplaced(task: str, asked: dict[str, object]) -> None:
    """Refuse what the task has no place for.

    Raises:
        SettingError: If there is anything.
    """
    places = {
        "scale": task == _ENLARGING,
        "degrade": task not in _TRANSLATING,
        "reverse": task in _TRANSLATING,
    }
    for name, value in asked.items():
        if value is not None and not places[name]:
            raise SettingError(f"{name} has no place in the task {task}. Leave it out.")
