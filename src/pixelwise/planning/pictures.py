"""The plan of a training on pictures."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from pixelwise.data.dataset import Decision
from pixelwise.data.pictures import Pictures
from pixelwise.data.pictures.views import view_side
from pixelwise.data.wording import counted
from pixelwise.errors import SettingError
from pixelwise.models import MODELS
from pixelwise.planning.length import asked_end, end_in_words, refuse_two_ends
from pixelwise.planning.network import Network, choose_network
from pixelwise.planning.picture_refusals import loss_of_pictures
from pixelwise.planning.plan import ModelSettings, Plan, TaskSettings
from pixelwise.planning.training import Stage, TrainingSettings
from pixelwise.planning.wording import readable
from pixelwise.tasks import NOGAN_PHASES

__all__ = ["choose_picture_network", "make_picture_plan", "refuse_setting", "with_whole_paths"]

_BATCH = {"super_resolution": 16, "restoration": 16, "paired_translation": 1, "unpaired_translation": 1}
_STEPS = {
    "super_resolution": 20_000,
    "restoration": 20_000,
    "paired_translation": 40_000,
    "unpaired_translation": 40_000,
}
_TRANSLATES = ("paired_translation", "unpaired_translation")
_AGAINST_CRITICS: dict[str, Any] = {
    "schedule": "linear_decay",
    "betas": (0.5, 0.999),
    "epsilon": 1e-8,
}  # as pix2pix, CycleGAN
_NOGAN: dict[str, Any] = {name: _AGAINST_CRITICS[name] for name in ("betas", "epsilon")}
_ENLARGED = 286 / 256  # of these: how much larger a picture is than the view that is cut out of it
_RATE_AGAINST_CRITICS = 2e-4
_DEEPEST, _FULL_SIDE = 8, 256  # of pix2pix's generator, which is for views of that many pixels
_RATE = 1e-3  # of networks that begin with random weights and have no norms
_OF_COLORS = "lite_unet"
_WHY_OF_COLORS = "a colour follows from what a thing is, and its encoder has learnt that from photographs"
_OF_MASKS = (
    "image_scale",
    *(f"training.{name}" for name in ("rotation", "elastic", "mix", "mix_probability")),
)
_EXPOSURE = "training.color"
_OPENED_BY = {
    "task.arguments.scale": "--scale",
    "model.arguments.scale": "--scale",
    "task.arguments.degrade": "--degrade",
}
_PLANNED_BY = {"task.arguments.adversarial": "--adversarial"}


def make_picture_plan(  # noqa: PLR0913 - what a user may ask for
    pictures: Pictures,
    task: str,
    arguments: dict[str, Any],
    *,
    model: str | None = None,
    encoder: str | None = None,
    pretrained: bool = True,
    epochs: float | None = None,
    budget_seconds: float | None = None,
    seed: int = 0,
) -> Plan:
    """Decide every setting from the pictures and from what was asked for.

    Args:
        pictures: The data.
        task: Its name.
        arguments: Of the task.
        model: Name of a network; None takes the task's usual one.
        encoder: Name of a timm backbone, for networks that have one.
        pretrained: Whether an encoder begins with pretrained weights.
        epochs: How often each picture is seen; None decides it, unless a budget is given.
        budget_seconds: Wall time.
        seed: Of everything that is drawn.

    Raises:
        SettingError: If both epochs and a budget are given, a number is out of range, or the model is not made for the
            task.
    """
    refuse_two_ends(epochs, budget_seconds)
    network = choose_picture_network(task, arguments, model, encoder, pretrained=pretrained)
    decisions = [network.decision, *_about_images(arguments)]
    if _is_grey(task, arguments) and "predicts" not in arguments:
        arguments = arguments | {"predicts": "color"}
        decisions.append(Decision("colours alone, a and b of CIELAB", "nothing else is missing in a grey picture"))
    scale = arguments.get("scale", 1)
    of_model: dict[str, Any] = dict(network.arguments)
    if "scale" in inspect.signature(MODELS[network.name].build).parameters:
        of_model["scale"] = scale
    stage = _stage(pictures, task, scale, decisions)
    count = len(pictures.splits["train"])
    if epochs is None and budget_seconds is None:
        epochs = max(1.0, round(_STEPS[task] * _BATCH[task] / count))
        wanted = f"about {_STEPS[task]:,} steps are wanted, in whole epochs of {counted(count, 'picture')}"
        why = f"{wanted}; --budget or --epochs says otherwise"
        decisions.append(Decision(end_in_words(epochs, None), why))
    else:
        decisions.append(asked_end(epochs, budget_seconds))
    of_model |= _size_of_network(network.name, stage.height, decisions)
    against_critics = task in _TRANSLATES
    arguments = _objective(arguments, decisions)
    is_nogan = arguments.get("adversarial") == "nogan"
    try:
        training = TrainingSettings(
            epochs=epochs,
            budget_seconds=budget_seconds,
            batch_size=_BATCH[task],
            learning_rate=network.learning_rate or (_RATE_AGAINST_CRITICS if against_critics else _RATE),
            weight_decay=0.0,
            warmup=0.1,
            ema_decay=0.998,
            stages=(stage,),
            rotation=0.0,
            color=0.0,
            seed=seed,
            **(_AGAINST_CRITICS if against_critics else _NOGAN if is_nogan else {}),
        )
    except ValidationError as error:
        raise SettingError(readable(error)) from error
    return Plan(
        model=ModelSettings(name=network.name, arguments=of_model, pretrained=pretrained),
        task=TaskSettings(name=task, arguments=arguments),
        training=training,
        decisions=tuple((decision.what, decision.why) for decision in decisions),
    )


def choose_picture_network(
    task: str, arguments: Mapping[str, Any], model: str | None, encoder: str | None, *, pretrained: bool
) -> Network:
    """Choose a network for a task on pictures, whose usual one may follow from the task's arguments.

    Args:
        task: Its name.
        arguments: Of the task.
        model: Name of a network; None takes the usual one.
        encoder: Name of a timm backbone; None takes the usual one.
        pretrained: Whether an encoder begins with pretrained weights.

    Raises:
        SettingError: As `choose_network`.
    """
    if model is not None or not _is_grey(task, arguments):
        return choose_network(model, encoder, pretrained=pretrained, task=task)
    network = choose_network(_OF_COLORS, encoder, pretrained=pretrained, task=task)
    return replace(network, decision=replace(network.decision, why=_WHY_OF_COLORS)) if pretrained else network


def refuse_setting(path: str, task: TaskSettings) -> None:
    """Refuse to change a setting that has no effect on pictures, or by which they have been opened.

    Args:
        path: Of the setting in a plan, such as `training.mix`.
        task: With its arguments; tasks of masks take everything.

    Raises:
        SettingError: If it is such a setting.
    """
    if task.name not in _STEPS:
        return
    if path in _OF_MASKS:
        raise SettingError(f"{path} is for images with masks, and has no effect on the task {task.name}. Leave it out.")
    if path == _EXPOSURE and "degrade" not in task.arguments:
        raise SettingError(
            f"{path} varies the brightness of photographs before they are degraded, and has no effect on {task.name} "
            f"without degradations (--degrade, in Python degrade=…). Leave it out."
        )
    if path in _OPENED_BY:
        raise SettingError(
            f"The pictures are opened by {path}, so it is set by {_OPENED_BY[path]}, not by --set, when a training "
            "begins."
        )
    if path in _PLANNED_BY:
        raise SettingError(
            f"Loss and phases follow from {path}, so it is set by {_PLANNED_BY[path]}, not by --set, when a training "
            "begins."
        )


def with_whole_paths(path: str, value: object, task: str) -> object:
    """The new value of a setting, in which a loss of pictures names its file from the root on.

    Args:
        path: Of the setting in a plan, such as `task.arguments.loss`.
        value: The new value.
        task: Name of the task.

    Raises:
        SettingError: If the loss is not known.
    """
    if task not in _STEPS:
        return value
    if path == "task.arguments.loss" and isinstance(value, str):
        return loss_of_pictures(value)
    if path == "task.arguments" and isinstance(value, dict) and isinstance(value.get("loss"), str):
        return value | {"loss": loss_of_pictures(value["loss"])}
    return value


def _is_grey(task: str, arguments: Mapping[str, Any]) -> bool:
    """Whether nothing but the colour of the pictures is missing."""
    return task == "restoration" and arguments.get("degrade") == "grey"


def _about_images(arguments: Mapping[str, Any]) -> list[Decision]:
    """What is made of the pictures, where images are made of them."""
    if "degrade" not in arguments:
        return []
    return [Decision(f"images made by {arguments['degrade']}", "of each picture anew, whenever it is seen")]


def _objective(arguments: dict[str, Any], decisions: list[Decision]) -> dict[str, Any]:
    """The arguments of the task with its loss, and the phases of NoGAN where that is asked for."""
    if "loss" in arguments:
        arguments = arguments | {"loss": loss_of_pictures(arguments["loss"])}
        decisions.append(Decision(f"loss {arguments['loss']}", "asked for"))
    if arguments.get("adversarial") != "nogan":
        return arguments
    if "loss" not in arguments:
        arguments = arguments | {"loss": "perceptual"}
        decisions.append(Decision("loss perceptual", "NoGAN begins with features, which tell sharp from blurred"))
    shares = [f"{share:.0%}".replace("%", " %") for share in NOGAN_PHASES]
    why = "asked for" if "phases" in arguments else f"of the training: {shares[0]}, {shares[1]} and {shares[2]}"
    arguments = {"phases": list(NOGAN_PHASES), **arguments}
    decisions += [
        Decision(
            "NoGAN: the network alone, then the critic alone, then one against the other",
            "what can be learnt without a critic is learnt first, and a critic that knows its work from the first "
            "joint step on needs few of them, before artefacts come (DeOldify)",
        ),
        Decision(f"task.arguments.phases = {arguments['phases']}", why),  # in these words, so that --set replaces it
        Decision(
            "Adam with betas of 0.5 and 0.999",
            "as usual against a critic; the rate falls from a tenth of the training on, so that the joint part goes "
            "gently",
        ),
    ]
    return arguments


def _stage(pictures: Pictures, task: str, scale: int, decisions: list[Decision]) -> Stage:
    """The size of the views: crops of the pictures, as large as is usual for the task and the pictures allow."""
    side = view_side(task, pictures.smallest_side(), scale)
    decisions.append(
        Decision(f"views of {side} × {side} pixels", f"the shortest side of a target is {pictures.smallest_side()}")
    )
    enlarged = _ENLARGED if task in _TRANSLATES else 1.0
    return Stage(until=1.0, height=side, width=side, min_scale=enlarged, max_scale=enlarged)


def _size_of_network(name: str, side: int, decisions: list[Decision]) -> dict[str, Any]:
    """How deep a generator is, so that it fits its views, and its norm."""
    if name == "pix2pix_unet":
        depth = max(2, min(_DEEPEST, side.bit_length() - 1))
        decisions += [
            Decision(f"depth {depth}", f"halves views of {side} pixels down to {side // 2**depth}"),
            Decision("instance norm", "a step sees one view, whose statistics a prediction then has, too"),
        ]
        return {"depth": depth, "norm": "instance"}
    if name == "resnet_generator":
        depth = 9 if side >= _FULL_SIDE else 6
        decisions.append(
            Decision(f"depth {depth}", f"as in the paper for views of {256 if depth == 9 else 128} pixels")
        )
        return {"depth": depth}
    return {}
