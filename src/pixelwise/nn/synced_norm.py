"""Batch norm whose statistics are those of the whole batch where several processes share one, on CPUs and GPUs.

PyTorch's SyncBatchNorm is for GPUs only, and is no BatchNorm2d. Here a norm stays what it is, of its own class by
`isinstance`, with its names in the state; only the statistics of training come from all processes.
"""

from __future__ import annotations

import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from pixelwise.ops.ranks import rank, summed, world_size

__all__ = ["SyncedBatchNorm2d", "SyncedBatchNormAct2d", "sync_batch_norms"]


class SyncedBatchNorm2d(nn.BatchNorm2d):
    """`BatchNorm2d` of `(B, C, H, W)`, normalised in training by mean and variance over all processes."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `(B, C, H, W)`."""
        return _normalised(self, input) if self.training and world_size() > 1 else super().forward(input)


class SyncedBatchNormAct2d(BatchNormAct2d):
    """timm's batch norm with an activation, likewise."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise `(B, C, H, W)`, and activate."""
        if not self.training or world_size() == 1:
            return super().forward(x)  # type: ignore[no-untyped-call]
        return self.act(self.drop(_normalised(self, x)))


_SYNCED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm2d: SyncedBatchNorm2d,
    BatchNormAct2d: SyncedBatchNormAct2d,
}


def sync_batch_norms(network: nn.Module) -> list[str]:
    """Make the batch norms of a network take their statistics from all processes.

    Args:
        network: Changed in place; its parameters, buffers and their names stay.

    Returns:
        The names of those that cannot, since their class is not known here.
    """
    if world_size() == 1:
        return []
    others = []
    for name, module in network.named_modules():
        if type(module) in _SYNCED:
            module.__class__ = _SYNCED[type(module)]
        elif isinstance(module, _BatchNorm) and type(module) not in _SYNCED.values():
            others.append(name)
    return others


def _normalised(norm: nn.BatchNorm2d, image: Tensor) -> Tensor:
    """Normalise `(B, C, H, W)` by the statistics of all processes, and remember them as batch norm does."""
    values = image.float()
    count, mean, variance = _statistics(values)
    if norm.track_running_stats and norm.running_mean is not None and norm.running_var is not None:
        with torch.no_grad():
            if norm.num_batches_tracked is not None:
                norm.num_batches_tracked.add_(1)
            share = norm.momentum if norm.momentum is not None else 1 / float(norm.num_batches_tracked or 1)
            norm.running_mean.lerp_(mean, share)
            norm.running_var.lerp_(variance * (count / (count - 1).clamp_min(1)), share)
    scale = torch.rsqrt(variance + norm.eps)
    if norm.weight is not None:
        scale = scale * norm.weight
    centred = (values - mean.reshape(1, -1, 1, 1)) * scale.reshape(1, -1, 1, 1)
    if norm.bias is not None:
        centred = centred + norm.bias.reshape(1, -1, 1, 1)
    return centred.to(image.dtype)


def _statistics(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Number of values per channel `()`, mean and variance `(C,)` of `(B, C, H, W)` over all processes, in one sum.

    Each process adds its own count, means and sums of squared distances from them as a row of a table, so that no
    difference of large numbers is taken.
    """
    count = values.numel() // values.shape[1]
    mean = values.mean(dim=(0, 2, 3))
    squares = (values - mean.reshape(1, -1, 1, 1)).square().sum(dim=(0, 2, 3))
    own = torch.cat([mean.new_full((1,), count), mean, squares])
    table = summed(torch.stack([own if row == rank() else torch.zeros_like(own) for row in range(world_size())]))
    counts, means, sums = table.split([1, len(mean), len(mean)], dim=1)  # (W, 1), (W, C), (W, C)
    total = counts.sum()
    of_all = (counts * means).sum(dim=0) / total
    variance = (sums + counts * (means - of_all).square()).sum(dim=0) / total
    return total, of_all, variance
