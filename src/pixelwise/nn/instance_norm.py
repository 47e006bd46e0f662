"""Instance norm with gradients that are right in every memory format."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["InstanceNorm2d"]


class InstanceNorm2d(nn.InstanceNorm2d):
    """PyTorch's, computed as a group norm of one channel for each group, which is the same.

    PyTorch computes it as a batch norm; on CPUs the way back through that is wrong for one picture in channels-last
    whose gradient comes straight from a convolution (seen in PyTorch 2.15).

    Ulyanov, Vedaldi, Lempitsky: "Instance Normalization: The Missing Ingredient for Fast Stylization",
    https://arxiv.org/abs/1607.08022.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map `(B, C, H, W)` to the same shape: mean 0 and variance 1 in each channel of each picture.

        Raises:
            ValueError: If there is a single place, in PyTorch's words.
        """
        if tuple(input.shape[-2:]) == (1, 1):
            raise ValueError(f"Expected more than 1 spatial element, got input size {tuple(input.shape)}")
        return F.group_norm(input, self.num_features, self.weight, self.bias, self.eps)
