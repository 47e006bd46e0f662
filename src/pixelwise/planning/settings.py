"""What is wrong with a request before data are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import timm
from pydantic import ValidationError

from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import Pictures
from pixelwise.errors import SettingError, WeightsError, unknown_name
from pixelwise.models import MODELS
from pixelwise.ops.ranks import world_size
from pixelwise.picture_losses import refuse_missing_file
from pixelwise.planning.length import refuse_two_ends
from pixelwise.planning.network import (
    Network,
    build_component,
    check_network,
    choose_network,
    networks_of,
)
from pixelwise.planning.objective import refuse_objective
from pixelwise.planning.overrides import apply_overrides
from pixelwise.planning.picture_refusals import loss_of_pictures, refuse_method
from pixelwise.planning.pictures import choose_picture_network, make_picture_plan
from pixelwise.planning.plan import ModelSettings, Plan, Stage, TaskSettings, TrainingSettings, decide_batch
from pixelwise.planning.progressive import parse_progressive, resize_progressively
from pixelwise.planning.recipe import Recipe
from pixelwise.planning.training import refuse_batch, refuse_parts
from pixelwise.planning.wording import readable
from pixelwise.tasks import TASKS

__all__ = ["check_picture_request", "check_request"]

_Plans = tuple[Plan, Plan, Plan]

_ANY_SIDE = 8192  # of views while the data, which decide it, are not known: larger than any
_ANY_COUNT = 2  # of classes, likewise


def check_request(
    asked: Recipe,
    overrides: Sequence[str] = (),
    *,
    separate: bool = False,
    multilabel: bool | None = None,
    unlabelled: bool = False,
) -> None:
    """Find what is wrong with a request for a training on masks without knowing the data, which take long to read.

    Args:
        asked: The recipe with the options beside it.
        overrides: Settings as `--set` gives them.
        separate: Whether near objects shall be kept apart.
        multilabel: Whether classes may overlap; None where the data decide it.
        unlabelled: Whether images without masks are learnt from, too.

    Raises:
        SettingError: If a name or a setting is not known, a number is out of range, both ends are given, two
            encoders are, the loss cannot be read or has no place, the batch cannot be shared out, or the network
            cannot be built from its arguments and this encoder. It names the recipe's file where that asks for it.
        WeightsError: If the pretrained weights of an encoder that nothing can stand in for cannot be had.
    """
    _check_ends(asked)
    network = _network(
        asked, lambda model, encoder: choose_network(model, encoder, pretrained=False, task="segmentation")
    )
    settings = ModelSettings(name=network.name, arguments=dict(network.arguments), pretrained=_is_pretrained(asked))
    objective = {"num_classes": _ANY_COUNT} | ({} if asked.loss is None else {"loss": asked.loss})
    decided = Plan(
        model=settings, task=TaskSettings(name=network.task, arguments=objective), training=_stand_in(asked, network)
    )

    def refuse(plan: Plan) -> None:
        refuse_objective(plan.task.name, plan.task.arguments, separate=separate, multilabel=multilabel)

    def refuse_size(plan: Plan) -> None:
        refuse_batch(plan.training, world_size(), unlabelled=unlabelled)

    with asked.named_in_refusals("model", "loss"):
        refuse(decided)
    told = asked.applied(decided)
    plan = apply_overrides(told, overrides)
    with asked.named_in_refusals("progressive"):
        if asked.progressive is not None:
            resize_progressively(plan, parse_progressive(asked.progressive))
    _check_each(refuse, (decided, told, plan), asked)
    _check_each(refuse_size, (decided, told, plan), asked)
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
    _check_each(lambda one: refuse_batch(one.training, world_size()), (decided, told, plan), asked)
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
    """Refuse a task that cannot be built or does not fit its network or steps, or whose loss names a missing file."""
    task = build_component("task", plan.task.name, TASKS[plan.task.name].build, plan.task.arguments)
    refuse_missing_file(plan.task.arguments.get("loss", ""))
    refuse_method(plan)
    if plan.training.accumulate > 1:
        networks = networks_of(plan.model.name, plan.model.arguments, task).values()
        learning = [any(parameter.requires_grad for parameter in network.parameters()) for network in networks]
        refuse_parts(plan.training, sum(learning))


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


def _stand_in(asked: Recipe, network: Network) -> TrainingSettings:
    """Settings of a training whose data are not known yet: its views are any."""
    stage = Stage(until=1.0, height=_ANY_SIDE, width=_ANY_SIDE, min_scale=0.5, max_scale=1.0)
    has_end = asked.epochs is not None or asked.budget_seconds is not None
    try:
        return TrainingSettings(
            epochs=asked.epochs if has_end else 1.0,
            budget_seconds=asked.budget_seconds,
            stages=(stage,),
            **decide_batch(network, []),
        )
    except ValidationError as error:
        raise SettingError(readable(error)) from error
