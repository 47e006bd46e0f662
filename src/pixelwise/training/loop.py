"""The training loop: exact to the bit across a kill and a resume, and on time where there is a deadline.

Nothing that a step does depends on a generator's state: the examples, their views and dropout's masks are pure
functions of the seed and the step's number. So the state of a training is its weights, their moving average, the
optimisers' moments and the number of the step, and going on from a checkpoint is the same as never having stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from pixelwise.errors import RunError, unknown_name
from pixelwise.models import ImageModel
from pixelwise.ops.device import default_device
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.tasks import Batch, Step, Task
from pixelwise.training.ema import MovingAverage
from pixelwise.training.optimizer import make_optimizer, scale_rates
from pixelwise.training.sampling import draw_batch
from pixelwise.training.schedule import one_cycle
from pixelwise.training.views import Views

__all__ = ["Moment", "Training"]

_MOMENT_EVERY = 10  # steps between two readings of the loss, since reading waits for the device


@dataclass(frozen=True)
class Moment:
    """Where a training stands.

    Attributes:
        step: Steps that are done.
        epoch: How often each example has been seen.
        progress: Share of the training that is done, [0, 1].
        loss: Mean over the last steps.
        learning_rate: Of the head.
        seconds: Spent in this training, runs before a resume included.
    """

    step: int
    epoch: float
    progress: float
    loss: float
    learning_rate: float
    seconds: float

    @property
    def seconds_left(self) -> float:
        """Until the end, at the pace so far."""
        return self.seconds * (1 - self.progress) / max(self.progress, 1e-6)


class Training:
    """One training of one model, from where it stands to its end.

    Args:
        model: The network; trained in place.
        task: What it is trained to do.
        views: What it is trained on.
        settings: How; `precision` is `fp32` or `bf16` by now.
        seconds: Time until the end; None ends by `settings.epochs`.

    Raises:
        ValueError: If neither ends the training.
    """

    def __init__(
        self,
        model: ImageModel,
        task: Task,
        views: Views,
        settings: TrainingSettings,
        *,
        seconds: float | None = None,
    ) -> None:
        if seconds is None and settings.epochs is None:
            raise ValueError("seconds is None and so is settings.epochs: nothing would end the training")
        self.settings = settings
        self.task = task
        self.views = views
        self.model = model
        self.step = 0
        self._available = seconds
        self._spent = 0.0  # seconds before the current run
        self._started: float | None = None
        self._fabric = Fabric(
            accelerator=default_device().type,
            devices=1,
            precision="bf16-mixed" if settings.precision == "bf16" else "32-true",
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self._partners = task.partners(model)
        self._networks: dict[str, nn.Module] = {}
        self._optimizers: dict[str, torch.optim.Optimizer] = {}
        for name, network in {"model": model, **self._partners}.items():
            self._set_up(name, network)
        self.average = MovingAverage(model, settings.ema_decay)

    @property
    def device(self) -> torch.device:
        """Where the network is trained."""
        return self._fabric.device

    @property
    def seconds(self) -> float:
        """Time spent in this training, runs before a resume included."""
        return self._spent + (0.0 if self._started is None else time.monotonic() - self._started)

    @property
    def progress(self) -> float:
        """Share of the training that is done, [0, 1]."""
        if self._available is not None:
            return min(1.0, self.seconds / self._available)
        epochs = self.settings.epochs or 0.0  # given, since there is no time to end at
        return min(1.0, self.step / max(1, round(epochs * len(self.views) / self.settings.batch_size)))

    def moments(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Moment]:
        """Train to the end, yielding every few steps and after the last one.

        The time that the caller takes between two moments counts: a deadline is a deadline.

        Args:
            should_stop: Asked after every step; if true, training pauses there.

        Raises:
            RunError: If the loss is no longer a number.
        """
        self._started = time.monotonic()
        losses: list[Tensor] = []
        generator_state = torch.get_rng_state()
        try:
            while self.progress < 1.0:
                rate = self.settings.learning_rate * one_cycle(self.progress, self.settings.warmup)
                losses.append(self._train_step(rate))
                stops = should_stop()
                if self.step % _MOMENT_EVERY == 0 or self.progress >= 1.0 or stops:
                    yield self._moment(torch.stack(losses).mean().item(), rate)
                    losses.clear()
                if stops:
                    break
        finally:
            self._spent = self.seconds
            self._started = None
            torch.set_rng_state(generator_state)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything that a resume needs: tensors by name, and JSON-ready facts.

        Raises:
            RunError: If one of the tensors holds a value that is no number.
        """
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"average.{name}": tensor for name, tensor in self.average.model.state_dict().items()}
        for partner, network in self._partners.items():
            tensors |= {f"partner.{partner}.{name}": tensor for name, tensor in network.state_dict().items()}
        for which, optimizer in self._optimizers.items():
            for index, moments in optimizer.state_dict()["state"].items():
                place = f"optimizer.{which}.{index}"
                tensors |= {f"{place}.{name}": torch.as_tensor(value) for name, value in moments.items()}
        if not all(tensor.isfinite().all() for tensor in tensors.values()):
            raise self._diverged("a weight is no finite number")
        return tensors, {"step": self.step, "seconds": self.seconds, "available": self._available}

    def restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Go back to what `state` returned; when the training ends stays as it was said to the constructor.

        Raises:
            RunError: If the state belongs to another network.
        """
        parts: dict[str, dict[str, Tensor]] = {"model": {}, "average": {}, "partner": {}, "optimizer": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = tensor
        try:
            self.model.load_state_dict(parts["model"])
            self.average.model.load_state_dict(parts["average"])
            nn.ModuleDict(self._partners).load_state_dict(parts["partner"])
        except RuntimeError as error:
            raise RunError(f"The checkpoint belongs to another network: {error}") from error
        moments: dict[str, dict[int, dict[str, Tensor]]] = {network: {} for network in self._optimizers}
        parameters = {
            network: [parameter for group in optimizer.param_groups for parameter in group["params"]]
            for network, optimizer in self._optimizers.items()
        }
        for name, tensor in parts["optimizer"].items():
            network, index, rest = name.split(".", maxsplit=2)
            parameter = parameters[network][int(index)]
            moments[network].setdefault(int(index), {})[rest] = _laid_out_like(parameter, tensor)
        for network, optimizer in self._optimizers.items():
            optimizer.load_state_dict({**optimizer.state_dict(), "state": moments[network]})
        self.step, self._spent = facts["step"], facts["seconds"]

    def _set_up(self, name: str, network: nn.Module) -> None:
        """Bring one network to the device; one that has nothing to learn gets no optimiser."""
        network.to(memory_format=torch.channels_last)
        if not any(parameter.requires_grad for parameter in network.parameters()):
            self._networks[name] = network.to(self.device)
            return
        wrapped, optimizer = self._fabric.setup(network, make_optimizer(network, self.settings))
        for method in network.training_methods if isinstance(network, ImageModel) else ():
            wrapped.mark_forward_method(method)
        self._networks[name], self._optimizers[name] = wrapped, optimizer

    def _train_step(self, rate: float) -> Tensor:
        for optimizer in self._optimizers.values():
            scale_rates(optimizer, rate)
        torch.manual_seed(hash((self.settings.seed, self.step)) & 0x7FFFFFFF)  # dropout
        for network in self._networks.values():
            network.train()
        loss = torch.zeros((), device=self.device)
        for step in self._steps(self._batch()):
            if step.network not in self._optimizers:
                raise unknown_name("network in this training", step.network, self._optimizers)
            optimizer = self._optimizers[step.network]
            optimizer.zero_grad()
            self._fabric.backward(step.loss)
            optimizer.step()
            loss = loss + step.loss.detach()
        self.average.update(self.model, self.step)
        self.step += 1
        return loss

    def _steps(self, batch: Batch) -> Iterator[Step]:
        """The task's steps; precision reaches whichever method of a network the task calls, not only `forward`."""
        steps = self.task.training_steps(self._networks, batch)
        while True:
            with self._fabric.autocast():
                step = next(steps, None)
            if step is None:
                return
            yield step

    def _batch(self) -> Batch:
        settings, stage = self.settings, self._stage()
        drawn = draw_batch(self.step, count=len(self.views), batch_size=settings.batch_size, seed=settings.seed)
        return self.views.batch(drawn, stage, settings, self.device, self.progress)

    def _stage(self) -> Stage:
        return next(stage for stage in self.settings.stages if self.progress < stage.until or stage.until == 1.0)

    def _moment(self, loss: float, rate: float) -> Moment:
        if not torch.isfinite(torch.tensor(loss)):
            raise self._diverged(f"the loss is {loss}")
        epoch = self.step * self.settings.batch_size / len(self.views)
        return Moment(self.step, epoch, self.progress, loss, rate, self.seconds)

    def _diverged(self, what: str) -> RunError:
        return RunError(
            f"At step {self.step} {what}: the training has diverged. Resume with a lower rate, such as --set "
            f"training.learning_rate={self.settings.learning_rate / 3:.1g}, or in fp32 "
            f"(--set training.precision=fp32)."
        )


def _laid_out_like(parameter: Tensor, moment: Tensor) -> Tensor:
    """A moment in the memory format of its parameter, since a fused optimiser goes through both in memory's order."""
    if moment.shape != parameter.shape:
        return moment  # the number of the step
    return torch.empty_like(parameter, requires_grad=False).copy_(moment)
