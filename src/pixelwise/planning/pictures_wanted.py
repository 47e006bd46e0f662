"""What is to be learnt from pictures, from what was asked for: what has no place, and what follows from the rest."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

from pixelwise.data.degradations import parse_degradations
from pixelwise.data.pictures.survey import PicturesWanted
from pixelwise.errors import SettingError
from pixelwise.ops.given import refuse_other_type
from pixelwise.planning.network import build_component
from pixelwise.tasks import TASKS
from pixelwise.tasks.super_resolution import SCALES

__all__ = ["picture_arguments", "pictures_wanted"]

_ENLARGING = "super_resolution"
_USUAL_SCALE = 2
_TIMES = f"super-resolution enlarges a whole number of times, {SCALES[0]} to {SCALES[1]}"


def pictures_wanted(
    task: str,
    *,
    scale: int | None = None,
    degrade: str | None = None,
    reverse: bool = False,
    validation: float | str | None = None,
    seed: int = 0,
    others: Mapping[str, object] | None = None,
    prefix: str = "",
) -> PicturesWanted:
    """What is to be learnt from a folder of pictures; what has no place in the task is refused.

    Args:
        task: Name of a task on pictures.
        scale: How many times larger pictures become; None is 2 where the task enlarges.
        degrade: What makes images of targets; None where nothing was said of it.
        reverse: Whether the right half, the second folder or kind B goes in.
        validation: What is held out.
        seed: Of which pictures make up a share.
        others: Further settings that translation has no place for, by the name that the user knows; None where one was
            not given.
        prefix: What stands before the names of settings in messages: `--` on the command line.

    Raises:
        SettingError: If a setting has no place in the task, the scale is out of range, or the degradations cannot be
            read or make pictures of another size.
    """
    translates = task.endswith("_translation")
    if scale is not None and task != _ENLARGING:
        raise SettingError(f"{prefix}scale is for the task {_ENLARGING}; the task {task} leaves the size as it is.")
    if scale is not None:
        refuse_other_type(scale, f"{prefix}scale", Integral, _TIMES)
        scale = int(scale)
    if scale is not None and not SCALES[0] <= scale <= SCALES[1]:
        raise SettingError(f"{prefix}scale is {scale}, but super-resolution enlarges {SCALES[0]} to {SCALES[1]} times.")
    if reverse and not translates:
        raise SettingError(f"{prefix}reverse is for translation; the task {task} knows one direction only.")
    for name, value in {f"{prefix}degrade": degrade, **(others or {})}.items():
        if translates and value is not None:
            raise SettingError(f"{name} has no place in the task {task}, which has its own. Leave it out.")
    wanted = PicturesWanted(
        task=task,
        scale=(_USUAL_SCALE if scale is None else scale) if task == _ENLARGING else 1,
        degradations=() if degrade is None else tuple(one.name for one in parse_degradations(degrade)),
        image_is_left=not reverse,
        validation=validation,
        seed=seed,
    )
    build_component("task", task, TASKS[task].build, picture_arguments(wanted, degrade))  # scale and degradations agree
    return wanted


def picture_arguments(wanted: PicturesWanted, degrade: str | None, layout: str = "") -> dict[str, Any]:
    """The arguments of a task that say what is learnt.

    Args:
        wanted: What is to be learnt.
        degrade: What makes images of targets; None where nothing was said of it.
        layout: How the pictures lie; of those that are `alone`, images are made by reducing them if nothing was said.
            Empty as long as it is not known.
    """
    arguments: dict[str, Any] = {"scale": wanted.scale} if wanted.task == _ENLARGING else {}
    if degrade is None and layout == "alone":
        degrade = f"down:{wanted.scale}"
    return arguments if degrade is None else {**arguments, "degrade": degrade}
