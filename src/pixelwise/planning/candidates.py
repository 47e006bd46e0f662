"""Which plans a tuning tries: a small space around the plan that the rules make, and candidates spread over it.

The space holds what was seen to matter in short trainings: the encoder, the size of the views, the loss, both learning
rates and the size of a batch. Candidates are a Latin hypercube (McKay, Beckman and Conover 1979,
https://doi.org/10.1080/00401706.1979.10489755): each setting is cut into as many equal parts as there are candidates,
and each part is taken once, so that even a handful covers every setting evenly. A sampler that learns from what it has
seen needs some ten finished trials before it differs from chance, which is more than most tunings here have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pixelwise.encoders.embedded import is_embedded
from pixelwise.models import MODELS
from pixelwise.planning.overrides import apply_overrides
from pixelwise.planning.plan import Plan
from pixelwise.planning.training import Stage

__all__ = ["Candidate", "candidate_plan", "draw_candidates", "encoders_to_try"]

Candidate = tuple[str, ...]
"""What a candidate changes in the plan, each as `path.to.value=new`; nothing for the plan itself."""

_EMBEDDED = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")
_SIDE_FACTORS = (0.75, 1.0, 1.5)  # of the planned views
_SMALLEST_SIDE = 64
_SIDE_MULTIPLE = 32
_RATE_RANGE = 3.0  # the learning rate is at most so many times larger, or smaller, than planned
_ENCODER_RATES = (0.1, 1.0)
_BATCH_FACTORS = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class _Dimension:
    """One setting.

    Attributes:
        path: Its place in the plan.
        text: The value as YAML, for a number in [0, 1).
    """

    path: str
    text: Callable[[float], str]


def draw_candidates(
    plan: Plan, *, count: int, encoders: Sequence[str] = (), fixed: Sequence[str] = (), seed: int = 0
) -> tuple[Candidate, ...]:
    """Spread candidates over the space; the first is the plan as it is.

    Args:
        plan: What is varied.
        count: How many, at least one.
        encoders: Names to choose from; fewer than two leave the plan's.
        fixed: Settings that are not varied, as `training.learning_rate`; a group stands for all in it.
        seed: Of the draw.
    """
    random = np.random.default_rng(seed)
    drawn: list[list[str]] = [[] for _ in range(count - 1)]
    for dimension in _space(plan, encoders):
        places = (random.permutation(len(drawn)) + random.random(len(drawn))) / max(1, len(drawn))
        if any(_covers(path, dimension.path) for path in fixed):
            continue
        for candidate, place in zip(drawn, places, strict=True):
            candidate.append(f"{dimension.path}={dimension.text(float(place))}")
    return ((), *(_without_repetition(plan, candidate) for candidate in drawn))


def candidate_plan(plan: Plan, candidate: Candidate, why: str) -> Plan:
    """The plan of a candidate.

    Args:
        plan: What the candidate changes.
        candidate: Its changes.
        why: The reason that its decisions give.

    Raises:
        SettingError: If a value does not fit.
    """
    changed = apply_overrides(plan, candidate)
    told = [(override.replace("=", " = ", 1), why) for override in candidate] or [("the plan as it is", why)]
    return changed.model_copy(update={"decisions": (*plan.decisions, *told)})


def encoders_to_try(plan: Plan, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """The encoders that candidates choose from: those that were asked for, or those whose weights are installed.

    Args:
        plan: Its network decides whether there is a choice; its encoder is always among them.
        wanted: Names of timm backbones.
    """
    own = plan.model.arguments.get("encoder")
    if own is None:
        return ()
    installed = filter(is_embedded, _EMBEDDED) if MODELS[plan.model.name].takes_default_encoder else ()
    return tuple(dict.fromkeys((own, *(wanted or installed))))


def _space(plan: Plan, encoders: Sequence[str]) -> list[_Dimension]:
    """All settings that are varied."""
    training = plan.training
    stages = list(dict.fromkeys(_stage(training.stages[-1], factor) for factor in _SIDE_FACTORS))
    batches = list(dict.fromkeys(max(2, round(training.batch_size * factor)) for factor in _BATCH_FACTORS))
    rates = training.learning_rate / _RATE_RANGE, training.learning_rate * _RATE_RANGE
    space = [
        _Dimension("training.stages", _choice(stages)),
        _Dimension("training.learning_rate", _rate(*rates)),
        _Dimension("training.encoder_rate", _rate(*_ENCODER_RATES)),
        _Dimension("training.batch_size", _choice([str(size) for size in batches])),
    ]
    losses = _losses(plan)
    if len(losses) > 1:
        space.append(_Dimension("task.arguments.loss", _choice(losses)))
    if len(encoders) > 1:
        space.append(_Dimension("model.arguments.encoder", _choice(encoders)))
    return space


def _losses(plan: Plan) -> list[str]:
    """Cross-entropy alone, with Dice, and with Lovász, for tasks that take a loss."""
    planned = plan.task.arguments.get("loss")
    if planned is None:
        return []
    has_own_channels = plan.task.name == "multilabel_segmentation" or plan.task.arguments.get("binary", False)
    entropy = "binary_cross_entropy" if has_own_channels else "cross_entropy"
    return list(dict.fromkeys((planned, entropy, f"{entropy} + 0.5*lovasz")))


def _stage(planned: Stage, factor: float) -> str:
    """Views of other sides; the smallest scale follows, so that a view there still holds as much of an image."""
    height, width = (
        max(_SMALLEST_SIDE, _SIDE_MULTIPLE * round(side * factor / _SIDE_MULTIPLE))
        for side in (planned.height, planned.width)
    )
    if factor == 1.0:
        height, width = planned.height, planned.width
    smallest = min(planned.max_scale, round(planned.min_scale * factor, 3))
    return (
        f"[{{until: 1.0, height: {height}, width: {width}, min_scale: {smallest:g}, max_scale: {planned.max_scale:g}}}]"
    )


def _choice(values: Sequence[str]) -> Callable[[float], str]:
    return lambda place: values[int(place * len(values))]


def _rate(low: float, high: float) -> Callable[[float], str]:
    """Evenly on a logarithmic scale, with two figures, written so that YAML reads a number."""
    return lambda place: np.format_float_positional(
        float(f"{math.exp(math.log(low) + place * math.log(high / low)):.1e}"), trim="0"
    )


def _covers(fixed: str, path: str) -> bool:
    return f"{path}.".startswith(f"{fixed}.") or fixed.startswith(f"{path}.")


def _without_repetition(plan: Plan, candidate: Sequence[str]) -> Candidate:
    """Leave out what the plan says anyway."""
    return tuple(override for override in candidate if _settings(apply_overrides(plan, [override])) != _settings(plan))


def _settings(plan: Plan) -> Plan:
    return plan.model_copy(update={"decisions": ()})
