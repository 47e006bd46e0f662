"""Examples that were never files, and trainings on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from pixelwise.data.examples import Example, Examples
from pixelwise.data.pairs import Pair
from pixelwise.models import MODELS, ImageModel
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.tasks import TASKS, Task
from pixelwise.training.loop import Training
from pixelwise.training.views import MaskViews


class Drawn(Examples):
    """Noise with noise for a mask."""

    def __init__(self, count: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.pairs = tuple(Pair(Path(f"image_{index}.png"), None) for index in range(count))
        self._all = [
            Example(
                torch.randint(0, 256, (3, 40, 50), generator=generator, dtype=torch.uint8),
                torch.randint(0, 3, (40, 50), generator=generator, dtype=torch.uint8),
            )
            for _ in range(count)
        ]

    def __len__(self) -> int:
        return len(self._all)

    def fetch(self, indices: list[int]) -> list[Example]:  # type: ignore[override]
        return [self._all[index] for index in indices]

    def prepare(self, indices: Sequence[int]) -> None:
        """Nothing: all of it is there."""


SETTINGS = TrainingSettings(
    epochs=3,
    batch_size=2,
    stages=(
        Stage(until=0.5, height=32, width=32, min_scale=0.5, max_scale=1),
        Stage(until=1, height=32, width=48, min_scale=0.7, max_scale=1),
    ),
    precision="fp32",
    seed=1,
)


def new_model(out_channels: int = 3) -> ImageModel:
    torch.manual_seed(0)
    model: ImageModel = MODELS["lite_unet"].build(out_channels=out_channels, encoder="test_resnet")
    return model


def new_training(
    task: Task | None = None,
    model: ImageModel | None = None,
    say: Callable[[str], None] = lambda text: None,
    **changes: object,
) -> Training:
    settings = TrainingSettings.model_validate({**SETTINGS.model_dump(), **changes})
    task = task or TASKS["segmentation"].build(num_classes=3)
    return Training(model or new_model(), task, MaskViews(Drawn(6)), settings, say=say)
