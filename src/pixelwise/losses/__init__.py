"""The losses: the loss called `x` is the file `x.py`, which ends in `LOSS = LossCard(...)`."""

from __future__ import annotations

from pixelwise.losses._base import LOSSES, Loss, LossCard
from pixelwise.losses._sum import WeightedSum, build_loss, parse_loss, takes_class_weights

__all__ = ["LOSSES", "Loss", "LossCard", "WeightedSum", "build_loss", "parse_loss", "takes_class_weights"]
