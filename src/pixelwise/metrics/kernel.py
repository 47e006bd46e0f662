"""Kernel distance of two sets of pictures: unbiased, and so for few pictures too.

Named after the network of the features: `kid_lite0` for `PooledFeatures()`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["KernelDistance", "kernel_distance"]

_USUAL_SIZE = 1000


@dataclass(frozen=True)
class KernelDistance:
    """What the subsets say together.

    Attributes:
        mean: Mean over the subsets; it may be below 0 where both sets are alike, since the estimate is unbiased.
        std: Standard deviation over the subsets.
        subsets: How many there were.
        subset_size: Pictures in each, of either set.
    """

    mean: float
    std: float
    subsets: int
    subset_size: int


def kernel_distance(
    real: Tensor, generated: Tensor, *, subsets: int = 100, subset_size: int | None = None, seed: int = 0
) -> KernelDistance:
    """Squared maximum mean discrepancy with the kernel (x · y / D + 1)³, over subsets drawn without replacement.

    Args:
        real: Features of real pictures `(N, D)`, N at least 2.
        generated: Features of generated ones `(M, D)`, M at least 2.
        subsets: Number of subsets.
        subset_size: Pictures in each, from 2 to as many as the smaller set has; None takes half of these, but at most
            1000, as the paper has it.
        seed: Seed of the subsets; the same seed gives the same result.

    Raises:
        ValueError: If a set has fewer than two pictures, the features differ in number, or a number is not possible.

    Source: Bińkowski, Sutherland, Arbel, Gretton: "Demystifying MMD GANs", ICLR 2018, https://arxiv.org/abs/1801.01401.
    """
    most = min(len(real), len(generated))
    size = min(_USUAL_SIZE, max(2, most // 2)) if subset_size is None else subset_size
    if not 2 <= size <= most or subsets < 1 or real.shape[1:] != generated.shape[1:]:
        raise ValueError(
            f"The features are {tuple(real.shape)} and {tuple(generated.shape)}, in {subsets} subsets of {size}, "
            f"but the distance needs the same features, and subsets of two pictures or more that the sets can fill."
        )
    real, generated = real.double(), generated.double()
    generator = torch.Generator().manual_seed(seed)
    values = torch.stack(
        [
            _squared_discrepancy(_drawn(real, size, generator), _drawn(generated, size, generator))
            for _ in range(subsets)
        ]
    )
    return KernelDistance(values.mean().item(), values.std(correction=0).item(), subsets, size)


def _drawn(features: Tensor, size: int, generator: torch.Generator) -> Tensor:
    return features[torch.randperm(len(features), generator=generator)[:size].to(features.device)]


def _squared_discrepancy(first: Tensor, second: Tensor) -> Tensor:
    """The unbiased estimate: no picture is compared with itself."""
    pairs = len(first) * (len(first) - 1)
    within = [(kernel.sum() - kernel.trace()) / pairs for kernel in (_kernel(first, first), _kernel(second, second))]
    return within[0] + within[1] - 2 * _kernel(first, second).mean()


def _kernel(first: Tensor, second: Tensor) -> Tensor:
    return (first @ second.T / first.shape[1] + 1) ** 3
