"""How far a network's probabilities are from how often they are right, without its temperature and with it.

    python benchmarks/calibration.py OUT [--budget 90s] [--data FOLDER [--validation 0001TP]]

Draws street scenes: 240 to train on, 40 to hold out, by which `pixelwise train` finds the temperature, and 100 that
neither has seen, by which both are measured; each image as it is, and with test-time augmentation. A network that is in
OUT/run is not trained again; with `--data` it is measured on the splits `val` and `test` of that folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from itertools import product
from pathlib import Path

import pixelwise as pw
from pixelwise.artifact import load
from pixelwise.data.scenes import write_scenes
from pixelwise.inference import Predictor
from pixelwise.reports import evaluate

COUNTS = {"train": 240, "val": 40, "test": 100}


def main() -> None:
    """Train where that is not done, and print the table."""
    parser = argparse.ArgumentParser(description="Calibration")
    parser.add_argument("out", type=Path)
    parser.add_argument("--budget", default="90s")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--validation")
    arguments = parser.parse_args()
    scenes, run = arguments.out / "scenes", arguments.out / "run"
    if not (run / "report.html").exists() and arguments.data is None:
        write_scenes(scenes, COUNTS, height=192, width=256)
        command = [sys.executable, "-m", "pixelwise", "train", scenes, "-o", run, "--budget", arguments.budget]
        subprocess.run([str(word) for word in command], check=True)
    data = pw.open_data(arguments.data or scenes, validation=arguments.validation)
    model, description = load(run)
    print("| temperature | split | images | views of each | calibration error | mIoU |")
    print("| --- | --- | --- | --- | --- | --- |")
    for temperature in (1.0, description.temperature):
        predictor = Predictor(model, description.model_copy(update={"temperature": temperature}))
        for split, tta in product([name for name in ("val", "test") if name in data.splits], (False, True)):
            found = evaluate(predictor, data.splits[split], data.classes, split=split, tta=tta)
            count, views, error, miou = len(found.images), found.tta or 1, found.calibration_error, found.scores.miou
            print(f"| {temperature:g} | {split} | {count} | {views} | {error:.4f} | {miou:.3f} |", flush=True)


if __name__ == "__main__":
    main()
