"""Objects that touch, with and without `--separate`: how many are found one by one.

    python benchmarks/touching_objects.py DATA OUT --budget 4m [--at-once 2]

DATA are masks that number their objects, such as the nuclei of the Data Science Bowl 2018. Two networks are trained
for the same time from the same seed, once with `--binary` and once with `--separate`, and scored on the same images,
none of which they were trained on. The objects that a network finds are the connected regions of its mask, each grown
by one pixel where `--separate` took the border away. Counted are

- objects found: a region and a numbered object whose IoU is above 0.5; F1 = 2 TP / (2 TP + FP + FN);
- the same for objects that touch another one only (share of them that are found);
- IoU of all regions with all objects, which says nothing of single ones.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import pixelwise as pw
from pixelwise.data.pairs import Pair

WAYS = ("binary", "separate")
EIGHT = np.ones((3, 3), int)


@dataclass
class Counts:
    """What was counted over the images."""

    found: int = 0
    regions: int = 0
    objects: int = 0
    touching: int = 0
    touching_found: int = 0
    overlap: int = 0
    union: int = 0


def main() -> None:
    """Train both where they are not there, and print the table."""
    parser = argparse.ArgumentParser(description="Objects that touch")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--budget", default="4m")
    parser.add_argument("--at-once", type=int, default=1)
    arguments = parser.parse_args()
    with ThreadPoolExecutor(arguments.at_once) as threads:
        list(threads.map(lambda way: train(way, arguments), WAYS))
    pairs = pw.open_data(arguments.data, binary=True).splits["val"]
    print(f"| trained with, {arguments.budget} | F1 of objects | touching objects found | IoU of all |")
    print("| --- | --- | --- | --- |")
    for way in WAYS:
        counts = score(arguments.out / way, pairs, grow=way == "separate")
        f1 = 2 * counts.found / max(1, counts.regions + counts.objects)
        print(
            f"| `--{way}` | {f1:.3f} | {counts.touching_found} of {counts.touching} "
            f"({counts.touching_found / max(1, counts.touching):.1%}) | {counts.overlap / max(1, counts.union):.3f} |"
        )


def train(way: str, arguments: argparse.Namespace) -> None:
    """Train one network, unless that has been done."""
    run = arguments.out / way
    if (run / "report.html").is_file():
        return
    threads = str(max(1, (os.cpu_count() or 1) // arguments.at_once))
    command = [sys.executable, "-m", "pixelwise", "train", str(arguments.data), f"--{way}"]
    command += ["--budget", arguments.budget, "-o", str(run)]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": threads})


def score(run: Path, pairs: tuple[Pair, ...], *, grow: bool) -> Counts:
    """Compare what a network finds with the numbered objects."""
    predictor, counts = pw.load(run), Counts()
    for pair in pairs:
        truth = pair.read_stored().values
        regions, _ = ndimage.label(predictor.mask(pair.image).mask > 0, EIGHT)
        if grow:
            distance, nearest = ndimage.distance_transform_edt(regions == 0, return_indices=True)
            regions = np.where(distance <= 1.5, regions[tuple(nearest)], 0)
        compare(regions, truth, counts)
    return counts


def compare(regions: NDArray[np.integer], truth: NDArray[np.integer], counts: Counts) -> None:
    """Count one image."""
    true_names, true = np.unique(truth, return_inverse=True)
    overlaps = np.zeros((regions.max() + 1, len(true_names)), int)
    np.add.at(overlaps, (regions.ravel(), true.ravel()), 1)
    if true_names[0] != 0:
        overlaps = np.insert(overlaps, 0, 0, axis=1)
        true_names = np.insert(true_names, 0, 0)
    areas = overlaps.sum(axis=1, keepdims=True) + overlaps.sum(axis=0, keepdims=True) - overlaps
    found = (overlaps / np.maximum(areas, 1))[1:, 1:] > 0.5  # of such pairs, no two share a region or an object
    is_touching = np.isin(true_names[1:], list(touching(truth)))
    counts.found += int(found.sum())
    counts.regions += len(overlaps) - 1
    counts.objects += len(true_names) - 1
    counts.touching += int(is_touching.sum())
    counts.touching_found += int(found.any(axis=0)[is_touching].sum())
    counts.overlap += int(((regions > 0) & (truth > 0)).sum())
    counts.union += int(((regions > 0) | (truth > 0)).sum())


def touching(truth: NDArray[np.integer]) -> set[int]:
    """Numbers of the objects that have another one among their neighbours."""
    found: set[int] = set()
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        moved = np.roll(truth, (-down, -right), axis=(0, 1))
        inside = np.ones(truth.shape, bool)
        inside[truth.shape[0] - down :] = False
        if right:
            inside[:, -1 if right > 0 else 0] = False
        beside = inside & (truth != moved) & (truth > 0) & (moved > 0)
        found |= set(truth[beside].tolist()) | set(moved[beside].tolist())
    return found


if __name__ == "__main__":
    main()
