"""Sums of losses, written as `ce+dice`, `0.7*ce+0.3*lovasz` or `focal(gamma=3)+0.5*dice`."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from pixelwise.errors import SettingError, unknown_name
from pixelwise.losses._base import LOSSES, Loss, refuse_class_weights
from pixelwise.ops.given import refuse_other_type

__all__ = ["Term", "WeightedSum", "build_loss", "parse_loss", "takes_class_weights"]

_HOW = "Write losses joined by +, each with a factor or settings if needed: 0.7*ce + focal(gamma=3)."


@dataclass(frozen=True)
class Term:
    """One loss of a sum.

    Attributes:
        weight: Its factor, above 0.
        name: In the catalog.
        arguments: Its settings.
    """

    weight: float
    name: str
    arguments: dict[str, Any]


class WeightedSum(Loss):
    """Losses times their factors, added from the first to the last.

    A weight of single pixels is given to every loss that takes one.

    Args:
        losses: At least one.
        weights: The factor of each.
    """

    def __init__(self, losses: Sequence[Loss], weights: Sequence[float]) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self.weights = tuple(weights)
        self.takes_weight = any(loss.takes_weight for loss in losses)
        self.is_shared = all(loss.is_shared for loss in losses)

    def forward(self, scores: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """The sum for scores `(B, K, H, W)` against target `(B, H, W)`, with `weight` `(B, H, W)` or None."""
        values = [
            loss(scores, target) if weight is None or not loss.takes_weight else loss(scores, target, weight)
            for loss in self.losses
        ]
        total: Tensor = self.weights[0] * values[0]
        for factor, value in zip(self.weights[1:], values[1:], strict=True):
            total = total + factor * value
        return total


def parse_loss(expression: str) -> tuple[Term, ...]:
    """Read a sum of losses; each is built once, so that what is wrong with it is found.

    Args:
        expression: Names or abbreviations of losses, joined by `+`. A factor stands before its name with `*`, settings
            stand behind it in brackets, as in Python.

    Raises:
        SettingError: If the text is no such sum, or a name, a factor or a setting is not known or out of range.
    """
    refuse_other_type(expression, "loss", str, "losses are given by their names, such as 'ce+dice'")
    try:
        terms = tuple(_term(node, expression) for node in _summands(ast.parse(expression.strip(), mode="eval").body))
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise SettingError(f"The loss '{expression}' cannot be read. {_HOW}") from error
    for term in terms:
        _build(term, {})
    return terms


def build_loss(expression: str, num_classes: int, class_weights: Sequence[float] | None = None) -> WeightedSum:
    """Build a sum of losses for a network's scores.

    Args:
        expression: As `parse_loss` reads it.
        num_classes: How many classes exclude one another; 1 for channels that are each for themselves, such as one.
        class_weights: One factor per class (background and object for one channel) for every loss of the sum that takes
            them and was given none; None for equal weights.

    Raises:
        SettingError: As `parse_loss`, and if a loss is not made for several classes or has the wrong number of weights,
            or such as nothing can be learnt with.
    """
    terms = parse_loss(expression)
    if class_weights is not None:
        refuse_class_weights(class_weights)
    losses = []
    for term in terms:
        if num_classes > 1 and not LOSSES[term.name].several_classes:
            raise SettingError(
                f"The loss '{term.name}' is for one channel, object against background, but there are {num_classes} "
                f"classes. Take cross_entropy (ce) in its place."
            )
        _refuse_wrong_number(term, max(2, num_classes))
        losses.append(_build(term, _class_weights(term, class_weights)))
    return WeightedSum(losses, [term.weight for term in terms])


def takes_class_weights(terms: Sequence[Term]) -> bool:
    """Whether a loss of the sum would use the weights of the classes that `build_loss` is given."""
    return any(_class_weights(term, (1.0, 1.0)) for term in terms)


def _summands(node: ast.expr) -> list[ast.expr]:
    """The parts between the plus signs, from left to right."""
    parts = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts.append(node.right)
        node = node.left
    return [node, *reversed(parts)]


def _term(node: ast.expr, expression: str) -> Term:
    weight = 1.0
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        weight, node = _factor(node.left, expression), node.right
    match node:
        case ast.Name(id=name):
            return Term(weight, _full_name(name), {})
        case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords):
            full = _full_name(name)
            settings = {_setting(word, full): ast.literal_eval(word.value) for word in keywords}
            if len(settings) < len(keywords):
                raise SettingError(f"In the loss '{ast.unparse(node)}', a setting is given twice. Give it once.")
            return Term(weight, full, settings)
    raise SettingError(f"The loss '{expression}' cannot be read at '{ast.unparse(node)}'. {_HOW}")


def _factor(node: ast.expr, expression: str) -> float:
    try:
        factor = ast.literal_eval(node)
    except ValueError:
        factor = None
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < math.inf:
        raise SettingError(
            f"In the loss '{expression}', '{ast.unparse(node)}' stands where a factor is expected, which is a number "
            f"above 0, as in 0.5*dice."
        )
    return float(factor)


def _full_name(name: str) -> str:
    names = LOSSES.names()
    if name in names:
        return name
    full = {short: known for known in names if (short := LOSSES[known].abbreviation) is not None}
    if name not in full:
        raise unknown_name("loss", name, [*names, *full])
    return full[name]


def _setting(keyword: ast.keyword, name: str) -> str:
    setting, known = str(keyword.arg), inspect.signature(LOSSES[name].build).parameters
    if setting not in known:
        raise unknown_name(f"setting of the loss '{name}'", setting, known, advice="" if known else "It has none.")
    return setting


def _build(term: Term, more: dict[str, Any]) -> Loss:
    try:
        return LOSSES[term.name].build(**term.arguments, **more)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in term.arguments.items())
        reason = str(error).rstrip(".")
        raise SettingError(f"The loss '{term.name}' cannot be built with {given}: {reason}.") from error


def _class_weights(term: Term, class_weights: Sequence[float] | None) -> dict[str, Any]:
    """The argument by which a loss takes the weights of the classes, if it does and was not given any."""
    known = inspect.signature(LOSSES[term.name].build).parameters.keys() - term.arguments.keys()
    if class_weights is None:
        return {}
    if "class_weights" in known:
        return {"class_weights": class_weights}
    if "object_weight" not in known:
        return {}
    if class_weights[0] == 0:
        raise SettingError(
            f"The weights of background and object are {list(class_weights)}, but the loss '{term.name}' weighs the "
            f"object against the background, whose weight has to be above 0."
        )
    return {"object_weight": class_weights[1] / class_weights[0]}


def _refuse_wrong_number(term: Term, count: int) -> None:
    weights = term.arguments.get("class_weights")
    if weights is not None and (not isinstance(weights, list | tuple) or len(weights) != count):
        raise SettingError(
            f"The class_weights of the loss '{term.name}' are {weights} for {count} classes; give one number per class."
        )
