"""One process of several that train a tiny network; started by test_ranks.py with the environment of torchrun."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from safetensors.torch import save_file

from pixelwise.ops.launch import launch_of
from pixelwise.ops.ranks import is_first, join, leave, world_size
from pixelwise.tasks import TASKS
from pixelwise.training.loop import Training
from pixelwise.training.views import MaskViews
from tests.training.drawn import SETTINGS, Drawn, new_model

# What rounding changes must stay rounding: in a network so tiny one unit on the other side of 0 is felt everywhere.
# With these, noise of 1e-7 on all images moves no weight by more than 1.3e-6.
GENTLY = {"epsilon": 1e-3, "learning_rate": 3e-5, "seed": 2}
CASES: dict[str, dict[str, object]] = {
    "ce+dice": {"num_classes": 3, "loss": "ce+0.5*dice", "class_weights": [1.0, 2.0, 0.5]},
    "binary": {"num_classes": 2, "binary": True, "loss": "bce+jaccard"},
    "lovasz": {"num_classes": 3, "loss": "ce+lovasz"},
}


def trained(case: str, steps: int = 20, **changes: object) -> tuple[Training, list[float], list[str]]:
    """A training after some steps, its losses, and what it has said."""
    said: list[str] = []
    task = TASKS["segmentation"].build(**CASES[case])
    known = {**SETTINGS.model_dump(), "batch_size": 4, "epochs": 100, **GENTLY}
    settings = SETTINGS.model_validate({**known, **changes})
    training = Training(new_model(task.out_channels), task, MaskViews(Drawn(6)), settings, say=said.append)
    losses = [moment.loss for moment in training.moments(should_stop=lambda: training.step == steps)]
    return training, losses, said


def main() -> None:
    """Train each case that is named, and let the first process save weights and losses."""
    folder = Path(sys.argv[1])
    join(launch_of(os.environ))
    assert world_size() == 2
    for case in sys.argv[2:]:
        training, losses, said = trained(case, steps=2 if case == "lovasz" else 20)
        if is_first():
            save_file({name: tensor.contiguous() for name, tensor in training.state()[0].items()}, folder / case)
            (folder / f"{case}.txt").write_text("\n".join([*map(repr, losses), *said]))
    leave()


if __name__ == "__main__":
    main()
