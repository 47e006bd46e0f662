"""AdamW with a rate for each layer group."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import nn

from pixelwise.models import ImageModel
from pixelwise.planning import TrainingSettings

__all__ = ["freeze", "make_optimizer", "scale_rates"]


class _HasGroups(Protocol):
    param_groups: list[dict[str, Any]]


def make_optimizer(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """AdamW over a model's layer groups: the last at the full rate, those before at `encoder_rate` of it.

    Any other network is one group.

    Matrices decay, norms and biases do not. Betas and epsilon are fastai's (0.9, 0.99, 1e-5), which suit few steps.
    Parameters without a gradient (a frozen encoder) are left out.
    """
    groups = []
    layers = network.layer_groups() if isinstance(network, ImageModel) else [list(network.parameters())]
    for position, parameters in enumerate(layers):
        share = 1.0 if position == len(layers) - 1 else settings.encoder_rate
        for decays in (True, False):
            chosen = [p for p in parameters if p.requires_grad and (p.ndim > 1) == decays]
            decay = settings.weight_decay if decays else 0.0
            if chosen:
                groups.append({"params": chosen, "weight_decay": decay, "share": share})
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.99), eps=1e-5, fused=True)


def scale_rates(optimizer: _HasGroups, rate: float) -> None:
    """Set each group's rate to its share of `rate`."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["share"]


def freeze(module: nn.Module, frozen: bool = True) -> None:
    """Take a module's parameters out of training, or back in; batch norms keep following the data, as in fastai."""
    for parameter in module.parameters():
        parameter.requires_grad_(not frozen)
