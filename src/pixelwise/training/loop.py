"""The training loop: exact to the bit across a kill and a resume, and on time where there is a deadline.

Nothing that a step does depends on a generator's state: the examples, their views and dropout's masks are pure
functions of the seed and the step's number. So the state of a training is its weights, their moving average, the
optimisers' moments and the number of the step, and going on from a checkpoint is the same as never having stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from pixelwise.errors import RunError, unknown_name
from pixelwise.models import ImageModel
from pixelwise.nn import blocks_of, recomputing, to_channels_last
from pixelwise.ops.device import default_device
from pixelwise.ops.first_calls import make_first_calls
from pixelwise.ops.ranks import average_gradients, averaged
from pixelwise.planning import TrainingSettings, refuse_parts
from pixelwise.tasks import Batch, Step, Task
from pixelwise.training import together
from pixelwise.training.ema import MovingAverage
from pixelwise.training.memory import Buffers, smaller_batches, until_it_fits
from pixelwise.training.moment import Moment
from pixelwise.training.optimizer import frozen_norms, make_optimizer, set_rates
from pixelwise.training.sampling import Drawn, draw_batch
from pixelwise.training.schedule import momentum_at, rate_at
from pixelwise.training.state import Trained
from pixelwise.training.views import Views
from pixelwise.training.watch import Watch, diverged

__all__ = ["Moment", "Training"]

_MOMENT_EVERY = 10  # steps between two readings of the loss, since reading waits for the device


class Training:
    """One training of one model, from where it stands to its end.

    Args:
        model: The network; trained in place.
        task: What it is trained to do.
        views: What it is trained on.
        settings: How; `precision` is `fp32` or `bf16` by now.
        seconds: Time until the end; None ends by `settings.epochs`.
        device: Where; None takes a GPU where there is one.
        say: Is told, in one line, where memory runs out and `settings` are changed to smaller batches.

    Raises:
        ValueError: If neither ends the training.
        SettingError: If the settings do not fit the network or the task.
    """

    def __init__(
        self,
        model: ImageModel,
        task: Task,
        views: Views,
        settings: TrainingSettings,
        *,
        seconds: float | None = None,
        device: torch.device | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        if seconds is None and settings.epochs is None:
            raise ValueError("seconds is None and so is settings.epochs: nothing would end the training")
        make_first_calls()
        self.settings = settings
        self.task, self.views = task, views
        self.model = model
        self.step = 0
        self._available = seconds
        self._clock = together.Clock()
        self._say = say
        self._has_stepped = False  # in a step that is not at its end
        self._moved = 0  # views seen beyond step * views_per_step, where steps before a resume had another size
        together.refuse_uneven(settings, views)
        device = together.own_device(device or default_device())
        self._fabric = Fabric(
            accelerator=device.type,
            devices=1 if device.index is None or device.type == "cpu" else [device.index],
            precision="bf16-mixed" if settings.precision == "bf16" else "32-true",
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self._partners = task.partners(model)
        self._networks: dict[str, nn.Module] = {}
        self._optimizers: dict[str, torch.optim.Optimizer] = {}
        for name, network in {"model": model, **self._partners}.items():
            self._set_up(name, network)
        refuse_parts(settings, len(self._optimizers))
        together.begin_alike(trained := [model, *self._partners.values()], task, say)
        self.average = MovingAverage(model, settings.ema_decay)
        self.watch = Watch()
        self._buffers = Buffers(self._networks.values())
        self._still = [] if settings.train_bn else frozen_norms(trained)
        self._blocks = [block for network in trained for block in blocks_of(network)] if settings.recompute else []

    @property
    def device(self) -> torch.device:
        """Where the network is trained."""
        return self._fabric.device

    @property
    def seconds(self) -> float:
        """Time spent in this training, runs before a resume included."""
        return self._clock.seconds

    @property
    def progress(self) -> float:
        """Share of the training that is done, [0, 1]."""
        if self._available is not None:
            return min(1.0, self.seconds / self._available)
        epochs = self.settings.epochs or 0.0  # given, since there is no time to end at
        steps = max(1, round(epochs * len(self.views) / self.settings.views_per_step))
        return min(1.0, self._seen / (steps * self.settings.views_per_step))

    @property
    def epoch(self) -> float:
        """How often each example has been seen."""
        return self._seen / len(self.views)

    @property
    def _seen(self) -> int:
        """Views that the steps so far have learnt from."""
        return self.step * self.settings.views_per_step + self._moved

    def moments(
        self, should_stop: Callable[[], bool] = lambda: False, *, each_epoch: bool = False
    ) -> Generator[Moment, None, None]:
        """Train to the end, yielding every few steps and after the last one.

        The time that the caller takes between two moments counts: a deadline is a deadline.

        Args:
            should_stop: Asked after every step; if true, training pauses there, in all processes that share it.
            each_epoch: Whether to yield after the last step of each epoch, too.

        Raises:
            RunError: If the loss is no longer a number.
        """
        self._clock.start()
        losses: list[Tensor] = []
        generator_state = torch.get_rng_state()
        try:
            while self.progress < 1.0 and not self._clock.stops:
                rate = self.settings.learning_rate * rate_at(self.settings, self.progress)
                epoch = int(self.epoch)
                losses.append(self.train_step(rate))
                self._clock.meet(should_stop())
                is_due = self.step % _MOMENT_EVERY == 0 or (each_epoch and int(self.epoch) > epoch)
                if is_due or self.progress >= 1.0 or self._clock.stops:
                    with self._clock.pausing():
                        yield self._moment(torch.stack(losses), rate)
                    losses.clear()
        finally:
            self.views.prepare([], self.settings)  # nothing more is read
            self._clock.stop()
            torch.set_rng_state(generator_state)

    def train_step(self, rate: float) -> Tensor:
        """Take one step at a learning rate and return its loss, a scalar on the device.

        Where memory runs out, the step is taken in smaller batches of the same examples, and so are those after it.

        Raises:
            RunError: If the loss is no finite number, on a CPU; the weights are then those before the step.
            SettingError: If memory runs out whatever the batches.
            ProcessError: If another process has ended, or this one cannot go on; the weights are those before the step.
        """
        with together.whole_or_undone(self._buffers), recomputing(self._blocks):
            return until_it_fits(lambda: self._whole_step(rate), self._divide_batches)

    def _whole_step(self, rate: float) -> Tensor:
        settings = self.settings
        for optimizer in self._optimizers.values():
            set_rates(optimizer, rate, momentum_at(settings, self.progress))
        torch.manual_seed(together.seed_of(settings, self.step))  # dropout
        for network in self._networks.values():
            network.train()
        for norm in self._still:
            norm.eval()
        self._buffers.keep()
        loss = torch.zeros((), device=self.device)
        for part in range(settings.accumulate):
            for step in self._steps(self._batch(part)):
                loss = loss + self._take(step, is_first=part == 0, is_last=part == settings.accumulate - 1)
        self.average.update(self.model, self.step)
        self.step += 1
        self._has_stepped = False
        return loss

    def _divide_batches(self) -> None:
        """Make ready for a step that was broken off to be taken again, in smaller batches."""
        self._buffers.put_back()
        together.refuse_alone(self.settings, self.step, can_divide=len(self._optimizers) == 1, kinds=self.views.kinds)
        divides = len(self._optimizers) == 1 and not self._has_stepped
        self.settings = smaller_batches(self.settings, self.step, self._say, can_divide=divides, kinds=self.views.kinds)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything that a resume needs: tensors by name, and JSON-ready facts.

        Raises:
            RunError: If one of the tensors holds a value that is no number, or a step was broken off.
        """
        if self._has_stepped:
            raise RunError(f"Step {self.step} was broken off, so there is no state that could be gone on from.")
        tensors = self._trained.tensors()
        if not all(tensor.isfinite().all() for tensor in tensors.values()):
            raise self._diverged("a weight is no finite number")
        return tensors, {"step": self.step, "views": self._seen, "seconds": self.seconds, "available": self._available}

    def restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Go back to what `state` returned; when the training ends stays as it was said to the constructor.

        Raises:
            RunError: If the state belongs to another network.
        """
        self._trained.put_back(tensors)
        self.step, self._clock.spent, self._moved = facts["step"], facts["seconds"], 0
        self._moved = facts.get("views", self._seen) - self._seen  # older checkpoints do not say

    @property
    def _trained(self) -> Trained:
        return Trained(self.model, self.average.model, self._partners, self._optimizers)

    def _set_up(self, name: str, network: nn.Module) -> None:
        """Bring one network to the device; one that has nothing to learn gets no optimiser."""
        to_channels_last(network)
        if not any(parameter.requires_grad for parameter in network.parameters()):
            self._networks[name] = network.to(self.device)
            return
        wrapped, optimizer = self._fabric.setup(network, make_optimizer(network, self.settings))
        for method in network.training_methods if isinstance(network, ImageModel) else ():
            wrapped.mark_forward_method(method)
        self._networks[name], self._optimizers[name] = wrapped, optimizer

    def _take(self, step: Step, *, is_first: bool, is_last: bool) -> Tensor:
        """Go back through the loss of one part of a step, and step the optimiser after the last part."""
        for name in step.networks:
            if name not in self._optimizers:
                raise unknown_name("network in this training", name, self._optimizers)
        loss = step.loss / self.settings.accumulate
        value = averaged(loss)
        if self.device.type == "cpu" and not value.isfinite():  # elsewhere a look at every loss would cost time
            raise self._diverged(f"the loss is {value.item()}", self.step)
        if is_first:
            for name in step.networks:
                self._optimizers[name].zero_grad()
        self._fabric.backward(loss)
        self._has_stepped = is_last
        for name in step.networks if is_last else ():
            network, optimizer = self._networks[name], self._optimizers[name]
            average_gradients(network.parameters())
            if (clip := self.settings.gradient_clip) is not None:
                self._fabric.clip_gradients(network, optimizer, max_norm=clip, error_if_nonfinite=False)
            optimizer.step()
        self.watch.see(step)
        return value

    def _steps(self, batch: Batch) -> Iterator[Step]:
        """The task's steps; precision reaches whichever method of a network the task calls, not only `forward`."""
        steps = self.task.training_steps(self._networks, batch)
        while True:
            with self._fabric.autocast():
                step = next(steps, None)
            if step is None:
                return
            yield step

    def _batch(self, part: int) -> Batch:
        number = self.step * self.settings.accumulate + part
        drawn, upcoming = self._drawn(number), self._drawn(number + 1)
        return together.own_part(self.views, drawn, upcoming, self.settings, self.device, self.progress)

    def _drawn(self, batch: int) -> Drawn:
        size, seed = self.settings.batch_size, self.settings.seed
        return draw_batch(batch, count=len(self.views), batch_size=size, seed=seed, moved=self._moved)

    def _moment(self, losses: Tensor, rate: float) -> Moment:
        values = losses.tolist()
        for step, value in enumerate(values, start=self.step - len(values)):
            if not math.isfinite(value):
                raise self._diverged(f"the loss is {value}", step)
        parts = self.watch.judge(self.step)
        return Moment(self.step, self.epoch, self.progress, losses.mean().item(), rate, self.seconds, losses=parts)

    def _diverged(self, what: str, step: int | None = None) -> RunError:
        """The error for numbers that are none; names the images of the step that they came from, if it is known."""
        images: list[str] = []
        if step is not None:
            self.average.mend(self.model)
            parts = range(step * self.settings.accumulate, (step + 1) * self.settings.accumulate)
            images = [name for part in parts for name in self.views.names(self._drawn(part))]
        return diverged(self.step if step is None else step, what, images, self.settings.learning_rate)
