"""What a network is trained for: the arguments of its task, its loss among them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.errors import DataError, SettingError, unknown_name
from pixelwise.losses import LOSSES, parse_loss, takes_class_weights
from pixelwise.tasks import TASKS

__all__ = ["refuse_objective", "refuse_without_pixel_weights", "task_arguments", "task_of"]

_DICE_WEIGHT = 0.5  # beside a cross-entropy of about 0.5: both pull
_OF_PIXELS = {
    None: ("segmentation", "multilabel_segmentation"),
    True: ("multilabel_segmentation",),
    False: ("segmentation",),
}  # which task it is, by whether classes may overlap


def task_of(task: str, dataset: Dataset) -> str:
    """The task that a network is trained for which is made for `task`; another one where classes overlap.

    Raises:
        SettingError: If the network cannot learn classes that overlap.
    """
    if not dataset.classes.multilabel:
        return task
    if task != "segmentation":
        raise SettingError(
            f"The classes of {dataset.root} overlap, which a model of the task {task} cannot learn. Take a model that "
            "is trained pixel by pixel, such as the default, or give --no-multilabel."
        )
    return "multilabel_segmentation"


def task_arguments(task: str, dataset: Dataset, loss: str | None, decisions: list[Decision]) -> dict[str, Any]:
    """Decide the arguments of a task.

    Args:
        task: Its name.
        dataset: Whose classes are learnt.
        loss: A sum of losses that was asked for; None for the usual one.
        decisions: What is decided is added to them.

    Raises:
        DataError: If the training masks show fewer than two classes.
        SettingError: If the loss cannot be read, or the task takes none, or no weights of single pixels.
    """
    _refuse_too_few_classes(dataset, decisions)
    if task == "multilabel_segmentation":
        return _multilabel_arguments(dataset, loss, decisions)
    if task == "segmentation":
        return _segmentation_arguments(dataset, loss, decisions)
    _refuse_for_masks(task, loss, separate=dataset.classes.separate)
    decisions.append(Decision(f"task {task}", "this model learns a mask for each class, not a class for each pixel"))
    return {"num_classes": len(dataset.classes.names)}


def refuse_objective(
    task: str, arguments: Mapping[str, Any], *, separate: bool = False, multilabel: bool | None = None
) -> None:
    """Refuse what cannot be learnt whatever the data are: a loss or an argument that the task has no place for.

    Args:
        task: Name of the one that the network is made for.
        arguments: Of the task, as far as they do not follow from the data; the number of classes is any.
        separate: Whether near objects shall be kept apart.
        multilabel: Whether classes may overlap; None where the data decide it.

    Raises:
        SettingError: If it cannot.
    """
    loss = arguments.get("loss")
    if task != "segmentation":
        _refuse_for_masks(task, loss, separate=separate, multilabel=multilabel is True)
    tasks = _OF_PIXELS[multilabel] if task == "segmentation" else (task,)
    known = {name for one in tasks for name in inspect.signature(TASKS[one].build).parameters}
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise unknown_name(f"argument of the task '{tasks[0]}'", unknown[0], known)
    if "num_classes" not in arguments:
        raise SettingError(
            "--set task.arguments replaces all arguments of the task, num_classes among them. Set single ones, such as "
            "--set task.arguments.loss=ce+dice."
        )
    if loss is not None:
        _refuse_loss(loss, separate=separate)


def refuse_without_pixel_weights(loss: str) -> None:
    """Refuse a sum of losses that does not see which pixels lie between near objects.

    Raises:
        SettingError: If no loss of the sum takes weights of single pixels, or it cannot be read.
    """
    if not any(LOSSES[term.name].build(**term.arguments).takes_weight for term in parse_loss(loss)):
        raise SettingError(
            f"Keeping near objects apart (--separate) weighs single pixels, which the loss '{loss}' does not take into "
            f"account. Add one that does, such as --loss 'bce + {loss}', or leave --separate out "
            "(in dataset.yaml: separate: false)."
        )


def _refuse_loss(loss: object, *, separate: bool) -> None:
    if not isinstance(loss, str):
        raise SettingError(f"task.arguments.loss is {loss!r}, but a sum of losses is expected, such as ce+dice.")
    parse_loss(loss)
    if separate:
        refuse_without_pixel_weights(loss)


def _refuse_for_masks(task: str, loss: object, *, separate: bool, multilabel: bool = False) -> None:
    """Refuse what a task that learns a mask for each class has no place for."""
    if loss is not None:
        raise SettingError(
            f"The loss '{loss}' is asked for, but the task {task} has its own. Leave --loss out, or take a model "
            f"that is trained pixel by pixel, such as the default."
        )
    if separate:
        raise SettingError(
            f"Keeping near objects apart weighs single pixels, which the task {task} cannot. Leave --separate out (in "
            f"dataset.yaml: separate: false), or take a model that is trained pixel by pixel, such as the default."
        )
    if multilabel:
        raise SettingError(
            f"--multilabel is for classes that overlap, which a model of the task {task} cannot learn. Take a model "
            f"that is trained pixel by pixel, such as the default, or leave --multilabel out (in dataset.yaml: "
            f"multilabel: false)."
        )


def _segmentation_arguments(dataset: Dataset, loss: str | None, decisions: list[Decision]) -> dict[str, Any]:
    classes = dataset.classes
    weights = _class_weights(dataset.class_pixels["train"])
    counts = dataset.class_pixels["train"]
    present = [(weight, name) for weight, name, count in zip(weights, classes.names, counts, strict=True) if count]
    low, high = min(present), max(present)
    weighted = f"weights from {low[0]:.2f} ({low[1]}) to {high[0]:.2f} ({high[1]})"
    reason = "1 / ln(1.1 + share of the class's pixels), so that rare classes count (ENet, arXiv:1606.02147)"
    if loss is None:
        decisions.append(Decision(f"cross-entropy with {weighted}, and Dice", reason))
        entropy = "binary_cross_entropy" if classes.binary else "cross_entropy"
        loss = f"{entropy} + {_DICE_WEIGHT:g}*dice"
    else:
        decisions.append(Decision(f"loss {loss}", "asked for"))
        if takes_class_weights(parse_loss(loss)):
            decisions.append(Decision(f"classes in it with {weighted}", reason))
    if classes.separate:
        refuse_without_pixel_weights(loss)
        decisions.append(
            Decision(
                "background between near objects weighs more, by up to 10",
                "so that objects that touch are kept apart: 10 exp(-(d1 + d2)² / (2 · 5²)), d1 and d2 the distances to "
                "the two nearest (U-Net, arXiv:1505.04597)",
            )
        )
    return {"num_classes": len(classes.names), "binary": classes.binary, "class_weights": weights, "loss": loss}


def _multilabel_arguments(dataset: Dataset, loss: str | None, decisions: list[Decision]) -> dict[str, Any]:
    shares = dataset.shares("train")
    weights = [round(math.log(2.1 - share) / math.log(1.1 + share), 4) for share in shares]
    low, high = (choose(zip(weights, dataset.classes.names, strict=True)) for choose in (min, max))
    weighted = f"the pixels of a class weighing {low[0]:.2f} ({low[1]}) to {high[0]:.2f} ({high[1]})"
    reason = "1 / ln(1.1 + share of the pixels), of a class and of the rest (ENet, arXiv:1606.02147)"
    if loss is None:
        what = f"cross-entropy of each class against the rest, {weighted}, and Dice"
        decisions.append(Decision(what, f"classes overlap; {reason}"))
        loss = f"binary_cross_entropy + {_DICE_WEIGHT:g}*dice"
    else:
        decisions.append(Decision(f"loss {loss}, of each class against the rest", "asked for"))
        if takes_class_weights(parse_loss(loss)):
            decisions.append(Decision(weighted, reason))
    return {"num_classes": len(weights), "class_weights": weights, "loss": loss}


def _class_weights(counts: tuple[int, ...]) -> list[float]:
    """A weight per class from its pixels, 1 on the average of all pixels."""
    shares = [count / max(1, sum(counts)) for count in counts]
    weights = [1 / math.log(1.1 + share) for share in shares]
    mean = sum(weight * share for weight, share in zip(weights, shares, strict=True))
    return [round(weight / mean, 4) for weight in weights]


def _refuse_too_few_classes(dataset: Dataset, decisions: list[Decision]) -> None:
    """Refuse training masks that tell nothing apart; state the classes that they do not show."""
    counts = dict(zip(dataset.classes.names, dataset.class_pixels["train"], strict=True))
    seen = [name for name, count in counts.items() if count]
    if len(seen) < (1 if dataset.classes.multilabel else 2):
        what = f"only the class '{seen[0]}'" if seen else "no class at all, only ignored pixels"
        raise DataError(
            f"The {len(dataset.splits['train'])} training masks of {dataset.root} show {what}; at least two classes "
            f"are needed. Check the masks, what is ignored (--ignore), and what is held out (--validation)."
        )
    unseen = [name for name, count in counts.items() if not count]
    if unseen:
        names, which = (
            (f"class {unseen[0]} is", "it") if len(unseen) == 1 else (f"classes {', '.join(unseen)} are", "they")
        )
        decisions.append(Decision(f"{names} in no training mask", f"{which} cannot be learnt"))
