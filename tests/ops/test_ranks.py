"""How gradients are put together to be sent to the other processes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pixelwise.ops import ranks


def test_gradients_of_one_kind_are_sent_together_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "_CHUNK", 5)
    gradients = [*torch.zeros(9).split(3), torch.zeros(1, dtype=torch.float64)]
    groups = list(ranks._groups(gradients))
    assert [[len(gradient) for gradient in group] for group in groups] == [[3, 3], [3], [1]]


def test_each_gradient_is_counted_once() -> None:
    counted: list[int] = []

    class Counted(Tensor):
        def numel(self) -> int:
            counted.append(len(self))
            return super().numel()

    gradients: list[Tensor] = [torch.zeros(2).as_subclass(Counted) for _ in range(50)]
    (group,) = ranks._groups(gradients)
    assert len(group) == 50
    assert len(counted) == 50
