"""How far a set of generated pictures is from a set of real ones, in scores whose names say the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor

from pixelwise.metrics.features import collect_features
from pixelwise.metrics.frechet import frechet_distance
from pixelwise.metrics.kernel import kernel_distance

__all__ = ["compare_sets", "is_better_small"]


def compare_sets(
    features: Callable[[Tensor], Tensor],
    real: Iterable[Tensor],
    generated: Iterable[Tensor],
    *,
    name: str,
    seed: int = 0,
) -> dict[str, float]:
    """Score two sets of pictures of one size; they need not be paired.

    Args:
        features: `(B, 3, H, W)` in [0, 1] to `(B, D)`, such as `PooledFeatures()`.
        real: Batches of real pictures, at least two in all.
        generated: Batches of generated ones, at least two in all.
        name: Of the network, such as `lite0`.
        seed: Of the subsets of the kernel distance.

    Returns:
        `fid_NAME` and `kid_NAME`, both smaller for sets that are alike; `kid_NAME_std`, over the subsets; and `real`
        and `generated`, the numbers of pictures, on which the first depends.

    Raises:
        ValueError: If a set has fewer than two pictures.
    """
    of_real, of_generated = collect_features(features, real), collect_features(features, generated)
    kernel = kernel_distance(of_real, of_generated, seed=seed)
    return {
        f"fid_{name}": frechet_distance(of_real, of_generated),
        f"kid_{name}": kernel.mean,
        f"kid_{name}_std": kernel.std,
        "real": len(of_real),
        "generated": len(of_generated),
    }


def is_better_small(name: str) -> bool:
    """Whether a score of pictures is the better, the smaller it is.

    >>> is_better_small("kid_lite0"), is_better_small("psnr_rgb")
    (True, False)
    """
    return name.startswith(("fid_", "kid_", "feature_distance_"))
