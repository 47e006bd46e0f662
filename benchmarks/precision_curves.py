"""Whether bf16 learns what fp32 learns: the loss of both over one training, from the same weights and batches.

    python benchmarks/precision_curves.py --model dynamic_unet --encoder resnet34 --steps 120

Prints the smoothed loss of both along the way, the mean relative gap between them in the second half, the gap between
two trainings in fp32 that differ only in their seed for comparison, and the validation mIoU of all three.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pixelwise.data import Dataset, open_data
from pixelwise.data.examples import Examples
from pixelwise.data.scenes import write_scenes
from pixelwise.inference import Predictor
from pixelwise.planning import Plan, Stage, make_plan
from pixelwise.reports.evaluate import evaluate
from pixelwise.training.loop import Training
from pixelwise.workflow import build, describe

SIZE = (96, 128)


@dataclass(frozen=True)
class Curve:
    """The loss every ten steps, and the score at the end."""

    losses: list[float]
    miou: float


def main() -> None:
    """Train three times and print the curves."""
    parser = argparse.ArgumentParser(description="The learning curves of bf16 and fp32.")
    parser.add_argument("--model", default="dynamic_unet")
    parser.add_argument("--encoder", default="resnet34")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--batch-size", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        write_scenes(Path(name), {"train": 48, "val": 16}, height=SIZE[0], width=SIZE[1])
        data = open_data(name)
        plan = make_plan(data, model=arguments.model, encoder=arguments.encoder, pretrained=False, epochs=1)
        stage = Stage(until=1.0, height=64, width=64, min_scale=0.5, max_scale=1.0)
        epochs = arguments.steps * arguments.batch_size / len(data.splits["train"])
        changes = {"stages": (stage,), "epochs": epochs, "batch_size": arguments.batch_size}
        plan = plan.model_copy(update={"training": plan.training.model_copy(update=changes)})
        curves = {
            "fp32": learn(plan, data, "fp32", seed=0),
            "bf16": learn(plan, data, "bf16", seed=0),
            "fp32, another seed": learn(plan, data, "fp32", seed=1),
        }
    print(f"{'step':>6}" + "".join(f"{name:>20}" for name in curves))
    for i in range(len(curves["fp32"].losses)):
        print(f"{10 * (i + 1):>6}" + "".join(f"{curve.losses[i]:>20.4f}" for curve in curves.values()))
    print(f"{'mIoU':>6}" + "".join(f"{curve.miou:>20.4f}" for curve in curves.values()))
    for name in ("bf16", "fp32, another seed"):
        print(f"mean relative gap to fp32 in the second half, {name}: {gap(curves['fp32'], curves[name]):.1%}")


def learn(plan: Plan, data: Dataset, precision: str, seed: int) -> Curve:
    """One training of the plan; the batches and the initial weights follow from the seed."""
    plan = plan.model_copy(update={"training": plan.training.model_copy(update={"precision": precision, "seed": seed})})
    parts = build(plan)
    examples = Examples(data.splits["train"], data.classes)
    examples.keep_in_memory()
    training = Training(parts.model, parts.task, examples, plan.training)
    losses = [moment.loss for moment in training.moments()]
    predictor = Predictor(training.average.model, describe(plan, data, None, None), precision="fp32")
    return Curve(losses, evaluate(predictor, data.splits["val"], data.classes, split="val").scores.miou)


def gap(one: Curve, other: Curve) -> float:
    """Mean of |a - b| / a over the second half of two curves."""
    half = len(one.losses) // 2
    a, b = np.array(one.losses[half:]), np.array(other.losses[half:])
    return float((np.abs(a - b) / a).mean())


if __name__ == "__main__":
    main()
