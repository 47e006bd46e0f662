"""Which network is trained, from what was asked for and what can be had."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import timm
import torch
from torch import nn

from pixelwise.data.dataset import Decision
from pixelwise.encoders import DEFAULT_ENCODER, are_weights_at_hand, check_weights
from pixelwise.errors import SettingError, unknown_name
from pixelwise.models import DEFAULT_MODEL, DEFAULT_MODELS, MODELS, ImageModel, ModelCard
from pixelwise.ops.given import refuse_other_type
from pixelwise.tasks import Task

__all__ = [
    "OF_DATA",
    "Network",
    "build_component",
    "check_network",
    "choose_network",
    "networks_of",
    "refuse_channels",
]

OF_DATA = frozenset({"in_channels", "out_channels", "num_classes"})
"""Arguments of networks and tasks that follow from data and task, and that nobody sets."""

Built = TypeVar("Built")

_FITTING: dict[type, type | tuple[type, ...]] = {
    bool: bool,
    int: int,
    float: (int, float),
    str: str,
}  # what may stand for a usual value of a type
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}
_EQUIVALENT = {"segmentation": ("mask_classification",)}  # tasks that predict the same, and are trained in another way
_OPENED_BY = frozenset({"scale", "degrade"})  # arguments that the data are opened by, and that nobody sets afterwards
_PROBE = 3  # channels of the network that is tried; as many as a picture has


@dataclass(frozen=True)
class Network:
    """A network of the catalog.

    Attributes:
        name: In the catalog.
        arguments: What follows from the choice: the encoder, and what stood behind a colon in the name.
        decision: The choice, and why.
        task: Name of the task that it is trained for.
        learning_rate: The peak rate that it is best trained with; None for the usual one.
    """

    name: str
    arguments: dict[str, str]
    decision: Decision
    task: str
    learning_rate: float | None


def choose_network(model: str | None, encoder: str | None, *, pretrained: bool, task: str) -> Network:
    """Choose a network for `task`.

    Args:
        model: Name in the catalog, which a variant may follow, as in `smp:Unet`; None takes the default.
        encoder: Name of a timm backbone; None takes the one that the network is best known with, if its weights are
            at hand, and else the one whose weights are installed.
        pretrained: Whether weights are wanted at all.
        task: Name of a task; a network that is trained for the same in another way gets that one instead.

    Raises:
        SettingError: If the name is not known, the network is not made for the task, or takes no encoder or variant.
    """
    if model is not None:
        refuse_other_type(model, "model", str, f"a network is given by its name, such as '{DEFAULT_MODEL}'")
    name, _, variant = (model or DEFAULT_MODELS[task]).partition(":")
    if name not in MODELS and timm.is_model(name):
        raise SettingError(
            f"'{name}' is the name of an encoder, not of a model. Give it as the encoder: --encoder {name}, or in "
            f"Python encoder='{name}'."
        )
    card = MODELS[name]
    served = next((known for known in (task, *_EQUIVALENT.get(task, ())) if known in card.tasks), None)
    if served is None:
        raise SettingError(f"The model '{name}' is made for {', '.join(sorted(card.tasks))}, not for {task}.")
    arguments = _variant(name, variant, card)
    if card.encoder is None:
        if encoder is not None:
            raise SettingError(
                f"The model '{name}' has layers of its own instead of an encoder, so '{encoder}' has no place in it. "
                f"Leave --encoder out, or take a model with one, such as '{DEFAULT_MODEL}'."
            )
        why = "asked for" if model else f"the default of {task}"
        return Network(name, arguments, Decision(f"model {name}", why), served, card.learning_rate)
    chosen, why = (encoder, "asked for") if encoder else _usual_encoder(card, card.encoder, pretrained)
    if model is None and encoder is None:
        why = "the default, among the best of those measured at equal time"
    if not pretrained:
        why += "; its weights are random (--no-pretrained), so it needs many times the time to learn as much"
    decision = Decision(f"model {name} with encoder {chosen}", why)
    return Network(name, {**arguments, "encoder": chosen}, decision, served, card.learning_rate)


def check_network(name: str, arguments: Mapping[str, Any], *, needs_weights: bool) -> None:
    """Refuse a network that cannot be built or has no weights to begin with, at the price of a look.

    It is built on PyTorch's device for shapes without memory, and nothing is downloaded.

    Args:
        name: In the catalog.
        arguments: All but the channels of the scores.
        needs_weights: Whether the pretrained weights of its encoder have to be at hand.

    Raises:
        SettingError: If an argument is unknown or says a number of channels, or the encoder is or does not fit.
        WeightsError: If there are no such weights, or they cannot be had.
    """
    refuse_channels(arguments)
    card = MODELS[name]
    model = _without_memory(name, {**arguments, "out_channels": _PROBE})
    if model is not None and needs_weights and model.encoder is not None:
        check_weights(model.encoder.name, substitute=card.installed_encoder)


def refuse_channels(arguments: Mapping[str, Any]) -> None:
    """Refuse a number of channels among the arguments of a model: it follows from the data or the task.

    Raises:
        SettingError: If there is one.
    """
    for name in ("in_channels", "out_channels"):
        if name in arguments:
            raise SettingError(
                f"model.arguments.{name} is given, but how many channels there are follows from the data and the task. "
                f"Leave it out."
            )


def networks_of(name: str, arguments: Mapping[str, Any], task: Task) -> dict[str, nn.Module]:
    """All networks that a training has, by name; its model on PyTorch's device for shapes without memory.

    Args:
        name: Of the model, in the catalog.
        arguments: All of its but the channels of the scores.
        task: What it is trained to do.

    Returns:
        The networks; none where the model cannot be built without memory.

    Raises:
        SettingError: If an argument is unknown or does not fit.
        WeightsError: If the loss needs weights that cannot be had.
    """
    model = _without_memory(name, {**arguments, "out_channels": task.out_channels})
    if model is None:
        return {}
    with torch.random.fork_rng(devices=[]):
        return {"model": model, **task.partners(model)}


def _without_memory(name: str, arguments: Mapping[str, Any]) -> ImageModel | None:
    """A model on PyTorch's device for shapes; None if it cannot be built there."""
    try:
        with torch.device("meta"):
            return build_component("model", name, MODELS[name].build, arguments)
    except SettingError as error:
        if isinstance(error.__cause__, NotImplementedError):  # an operation that has no shapes alone
            return None
        raise


def build_component(kind: str, name: str, build: Callable[..., Built], arguments: Mapping[str, Any]) -> Built:
    """Build a component of a catalog from arguments that a user may have given.

    Args:
        kind: What it is called in messages, such as `model`.
        name: In the catalog.
        build: Its class.
        arguments: Its keyword arguments.

    Raises:
        SettingError: If an argument is unknown or does not fit.
    """
    known = inspect.signature(build).parameters
    unknown = [argument for argument in arguments if argument not in known]
    if unknown and not any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        raise unknown_name(f"argument of the {kind} '{name}'", unknown[0], known.keys() - OF_DATA - _OPENED_BY)
    for argument in known.keys() & arguments.keys():
        _refuse_other_type(kind, name, known[argument], arguments[argument])
    try:
        return build(**arguments)
    except (TypeError, ValueError, RuntimeError, ArithmeticError) as error:
        raise SettingError(f"The {kind} '{name}' cannot be built: {str(error).rstrip('.')}.") from error


def _refuse_other_type(kind: str, name: str, parameter: inspect.Parameter, value: object) -> None:
    """Refuse a word where a number is usual, and the like, by the type of the usual value."""
    usual = parameter.default
    fitting = next((types for typical, types in _FITTING.items() if type(usual) is typical), None)
    if fitting is None or (isinstance(value, fitting) and isinstance(value, bool) == isinstance(usual, bool)):
        return
    if "|" in str(parameter.annotation):  # another type may be meant
        return
    raise SettingError(
        f"The argument '{parameter.name}' of the {kind} '{name}' is {value!r}, but {_KINDS[type(usual)]} is expected, "
        f"such as {usual!r}."
    )


def _variant(name: str, variant: str, card: ModelCard) -> dict[str, str]:
    if bool(variant) == (card.variant is not None):
        return {card.variant: variant} if card.variant else {}
    if variant:
        raise SettingError(f"The model '{name}' has no variants, so ':{variant}' has no meaning. Write --model {name}.")
    raise SettingError(f"The model '{name}' needs its {card.variant} behind a colon: {card.summary}.")


def _usual_encoder(card: ModelCard, usual: str, pretrained: bool) -> tuple[str, str]:
    """The encoder that a network is known with, or the one that needs no download, if that serves."""
    if usual == DEFAULT_ENCODER or not card.takes_default_encoder or not pretrained or are_weights_at_hand(usual):
        return usual, "the usual one for this model"
    return DEFAULT_ENCODER, f"the weights of {usual}, the usual one for this model, could not be reached"
