"""Where networks run, unless somebody says otherwise."""

from __future__ import annotations

import torch

__all__ = ["default_device", "gpu_bytes"]


def default_device() -> torch.device:
    """A CUDA device if there is one, else the CPU: those on which precision and exactness have been measured."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def gpu_bytes() -> int | None:
    """Memory of the GPU that networks run on, in bytes; None where they run on the CPU."""
    device = default_device()
    return int(torch.cuda.get_device_properties(device).total_memory) if device.type == "cuda" else None
