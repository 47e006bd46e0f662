"""The plan of a translation follows the papers, and the depth of a generator the size of its views."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import Pictures
from pixelwise.errors import SettingError
from pixelwise.planning import Plan, apply_overrides, make_picture_plan
from pixelwise.planning.pictures import choose_picture_network


def plan(task: str, side: int, model: str | None = None, **arguments: object) -> Plan:
    pairs = tuple(Pair(Path(f"{i}.png"), None) for i in range(10))
    pictures = Pictures(Path("data"), "pairs", {"train": pairs}, {(side, side + 40): 10})
    return make_picture_plan(pictures, task, arguments, model=model, pretrained=False)


@pytest.mark.parametrize("task", ["paired_translation", "unpaired_translation"])
def test_translation_is_trained_as_in_the_papers(task: str) -> None:
    training = plan(task, 300).training
    assert (training.schedule, training.betas, training.epsilon) == ("linear_decay", (0.5, 0.999), 1e-8)
    assert (training.batch_size, training.learning_rate, training.weight_decay) == (1, 2e-4, 0.0)
    (stage,) = training.stages
    assert (stage.height, stage.width) == (256, 256)
    assert stage.min_scale == stage.max_scale == pytest.approx(286 / 256)


@pytest.mark.parametrize(("side", "depth"), [(300, 8), (256, 8), (255, 7), (128, 7), (40, 5)])
def test_the_u_net_halves_its_views_down_to_a_pixel(side: int, depth: int) -> None:
    assert plan("paired_translation", side).model.arguments == {"depth": depth, "norm": "instance"}


@pytest.mark.parametrize(("side", "depth"), [(256, 9), (128, 6)])
def test_the_resnet_has_the_blocks_of_the_paper(side: int, depth: int) -> None:
    assert plan("unpaired_translation", side).model.arguments["depth"] == depth


def test_a_network_without_a_rate_of_its_own_takes_that_of_translation_there_only() -> None:
    assert plan("paired_translation", 128, "lite_unet").training.learning_rate == 2e-4
    assert plan("restoration", 128, "lite_unet").training.learning_rate == 1e-3
    assert plan("restoration", 128).training.schedule == "one_cycle"


@pytest.mark.parametrize("task", ["restoration", "super_resolution"])
def test_nogan_begins_with_features_and_takes_the_betas_of_critics(task: str) -> None:
    planned = plan(task, 128, adversarial="nogan")
    assert planned.task.arguments == {"adversarial": "nogan", "loss": "perceptual", "phases": [0.6, 0.15, 0.25]}
    assert (planned.training.betas, planned.training.schedule) == ((0.5, 0.999), "one_cycle")
    said = dict(planned.decisions)
    assert said["task.arguments.phases = [0.6, 0.15, 0.25]"] == "of the training: 60 %, 15 % and 25 %"
    assert "loss perceptual" in said


@pytest.mark.parametrize(
    "override",
    [
        "task.arguments.phases=[0.5, 0.25, 0.25]",
        "task.arguments={adversarial: nogan, loss: perceptual, phases: [0.5, 0.25, 0.25]}",
    ],
)
def test_phases_that_are_set_are_the_only_ones_that_the_plan_states(override: str) -> None:
    planned = apply_overrides(plan("restoration", 128, adversarial="nogan"), [override])
    assert planned.task.arguments["phases"] == [0.5, 0.25, 0.25]
    assert not any("60 %" in why or "0.6" in what for what, why in planned.decisions)


def test_phases_that_are_given_are_those_that_the_plan_states() -> None:
    planned = plan("restoration", 128, adversarial="nogan", phases=[0.7, 0.2, 0.1])
    assert ("task.arguments.phases = [0.7, 0.2, 0.1]", "asked for") in planned.decisions
    assert planned.task.arguments["phases"] == [0.7, 0.2, 0.1]


def test_a_loss_that_was_asked_for_stays_and_its_file_is_found_from_anywhere() -> None:
    planned = plan("restoration", 128, adversarial="nogan", loss="perceptual:vgg16.pth")
    assert planned.task.arguments["loss"] == f"perceptual:{Path('vgg16.pth').resolve()}"
    assert plan("restoration", 128).task.arguments == {}


@pytest.mark.parametrize(
    "override", ["task.arguments.loss=perceptual:vgg16.pth", "task={arguments: {loss: 'perceptual:vgg16.pth'}}"]
)
def test_a_file_that_set_names_is_found_from_anywhere(override: str) -> None:
    planned = apply_overrides(plan("restoration", 128), [override])
    assert planned.task.arguments["loss"] == f"perceptual:{Path('vgg16.pth').resolve()}"


def test_grey_pictures_get_their_colours_alone_from_a_network_that_knows_photographs() -> None:
    planned = plan("restoration", 200, degrade="grey")
    assert (planned.model.name, planned.task.arguments["predicts"]) == ("lite_unet", "color")
    assert "CIELAB" in " ".join(what for what, _ in planned.decisions)
    assert plan("restoration", 200, model="edsr", degrade="grey").model.name == "edsr"
    assert plan("restoration", 200, degrade="grey", predicts="picture").task.arguments["predicts"] == "picture"


def test_other_degradations_are_mended_by_a_light_network_that_adds_to_the_image() -> None:
    planned = plan("restoration", 200, degrade="noise:25+grey")
    assert planned.model.name == "lite_sr"
    assert "predicts" not in planned.task.arguments


def test_the_usual_network_for_grey_pictures_takes_an_encoder_and_that_for_others_does_not() -> None:
    chosen = choose_picture_network("restoration", {"degrade": "grey"}, None, "resnet18", pretrained=True)
    assert (chosen.name, chosen.arguments["encoder"]) == ("lite_unet", "resnet18")
    assert "photographs" in chosen.decision.why
    untrained = choose_picture_network("restoration", {"degrade": "grey"}, None, "resnet18", pretrained=False)
    assert "its weights are random" in untrained.decision.why
    with pytest.raises(SettingError, match="has layers of its own instead of an encoder"):
        choose_picture_network("restoration", {"degrade": "noise:5"}, None, "resnet18", pretrained=True)
