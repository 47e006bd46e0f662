"""A few labelled images, without and with unlabelled ones beside them, for the same time.

    python benchmarks/few_labels.py DATA OUT [--labelled 20] [--unlabelled 300] [--budget 3m] [--only WAY]

DATA are images with masks of objects, such as the nuclei of the Data Science Bowl 2018. A few of them, drawn with a
seed, are trained on (of which `pixelwise train` holds out a fifth), others lose their masks, and the rest, at most 150,
are scored: the IoU of the object's pixels with the true ones, over all images together. `--only` trains one of
`without` and `with`; a network that is there is not trained again.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import pixelwise as pw
from pixelwise.data.pairs import Pair
from pixelwise.ops.image_io import write_png

WAYS = ("without", "with")
SCORED = 150


def main() -> None:
    """Train both where they are not there, and print the table."""
    parser = argparse.ArgumentParser(description="Few labels")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--labelled", type=int, default=20)
    parser.add_argument("--unlabelled", type=int, default=300)
    parser.add_argument("--budget", default="3m")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=WAYS)
    arguments = parser.parse_args()
    pairs = sorted(
        (pair for split in pw.open_data(arguments.data, binary=True).splits.values() for pair in split),
        key=lambda pair: pair.name,
    )
    random.Random(arguments.seed).shuffle(pairs)
    labelled, others = pairs[: arguments.labelled], pairs[arguments.labelled :]
    unlabelled, scored = others[: arguments.unlabelled], others[arguments.unlabelled :][:SCORED]
    copy(arguments.out / "labelled", labelled, with_masks=True)
    copy(arguments.out / "unlabelled", unlabelled, with_masks=False)
    for way in (arguments.only,) if arguments.only else WAYS:
        train(way, arguments)
    print(f"| {len(labelled)} labelled images, {arguments.budget} | IoU of the objects in {len(scored)} others |")
    print("| --- | --- |")
    for way in WAYS:
        for name in (way,) if way == "without" else ("with/teacher", way):
            if (arguments.out / name / "model.safetensors").is_file():
                what = "teacher alone" if "/" in name else f"{way} {len(unlabelled)} unlabelled"
                print(f"| {what} | {object_iou(arguments.out / name, scored):.3f} |")


def copy(folder: Path, pairs: Sequence[Pair], *, with_masks: bool) -> None:
    """Make a folder of images, with or without their masks, unless it is there."""
    for pair in pairs:
        for kind, file in (("images", pair.image), ("labels", pair.target)):
            if file is None or (kind == "labels" and not with_masks):
                continue
            (folder / kind).mkdir(parents=True, exist_ok=True)
            copied = folder / kind / file.name
            if copied.exists():
                continue
            if kind == "labels":
                write_png(copied, np.where(pair.read_stored().values > 0, 255, 0).astype(np.uint8))
            else:
                shutil.copy(file, copied)


def train(way: str, arguments: argparse.Namespace) -> None:
    """Train one network, unless that has been done."""
    run = arguments.out / way
    if (run / "report.html").is_file():
        return
    command = [sys.executable, "-m", "pixelwise", "train", str(arguments.out / "labelled"), "--binary"]
    command += ["--budget", arguments.budget, "--seed", str(arguments.seed), "-o", str(run)]
    if way == "with":
        command += ["--unlabelled", str(arguments.out / "unlabelled")]
    subprocess.run(command, check=True)


def object_iou(run: Path, pairs: Sequence[Pair]) -> float:
    """Pixels that objects and prediction share, of all that either has."""
    predictor = pw.load(run)
    shared, either = 0, 0
    for pair in pairs:
        truth, found = pair.read_stored().values > 0, np.asarray(predictor.mask(pair.image).mask) > 0
        shared += int((truth & found).sum())
        either += int((truth | found).sum())
    return shared / max(1, either)


if __name__ == "__main__":
    main()
