"""The state of a training as tensors by name, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import shorten

import torch
from torch import Tensor, nn

from pixelwise.errors import RunError

__all__ = ["Trained"]


@dataclass(frozen=True, eq=False)
class Trained:
    """Everything of a training that steps change.

    Attributes:
        model: The network that is trained.
        average: Its moving average.
        partners: The networks beside it, by name.
        optimizers: Those that step, by the name of their network; the model's is `model`.
    """

    model: nn.Module
    average: nn.Module
    partners: Mapping[str, nn.Module]
    optimizers: Mapping[str, torch.optim.Optimizer]

    def tensors(self) -> dict[str, Tensor]:
        """All tensors by name."""
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"average.{name}": tensor for name, tensor in self.average.state_dict().items()}
        for partner, network in self.partners.items():
            tensors |= {f"partner.{partner}.{name}": tensor for name, tensor in network.state_dict().items()}
        for which, optimizer in self.optimizers.items():
            for index, moments in optimizer.state_dict()["state"].items():
                place = f"optimizer.{which}.{index}"
                tensors |= {f"{place}.{name}": torch.as_tensor(value) for name, value in moments.items()}
        return tensors

    def put_back(self, tensors: Mapping[str, Tensor]) -> None:
        """Go back to what `tensors` returned.

        Raises:
            RunError: If that belongs to another network.
        """
        parts: dict[str, dict[str, Tensor]] = {"model": {}, "average": {}, "partner": {}, "optimizer": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = tensor
        try:
            self.model.load_state_dict(parts["model"])
            self.average.load_state_dict(parts["average"])
            nn.ModuleDict(dict(self.partners)).load_state_dict(parts["partner"])
        except RuntimeError as error:
            _, *details = str(error).splitlines()  # PyTorch lists every tensor
            first = shorten(details[0] if details else str(error), 200, placeholder=" …").rstrip(".")
            raise RunError(
                f"The checkpoint belongs to another network: {first}. Go on without changes of the model and the task, "
                f"or train anew."
            ) from error
        self._put_moments_back(parts["optimizer"])

    def _put_moments_back(self, tensors: Mapping[str, Tensor]) -> None:
        moments: dict[str, dict[int, dict[str, Tensor]]] = {network: {} for network in self.optimizers}
        parameters = {
            network: [parameter for group in optimizer.param_groups for parameter in group["params"]]
            for network, optimizer in self.optimizers.items()
        }
        for name, tensor in tensors.items():
            network, index, rest = name.split(".", maxsplit=2)
            parameter = parameters[network][int(index)]
            moments[network].setdefault(int(index), {})[rest] = _laid_out_like(parameter, tensor)
        for network, optimizer in self.optimizers.items():
            optimizer.load_state_dict({**optimizer.state_dict(), "state": moments[network]})


def _laid_out_like(parameter: Tensor, moment: Tensor) -> Tensor:
    """A moment in the memory format of its parameter, since a fused optimiser goes through both in memory's order."""
    if moment.shape != parameter.shape:
        return moment  # the number of the step
    return torch.empty_like(parameter, requires_grad=False).copy_(moment)
