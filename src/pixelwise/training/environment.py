"""What a training runs on: versions and machine."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

import torch

from pixelwise._version import __version__

__all__ = ["environment_now"]


def environment_now() -> dict[str, Any]:
    """Versions of the packages that results depend on, the processor, threads, and the GPU if there is one."""
    packages = ("torch", "torchvision", "timm", "lightning", "numpy", "pillow", "safetensors")
    return {
        "pixelwise": __version__,
        **{package: metadata.version(package) for package in packages},
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpu_count": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }
