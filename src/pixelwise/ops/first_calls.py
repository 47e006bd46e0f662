"""The first calls of elementwise functions, made where no two threads can make them at once.

On a CPU, PyTorch gives `exp`, `log` and their like to Intel's MKL. The releases of it that PyTorch was built with until
now choose the code for each function when that is called first, and are not safe then: where several threads make that
call together, one of them may compute its share with the variant of low accuracy (errors of 4e-5 in a logarithm), once.
The second call is right. So a training would differ, rarely, from the very same one in another process
(https://github.com/pytorch/pytorch/issues/188792).
"""

from __future__ import annotations

from functools import cache

import torch

__all__ = ["make_first_calls"]

_FUNCTIONS = (
    torch.acos,
    torch.asin,
    torch.atan,
    torch.cos,
    torch.cosh,
    torch.erf,
    torch.erfc,
    torch.erfinv,
    torch.exp,
    torch.expm1,
    torch.lgamma,
    torch.log,
    torch.log10,
    torch.log1p,
    torch.log2,
    torch.sin,
    torch.sinh,
    torch.sqrt,
    torch.tan,
    torch.tanh,
)


@cache
def make_first_calls() -> None:
    """Call each function of the kind for one number of each floating type, which this thread does alone; once.

    Whatever builds a network, trains or predicts calls this before it computes.
    """
    for dtype in (torch.float32, torch.float64):
        number = torch.full((1,), 0.5, dtype=dtype)
        for function in _FUNCTIONS:
            function(number)
