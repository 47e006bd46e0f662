"""What a user types, made into settings: durations and overrides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml
from pydantic import ValidationError

from pixelwise.errors import SettingError, unknown_name
from pixelwise.planning.plan import Plan, readable

__all__ = ["apply_overrides", "change_training", "parse_duration"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str) -> float:
    """Seconds of a duration such as `90s`, `7m`, `1h30m` or `2d`; a bare number is minutes.

    >>> parse_duration("1h30m")
    5400.0

    Raises:
        SettingError: If the text is no duration, or is not longer than nothing.
    """
    compact = text.strip().lower().replace(" ", "")
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", compact)
    if "".join(number + unit for number, unit in parts) == compact and parts:
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    elif re.fullmatch(r"\d+(\.\d+)?", compact):
        seconds = float(compact) * 60
    else:
        raise SettingError(f"'{text}' is no duration. Write it as 90s, 7m, 1h30m or 2d.")
    if seconds <= 0:
        raise SettingError(f"A duration of '{text}' leaves no time to train. Write it as 90s, 7m, 1h30m or 2d.")
    return seconds


def apply_overrides(plan: Plan, overrides: Iterable[str]) -> Plan:
    """A copy of `plan` with values replaced, each given as `path.to.value=new`, the value as YAML.

    Each is stated among the plan's decisions.

    Raises:
        SettingError: If a path is not known or a value does not fit, all of them at once.
    """
    values = plan.model_dump(mode="json")
    for override in overrides:
        path, separator, text = (part.strip() for part in override.partition("="))
        if not separator:
            raise SettingError(f"'{override}' changes nothing. Write it as training.learning_rate=3e-4.")
        _replace(values, path, _value(override, text))
        earlier = [decision for decision in values["decisions"] if not decision[0].startswith(f"{path} = ")]
        values["decisions"] = [*earlier, (f"{path} = {text}", "asked for (--set)")]
    return _validated(values)


def change_training(plan: Plan, **changes: object) -> Plan:
    """A copy of `plan` with other training settings, by name.

    Raises:
        SettingError: If one does not fit.
    """
    values = plan.model_dump(mode="json")
    values["training"].update(changes)
    return _validated(values)


def _replace(values: dict[str, Any], path: str, value: object) -> None:
    """Set one value, which has to be there already."""
    *parents, last = path.split(".")
    place = values
    for name in parents:
        if not isinstance(place.get(name), dict):
            raise unknown_name("group of settings", name, [key for key in place if isinstance(place[key], dict)])
        place = place[name]
    if last not in place and parents[-1:] != ["arguments"]:  # those are checked by whoever takes them
        raise unknown_name("setting", last, place)
    place[last] = value


def _value(override: str, text: str) -> object:
    """Read the new value."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(getattr(error, "problem", error)).split())
        raise SettingError(f"The value in '{override}' cannot be read as YAML: {reason}.") from error


def _validated(values: dict[str, Any]) -> Plan:
    try:
        return Plan.model_validate(values)
    except ValidationError as error:
        raise SettingError(readable(error)) from error
