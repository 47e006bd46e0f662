"""Which floating point format is fastest on this machine, found by trying."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Literal

import torch
from torch import nn

__all__ = ["Precision", "choose_precision"]

Precision = Literal["fp32", "bf16"]

_CLEARLY = 1.1  # bf16 must be at least this many times as fast


def choose_precision(device: torch.device, *, backward: bool) -> tuple[Precision, str]:
    """Choose between fp32 and bf16, with the reason as a sentence.

    A GPU with bf16 arithmetic gains from it always. A CPU may have the instructions and still be slower with them: on
    some, only the matrix unit (AMX) or a second port makes them pay. So convolutions like those of a light network
    run in both, which takes a fraction of a second; the answer is remembered.

    Args:
        device: Where to run.
        backward: Whether gradients are needed, which have kernels of their own.
    """
    if device.type == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bf16", "the GPU has bf16 arithmetic"
        return "fp32", "the GPU has no bf16 arithmetic"
    if device.type != "cpu":
        return "fp32", f"bf16 is not tried on {device.type}"
    slow, fast = _seconds(torch.float32, backward), _seconds(torch.bfloat16, backward)
    ratio = slow / fast
    chosen: Precision = "bf16" if ratio >= _CLEARLY else "fp32"
    return chosen, f"convolutions in bf16 are {ratio:.1f} times as fast as in fp32 on this CPU"


@lru_cache(maxsize=4)
def _seconds(dtype: torch.dtype, backward: bool) -> float:
    """Shortest of several runs of a 3 × 3 and a depthwise 5 × 5 convolution."""
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        layers = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), nn.Conv2d(64, 64, 5, padding=2, groups=64))
    layers = layers.to(dtype).to(memory_format=torch.channels_last)
    image = torch.randn(4, 64, 48, 64, generator=generator).to(dtype).to(memory_format=torch.channels_last)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        with torch.set_grad_enabled(backward):
            loss = layers(image).float().square().mean()
        if backward:
            loss.backward()
        times.append(time.perf_counter() - start)
    return min(times)
