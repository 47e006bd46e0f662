"""Where prediction runs, and with how many bits."""

from __future__ import annotations

import torch

from pixelwise.errors import SettingError
from pixelwise.ops.device import default_device
from pixelwise.ops.precision import Precision, choose_precision

__all__ = ["choose_device", "settle_precision"]

_KNOWN: dict[str, Precision] = {"fp32": "fp32", "bf16": "bf16"}
_TYPES = ("cpu", "cuda")


def choose_device(name: str | torch.device | None = None) -> torch.device:
    """Take the device that was asked for; without a wish, a CUDA device if there is one, else the CPU.

    Raises:
        SettingError: If the name is no CPU and no CUDA device, or that device is not there.
    """
    if name is None:
        return default_device()
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SettingError(f"The device '{name}' cannot be used: {reason} Take 'cpu', or leave it out.") from error
    if device.type not in _TYPES:  # some sums need 64 bits, which the GPUs of Apple do not have; others are not tried
        raise SettingError(f"The device '{name}' is neither a CPU nor a CUDA GPU. Take 'cpu', or leave it out.")
    return device


def settle_precision(device: torch.device, wanted: str | None = None) -> Precision:
    """Take the precision that was asked for; without a wish, the one that convolutions are faster in on this machine.

    Raises:
        SettingError: If the precision is neither `fp32` nor `bf16`.
    """
    if wanted is None:
        return choose_precision(device, backward=False)[0]
    if wanted not in _KNOWN:
        raise SettingError(f"The precision is '{wanted}', but only {' and '.join(_KNOWN)} are known.")
    return _KNOWN[wanted]
