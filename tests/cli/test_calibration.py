"""The probabilities of a finished training are calibrated on what it held out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pixelwise.artifact import load
from pixelwise.data import open_data
from pixelwise.inference import Predictor
from pixelwise.reports import evaluate
from pixelwise.training.run import Run
from pixelwise.workflow import Masks
from tests.cli.conftest import TINY, Command


def test_a_training_calibrates_its_model_and_says_the_error_that_is_left(
    data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    run = tmp_path / "run"
    printed = pixelwise("train", data, "-o", run, "--epochs=4", "--validation=0.5", *TINY)
    assert printed.code == 0, printed.err
    model, description = load(run)
    assert description.temperature != 1
    dataset = open_data(data, validation="0.5")
    pairs, classes = dataset.splits["val"], dataset.classes
    assert len(pairs) == 6
    plain = evaluate(
        Predictor(model, description.model_copy(update={"temperature": 1.0}), precision="fp32"), pairs, classes
    )
    assert plain.sample is not None
    assert description.temperature == round(plain.sample.temperature(), 3)
    scored = json.loads(pixelwise("evaluate", run, data, "--json", "--precision=fp32").out)
    assert scored["miou"] == plain.scores.miou
    assert f", calibration error {scored['calibration_error']:.3f}\n" in printed.out
    assert scored["calibration_error"] != plain.calibration_error
    assert "Calibration error</dt>" in (run / "report.html").read_text()

    verdict = Masks(dataset).judge(Predictor(model, description, precision="fp32"), pairs)
    verdict = replace(verdict, evaluation=plain)
    plan = Run(run).plan
    assert Masks(dataset).calibrated(verdict, plan).temperature == description.temperature
    task = plan.task.model_copy(update={"arguments": {**plan.task.arguments, "threshold": 0.3}})
    own_threshold = plan.model_copy(update={"task": task})
    assert Masks(dataset).calibrated(verdict, own_threshold) is verdict


def test_a_few_validation_images_calibrate_nothing(finished_run: Path) -> None:
    assert len(Run(finished_run).splits()["val"]) < 5
    assert load(finished_run)[1].temperature == pytest.approx(1.0)
