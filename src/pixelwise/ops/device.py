"""Where networks run, unless somebody says otherwise."""

from __future__ import annotations

import torch

__all__ = ["default_device"]


def default_device() -> torch.device:
    """A CUDA device if there is one, else the CPU: those on which precision and exactness have been measured."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
