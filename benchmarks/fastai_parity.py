"""How far `dynamic_unet` is from fastai's DynamicUnet with the same weights: prints a table in markdown.

    python -m benchmarks.fastai_parity [--encoders resnet18 timm/regnety_004] [--large]

Each figure is the largest difference by the largest value: of the output in evaluation and in training in single
precision, and of the gradients of all parameters, the worst of them, in double precision, since single precision
depends on the order of sums.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import torch

from tests.models.fastai_pairs import difference, gradients_of, pair, picture

ENCODERS = ("resnet18", "resnet34", "timm/regnetx_002", "timm/regnety_004", "stages/vgg16_bn", "stages/densenet121")
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"blur": True, "self_attention": True},
    {"norm_type": "batch", "last_cross": False},
    {"norm_type": "spectral", "y_range": (-3.0, 3.0)},
)
EVEN, ODD, LARGE = (64, 96), (57, 83), (353, 471)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="dynamic_unet beside fastai's DynamicUnet, the same weights")
    parser.add_argument("--encoders", nargs="+", default=ENCODERS)
    parser.add_argument("--large", action="store_true", help=f"also {LARGE}, whose gradients are not taken")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")  # fastai's own
    print("| encoder | options | size | output, evaluation | output, training | gradients, float64 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for encoder in options.encoders:
        for settings in OPTIONS:
            sizes = (ODD,) if settings else (EVEN, ODD)
            for size in (*sizes, *([LARGE] if options.large else [])):
                print(row(encoder, settings, size), flush=True)


def row(encoder: str, options: dict[str, Any], size: tuple[int, int]) -> str:
    """One line of the table."""
    theirs, ours = pair(encoder, options, torch.float32)
    image = picture(size, torch.float32)
    found = []
    with torch.inference_mode():
        for training in (False, True):
            found.append(f"{difference(ours.train(training)(image), theirs.train(training)(image)):.1e}")
    if size == LARGE:
        found.append("not taken")
    else:
        theirs, ours = pair(encoder, options, torch.float64)
        pairs = gradients_of(theirs, ours, picture(size, torch.float64)).values()
        found.append(f"{max(difference(*gradients) for gradients in pairs):.1e}")
    words = ", ".join(f"{name}={value}" for name, value in options.items()) or "none"
    return f"| {encoder} | {words} | {size[0]}×{size[1]} | {' | '.join(found)} |"


if __name__ == "__main__":
    main()
