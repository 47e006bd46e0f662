"""A network as a table of its layers."""

from __future__ import annotations

import copy
from functools import partial

import torch
from torch import Tensor, nn

from pixelwise.models import ImageModel

__all__ = ["network_table"]


def network_table(model: ImageModel, shape: tuple[int, int, int, int]) -> str:
    """List the layers that one image goes through, in that order, with their output shapes and parameters.

    Each parameter is in one row: a layer with layers inside, such as timm's batch norms, has one for its own, and those
    that the image does not pass by themselves come last, without a shape.

    The image goes through a copy, so that nothing of the network changes.

    Args:
        model: The network.
        shape: Of a batch of images, `(B, C, H, W)`; one of them goes through.
    """
    copied = copy.deepcopy(model).eval()
    device = next(copied.parameters()).device
    shapes: dict[str, str] = {}
    for name, module in copied.named_modules():
        if not any(module.children()) or list(module.parameters(recurse=False)):
            module.register_forward_hook(partial(_note, shapes, shape[0], name))
    with torch.inference_mode():
        output = copied(torch.zeros(1, *shape[1:], device=device))
    modules = dict(model.named_modules())
    for name, module in modules.items():
        if list(module.parameters(recurse=False)):
            shapes.setdefault(name, "")
    rows = [("Layer", "Kind", "Output", "Parameters", "Trained")]
    rows += [_row(name, modules[name], shown) for name, shown in shapes.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    total = sum(parameter.numel() for parameter in model.parameters())
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    title = f"{type(model).__name__}: {_shape(shape)} in, {_shape((shape[0], *output.shape[1:]))} out"
    end = f"{total:,} parameters, {trained:,} of them trained, in {len(model.layer_groups())} layer groups"
    return "\n".join([title, "", lines[0], "-" * len(lines[0]), *lines[1:], "", end])


def _note(shapes: dict[str, str], batch: int, name: str, module: nn.Module, inputs: object, output: object) -> None:
    """Note the shape of what a layer gives, for a batch of some size."""
    if isinstance(output, Tensor):
        shapes[name] = _shape((batch, *output.shape[1:]))


def _row(name: str, module: nn.Module, shown: str) -> tuple[str, str, str, str, str]:
    parameters = list(module.parameters(recurse=False))
    count = sum(parameter.numel() for parameter in parameters)
    trained = {parameter.requires_grad for parameter in parameters}
    word = "" if not trained else "in part" if len(trained) > 1 else "yes" if trained == {True} else "no"
    return name, type(module).__name__, shown, f"{count:,}" if count else "", word


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    cells = enumerate(zip(row, widths, strict=True))
    return [text.rjust(width) if column == 3 else text.ljust(width) for column, (text, width) in cells]


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(str(side) for side in shape)
