"""What a user types, made into settings: durations and overrides; and what is wrong with it, before data are read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import timm
import yaml
from pydantic import ValidationError

from pixelwise.errors import SettingError, unknown_name
from pixelwise.losses import parse_loss
from pixelwise.models import MODELS
from pixelwise.planning.network import check_network, choose_network
from pixelwise.planning.pictures import refuse_setting
from pixelwise.planning.plan import ModelSettings, Plan, Stage, TaskSettings, TrainingSettings, refuse_two_ends
from pixelwise.planning.wording import readable

__all__ = ["apply_overrides", "change_training", "check_request", "duration_text", "parse_duration"]

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


def duration_text(seconds: float) -> str:
    """Whole seconds as a duration that `parse_duration` reads.

    >>> duration_text(150)
    '2m30s'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return "".join(parts) or "0s"


def check_request(
    *,
    model: str | None = None,
    encoder: str | None = None,
    pretrained: bool = True,
    loss: str | None = None,
    epochs: float | None = None,
    budget_seconds: float | None = None,
    overrides: Iterable[str] = (),
) -> None:
    """Find what is wrong with a request for a training without knowing the data, which take long to read.

    Raises:
        SettingError: If a name or a setting is not known, a number is out of range, both ends are given, two
            encoders are, the loss cannot be read, or the network cannot be built from its arguments and this encoder.
        WeightsError: If the pretrained weights of an encoder that nothing can stand in for cannot be had.
    """
    refuse_two_ends(epochs, budget_seconds)
    if loss is not None:
        parse_loss(loss)
    network = choose_network(model, encoder, pretrained=False, task="segmentation")
    if encoder is not None and not timm.is_model(encoder):
        raise unknown_name("encoder", encoder, timm.list_models(), advice="See: pixelwise list encoders.")
    stage = Stage(until=1.0, height=64, width=64, min_scale=0.5, max_scale=1.0)  # any: the data decide
    try:
        training = TrainingSettings(
            epochs=1.0 if epochs is None and budget_seconds is None else epochs,
            budget_seconds=budget_seconds,
            stages=(stage,),
        )
    except ValidationError as error:
        raise SettingError(readable(error)) from error
    settings = ModelSettings(name=network.name, arguments=dict(network.arguments), pretrained=pretrained)
    plan = Plan(model=settings, task=TaskSettings(name=network.task), training=training)
    chosen = apply_overrides(plan, overrides).model
    told = chosen.arguments.get("encoder")
    if encoder is not None and told != network.arguments.get("encoder"):
        found = "without an encoder" if told is None else f"with the encoder '{told}'"
        raise SettingError(
            f"--encoder asks for '{encoder}', but --set replaces all arguments of the model, {found}. Set single ones, "
            "such as --set model.arguments.width=64, or name the encoder there alone."
        )
    is_asked_for = encoder is not None or chosen.arguments.get("encoder") != network.arguments.get("encoder")
    has_substitute = MODELS[chosen.name].installed_encoder is not None and not is_asked_for
    check_network(chosen.name, chosen.arguments, needs_weights=chosen.pretrained and not has_substitute)


def apply_overrides(plan: Plan, overrides: Iterable[str]) -> Plan:
    """A copy of `plan` with values replaced, each given as `path.to.value=new`, the value as YAML.

    Each is stated among the plan's decisions.

    Raises:
        SettingError: If a path is not known, a value does not fit (all of them at once), or a setting has no effect.
    """
    values = plan.model_dump(mode="json")
    for override in overrides:
        path, separator, text = (part.strip() for part in override.partition("="))
        if not separator:
            raise SettingError(
                f"--set {override} gives no value. Write it as NAME=VALUE, such as training.learning_rate=3e-4."
            )
        if path == "task.name" or path == "task":
            raise SettingError(f"--set {path} cannot change the task, for which the data were read; give --task.")
        refuse_setting(path, plan.task.name)
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
    for name in changes:
        if name not in values["training"]:
            raise unknown_name("setting of training", name, values["training"])
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
