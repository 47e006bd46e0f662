"""Changes of a plan by the names of its settings, such as `training.rotation`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from pixelwise.errors import SettingError, unknown_name
from pixelwise.models import MODELS
from pixelwise.planning.length import ENDS, is_end
from pixelwise.planning.network import OF_DATA
from pixelwise.planning.pictures import refuse_setting, with_whole_paths
from pixelwise.planning.plan import Plan
from pixelwise.planning.training import TrainingSettings
from pixelwise.planning.wording import readable
from pixelwise.tasks import TASKS

__all__ = ["apply_overrides", "apply_settings", "change_training", "differences", "unknown_setting"]

_GROUPS = ("model", "task", "training")  # a mapping changes the settings that it names
_ARGUMENTS = ("model.arguments", "task.arguments")  # a mapping replaces them all
_PLACES = (
    "model.name",
    "model.pretrained",
    "model.arguments.encoder",
    "task.arguments.loss",
    *(f"training.{name}" for name in TrainingSettings.model_fields),
)  # of settings that are likely to be called by their last names alone


_USUAL = {
    "training.learning_rate": ("lr", "lr_max", "max_lr", "base_lr"),
    "training.weight_decay": ("wd",),
    "training.batch_size": ("bs", "batch", "batchsize"),
    "training.epochs": ("epoch", "n_epoch", "n_epochs", "num_epochs", "max_epochs"),
    "training.budget_seconds": ("budget",),
    "training.stages": ("size", "image_size", "img_size", "imgsz", "crop_size"),
    "training.gradient_clip": ("clip", "grad_clip", "clip_grad"),
    "training.accumulate": ("n_acc", "accumulation", "accumulation_steps"),
    "training.momentum": ("mom", "moms"),
    "training.precision": ("amp", "fp16", "half"),
    "training.ema_decay": ("ema",),
    "model.name": ("model", "arch", "network", "architecture"),
    "model.arguments.encoder": ("backbone",),
    "task.arguments.loss": ("loss_func", "criterion"),
}  # names that settings have elsewhere


def apply_overrides(plan: Plan, overrides: Iterable[str]) -> Plan:
    """A copy of `plan` with values replaced, each given as `path.to.value=new`, the value as YAML.

    Each is stated among the plan's decisions. A mapping for a group, as in `training={rotation: 0, flip: false}`, is
    as if its settings were given one by one; one for `model.arguments` or `task.arguments` replaces all of them.

    Raises:
        SettingError: If a path is not known, a value does not fit (all of them at once), or a setting has no effect.
    """
    changes: list[tuple[str, object, str]] = []
    for override in overrides:
        path, separator, text = (part.strip() for part in override.partition("="))
        if not separator:
            raise SettingError(
                f"--set {override} gives no value. Write it as NAME=VALUE, such as training.learning_rate=3e-4."
            )
        value = _value(override, text)
        if path in _GROUPS and isinstance(value, dict):
            changes += [(f"{path}.{name}", each, _text(each)) for name, each in value.items()]
        else:
            changes.append((path, value, text))
    return _changed(plan, changes, "asked for (--set)")


def apply_settings(plan: Plan, settings: Mapping[str, object], why: str) -> Plan:
    """A copy of `plan` with values replaced, each stated among its decisions.

    Args:
        plan: What is changed.
        settings: Values by their places, such as `training.rotation`.
        why: The reason that the decisions give.

    Raises:
        SettingError: As `apply_overrides`.
    """
    return _changed(plan, [(path, value, _text(value)) for path, value in settings.items()], why)


def change_training(plan: Plan, **changes: object) -> Plan:
    """A copy of `plan` with other training settings, by name; why it ends where it did is forgotten with that end.

    Raises:
        SettingError: If one does not fit.
    """
    values = plan.model_dump(mode="json")
    for name in changes:
        if name not in values["training"]:
            raise _not_of_training(name, values["training"])
    values["training"].update(changes)
    changed = _validated(values)
    return changed if _end_of(changed) == _end_of(plan) else _without_end(changed)


def differences(before: Plan, after: Plan) -> dict[str, tuple[str, str]]:
    """The settings that differ between two plans: the old and the new value as they are typed, by place."""
    old, new = (dict(_leaves(plan.model_dump(mode="json", exclude={"decisions"}))) for plan in (before, after))
    places = dict.fromkeys((*new, *old))
    return {
        place: (_text(old.get(place)), _text(new.get(place))) for place in places if old.get(place) != new.get(place)
    }


def unknown_setting(name: str, known: Iterable[str]) -> SettingError:
    """Build the error for a setting that is not in its group, with the place where one of that name is.

    >>> print(unknown_setting("learning_rate", ["model", "task", "training"]))
    There is no setting called 'learning_rate'. Did you mean 'training.learning_rate'?

    Args:
        name: As it was given, without its group.
        known: The names that the group has.
    """
    place = _place_of(name)
    if place is None:
        return unknown_name("setting", name, known)
    return SettingError(f"There is no setting called '{name}'. Did you mean '{place}'?")


def _place_of(name: str) -> str | None:
    """Where the setting is that is called so, by its last name or as it is called elsewhere; None if there is none."""
    place = next((place for place in _PLACES if place.rpartition(".")[2] == name), None)
    return place or next((place for place, names in _USUAL.items() if name in names), None)


def _not_of_training(name: str, known: Iterable[str]) -> SettingError:
    """Build the error for a change of training by a name that none of its settings has."""
    group, _, own = (_place_of(name) or name).partition(".")
    if group == "training":
        return SettingError(f"There is no setting of training called '{name}'. Did you mean '{own}'?")
    if group in Plan.model_fields:
        return SettingError(
            f"'{name}' is no setting of training, which alone can be changed here. Network, task and data are settled "
            f"when a learner is made: make another one, with its arguments model, encoder, loss and so on."
        )
    return unknown_name("setting of training", name, known)


def _leaves(values: Mapping[str, Any], group: str = "") -> Iterator[tuple[str, object]]:
    """Each setting with its place."""
    for name, value in values.items():
        place = f"{group}{name}"
        if place in (*_GROUPS, *_ARGUMENTS):
            yield from _leaves(value, f"{place}.")
        else:
            yield place, value


def _end_of(plan: Plan) -> tuple[float | None, float | None]:
    return plan.training.epochs, plan.training.budget_seconds


def _without_end(plan: Plan) -> Plan:
    """A copy without the decision on what ends the training."""
    return plan.model_copy(update={"decisions": tuple(one for one in plan.decisions if not is_end(one[0]))})


def _changed(plan: Plan, changes: Iterable[tuple[str, object, str]], why: str) -> Plan:
    """The plan after changes, each a place, the new value and its text."""
    values = plan.model_dump(mode="json")
    for path, value, text in changes:
        if path in ("task", "task.name"):
            raise SettingError(
                f"{path} cannot be changed, since the data were read for that task; give --task when a training begins."
            )
        place, last = _place(values, path)
        touched = _touched(place, path, last, value)
        for changed in touched:
            refuse_setting(changed, plan.task)
        place[last] = with_whole_paths(path, value, plan.task.name)
        stale = tuple(f"{changed} = " for changed in (path, *touched))
        earlier = [
            one for one in values["decisions"] if not (one[0].startswith(stale) or (path in ENDS and is_end(one[0])))
        ]
        values["decisions"] = [*earlier, (f"{path} = {text}", why)]
    return _validated(values)


def _place(values: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """The group that holds a setting, and its name there; it has to be there already."""
    *parents, last = path.split(".")
    place = {name: value for name, value in values.items() if name != "decisions"} if not parents else values
    for name in parents:
        if not isinstance(place.get(name), dict):
            raise unknown_name("group of settings", name, [key for key in place if isinstance(place[key], dict)])
        place = place[name]
    if last not in place and parents[-1:] != ["arguments"]:  # those are checked by whoever takes them
        meant = None if parents or _place_of(last) else _argument_called(last, values)
        raise meant or unknown_setting(last, place)
    return (place if parents else values), last


def _argument_called(name: str, values: dict[str, Any]) -> SettingError | None:
    """The error for an argument of the task or the network without its group; None where neither has it."""
    if name in OF_DATA:
        return SettingError(f"'{name}' follows from the data and the task, and is not set. Leave it out.")
    for group, catalog in (("task", TASKS), ("model", MODELS)):
        if name in inspect.signature(catalog[values[group]["name"]].build).parameters:
            return SettingError(f"There is no setting called '{name}'. Did you mean '{group}.arguments.{name}'?")
    return None


def _touched(place: Mapping[str, Any], path: str, last: str, value: object) -> list[str]:
    """The settings that a change touches: where all arguments are replaced, each that becomes another or is gone."""
    before = place.get(last)
    if path not in _ARGUMENTS or not isinstance(before, dict) or not isinstance(value, dict):
        return [path]
    names = [*before, *(name for name in value if name not in before)]
    return [
        f"{path}.{name}" for name in names if (name in before, before.get(name)) != (name in value, value.get(name))
    ]


def _value(override: str, text: str) -> object:
    """Read the new value."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(getattr(error, "problem", error)).split())
        raise SettingError(f"The value in '{override}' cannot be read as YAML: {reason}.") from error


def _text(value: object) -> str:
    """A value as it could have been typed; words stand without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _validated(values: dict[str, Any]) -> Plan:
    try:
        return Plan.model_validate(values)
    except ValidationError as error:
        raise SettingError(readable(error)) from error
