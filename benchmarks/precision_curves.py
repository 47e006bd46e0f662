"""Whether bf16 learns what fp32 learns: the loss of both over trainings from the same weights and batches.

    python benchmarks/precision_curves.py --model dynamic_unet --encoder tf_efficientnet_lite0 --steps 200 --seeds 3

Every seed is trained in both. Prints the loss along the way (mean over the seeds), the paired difference of bf16 to
fp32 in the second half with its standard error, how far two seeds in fp32 are apart, and the validation mIoU of all.
`--random-weights` leaves out the encoder's ImageNet weights, for encoders whose weights are not at hand.
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
from pixelwise.encoders import DEFAULT_ENCODER
from pixelwise.inference import Predictor
from pixelwise.planning import Plan, Stage, make_plan
from pixelwise.reports.evaluate import evaluate
from pixelwise.training.loop import Training
from pixelwise.training.views import MaskViews
from pixelwise.workflow import build, describe

SIZE = (192, 256)


@dataclass(frozen=True)
class Curve:
    """The loss every ten steps, and the score at the end."""

    losses: list[float]
    miou: float


def main() -> None:
    """Train in both precisions and print the curves."""
    parser = argparse.ArgumentParser(description="The learning curves of bf16 and fp32.")
    parser.add_argument("--model", default="dynamic_unet")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--random-weights", action="store_true")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--side", type=int, default=128, help="pixels of a view")
    arguments = parser.parse_args()
    pretrained = not arguments.random_weights
    with tempfile.TemporaryDirectory() as name:
        write_scenes(Path(name), {"train": 48, "val": 16}, height=SIZE[0], width=SIZE[1])
        data = open_data(name)
        plan = make_plan(data, model=arguments.model, encoder=arguments.encoder, pretrained=pretrained, epochs=1)
        stage = Stage(until=1.0, height=arguments.side, width=arguments.side, min_scale=0.5, max_scale=1.0)
        epochs = arguments.steps * arguments.batch_size / len(data.splits["train"])
        changes = {
            "stages": (stage,),
            "epochs": epochs,
            "batch_size": arguments.batch_size,
            "learning_rate": arguments.learning_rate,
        }
        plan = plan.model_copy(update={"training": plan.training.model_copy(update=changes)})
        seeds = range(arguments.seeds)
        curves = {name: [learn(plan, data, name, seed) for seed in seeds] for name in ("fp32", "bf16")}
    report(curves["fp32"], curves["bf16"])


def report(fp32: list[Curve], bf16: list[Curve]) -> None:
    """Print both curves, their difference, and the spread between seeds to compare it with."""
    slow, fast = (np.array([curve.losses for curve in curves]) for curves in (fp32, bf16))  # (seeds, points)
    print(f"{'step':>6}{'fp32':>12}{'bf16':>12}")
    for i, (a, b) in enumerate(zip(slow.mean(0), fast.mean(0), strict=True)):
        print(f"{10 * (i + 1):>6}{a:>12.4f}{b:>12.4f}")
    for name, curves in (("fp32", fp32), ("bf16", bf16)):
        print(f"mIoU in {name}: {', '.join(f'{curve.miou:.3f}' for curve in curves)}")
    half = slow.shape[1] // 2
    late_slow, late_fast = slow[:, half:].mean(1), fast[:, half:].mean(1)
    difference = (late_fast - late_slow) / late_slow
    error = difference.std(ddof=1) / len(difference) ** 0.5 if len(difference) > 1 else float("nan")
    print(f"loss in the second half, bf16 against fp32: {difference.mean():+.1%} (standard error {error:.1%})")
    print(f"spread of that loss between seeds in fp32: {late_slow.std(ddof=1) / late_slow.mean():.1%}")


def learn(plan: Plan, data: Dataset, precision: str, seed: int) -> Curve:
    """One training of the plan; the batches and the initial weights follow from the seed."""
    plan = plan.model_copy(update={"training": plan.training.model_copy(update={"precision": precision, "seed": seed})})
    parts = build(plan)
    examples = Examples(data.splits["train"], data.classes)
    examples.keep_in_memory()
    training = Training(parts.model, parts.task, MaskViews(examples), plan.training)
    losses = [moment.loss for moment in training.moments()]
    predictor = Predictor(training.average.model, describe(plan, data, None, None), precision="fp32")
    return Curve(losses, evaluate(predictor, data.splits["val"], data.classes, split="val").scores.miou)


if __name__ == "__main__":
    main()
