"""How hard the demo is: the mIoU of a predictor that knows only where things usually are.

    python benchmarks/mode_predictor.py

For each pixel it says the class that is most frequent there in the demo's training scenes, whatever the image shows.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch

from pixelwise.data import open_data
from pixelwise.demo import draw_demo_data
from pixelwise.metrics import SegmentationScores, confusion_matrix
from pixelwise.ops.image_io import read_labels


def main() -> None:
    """Draw the demo's scenes, take the mode of the training masks, and score it on the unseen scenes."""
    with tempfile.TemporaryDirectory() as name:
        draw_demo_data(Path(name), lambda done, total: None)
        data = open_data(name)
        masks = {
            split: [data.classes.encode(read_labels(pair.target)) for pair in pairs if pair.target is not None]
            for split, pairs in data.splits.items()
        }
    num_classes = data.classes.num_classes
    counts = np.stack(
        [sum((mask == index).astype(np.int32) for mask in masks["train"]) for index in range(num_classes)]
    )
    mode = torch.from_numpy(counts.argmax(axis=0))
    matrix = sum(
        (confusion_matrix(mode, torch.from_numpy(mask), num_classes) for mask in masks["val"]),
        start=torch.zeros(num_classes, num_classes, dtype=torch.int64),
    )
    scores = SegmentationScores(matrix, data.classes.names)
    print(f"per-pixel mode of {len(masks['train'])} training scenes, {len(masks['val'])} unseen scenes:")
    print(f"mIoU {scores.miou:.3f}, pixel accuracy {scores.pixel_accuracy:.3f}")


if __name__ == "__main__":
    main()
