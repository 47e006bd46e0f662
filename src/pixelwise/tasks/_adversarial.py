"""What tasks share that train a network against critics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError

__all__ = ["PicturePool", "frozen", "refuse_negative"]


@contextmanager
def frozen(*networks: nn.Module) -> Iterator[None]:
    """While a loss is computed, keep gradients from being wanted by networks that it is not meant for.

    What is computed inside needs no gradient of their parameters, then or later, so that the way back through a critic
    costs half of what it would; gradients still reach what the networks are given.
    """
    trained = [parameter for network in networks for parameter in network.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)


class PicturePool(nn.Module):
    """Pictures that were made earlier, so that a critic does not forget what it once saw through.

    Until it is full, every picture is kept and given back. From then on, half of the pictures (by chance) are given
    back as they came, and the others change places with one in the pool, drawn evenly.

    Shrivastava et al.: "Learning from Simulated and Unsupervised Images through Adversarial Training", CVPR 2017,
    https://arxiv.org/abs/1612.07828, as CycleGAN uses it.

    The pictures are a buffer, so a checkpoint has them; chance is PyTorch's generator of the CPU.

    Args:
        size: How many pictures are kept; with 0, every picture is given back as it came.
    """

    pictures: Tensor

    def __init__(self, size: int = 50) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("pictures", torch.zeros(0, 3, 1, 1))

    @torch.no_grad()
    def forward(self, made: Tensor) -> Tensor:
        """Pictures `(B, 3, H, W)`, now or earlier, for the new ones `(B, 3, H, W)`; without a gradient.

        Pictures of another size than those in the pool begin a new pool.
        """
        if self.pictures.shape[2:] != made.shape[2:]:
            self.pictures = made.new_zeros((0, *made.shape[1:]), dtype=torch.float32)
        given = torch.stack([self._exchanged(picture) for picture in made.detach().float()])
        return given.contiguous(
            memory_format=torch.channels_last
        )  # wherever it came from: a checkpoint knows no formats

    def _exchanged(self, picture: Tensor) -> Tensor:
        if len(self.pictures) < self.size:
            self.pictures = torch.cat([self.pictures, picture[None]])
            return picture
        chance, place = torch.rand(2).tolist()
        if chance < 0.5 or not self.size:
            return picture
        index = int(place * self.size)
        earlier = self.pictures[index].clone()
        self.pictures[index] = picture
        return earlier

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *arguments: object) -> None:
        """Take as many pictures, of whatever size, as a checkpoint has."""
        kept = state_dict.get(f"{prefix}pictures")
        if kept is not None:
            self.pictures = self.pictures.new_zeros(kept.shape)
        super()._load_from_state_dict(state_dict, prefix, *arguments)


def refuse_negative(**weights: float) -> None:
    """Make sure that no weight of a loss is below 0.

    Raises:
        SettingError: If one is.
    """
    for name, weight in weights.items():
        if weight < 0:
            raise SettingError(f"{name} is {weight:g}, but the weight of a loss is 0 or more.")
