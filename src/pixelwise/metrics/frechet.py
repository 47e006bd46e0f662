"""Fréchet distance of two sets of pictures: how far their features are apart, taken for two Gaussians.

Named after the network of the features: `fid_lite0` for `PooledFeatures()`.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["frechet_distance"]


def frechet_distance(real: Tensor, generated: Tensor) -> float:
    """Squared distance of the means, plus that of the covariances: tr(A + B - 2 (A B)^(1/2)).

    The estimate is too large for few pictures; with no more pictures than features the covariances do not even have
    full rank. Where there are fewer than some thousands, the kernel distance is the better score, and this one should
    be compared only among equal numbers of pictures.

    Args:
        real: Features of real pictures `(N, D)`, N at least 2.
        generated: Features of generated ones `(M, D)`, M at least 2.

    Returns:
        From 0, in squared units of the features.

    Raises:
        ValueError: If a set has fewer than two pictures, or the features differ in number.

    Source: Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: "GANs Trained by a Two Time-Scale Update Rule Converge
    to a Local Nash Equilibrium", NeurIPS 2017, https://arxiv.org/abs/1706.08500.

    >>> points = torch.tensor([[0.0], [2.0]])
    >>> frechet_distance(points, 2 * points + 3)  # means 1 and 5, standard deviations sqrt(2) and 2 sqrt(2)
    18.0
    """
    if min(len(real), len(generated)) < 2 or real.shape[1:] != generated.shape[1:]:
        raise ValueError(
            f"The features are {tuple(real.shape)} and {tuple(generated.shape)}, but the distance needs two sets of at "
            f"least two pictures with the same features."
        )
    real, generated = real.double(), generated.double()
    covariance, other = _covariance(real), _covariance(generated)
    root = _square_root(covariance)
    # A B and A^(1/2) B A^(1/2) have the same eigenvalues; the latter is symmetric, so these are real to the last bit.
    shared = torch.linalg.eigvalsh(root @ other @ root).clamp_min(0).sqrt().sum()
    means = (real.mean(dim=0) - generated.mean(dim=0)).square().sum()
    distance: float = (means + covariance.trace() + other.trace() - 2 * shared).item()
    return max(0.0, distance)  # rounding may leave it just below


def _covariance(features: Tensor) -> Tensor:
    """`(D, D)`, the unbiased estimate."""
    centred = features - features.mean(dim=0)
    return centred.T @ centred / (len(features) - 1)


def _square_root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = vectors * values.clamp_min(0).sqrt() @ vectors.T
    return root
