"""Where networks run, unless somebody says otherwise."""

from __future__ import annotations

import torch

__all__ = ["default_device", "gpu_bytes"]


def default_device() -> torch.device:
    """A CUDA device if there is one, else the CPU: those on which precision and exactness have been measured."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def gpu_bytes(device: torch.device | None = None) -> int | None:
    """Memory in bytes of the GPU that networks run on, the default device if none is given; None for the CPU."""
    device = device or default_device()
    return int(torch.cuda.get_device_properties(device).total_memory) if device.type == "cuda" else None
