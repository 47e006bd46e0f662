"""How much memory a training on the CPU takes at its peak, beside fastai's on the same pixels and on a quarter of them.

    pip install -e '.[peers]'
    python benchmarks/peak_memory.py [--steps 5] [--batch-size 8]

`training.recompute` forgets what the blocks of the network computed and computes it again on the way back, bf16 takes
half the bytes, and `training.accumulate` adds up the gradients of several smaller batches before it steps, which have
their statistics of batch norm each for itself; all are settings of `pixelwise train`, and none is its default on a CPU.

Each network is trained in a process of its own, on generated batches, so that no data set counts. pixelwise trains its
default network by its own loop, moving average included; fastai's DynamicUnet with ResNet-34 is trained by the shortest
loop there is. The peak is what the system says of the process at its end (`ru_maxrss`): Python, PyTorch and all.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable

# What takes memory is imported by the processes that are measured: the peak of a process begins with that of the one
# which started it.

CLASSES = 11
LARGE, SMALL = (360, 480), (180, 240)
PEER = "fastai's DynamicUnet, ResNet-34"
PARTS: dict[str, object] = {"precision": "fp32", "accumulate": 4}  # of a batch, one after the other
CASES: tuple[tuple[str, tuple[int, int], dict[str, object] | None], ...] = (
    ("pixelwise, default network", LARGE, {"precision": "fp32"}),
    ("the same, recompute", LARGE, {"precision": "fp32", "recompute": True}),
    ("the same, recompute and bf16", LARGE, {"precision": "bf16", "recompute": True}),
    ("the same, in four parts", LARGE, PARTS),
    ("the same, in four parts, recompute", LARGE, {**PARTS, "recompute": True}),
    ("the same, in four parts, recompute and bf16", LARGE, {**PARTS, "recompute": True, "precision": "bf16"}),
    ("pixelwise, default network", SMALL, {"precision": "fp32"}),
    (PEER, SMALL, None),
    (PEER, LARGE, None),
)


def main() -> None:
    """Measure both and print a table."""
    parser = argparse.ArgumentParser(description="Peak memory of a training on the CPU")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--only", type=int, help="train this case in this process and print its peak in MiB")
    arguments = parser.parse_args()
    if arguments.only is not None:
        _, size, settings = CASES[arguments.only]
        if settings is None:
            shortest = train_peer(size, arguments.steps, arguments.batch_size)
        else:
            shortest = train_ours(size, arguments.steps, arguments.batch_size, settings)
        print(peak(), shortest)
        return
    options = ["--steps", str(arguments.steps), "--batch-size", str(arguments.batch_size)]
    what = f"{arguments.steps} steps, batches of {arguments.batch_size}"
    print(f"| {what} | size | peak, MiB | s a step | peak by fastai's at 180×240 |")
    print("| --- | --- | --- | --- | --- |")
    rows = [(name, size, *measured([*options, "--only", str(case)])) for case, (name, size, _) in enumerate(CASES)]
    beside = next(mebibytes for name, size, mebibytes, _ in rows if (name, size) == (PEER, SMALL))
    for name, (height, width), mebibytes, seconds in rows:
        print(f"| {name} | {height}×{width} | {mebibytes:.0f} | {seconds:.1f} | {mebibytes / beside:.2f} |")


def measured(options: list[str]) -> tuple[float, float]:
    """Of one training in a process of its own: the peak in MiB, and the seconds of its shortest step."""
    command = [sys.executable, __file__, *options]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    mebibytes, seconds = map(float, output.split()[-2:])
    return mebibytes, seconds


def peak() -> float:
    """The largest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def train_ours(size: tuple[int, int], steps: int, batch_size: int, changes: dict[str, object]) -> float:
    """A training of the default network as `pixelwise train` does it, but for the batches; the shortest step."""
    import torch

    from pixelwise.models import DEFAULT_MODEL, MODELS
    from pixelwise.planning import Stage, TrainingSettings
    from pixelwise.tasks import Batch
    from pixelwise.tasks.segmentation import Segmentation
    from pixelwise.training.loop import Training
    from pixelwise.training.sampling import Drawn

    class Views:
        kinds = 1

        def __len__(self) -> int:
            return batch_size

        def batch(self, drawn: Drawn, *_: object) -> Batch:
            image = torch.rand(len(drawn), 3, *size).to(memory_format=torch.channels_last)
            return Batch(image, torch.randint(CLASSES, (len(drawn), *size)), None, 0.0)

        def prepare(self, drawn: Drawn, settings: TrainingSettings) -> None:
            pass

        def names(self, drawn: Drawn) -> list[str]:
            return [str(index) for _, index in drawn]

    stage = Stage(until=1.0, height=size[0], width=size[1], min_scale=0.5, max_scale=1.0)
    parts = int(str(changes.get("accumulate", 1)))
    known = {"epochs": steps, "batch_size": batch_size // parts, "stages": (stage,)}
    settings = TrainingSettings.model_validate({**known, **changes})
    task = Segmentation(CLASSES, loss="cross_entropy + 0.5*dice")
    model = MODELS[DEFAULT_MODEL].build(out_channels=CLASSES)
    training = Training(model, task, Views(), settings, device=torch.device("cpu"))
    return min(seconds(lambda: training.train_step(settings.learning_rate)) for _ in range(steps))


def train_peer(size: tuple[int, int], steps: int, batch_size: int) -> float:
    """Forward, cross-entropy, backward and AdamW of fastai's network; the shortest step."""
    import torch
    from fastai.vision.learner import create_unet_model
    from torch.nn import functional as F
    from torchvision.models import resnet34

    model = create_unet_model(resnet34, CLASSES, size, pretrained=False).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    def step() -> None:
        image, target = torch.rand(batch_size, 3, *size), torch.randint(CLASSES, (batch_size, *size))
        optimizer.zero_grad()
        F.cross_entropy(model(image), target).backward()
        optimizer.step()

    return min(seconds(step) for _ in range(steps))


def seconds(step: Callable[[], object]) -> float:
    """How long a call takes."""
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
