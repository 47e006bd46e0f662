"""Networks with heads that serve the training only."""

from __future__ import annotations

import pytest
import torch

from pixelwise.models import ImageModel
from pixelwise.tasks import TASKS
from tests.models.cases import CASES, Case
from tests.models.learning import learn_by_heart

HEADS = {"bisenet": ("auxiliary_heads", 2), "bisenet_v2": ("auxiliary_heads", 4), "upernet": ("auxiliary", 1)}
each_network = pytest.mark.parametrize("case", [case for case in CASES if case.model in HEADS], ids=str)


def test_every_network_that_is_trained_by_more_than_its_scores_is_named_here() -> None:
    of_the_base = ImageModel.all_scores
    named = {case.model for case in CASES if case.needs is None and type(case.build()).all_scores is not of_the_base}
    assert named == set(HEADS)


@each_network
def test_training_sees_them_and_prediction_does_not_compute_them(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    name, count = HEADS[case.model]
    model, image = case.build(out_channels=3).eval(), torch.rand(1, 3, 64, 64)
    assert [scores.shape for scores in model.training_scores(image)] == (1 + count) * [(1, 3, 64, 64)]
    monkeypatch.setattr(model, name, None)
    assert model(image).shape == (1, 3, 64, 64)


@each_network
@pytest.mark.parametrize("loss", ["cross_entropy", "ohem_cross_entropy"])
def test_they_and_the_scores_learn_one_batch_by_heart(case: Case, loss: str) -> None:
    task = TASKS["segmentation"].build(num_classes=3, loss=loss)
    assert learn_by_heart(case.build(out_channels=3), task) > 0.9
