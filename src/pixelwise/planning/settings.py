"""What a user types, made into settings: durations and overrides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pixelwise.errors import SettingError, unknown_name

__all__ = ["apply_overrides", "parse_duration", "readable"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Settings = TypeVar("Settings", bound=BaseModel)


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


def apply_overrides(settings: Settings, overrides: Iterable[str]) -> Settings:
    """A copy of `settings` with values replaced, each given as `path.to.value=new`, the value as YAML.

    Raises:
        SettingError: If a path is not known or a value does not fit, all of them at once.
    """
    values = settings.model_dump(mode="json")
    for override in overrides:
        path, separator, text = override.partition("=")
        if not separator:
            raise SettingError(f"'{override}' changes nothing. Write it as training.learning_rate=3e-4.")
        *parents, last = path.strip().split(".")
        place = values
        for name in parents:
            if not isinstance(place.get(name), dict):
                raise unknown_name("group of settings", name, [key for key in place if isinstance(place[key], dict)])
            place = place[name]
        if last not in place and parents[-1:] != ["arguments"]:  # those are checked by whoever takes them
            raise unknown_name("setting", last, place)
        place[last] = yaml.safe_load(text)
    try:
        return type(settings).model_validate(values)
    except ValidationError as error:
        raise SettingError(readable(error)) from error


def readable(error: ValidationError) -> str:
    """All that pydantic found, one sentence a line."""
    lines = []
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        is_long = isinstance(problem["input"], dict)
        lines.append(f"{place}: {message}" + ("." if is_long else f"; got {problem['input']!r}."))
    return "\n".join(lines)
