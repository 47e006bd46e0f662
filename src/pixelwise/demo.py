"""The demo: generated street scenes, and pictures of what was learned on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pixelwise.data.dataset import Dataset
from pixelwise.data.scenes import write_scenes
from pixelwise.inference import Predictor, load
from pixelwise.ops.image_io import write_png
from pixelwise.reports.figures import Example, contact_sheet, side_by_side
from pixelwise.workflow import Outcome

__all__ = ["SCENE_COUNTS", "draw_demo_data", "write_demo_pictures"]

SCENE_COUNTS = {"train": 240, "val": 40}
SCENE_SIZE = (192, 256)

_PICTURES = 4


def draw_demo_data(folder: Path, progress: Callable[[int, int], None]) -> None:
    """Write the demo's scenes into `folder`; the two splits are drawn from different seeds.

    Raises:
        OutputError: If the folder cannot be written to.
    """
    height, width = SCENE_SIZE
    write_scenes(folder, SCENE_COUNTS, height=height, width=width, progress=progress)


def write_demo_pictures(outcome: Outcome, dataset: Dataset, folder: Path) -> Path:
    """Write image, truth, prediction and errors of a few unseen scenes side by side; returns the contact sheet."""
    predictor: Predictor = load(outcome.run.artifact)
    pairs = dataset.splits["val"]
    rows = []
    for i in range(_PICTURES):
        pair = pairs[i * len(pairs) // _PICTURES]
        row = side_by_side(Example.of(predictor, pair), dataset.classes)
        write_png(folder / "pictures" / f"{pair.name}.png", row)
        rows.append(row)
    sheet = folder / "results.png"
    write_png(sheet, contact_sheet(rows))
    return sheet
