"""What a user types: durations, and what is wrong with a request before data are read."""

from __future__ import annotations

import re
from collections.abc import Iterable

import timm
from pydantic import ValidationError

from pixelwise.errors import SettingError, unknown_name
from pixelwise.losses import parse_loss
from pixelwise.models import MODELS
from pixelwise.planning.network import check_network, choose_network
from pixelwise.planning.overrides import apply_overrides
from pixelwise.planning.plan import ModelSettings, Plan, Stage, TaskSettings, TrainingSettings, refuse_two_ends
from pixelwise.planning.progressive import parse_progressive, resize_progressively
from pixelwise.planning.recipe import Recipe
from pixelwise.planning.wording import readable

__all__ = ["check_request", "duration_text", "parse_duration"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ANY_SIDE = 8192  # of views while the data, which decide it, are not known: larger than any


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


def check_request(asked: Recipe, overrides: Iterable[str] = ()) -> None:
    """Find what is wrong with a request for a training on masks without knowing the data, which take long to read.

    Args:
        asked: The recipe with the options beside it.
        overrides: Settings as `--set` gives them.

    Raises:
        SettingError: If a name or a setting is not known, a number is out of range, both ends are given, two
            encoders are, the loss cannot be read, or the network cannot be built from its arguments and this encoder.
        WeightsError: If the pretrained weights of an encoder that nothing can stand in for cannot be had.
    """
    refuse_two_ends(asked.epochs, asked.budget_seconds)
    if asked.loss is not None:
        parse_loss(asked.loss)
    network = choose_network(asked.model, asked.encoder, pretrained=False, task="segmentation")
    if asked.encoder is not None and not timm.is_model(asked.encoder):
        raise unknown_name("encoder", asked.encoder, timm.list_models(), advice="See: pixelwise list encoders.")
    pretrained = asked.pretrained is not False
    settings = ModelSettings(name=network.name, arguments=dict(network.arguments), pretrained=pretrained)
    plan = Plan(model=settings, task=TaskSettings(name=network.task), training=_stand_in(asked))
    plan = apply_overrides(asked.applied(plan), overrides)
    if asked.progressive is not None:
        resize_progressively(plan, parse_progressive(asked.progressive))
    chosen = plan.model
    told = chosen.arguments.get("encoder")
    if asked.encoder is not None and told != network.arguments.get("encoder"):
        found = "without an encoder" if told is None else f"with the encoder '{told}'"
        raise SettingError(
            f"--encoder asks for '{asked.encoder}', but --set replaces all arguments of the model, {found}. Set single "
            "ones, such as --set model.arguments.width=64, or name the encoder there alone."
        )
    is_asked_for = asked.encoder is not None or chosen.arguments.get("encoder") != network.arguments.get("encoder")
    has_substitute = MODELS[chosen.name].installed_encoder is not None and not is_asked_for
    check_network(chosen.name, chosen.arguments, needs_weights=chosen.pretrained and not has_substitute)


def _stand_in(asked: Recipe) -> TrainingSettings:
    """Settings of a training whose data are not known yet: its views are any."""
    stage = Stage(until=1.0, height=_ANY_SIDE, width=_ANY_SIDE, min_scale=0.5, max_scale=1.0)
    has_end = asked.epochs is not None or asked.budget_seconds is not None
    try:
        return TrainingSettings(
            epochs=asked.epochs if has_end else 1.0, budget_seconds=asked.budget_seconds, stages=(stage,)
        )
    except ValidationError as error:
        raise SettingError(readable(error)) from error
