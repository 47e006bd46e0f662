"""Images a second from files to augmented batches: pixelwise beside torchvision's transforms and albumentations.

    pip install albumentations opencv-python-headless
    python benchmarks/input_pipeline.py CAMVID [--images 64] [--rounds 6] [--cores 1 2]

Every pipeline gives the same: batches of four views of 180×240 with their masks, drawn from images of 360×480 at 0.5 to
1 of their scale, mirrored, turned by up to 5°, and changed in brightness, contrast and saturation; float32 in [0, 1]
and int64. pixelwise also changes gamma and tint and mirrors beyond the border. The others do what costs them least:
they crop first and turn the small view, and their order of the rest is free.

`from files` decodes each image whenever it is seen (the files themselves are in the system's cache), `in memory` begins
with decoded ones. torchvision decodes with Pillow, albumentations with OpenCV. On one core all work in one process; on
more, the others take as many worker processes of a DataLoader, pixelwise its threads. Each number of cores is a
process of its own, and in it all pipelines take turns; the first round does not count.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median

import albumentations
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

from pixelwise.data import open_data
from pixelwise.data.augment import Augmentation, draw_view, render_views
from pixelwise.data.examples import Examples
from pixelwise.data.pairs import Pair
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.spread import evenly

SIZE = (180, 240)
BATCH = 4
ROTATION, COLOR = 5.0, 0.25
CROP = {"scale": (0.25, 1.0), "ratio": (SIZE[1] / SIZE[0],) * 2}  # shares of the area: scales of 0.5 to 1
CPU = torch.device("cpu")

Decoded = tuple[NDArray[np.uint8], NDArray[np.uint8]]
Epoch = Callable[[int], Iterable[tuple[Tensor, Tensor]]]


def main() -> None:
    """Measure with each number of cores and print a table."""
    parser = argparse.ArgumentParser(description="Images a second of input pipelines")
    parser.add_argument("data", type=Path)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--here", action="store_true", help="measure in this process, on the one number of cores")
    arguments = parser.parse_args()
    if arguments.here:
        torch.set_num_threads(arguments.cores[0])
        measure(arguments.data, arguments.images, arguments.rounds, arguments.cores[0])
        return
    print("| cores | images | pipeline | images/s, most | median | pixelwise by it |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    for cores in arguments.cores:
        options = ["--images", str(arguments.images), "--rounds", str(arguments.rounds), "--cores", str(cores)]
        command = [sys.executable, __file__, str(arguments.data), *options, "--here"]
        subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": str(cores)})


def measure(folder: Path, images: int, rounds: int, cores: int) -> None:
    """Print the rows of one number of cores, which this process is confined to."""
    pin(cores)
    cv2.setNumThreads(1)
    data = open_data(folder)
    pairs = evenly(data.splits["train"], images)
    for where, kept in (("from files", False), ("in memory", True)):
        examples = Examples(pairs, data.classes, memory_bytes=None if kept else 0)
        examples.keep_in_memory()
        pipelines = {
            "pixelwise": ours(examples),
            "torchvision": theirs(_Torchvision(pairs, kept), cores),
            "albumentations": theirs(_Albumentations(pairs, kept), cores),
        }
        rates: dict[str, list[float]] = {name: [] for name in pipelines}
        for number in range(rounds + 1):
            for name, epoch in pipelines.items():
                rates[name].append(rate(epoch, number, images))
        own = rates["pixelwise"][1:]
        for name, (_, *found) in rates.items():
            ratio = median(a / b for a, b in zip(own, found, strict=True))
            print(f"| {cores} | {where} | {name} | {max(found):.0f} | {median(found):.0f} | {ratio:.2f} |", flush=True)


def pin(cores: int) -> None:
    """Confine all threads of this process, and those to come, to so many cores, where the system lets us."""
    if not hasattr(os, "sched_setaffinity"):
        return
    chosen = sorted(os.sched_getaffinity(0))[:cores]
    if len(chosen) < cores:
        raise SystemExit(f"{cores} cores are asked for, but there are {len(chosen)}.")
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setaffinity(int(thread.name), chosen)


def rate(epoch: Epoch, number: int, images: int) -> float:
    """Images a second in one epoch; every batch is checked."""
    seen = 0
    begun = time.perf_counter()
    for image, target in epoch(number):
        if image.shape[1:] != (3, *SIZE) or target.shape[1:] != SIZE or image.dtype != torch.float32:
            raise SystemExit(f"A batch of {tuple(image.shape)} and {tuple(target.shape)} came.")
        seen += len(image)
    if seen != images:
        raise SystemExit(f"{seen} of {images} images came.")
    return seen / (time.perf_counter() - begun)


def ours(examples: Examples) -> Epoch:
    """The examples and views of pixelwise, as a training takes them."""
    augmentation = Augmentation(*SIZE, min_scale=0.5, max_scale=1.0, rotation=ROTATION, color=COLOR)

    def epoch(number: int) -> Iterator[tuple[Tensor, Tensor]]:
        order = np.random.default_rng(number).permutation(len(examples)).tolist()
        for first in range(0, len(order), BATCH):
            indices = order[first : first + BATCH]
            views = [draw_view(augmentation, seed=0, epoch=number, index=index) for index in indices]
            rendered = render_views(examples.fetch(indices), views, augmentation, CPU)
            yield rendered.image, rendered.target

    return epoch


def theirs(dataset: Dataset[tuple[Tensor, Tensor]], cores: int) -> Epoch:
    """A DataLoader, whose workers stay from epoch to epoch; numbers are made float32 and int64 by the batch."""
    workers = cores if cores > 1 else 0
    loader = DataLoader(dataset, BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)

    def epoch(number: int) -> Iterator[tuple[Tensor, Tensor]]:
        for image, target in loader:
            yield image.float().div_(255), target.long()

    return epoch


class _Files(Dataset[tuple[Tensor, Tensor]]):
    """Pairs that are decoded when they are asked for, or once."""

    def __init__(self, pairs: Iterable[Pair], kept: bool) -> None:
        self._files = [(str(pair.image), str(pair.target)) for pair in pairs]
        self._kept = [self.decode(*files) for files in self._files] if kept else None

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """One view, uint8 `(3, H, W)` and `(H, W)`."""
        return self.augment(*(self.decode(*self._files[index]) if self._kept is None else self._kept[index]))

    def decode(self, image: str, target: str) -> Decoded:
        """Two files as arrays, `(H, W, 3)` and `(H, W)`."""
        raise NotImplementedError

    def augment(self, image: NDArray[np.uint8], target: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """A random view of the two."""
        raise NotImplementedError


class _Torchvision(_Files):
    """Pillow and torchvision.transforms.v2."""

    _transform = v2.Compose(
        [
            v2.RandomResizedCrop(SIZE, **CROP, antialias=False),
            v2.RandomHorizontalFlip(),
            v2.RandomRotation(
                ROTATION, v2.InterpolationMode.BILINEAR, fill={tv_tensors.Mask: IGNORE_INDEX, "others": 0}
            ),
            v2.ColorJitter(COLOR, COLOR, 2 * COLOR),
        ]
    )

    def decode(self, image: str, target: str) -> Decoded:
        """By Pillow."""
        return np.array(Image.open(image).convert("RGB")), np.array(Image.open(target))

    def augment(self, image: NDArray[np.uint8], target: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """By torchvision."""
        pixels = tv_tensors.Image(torch.from_numpy(image).permute(2, 0, 1))
        view, mask = self._transform(pixels, tv_tensors.Mask(torch.from_numpy(target)))
        return view.as_subclass(Tensor), mask.as_subclass(Tensor)


class _Albumentations(_Files):
    """OpenCV and albumentations."""

    _transform = albumentations.Compose(
        [
            albumentations.RandomResizedCrop(SIZE, **CROP),
            albumentations.HorizontalFlip(p=0.5),
            albumentations.Affine(rotate=(-ROTATION, ROTATION), fill_mask=IGNORE_INDEX, p=1.0),
            albumentations.ColorJitter(
                (1 - COLOR, 1 + COLOR), (1 - COLOR, 1 + COLOR), (1 - 2 * COLOR, 1 + 2 * COLOR), (0.0, 0.0), p=1.0
            ),
        ]
    )

    def decode(self, image: str, target: str) -> Decoded:
        """By OpenCV."""
        colours = cv2.cvtColor(cv2.imread(image, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return colours, cv2.imread(target, cv2.IMREAD_UNCHANGED)

    def augment(self, image: NDArray[np.uint8], target: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """By albumentations."""
        found = self._transform(image=image, mask=target)
        return torch.from_numpy(found["image"].transpose(2, 0, 1)), torch.from_numpy(found["mask"])


if __name__ == "__main__":
    main()
