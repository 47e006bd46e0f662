"""What a training does where several processes share its batches; in one process all of it does nothing.

Each process renders its own part of each batch and goes through it. Sums over pixels and the statistics of batch norms
are those of the whole batch (`ops/ranks.py`), and gradients are averaged, so that all processes take the step that one
would take with the whole batch. What decides how a training goes on is agreed on: the first one's clock, and whether
any of them was asked to stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from pixelwise.errors import DataError, ProcessError, SettingError, some_of
from pixelwise.nn.synced_norm import sync_batch_norms
from pixelwise.ops.ranks import connected, is_first, rank, share, summed, world_size
from pixelwise.planning import TrainingSettings, refuse_uneven_batch
from pixelwise.tasks import Batch, Task
from pixelwise.training.memory import Buffers, divided, smaller_size
from pixelwise.training.sampling import Drawn
from pixelwise.training.views import Views

__all__ = [
    "Clock",
    "begin_alike",
    "own_device",
    "own_part",
    "refuse_alone",
    "refuse_uneven",
    "seed_of",
    "whole_or_undone",
]


class Clock:
    """Time spent in a training, and whether it was asked to stop; the same in all processes.

    Attributes:
        spent: Seconds in the runs before the current one.
        stops: Whether any process has been asked to stop.
    """

    def __init__(self) -> None:
        self.spent = 0.0
        self.stops = False
        self._started: float | None = None
        self._agreed: float | None = None

    @property
    def seconds(self) -> float:
        """Of all runs; where there are several processes, as it was when they met last, by the first one's clock."""
        if self._agreed is not None:
            return self._agreed
        return self.spent + (0.0 if self._started is None else time.monotonic() - self._started)

    def start(self) -> None:
        """Begin a run."""
        self._started = time.monotonic()
        self.stops = False
        self.meet()

    def stop(self) -> None:
        """End a run."""
        self.spent = self.seconds
        self._started = self._agreed = None

    def meet(self, stops: bool = False) -> None:
        """Agree on the time, and stop if one process is to."""
        if world_size() > 1:
            self._agreed = None
            said = torch.tensor([self.seconds if is_first() else 0.0, float(stops)], dtype=torch.float64)
            with connected():
                self._agreed, asked = summed(said).tolist()
            stops = asked > 0
        self.stops = self.stops or stops

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """While somebody is told of a training, the other processes wait; all stop if one does not come back."""
        is_back = False
        try:
            yield
            is_back = True
        finally:
            self.meet(not is_back)


def own_device(device: torch.device) -> torch.device:
    """The device of this process: of several, each has the GPU of its number."""
    if world_size() == 1 or device.type != "cuda":
        return device
    return torch.device("cuda", torch.cuda.current_device())


def refuse_uneven(settings: TrainingSettings, views: Views) -> None:
    """Refuse a batch or a set of images that cannot be shared out evenly.

    Raises:
        SettingError: If it cannot.
    """
    processes = world_size()
    refuse_uneven_batch(settings, processes)
    if len(views) < processes:
        raise SettingError(
            f"There are {len(views)} training images for {processes} processes, so that not each could see one of its "
            f"own. Start at most {len(views)}."
        )


def begin_alike(networks: Sequence[nn.Module], task: Task, say: Callable[[str], None]) -> None:
    """Give all processes the first one's weights, and make batch norms look at whole batches.

    Args:
        networks: Those that train; changed in place.
        task: What they are trained to do.
        say: Is told where the result will not be that of one process.
    """
    if world_size() == 1:
        return
    alone = [name for network in networks for name in sync_batch_norms(network)]
    for network in networks:
        share(tensor for tensor in (*network.parameters(), *network.buffers()) if tensor.numel())
    if alone:
        say(f"Warning: the norms {some_of(alone, 3)} see only the part of a batch that a process has.")
    if not task.is_shared:
        say(
            f"Warning: this loss is taken of the part of a batch that each of the {world_size()} processes has, and "
            f"averaged, so that the result is not exactly that of one process with whole batches."
        )


def own_part(
    views: Views, drawn: Drawn, upcoming: Drawn, settings: TrainingSettings, device: torch.device, progress: float
) -> Batch:
    """This process's part of a batch; on a GPU, what its part of the next one needs begins to be read.

    Where views of a batch are mixed with each other, each process makes all of them, and takes its part.

    Args:
        views: Where batches come from.
        drawn: The whole batch.
        upcoming: The whole batch after that.
        settings: Of the training.
        device: Where the batch has to be.
        progress: Share of the training that is done, [0, 1].

    Raises:
        ProcessError: If a file cannot be decoded, which the other processes do not know.
    """
    stage, own = settings.stage_at(progress), _own(drawn)
    is_whole = settings.mix != "none" or views.kinds > 1
    try:
        batch = views.batch(drawn if is_whole else drawn[own], stage, settings, device, progress)
    except DataError as error:
        if world_size() == 1:
            raise
        raise ProcessError(f"Process {rank()} of {world_size()}: {error}") from error
    if device.type != "cpu":  # whose cores the network needs: there, decoding meanwhile was measured to cost 3 %
        views.prepare(upcoming if is_whole else upcoming[own], settings)
    if not is_whole or world_size() == 1:
        return batch
    return Batch(batch.image[own], batch.target[own], _part(batch.weight, own), progress)


def seed_of(settings: TrainingSettings, step: int) -> int:
    """The seed of what is drawn in a step by PyTorch's generator, such as dropout; each process has its own."""
    return hash((settings.seed, step, rank()) if rank() else (settings.seed, step)) & 0x7FFFFFFF


def refuse_alone(settings: TrainingSettings, step: int, *, can_divide: bool, kinds: int = 1) -> None:
    """End a process whose memory runs out, where the others would wait for it.

    Args:
        settings: What was too much.
        step: In which memory ran out.
        can_divide: Whether steps can be taken in parts.
        kinds: How many kinds of examples share a batch, in turn.

    Raises:
        ProcessError: If there are others.
    """
    if world_size() == 1:
        return
    parts = divided(settings, kinds, world_size()) if can_divide else None
    less = smaller_size(settings, kinds, world_size())
    cure = "" if less is None else f"--set training.batch_size={less}, or with "
    if parts is not None:
        cure = f"--set training.batch_size={parts.batch_size} --set training.accumulate={parts.accumulate}, or with "
    raise ProcessError(
        f"Process {rank()} of {world_size()}: memory runs out in step {step}, and one of several processes cannot "
        f"divide its batches alone. Go on with {cure}smaller views (--set training.stages=…)."
    )


@contextmanager
def whole_or_undone(buffers: Buffers) -> Iterator[None]:
    """Around a step: where another process ends in it, put back what it has changed on its way.

    Raises:
        ProcessError: If that happens.
    """
    try:
        with connected():
            yield
    except ProcessError:
        buffers.put_back()
        raise


def _own(drawn: Drawn) -> slice:
    """This process's part of a batch."""
    size = len(drawn) // world_size()
    return slice(rank() * size, (rank() + 1) * size)


def _part(weight: Tensor | None, own: slice) -> Tensor | None:
    return None if weight is None else weight[own]
