"""What a user types: durations, and what is wrong with a request before data are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import timm
from pydantic import ValidationError

from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import Pictures
from pixelwise.errors import SettingError, WeightsError, unknown_name
from pixelwise.losses import parse_loss
from pixelwise.models import MODELS
from pixelwise.picture_losses import refuse_missing_file
from pixelwise.planning.network import Network, build_component, check_network, choose_network
from pixelwise.planning.overrides import apply_overrides
from pixelwise.planning.picture_refusals import loss_of_pictures, refuse_method
from pixelwise.planning.pictures import choose_picture_network, make_picture_plan
from pixelwise.planning.plan import ModelSettings, Plan, Stage, TaskSettings, TrainingSettings, refuse_two_ends
from pixelwise.planning.progressive import parse_progressive, resize_progressively
from pixelwise.planning.recipe import Recipe
from pixelwise.planning.wording import readable
from pixelwise.tasks import TASKS

__all__ = ["check_picture_request", "check_request", "duration_text", "parse_duration"]

_Plans = tuple[Plan, Plan, Plan]

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


def check_request(asked: Recipe, overrides: Sequence[str] = ()) -> None:
    """Find what is wrong with a request for a training on masks without knowing the data, which take long to read.

    Args:
        asked: The recipe with the options beside it.
        overrides: Settings as `--set` gives them.

    Raises:
        SettingError: If a name or a setting is not known, a number is out of range, both ends are given, two
            encoders are, the loss cannot be read, or the network cannot be built from its arguments and this encoder.
            It names the recipe's file where that asks for it.
        WeightsError: If the pretrained weights of an encoder that nothing can stand in for cannot be had.
    """
    _check_ends(asked)
    with asked.named_in_refusals("loss"):
        if asked.loss is not None:
            parse_loss(asked.loss)
    network = _network(
        asked, lambda model, encoder: choose_network(model, encoder, pretrained=False, task="segmentation")
    )
    settings = ModelSettings(name=network.name, arguments=dict(network.arguments), pretrained=_is_pretrained(asked))
    decided = Plan(model=settings, task=TaskSettings(name=network.task), training=_stand_in(asked))
    told = asked.applied(decided)
    plan = apply_overrides(told, overrides)
    with asked.named_in_refusals("progressive"):
        if asked.progressive is not None:
            resize_progressively(plan, parse_progressive(asked.progressive))
    _check_model((decided, told, plan), asked)


def check_picture_request(
    task: str, arguments: Mapping[str, Any], asked: Recipe, overrides: Sequence[str] = ()
) -> None:
    """Find what is wrong with a request for a training on pictures without knowing them.

    Args:
        task: Its name.
        arguments: Of the task, as far as they do not follow from the pictures.
        asked: The recipe with the options beside it.
        overrides: Settings as `--set` gives them.

    Raises:
        SettingError: As `check_request`; also if the task cannot be built from its arguments.
        WeightsError: As `check_request`; also if the loss names a file that is not there.
    """
    _check_ends(asked)
    if asked.progressive is not None:
        raise SettingError(f"{asked.file}: progressive resizing is for masks; the task {task} learns pictures.")
    with asked.named_in_refusals("loss"):
        if asked.loss is not None:
            refuse_missing_file(loss_of_pictures(asked.loss))
    _network(asked, lambda model, encoder: choose_picture_network(task, arguments, model, encoder, pretrained=False))
    decided = make_picture_plan(
        Pictures(Path(), "alone", {"train": (Pair(Path(), None),)}, {(_ANY_SIDE, _ANY_SIDE): 1}),
        task,
        dict(arguments),
        model=asked.model,
        encoder=asked.encoder,
        pretrained=False,  # weights are looked for below
        epochs=asked.epochs,
        budget_seconds=asked.budget_seconds,
        seed=asked.seed or 0,
    )
    settings = decided.model.model_copy(update={"pretrained": _is_pretrained(asked)})
    decided = decided.model_copy(update={"model": settings})
    told = asked.applied(decided)
    plan = apply_overrides(told, overrides)
    _check_each(_refuse_task, (decided, told, plan), asked)
    _check_model((decided, told, plan), asked)


def _check_ends(asked: Recipe) -> None:
    """Refuse two ends of a training."""
    with asked.named_in_refusals("epochs", "budget_seconds"):
        refuse_two_ends(asked.epochs, asked.budget_seconds)


def _is_pretrained(asked: Recipe) -> bool:
    return asked.pretrained is not False


def _network(asked: Recipe, choose: Callable[[str | None, str | None], Network]) -> Network:
    """The network of a request, as it is chosen from the names of a model and an encoder.

    Raises:
        SettingError: If there is no such model or encoder, or the one does not take the other.
    """
    with asked.named_in_refusals("model"):
        choose(asked.model, None)
    with asked.named_in_refusals("model", "encoder"):
        network = choose(asked.model, asked.encoder)
    with asked.named_in_refusals("encoder"):
        if asked.encoder is not None and not timm.is_model(asked.encoder):
            raise unknown_name("encoder", asked.encoder, timm.list_models(), advice="See: pixelwise list encoders.")
    return network


def _check_model(plans: _Plans, asked: Recipe) -> None:
    """Refuse a network that cannot be built, or whose weights cannot be had.

    Raises:
        SettingError: If it cannot be built, or --set takes the encoder away that was asked for.
        WeightsError: If there are no such weights.
    """
    decided, chosen = (plan.model for plan in (plans[0], plans[-1]))
    usual, told = (model.arguments.get("encoder") for model in (decided, chosen))
    if asked.encoder is not None and told != usual:
        found = "without an encoder" if told is None else f"with the encoder '{told}'"
        raise SettingError(
            f"{asked.file if asked.gives('encoder') else '--encoder'} asks for '{asked.encoder}', but --set replaces "
            f"all arguments of the model, {found}. Set single ones, such as --set model.arguments.width=64, or name "
            "the encoder there alone."
        )
    is_asked_for = asked.encoder is not None or told != usual
    has_substitute = MODELS[chosen.name].installed_encoder is not None and not is_asked_for
    needs_weights = chosen.pretrained and not has_substitute
    _check_each(
        lambda plan: check_network(plan.model.name, plan.model.arguments, needs_weights=needs_weights), plans, asked
    )


def _refuse_task(plan: Plan) -> None:
    """Refuse a task that cannot be built or whose network does not fit, or whose loss names a file that is missing."""
    build_component("task", plan.task.name, TASKS[plan.task.name].build, plan.task.arguments)
    refuse_missing_file(plan.task.arguments.get("loss", ""))
    refuse_method(plan)


def _check_each(check: Callable[[Plan], None], plans: _Plans, asked: Recipe) -> None:
    """Check the last plan; if an earlier one is refused in the same words, name the recipe's file where that says so.

    Args:
        check: Refuses a plan.
        plans: As decided from what was asked for; with the settings of the recipe; with those of --set.
        asked: The recipe with the options beside it.
    """
    decided, told, plan = plans
    try:
        check(plan)
    except (SettingError, WeightsError) as error:
        if asked.file is not None:
            for earlier, names in ((decided, ("model", "encoder")), (told, ("settings",))):
                if _refusal(check, earlier) == str(error):
                    with asked.named_in_refusals(*names):
                        raise
        raise


def _refusal(check: Callable[[Plan], None], plan: Plan) -> str | None:
    """The words in which a plan is refused; None if it is not."""
    try:
        check(plan)
    except (SettingError, WeightsError) as error:
        return str(error)
    return None


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
