from __future__ import annotations

import pytest
import torch

from pixelwise.errors import SettingError
from pixelwise.models import MODELS
from pixelwise.tasks import TASKS, Batch


def test_multi_class_decodes_by_argmax_and_probabilities_sum_to_one() -> None:
    task = TASKS["segmentation"].build(num_classes=3)
    scores = torch.randn(2, 3, 4, 5)
    assert torch.equal(task.decode(scores), scores.argmax(1))
    assert torch.allclose(task.probabilities(scores).sum(1), torch.ones(2, 4, 5))


def test_binary_is_one_channel_with_a_threshold() -> None:
    task = TASKS["segmentation"].build(num_classes=2, binary=True, threshold=0.8)
    assert task.out_channels == 1
    scores = torch.tensor([0.0, 1.0, 2.0]).reshape(1, 1, 1, 3)  # probabilities 0.5, 0.73, 0.88
    assert task.decode(scores).flatten().tolist() == [0, 0, 1]
    assert task.probabilities(scores).shape == (1, 2, 1, 3)


@pytest.mark.parametrize("binary", [False, True])
def test_it_learns_one_batch_by_heart(binary: bool) -> None:
    torch.manual_seed(0)
    task = TASKS["segmentation"].build(num_classes=2 if binary else 3, binary=binary)
    model = MODELS["lite_unet"].build(
        out_channels=task.out_channels, encoder="test_resnet", widths=(16, 16, 16, 16, 16)
    )
    blocks = torch.randint(0, 2 if binary else 3, (2, 4, 4))
    target = blocks.repeat_interleave(8, 1).repeat_interleave(8, 2)
    image = target[:, None] * 0.3 + 0.1 * torch.rand(2, 3, 32, 32)
    target[:, :4] = 255
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        for step in task.training_steps({"model": model}, Batch(image, target)):
            optimizer.zero_grad()
            step.loss.backward()
            optimizer.step()
            losses.append(step.loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_numbers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SettingError, match="num_classes is 3, but this segmentation needs two"):
        TASKS["segmentation"].build(num_classes=3, binary=True)
    with pytest.raises(SettingError, match="class_weights has 2 values for 3 classes; give one per class"):
        TASKS["segmentation"].build(num_classes=3, class_weights=[1.0, 2.0])
    with pytest.raises(SettingError, match="threshold is 50, but a probability is expected: 0 to 1"):
        TASKS["segmentation"].build(num_classes=2, binary=True, threshold=50)
