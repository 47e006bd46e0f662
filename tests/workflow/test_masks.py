"""What a plan cannot say about data that are known."""

from __future__ import annotations

import pytest

from pixelwise.data.dataset import Dataset
from pixelwise.data.understand import open_data
from pixelwise.errors import SettingError
from pixelwise.planning import Plan, apply_overrides, make_plan
from pixelwise.training.display import Silent
from pixelwise.workflow import Masks, build
from tests.cli.conftest import draw_data


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_data(draw_data(tmp_path_factory.mktemp("data"), count=3))


def plan_of(dataset: Dataset) -> Plan:
    return make_plan(dataset, encoder="test_resnet", pretrained=False, epochs=1)


def test_another_number_of_classes_than_the_data_have_is_refused(dataset: Dataset) -> None:
    plan = apply_overrides(plan_of(dataset), ["task.arguments={num_classes: 5, loss: ce}"])
    with pytest.raises(SettingError, match=r"num_classes is 5, but .* has 3 classes, from which it follows"):
        Masks(dataset).views(plan, Silent())
    assert len(Masks(dataset).views(plan_of(dataset), Silent())) == len(dataset.splits["train"])


@pytest.mark.parametrize("name", ["in_channels", "out_channels"])
def test_channels_that_follow_from_the_data_are_not_set(dataset: Dataset, name: str) -> None:
    plan = apply_overrides(plan_of(dataset), [f"model.arguments.{name}=3"])  # its model file could not be read
    with pytest.raises(SettingError, match=rf"model\.arguments\.{name} is given, but how many"):
        build(plan, in_channels=3)
