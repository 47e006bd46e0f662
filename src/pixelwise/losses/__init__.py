"""The losses: the loss called `x` is the file `x.py`, which ends in `LOSS = LossCard(...)`."""

from __future__ import annotations

from pixelwise.catalog import Catalog
from pixelwise.losses._base import Loss, LossCard

__all__ = ["LOSSES", "Loss", "LossCard"]

LOSSES: Catalog[LossCard] = Catalog(__name__, "loss")
