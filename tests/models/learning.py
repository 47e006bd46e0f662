"""Whether a network can learn at all: a few steps on one small batch, then a look at it as in evaluation."""

from __future__ import annotations

import torch

from pixelwise.models import ImageModel
from pixelwise.tasks import Batch, Task


def learn_by_heart(model: ImageModel, task: Task, steps: int = 50, learning_rate: float = 1e-2) -> float:
    """Train on two images of coloured blocks in three classes; the share of pixels that evaluation then gets right."""
    generator = torch.Generator().manual_seed(0)
    blocks = torch.randint(0, 3, (2, 4, 4), generator=generator)
    target = blocks.repeat_interleave(16, 1).repeat_interleave(16, 2)
    image = 0.3 * target[:, None] + 0.1 * torch.rand(2, 3, 64, 64, generator=generator)
    optimizer = torch.optim.Adam(model.parameters(), learning_rate)
    for _ in range(steps):
        for step in task.training_steps({"model": model}, Batch(image, target)):
            optimizer.zero_grad()
            step.loss.backward()
            optimizer.step()
    with torch.inference_mode():
        prediction = task.decode(model.eval()(image))
    return (prediction == target).float().mean().item()
