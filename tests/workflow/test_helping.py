"""What several processes are refused before they read anything."""

from __future__ import annotations

import pytest
import torch

from pixelwise.errors import SettingError
from pixelwise.workflow import helping
from pixelwise.workflow.helping import refuse_one_gpu


def test_several_processes_are_not_given_one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    one = torch.device("cuda:1")
    refuse_one_gpu(one)
    monkeypatch.setattr(helping, "world_size", lambda: 2)
    for device in (None, torch.device("cuda"), torch.device("cpu")):
        refuse_one_gpu(device)
    with pytest.raises(SettingError, match=r"'cuda:1' is one GPU, but 2 processes .* Give --device cuda"):
        refuse_one_gpu(one)
