"""How long `dynamic_unet` takes beside fastai's DynamicUnet, with the same weights on the same image.

    python benchmarks/dynamic_unet.py [--default] [--repeats 5] [--threads 2] [--only training|inference]

All variants take turns within one process, so that what else the machine does falls on all of them; the ratios count,
not the times. Both have random weights, so many pixels are near a tie: the agreement of a trained network is higher.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.models import DEFAULT_MODEL, MODELS
from pixelwise.models._fastai import from_fastai
from pixelwise.models.dynamic_unet import DynamicUNet
from pixelwise.ops.labels import IGNORE_INDEX

CLASSES = 12
TRAINING = (8, 3, 128, 128)
INFERENCE = (1, 3, 360, 480)


@dataclass(frozen=True)
class Variant:
    """A network, the layout of its memory, and the precision of its computation."""

    name: str
    model: nn.Module
    channels_last: bool = False
    bf16: bool = False

    def place(self, image: Tensor) -> Tensor:
        """Bring the network and an image to the layout of memory."""
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        self.model.to(memory_format=layout)
        return image.to(memory_format=layout)

    def precision(self) -> AbstractContextManager[Any]:
        """The context to compute in."""
        return torch.autocast("cpu", dtype=torch.bfloat16) if self.bf16 else nullcontext()


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="dynamic_unet (ResNet-34) beside fastai's DynamicUnet")
    parser.add_argument("--default", action="store_true", help=f"also the default network, {DEFAULT_MODEL}")
    parser.add_argument("--repeats", type=int, default=5, help="rounds in which each variant has one turn")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", choices=["training", "inference"])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    machine = f"{torch.backends.cpu.get_cpu_capability()}, {options.threads} threads, load {os.getloadavg()[0]:.1f}"
    print(f"torch {torch.__version__}, {machine}")
    if importlib.util.find_spec("fastai") is None:
        print("fastai is not installed, so that only pixelwise is measured: pip install -e '.[peers]' adds it.")
    if options.only != "inference":
        measure_training(options.repeats, options.default)
    if options.only != "training":
        measure_inference(options.repeats, options.default)


def measure_training(repeats: int, default: bool) -> None:
    """Time forward, cross-entropy, backward and AdamW."""
    image = picture(TRAINING)
    batch, _, height, width = TRAINING
    target = torch.randint(CLASSES, (batch, height, width), generator=torch.Generator().manual_seed(1))
    steps = {}
    for variant in variants((height, width), default):
        variant.model.train()
        steps[variant.name] = training_step(variant, variant.place(image), target)
    report(f"training step, {height}x{width}, batch of {batch}", take_turns(steps, repeats))


def measure_inference(repeats: int, default: bool) -> None:
    """Time the forward, and compare the classes."""
    image = picture(INFERENCE)
    height, width = INFERENCE[-2:]
    steps, classes = {}, {}
    for variant in variants((height, width), default):
        variant.model.eval()
        steps[variant.name] = prediction(variant, variant.place(image))
        if not variant.name.startswith(DEFAULT_MODEL):
            classes[variant.name] = steps[variant.name]().argmax(dim=1)
    report(f"inference, {height}x{width}, batch of 1", take_turns(steps, repeats))
    (first, expected), *others = classes.items()
    for name, found in others:
        print(f"  {100 * (found == expected).float().mean():8.3f} % of the pixels in the class of {first}: {name}")


def variants(size: tuple[int, int], default: bool) -> list[Variant]:
    """The networks to compare; ours have fastai's weights where it is installed."""
    torch.manual_seed(0)
    ours = [DynamicUNet(CLASSES, encoder="resnet34") for _ in range(3)]
    found = []
    if importlib.util.find_spec("fastai") is not None:
        theirs = fastai_network(size, ours[0])
        ours[0].load_state_dict(from_fastai(theirs.network.state_dict(), ours[0]))
        found.append(Variant("fastai, fp32", theirs))
    for model in ours[1:]:
        model.load_state_dict(ours[0].state_dict())
    found.append(Variant("dynamic_unet, fp32", ours[0]))
    found.append(Variant("dynamic_unet, fp32, channels_last", ours[1], channels_last=True))
    found.append(Variant("dynamic_unet, bf16, channels_last", ours[2], channels_last=True, bf16=True))
    if default:
        for bf16 in (False, True):
            light = MODELS[DEFAULT_MODEL].build(out_channels=CLASSES)
            name = f"{DEFAULT_MODEL}, {'bf16' if bf16 else 'fp32'}, channels_last"
            found.append(Variant(name, light, channels_last=True, bf16=bf16))
    return found


class _Normalised(nn.Module):
    """The network of fastai behind the normalisation that it leaves to its data pipeline."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, model: DynamicUNet) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", model.encoder.mean)
        self.register_buffer("std", model.encoder.std)

    def forward(self, image: Tensor) -> Tensor:
        scores: Tensor = self.network((image - self.mean) / self.std)
        return scores.as_subclass(Tensor)


def fastai_network(size: tuple[int, int], model: DynamicUNet) -> _Normalised:
    """Build the network of fastai, as `unet_learner` does."""
    from fastai.vision.learner import create_unet_model
    from fastai.vision.models.tvm import resnet34

    return _Normalised(create_unet_model(resnet34, CLASSES, size, pretrained=False), model)


def training_step(variant: Variant, image: Tensor, target: Tensor) -> Callable[[], Tensor]:
    """One step of AdamW, as a function."""
    optimiser = torch.optim.AdamW(variant.model.parameters(), lr=1e-4, foreach=True)

    def step() -> Tensor:
        with variant.precision():
            scores = variant.model(image)
        loss = F.cross_entropy(scores.float(), target, ignore_index=IGNORE_INDEX)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.detach()

    return step


def prediction(variant: Variant, image: Tensor) -> Callable[[], Tensor]:
    """One forward, as a function."""

    def step() -> Tensor:
        with torch.inference_mode(), variant.precision():
            scores: Tensor = variant.model(image)
        return scores

    return step


def take_turns(steps: dict[str, Callable[[], Tensor]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each step in each round, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - start)
    return {name: taken[1:] for name, taken in seconds.items()}


def report(title: str, seconds: dict[str, list[float]]) -> None:
    """Print the times, and how many times faster than the first each of the others is."""
    first = next(iter(seconds.values()))
    print(f"\n{title}\n{'ms, least':>12}{'ms, median':>12}{'least':>9}{'rounds':>9}   times as fast as the first")
    for name, taken in seconds.items():
        ratio = min(first) / min(taken)
        paired = median(a / b for a, b in zip(first, taken, strict=True))
        print(f"{1e3 * min(taken):12.0f}{1e3 * median(taken):12.0f}{ratio:9.2f}{paired:9.2f}   {name}")


def picture(shape: tuple[int, int, int, int]) -> Tensor:
    """A smooth random image in [0, 1]."""
    coarse = torch.rand(*shape[:2], shape[2] // 8, shape[3] // 8, generator=torch.Generator().manual_seed(0))
    return F.interpolate(coarse, size=shape[2:], mode="bilinear")


if __name__ == "__main__":
    main()
