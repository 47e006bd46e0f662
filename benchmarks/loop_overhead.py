"""What the training loop costs beside a bare PyTorch loop, and how much of a training is spent on its batches.

    python benchmarks/loop_overhead.py CAMVID [--rounds 12] [--steps 400] [--threads 2]

First, three loops take turns of ten steps in one process, each with its own copy of the default network, on the same
batches, which are made beforehand: pixelwise's; a bare one with the same loss and the same optimiser; and that with the
same moving average of the weights, which is a part of the method rather than of the loop. All in fp32 on the CPU. Each
turn of pixelwise's is compared with the turn of the others beside it.

Then the training of `pixelwise train CAMVID` is run as it is, but for the scoring: once with the decoded images in
memory and once with nothing kept, so that each image is decoded whenever it is seen. pixelwise makes a batch in the
training process, between two steps (only the decoding is done by threads), so the time in `Views.batch` is what it
waits for its data. On a GPU the threads decode the next batch meanwhile; on a CPU they would take its time from the
network, so `--ahead` shows that, too: the waiting gets less, and a step takes longer.
"""

from __future__ import annotations

import argparse
import copy
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from statistics import median

import torch

from pixelwise.data import Dataset, open_data
from pixelwise.data.examples import Examples
from pixelwise.planning import Plan, Stage, TrainingSettings, change_training, make_plan
from pixelwise.tasks import Batch
from pixelwise.training.display import Display, Silent
from pixelwise.training.ema import MovingAverage
from pixelwise.training.loop import Training
from pixelwise.training.optimizer import make_optimizer
from pixelwise.training.run import Source
from pixelwise.training.sampling import Drawn, draw_batch
from pixelwise.training.views import MaskViews
from pixelwise.workflow import Masks, Parts, build, train

BATCHES = 32
STEPS = 10  # in a turn; the training yields after so many
CPU = torch.device("cpu")


def main() -> None:
    """Measure both and print the tables."""
    parser = argparse.ArgumentParser(description="The cost of the training loop and of its batches")
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=400, help="of each training whose batches are timed")
    parser.add_argument("--ahead", action="store_true", help="also decode the next batch while a step is taken")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    data = open_data(arguments.data)
    if arguments.rounds:
        compare_loops(data, arguments.rounds)
    if arguments.steps:
        print("\n| decoded images | steps | ms a step | ms for its batch | share of the training |")
        print("| --- | --- | --- | --- | --- |")
        ways = [("in memory", True, False), ("decoded each time", False, False)]
        ways += [("decoded each time, ahead", False, True)] if arguments.ahead else []
        for name, kept, ahead in ways:
            print(f"| {name} | {batch_share(data, arguments.steps, kept, ahead)} |", flush=True)


def compare_loops(data: Dataset, rounds: int) -> None:
    """Print the milliseconds of a step in each loop, and the ratios."""
    plan = change_training(make_plan(data, epochs=10**6), precision="fp32")
    parts = build(plan)
    batches = ready_batches(data, plan.training)
    turns = {
        "pixelwise": pixelwise_loop(parts, plan.training, batches),
        "bare loop": bare_loop(parts, plan.training, batches, averages=False),
        "bare loop with the moving average": bare_loop(parts, plan.training, batches, averages=True),
    }
    times: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds + 1):
        for name, turn in turns.items():
            begun = time.perf_counter()
            turn()
            times[name].append(1000 * (time.perf_counter() - begun) / STEPS)
    stage = plan.training.stages[-1]
    what = f"{plan.training.batch_size} views of {stage.height}×{stage.width}"
    print(f"| a step, {what} | ms, shortest | median | pixelwise by it |")
    print("| --- | --- | --- | --- |")
    own = times["pixelwise"][1:]  # the first turn warms up
    for name, (_, *taken) in times.items():
        ratio = median(a / b for a, b in zip(own, taken, strict=True))
        print(f"| {name} | {min(taken):.1f} | {median(taken):.1f} | {ratio:.3f} |")


def ready_batches(data: Dataset, settings: TrainingSettings) -> list[Batch]:
    """Batches as the training makes them."""
    examples = Examples(data.splits["train"], data.classes)
    examples.keep_in_memory()
    views = MaskViews(examples)
    size, stage = settings.batch_size, settings.stages[-1]
    drawn = [draw_batch(step, count=len(views), batch_size=size, seed=settings.seed) for step in range(BATCHES)]
    return [views.batch(places, stage, settings, CPU, 0.0) for places in drawn]


def pixelwise_loop(parts: Parts, settings: TrainingSettings, batches: list[Batch]) -> Callable[[], object]:
    """Ten steps of pixelwise's training, as a function."""
    training = Training(copy.deepcopy(parts.model), parts.task, _Ready(batches), settings, device=CPU)
    moments = training.moments()
    return lambda: next(moments)


def bare_loop(parts: Parts, settings: TrainingSettings, batches: list[Batch], *, averages: bool) -> Callable[[], None]:
    """Ten steps as one would write them by hand, as a function."""
    model = copy.deepcopy(parts.model).to(memory_format=torch.channels_last).train()
    optimizer = make_optimizer(model, settings)
    average = MovingAverage(model, settings.ema_decay) if averages else None
    endless: Iterator[Batch] = cycle(batches)

    def turn() -> None:
        for _ in range(STEPS):
            optimizer.zero_grad()
            for step in parts.task.training_steps({"model": model}, next(endless)):
                step.loss.backward()
            optimizer.step()
            if average is not None:
                average.update(model, 10**6)

    return turn


def batch_share(data: Dataset, steps: int, kept: bool, ahead: bool) -> str:
    """Cells of the table: a training by `pixelwise.workflow.train`, which the command line calls."""
    data = replace(data, splits={"train": data.splits["train"]})  # nothing to score
    plan = make_plan(data, epochs=1)
    epochs = steps * plan.training.batch_size / len(data.splits["train"])
    plan = change_training(plan, epochs=epochs, precision="fp32")
    subject = _Timed(data, kept, ahead)
    with tempfile.TemporaryDirectory() as folder:
        outcome = train(subject, Source(root=data.root), plan, Path(folder) / "run", Silent(), device=CPU)
        last = outcome.run.history()[-1]
    milliseconds = 1000 * subject.waited / last["step"]
    share = subject.waited / last["seconds"]
    return f"{last['step']} | {1000 * last['seconds'] / last['step']:.1f} | {milliseconds:.1f} | {share:.1%}"


class _Ready:
    """Views that are there already, one batch after the other."""

    kinds = 1

    def __init__(self, batches: list[Batch]) -> None:
        self._batches = cycle(batches)

    def __len__(self) -> int:
        return BATCHES

    def batch(
        self, drawn: Drawn, stage: Stage, settings: TrainingSettings, device: torch.device, progress: float
    ) -> Batch:
        return next(self._batches)

    def prepare(self, drawn: Drawn, settings: TrainingSettings) -> None:
        pass

    def names(self, drawn: Drawn) -> list[str]:
        return [str(index) for _, index in drawn]


class _Timed(Masks):
    """Images with masks, whose batches are timed.

    Attributes:
        waited: Seconds in which batches were made.
        ahead: Whether the next batch is decoded meanwhile.
    """

    def __init__(self, data: Dataset, kept: bool, ahead: bool) -> None:
        super().__init__(data)
        self.waited = 0.0
        self.ahead = ahead
        self._is_kept = kept

    def views(self, plan: Plan, display: Display) -> MaskViews:
        """Views that add up their time; the decoded images are kept or not."""
        memory = None if self._is_kept else 0
        examples = Examples(self.data.splits["train"], self.data.classes, plan.image_scale, memory)
        examples.keep_in_memory()
        return _TimedViews(self, MaskViews(examples, self.data.class_pixels["train"]))


class _TimedViews(MaskViews):
    def __init__(self, owner: _Timed, views: MaskViews) -> None:
        super().__init__(views.examples)
        self.rare = views.rare
        self._owner = owner
        self._step = 0

    def batch(
        self, drawn: Drawn, stage: Stage, settings: TrainingSettings, device: torch.device, progress: float
    ) -> Batch:
        begun = time.perf_counter()
        batch = super().batch(drawn, stage, settings, device, progress)
        if self._owner.ahead:
            self._step += 1
            size = settings.batch_size
            self.prepare(draw_batch(self._step, count=len(self), batch_size=size, seed=settings.seed), settings)
        self._owner.waited += time.perf_counter() - begun
        return batch


if __name__ == "__main__":
    main()
