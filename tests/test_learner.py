"""What a notebook does, on a folder of six small streets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import pixelwise as pw
from pixelwise.data.scenes import write_scenes
from pixelwise.errors import SettingError
from pixelwise.planning import Stage
from pixelwise.training.display import Silent
from pixelwise.training.loop import Moment, Training


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> pw.Learner:
    root = tmp_path_factory.mktemp("streets")
    write_scenes(root, {"train": 6, "val": 3}, height=48, width=64)
    learner = pw.Learner(pw.open_data(root), encoder="test_resnet", pretrained=False, display=Silent())
    settings = learner.plan.training.model_copy(
        update={
            "batch_size": 2,
            "precision": "fp32",
            "stages": (Stage(until=1, height=32, width=32, min_scale=0.5, max_scale=1),),
        }
    )
    learner.plan = learner.plan.model_copy(update={"training": settings})
    return learner


def test_fitting_changes_what_is_predicted_and_is_written_down(learner: pw.Learner) -> None:
    image = np.zeros((40, 56, 3), dtype=np.uint8)
    before = learner.predict(image).probabilities
    learner.fit_one_cycle(4)
    after = learner.predict(image).probabilities
    assert after.shape == (10, 40, 56)
    assert not np.allclose(before, after)
    assert learner.history[-1]["step"] == 12


def test_fine_tune_keeps_the_encoder_in_its_first_part_and_frees_it_in_the_second(learner: pw.Learner) -> None:
    assert learner.model.encoder is not None
    learner.freeze()
    assert not any(parameter.requires_grad for parameter in learner.model.encoder.parameters())
    before = [parameter.clone() for parameter in learner.model.encoder.parameters()]
    learner.fit_one_cycle(1)
    after = list(learner.model.encoder.parameters())
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    learner.fine_tune(1)
    assert all(parameter.requires_grad for parameter in learner.model.parameters())
    assert any((a != b).any() for a, b in zip(before, learner.model.encoder.parameters(), strict=True))


def test_each_fit_draws_its_own_order_and_views(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    class Noted(Training):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            seeds.append(arguments[3].seed)
            super().__init__(*arguments, **named)

    monkeypatch.setattr("pixelwise.learner.Training", Noted)
    learner.fit_one_cycle(0.5)
    learner.fit_one_cycle(0.5)
    assert seeds[0] != seeds[1]


def test_a_number_of_epochs_that_is_none_is_refused(learner: pw.Learner) -> None:
    with pytest.raises(SettingError, match=r"training\.epochs must be above 0, not 0"):
        learner.fit_one_cycle(0)


def test_an_interrupted_fit_leaves_the_average_and_no_frozen_encoder(
    learner: pw.Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainings: list[Training] = []

    class Interrupted(Training):
        def moments(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Moment]:
            trainings.append(self)
            yield from super().moments(lambda: True)
            raise KeyboardInterrupt

    monkeypatch.setattr("pixelwise.learner.Training", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        learner.fine_tune(1)
    assert all(parameter.requires_grad for parameter in learner.model.parameters())
    average = trainings[0].average.model.state_dict()
    assert all(torch.equal(tensor, average[name]) for name, tensor in learner.model.state_dict().items())


def test_only_the_training_of_a_plan_can_be_changed(learner: pw.Learner) -> None:
    with pytest.raises(SettingError, match="so image_scale cannot be changed any more; only training can"):
        learner.plan = learner.plan.model_copy(update={"image_scale": 0.5})


def test_validate_scores_the_split_at_its_own_size(learner: pw.Learner) -> None:
    evaluation = learner.validate()
    assert evaluation.resolution == "48x64"
    assert len(evaluation.images) == 3


def test_pictures_of_batch_and_results_are_shown(learner: pw.Learner) -> None:
    batch = learner.show_batch(3)
    assert batch.size == (3 * 32, 2 * 32)
    assert learner.show_results(2).width >= 1000


def test_what_is_exported_predicts_the_same(learner: pw.Learner, tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (37, 51, 3), dtype=np.uint8)
    exported = learner.export(tmp_path / "model.safetensors", learner.validate())
    assert np.array_equal(exported(image).probabilities, learner.predict(image).probabilities)
    again = pw.load(tmp_path / "model.safetensors")
    assert np.array_equal(again(image).mask, exported(image).mask)
    assert again.description.scores is not None


def test_unet_learner_is_the_dynamic_unet(learner: pw.Learner) -> None:
    made = pw.unet_learner(learner.data, "test_resnet", pretrained=False, self_attention=True)
    assert type(made.model).__name__ == "DynamicUNet"
    assert not made.plan.model.pretrained


def test_an_unknown_argument_of_the_network_is_refused(learner: pw.Learner) -> None:
    with pytest.raises(SettingError, match=r"There is no argument of the model .* called .widht"):
        pw.Learner(learner.data, arguments={"widht": 3}, encoder="test_resnet", pretrained=False)
