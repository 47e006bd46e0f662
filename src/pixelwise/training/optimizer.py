"""AdamW with a rate for each layer group, and which groups are trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from pixelwise.errors import SettingError
from pixelwise.models import ImageModel
from pixelwise.planning import TrainingSettings

__all__ = ["freeze_to", "frozen_norms", "make_optimizer", "set_rates", "spread_rates"]


class _HasGroups(Protocol):
    param_groups: list[dict[str, Any]]


def make_optimizer(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """AdamW over a model's layer groups: the last at the full rate, those before at `encoder_rate` of it.

    `group_rates` says otherwise. Any other network is one group, at the full rate.

    Matrices decay, norms and biases do not. The usual betas and epsilon are fastai's (0.9, 0.99, 1e-5), which suit few
    steps. Parameters without a gradient (a frozen encoder) are left out.

    Raises:
        SettingError: If the number of `group_rates` is not that of the layer groups.
    """
    groups = []
    layers, shares = [list(network.parameters())], [1.0]
    if isinstance(network, ImageModel):
        layers = network.layer_groups()
        shares = _shares(settings, len(layers))
    for share, parameters in zip(shares, layers, strict=True):
        for decays in (True, False):
            chosen = [p for p in parameters if p.requires_grad and (p.ndim > 1) == decays]
            decay = settings.weight_decay if decays else 0.0
            if chosen:
                groups.append({"params": chosen, "weight_decay": decay, "share": share})
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, eps=settings.epsilon, fused=True)


def set_rates(optimizer: _HasGroups, rate: float, momentum: float) -> None:
    """Set each group's rate to its share of `rate`, and the first beta of all."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["share"]
        group["betas"] = (momentum, group["betas"][1])


def spread_rates(rates: slice, groups: int) -> tuple[float, ...]:
    """The rate of each layer group, from the deepest to the head, as fastai's `set_hypers` reads a slice.

    `slice(a, b)` goes from a to b in equal factors; `slice(b)` is b for the last group and b / 10 for the others.

    >>> [round(rate, 6) for rate in spread_rates(slice(1e-4, 1e-2), 3)], spread_rates(slice(1e-2), 2)
    ([0.0001, 0.001, 0.01], (0.001, 0.01))

    Raises:
        SettingError: If a rate is missing or not above 0.
    """
    start, stop = rates.start, rates.stop
    if stop is None or stop <= 0 or (start or 1) <= 0 or rates.step is not None:
        raise SettingError(
            f"The learning rates are {rates}, but a slice holds one rate above 0, as in slice(1e-3), or two, as in "
            f"slice(1e-5, 1e-3), for the deepest layers and for the last."
        )
    if groups == 1:
        return (float(stop),)
    if not start:
        return (*[stop / 10] * (groups - 1), float(stop))
    factor = (stop / start) ** (1 / (groups - 1))
    return tuple(start * factor**position for position in range(groups))


def freeze_to(model: ImageModel, first: int, *, train_bn: bool = True) -> None:
    """Train the layer groups from number `first` on, and keep those before as they are.

    Args:
        model: The network.
        first: Counted from 0, or from the end if negative, as fastai's `freeze_to`; 0 trains everything.
        train_bn: Whether the batch norms of frozen groups go on being trained, as in fastai.

    Raises:
        SettingError: If no group would be left to train.
    """
    groups = model.layer_groups()
    if not groups[first:]:
        raise SettingError(
            f"freeze_to({first}) leaves nothing to train: the network has {len(groups)} layer groups, so at most "
            f"{len(groups) - 1} can be frozen."
        )
    for parameters, trains in [(group, False) for group in groups[:first]] + [
        (group, True) for group in groups[first:]
    ]:
        for parameter in parameters:
            parameter.requires_grad_(trains)
    if train_bn:
        for norm in _batch_norms(model):
            for parameter in norm.parameters():
                parameter.requires_grad_(True)


def frozen_norms(networks: Sequence[nn.Module]) -> list[nn.Module]:
    """The batch norms whose weights are not trained."""
    norms = [norm for network in networks for norm in _batch_norms(network)]
    return [norm for norm in norms if norm.weight is not None and not norm.weight.requires_grad]


def _batch_norms(network: nn.Module) -> Iterator[_BatchNorm]:
    return (module for module in network.modules() if isinstance(module, _BatchNorm))


def _shares(settings: TrainingSettings, groups: int) -> list[float]:
    if settings.group_rates is None:
        return [settings.encoder_rate] * (groups - 1) + [1.0]
    if len(settings.group_rates) != groups:
        raise SettingError(
            f"training.group_rates has {len(settings.group_rates)} values, but the network has {groups} layer groups; "
            f"give one for each, from the encoder to the head."
        )
    return list(settings.group_rates)
