from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Dataset
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError, SettingError
from pixelwise.planning import make_plan


def data(pixels: tuple[int, ...] = (5, 3, 2), size: tuple[int, int] = (40, 48)) -> Dataset:
    pair = Pair(Path("a.png"), Path("a_mask.png"))
    return Dataset(
        root=Path("streets"),
        format="paired_folders",
        splits={"train": (pair,)},
        classes=Classes(("sky", "road", "car"), (0, 1, 2), (), ((0, 0, 0), (1, 1, 1), (2, 2, 2)), False),
        sizes={size: 1},
        decisions=(),
        class_pixels={"train": pixels},
        ignored_pixels={"train": 0},
    )


@pytest.mark.parametrize(
    ("size", "view"),
    [((360, 480), (192, 256)), ((192, 256), (96, 128)), ((40, 48), (64, 64)), ((130, 20), (96, 64))],
)
def test_a_view_holds_a_whole_image_at_half_its_scale(size: tuple[int, int], view: tuple[int, int]) -> None:
    stage = make_plan(data(size=size)).training.stages[0]
    assert (stage.height, stage.width) == view
    assert stage.height >= stage.min_scale * size[0]
    assert stage.width >= stage.min_scale * size[1]


def test_masks_that_tell_nothing_apart_are_refused() -> None:
    with pytest.raises(DataError, match="show no class at all, only ignored pixels; at least two classes are needed"):
        make_plan(data((0, 0, 0)))
    with pytest.raises(DataError, match="show only the class 'road'; at least two"):
        make_plan(data((0, 9, 0)))


def test_a_class_in_no_training_mask_is_stated() -> None:
    assert ("class car is in no training mask", "it cannot be learnt") in make_plan(data((5, 5, 0))).decisions


def test_the_usual_loss_is_cross_entropy_with_weights_and_half_of_dice() -> None:
    plan = make_plan(data())
    assert plan.task.arguments["loss"] == "cross_entropy + 0.5*dice"
    assert plan.task.arguments["class_weights"] == [0.7829, 1.0936, 1.4025]
    assert any(what.startswith("cross-entropy with weights from 0.78 (sky) to") for what, _ in plan.decisions)


def test_a_loss_that_is_asked_for_replaces_it() -> None:
    plan = make_plan(data(), loss="focal+dice")
    assert plan.task.arguments["loss"] == "focal+dice"
    assert ("loss focal+dice", "asked for") in plan.decisions
    assert any(what.startswith("classes in it with weights from") for what, _ in plan.decisions)
    unweighted = make_plan(data(), loss="dice+lovasz").decisions
    assert not any("weights from" in what for what, _ in unweighted)


def test_a_loss_for_a_task_with_a_loss_of_its_own_is_refused() -> None:
    with pytest.raises(SettingError, match=r"loss 'dice' is asked for, but the task mask_classification has its own\."):
        make_plan(data(), model="eomt", loss="dice")


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(SettingError, match=r"epochs must be above 0, not 0\."):
        make_plan(data(), epochs=0)
    with pytest.raises(SettingError, match=r"seed must be at least 0, not -1\."):
        make_plan(data(), seed=-1)


@pytest.mark.parametrize(("gigabytes", "batch", "rate"), [(6, 4, 3e-3), (8, 8, 3e-3 * 2**0.5), (80, 16, 6e-3)])
def test_a_gpu_gets_larger_batches_at_a_higher_rate(
    gigabytes: int, batch: int, rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixelwise.planning.plan.gpu_bytes", lambda device: gigabytes * 1024**3)
    plan = make_plan(data())
    assert plan.training.batch_size == batch
    assert plan.training.learning_rate == pytest.approx(rate)
    assert any(f"batches of {batch}" in what for what, _ in plan.decisions) == (batch != 4)


def test_the_memory_that_counts_is_that_of_the_device_that_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    large = SimpleNamespace(total_memory=80 * 1024**3)
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda device: large)
    assert make_plan(data()).training.batch_size == 16
    assert make_plan(data(), device=torch.device("cuda:0")).training.batch_size == 16
    assert make_plan(data(), device=torch.device("cpu")).training.batch_size == 4
