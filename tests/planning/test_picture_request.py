"""What is wrong with a request for a training on pictures is found without any picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pixelwise.errors import SettingError, WeightsError
from pixelwise.planning import Recipe, check_picture_request, read_recipe


def refusal(task: str, arguments: dict[str, Any], asked: Recipe, overrides: Sequence[str] = ()) -> str:
    try:
        check_picture_request(task, arguments, asked, overrides)
    except (SettingError, WeightsError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("task", "arguments", "options"),
    [
        ("super_resolution", {"scale": 3}, {"model": "edsr"}),
        ("restoration", {"degrade": "noise:5", "adversarial": "nogan"}, {"budget_seconds": 60.0}),
        ("restoration", {"degrade": "grey"}, {"encoder": "test_resnet", "pretrained": False}),
        ("paired_translation", {}, {"epochs": 3.0}),
        ("unpaired_translation", {}, {"seed": 3}),
    ],
)
def test_what_can_be_trained_is_accepted(task: str, arguments: dict[str, Any], options: dict[str, Any]) -> None:
    assert refusal(task, arguments, Recipe().completed(**options), ["training.flip=false"]) == ""


@pytest.mark.parametrize(
    ("options", "overrides", "words"),
    [
        ({"model": "edrs"}, [], "There is no model called 'edrs'. Did you mean 'edsr'?"),
        ({"encoder": "test_resnet"}, [], "The model 'lite_sr' has layers of its own instead of an encoder"),
        ({"loss": "l3"}, [], "There is no loss called 'l3'."),
        (
            {"loss": "ce"},
            [],
            "The loss 'ce' is for masks, and this task learns pictures, whose losses are: charbonnier, ",
        ),
        ({}, ["task.arguments.loss=ce+dice"], "The loss 'ce+dice' is for masks, and this task learns pictures"),
        ({"loss": "perceptual:none.pth"}, [], f"There is no file {Path('none.pth').resolve()} to read VGG16 from."),
        ({}, ["task.arguments.loss=perceptual:none.pth"], f"There is no file {Path('none.pth').resolve()} to read"),
        ({}, ["training.lr=1"], "There is no setting called 'lr'. Did you mean 'training.learning_rate'?"),
        ({}, ["training.mix=cutmix"], "training.mix is for images with masks"),
        ({}, ["model.arguments.depht=3"], "There is no argument of the model 'lite_sr' called 'depht'."),
        ({}, ["task.arguments.predits=color"], "There is no argument of the task 'restoration' called 'predits'."),
        ({"epochs": 3.0, "budget_seconds": 60.0}, [], "Both a budget and a number of epochs are given"),
    ],
    ids=str,
)
def test_a_mistake_is_found(options: dict[str, Any], overrides: list[str], words: str) -> None:
    said = refusal("restoration", {"degrade": "noise:5"}, Recipe().completed(**options), overrides)
    assert said.startswith(words)


@pytest.mark.parametrize(
    ("task", "arguments", "networks"),
    [
        ("paired_translation", {}, 2),
        ("unpaired_translation", {}, 4),
        ("restoration", {"degrade": "noise:5", "adversarial": "nogan"}, 2),
        ("restoration", {"degrade": "noise:5"}, 1),
    ],
)
def test_steps_in_parts_are_refused_where_several_networks_learn_in_turn(
    task: str, arguments: dict[str, Any], networks: int
) -> None:
    said = refusal(task, arguments, Recipe(), ["training.accumulate=2"])
    assert said.startswith(
        f"training.accumulate is 2, but this task trains {networks} networks" if networks > 1 else ""
    )
    assert bool(said) == (networks > 1)


def test_a_method_that_does_not_fit_the_network_is_found() -> None:
    for model, said in (("lite_unet", "which lite_unet does not give. Take --model resnet_generator"), (None, "")):
        asked = Recipe().completed(model=model)
        assert said in refusal("unpaired_translation", {}, asked, ["task.arguments.method=cut"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model: {name: edrs}", "There is no model called 'edrs'."),
        ("model: {arguments: {depht: 3}}", "There is no argument of the model 'lite_sr' called 'depht'."),
        ("task: {arguments: {predits: color}}", "There is no argument of the task 'restoration' called 'predits'."),
        ("task: {arguments: {loss: 'perceptual:none.pth'}}", "There is no file"),
        ("task: {arguments: {degrade: grey}}", "The pictures are opened by task.arguments.degrade"),
        ("training: {rotaton: 3}", "There is no setting called 'rotaton'. Did you mean 'rotation'?"),
        ("training: {epochs: 3, budget_seconds: 60}", "Both a budget and a number of epochs are given"),
        ("progressive: 0.5", "progressive resizing is for masks; the task restoration learns pictures."),
    ],
)
def test_a_mistake_of_a_recipe_is_found_and_its_file_named(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    assert refusal("restoration", {"degrade": "noise:5"}, read_recipe(file)).startswith(f"{file}: {words}")
