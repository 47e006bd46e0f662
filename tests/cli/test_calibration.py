"""The probabilities of a finished training are calibrated on what it held out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pixelwise.artifact import load
from pixelwise.data import open_data
from pixelwise.inference import Predictor
from pixelwise.metrics import PixelSample
from pixelwise.reports import Evaluation, evaluate
from pixelwise.training.run import Run
from pixelwise.workflow import Masks
from pixelwise.workflow.building import temperature_in_words
from pixelwise.workflow.job import Job
from pixelwise.workflow.subject import Verdict
from tests.cli.conftest import TINY, Command


def test_a_training_calibrates_its_model_and_says_the_error_that_is_left(
    data: Path, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Job._finish

    def surer(job: Job) -> Verdict[Any] | None:
        with torch.no_grad():
            for parameter in job.training.average.model.get_submodule("head").parameters():
                parameter.mul_(8)
        return finish(job)

    monkeypatch.setattr(Job, "_finish", surer)
    run = tmp_path / "run"
    printed = pixelwise("train", data, "-o", run, "--epochs=4", "--validation=0.5", *TINY)
    assert printed.code == 0, printed.err
    model, description = load(run)
    assert description.temperature > 1.5
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
    report = (run / "report.html").read_text()
    assert "Calibration error</dt>" in report
    assert f"Raw scores are divided by a temperature of {description.temperature:g}, found on these" in report

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
    assert "not divided by a temperature: fewer than 5 validation images" in (finished_run / "report.html").read_text()


def test_the_report_of_an_evaluation_says_what_temperature_the_model_has(
    finished_run: Path, data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    printed = pixelwise("evaluate", finished_run, data, "--report", tmp_path / "report.html")
    assert printed.code == 0, printed.err
    assert "The model has no temperature" in (tmp_path / "report.html").read_text()


def test_why_a_model_has_no_temperature_is_said(finished_run: Path) -> None:
    _, description = load(finished_run)
    sample = PixelSample(5)
    for _ in range(5):
        sample.add(torch.zeros(2, 4, 4), torch.zeros(4, 4, dtype=torch.long))
    evaluation = Evaluation(description.classes, None, (0, 0), (), "val", None, 0, 0.0, sample=sample)  # type: ignore[arg-type]
    assert "would not have lessened the error" in temperature_in_words(description, evaluation)
    task = description.task.model_copy(update={"arguments": {**description.task.arguments, "threshold": 0.3}})
    with_threshold = description.model_copy(update={"task": task})
    assert "a threshold of its own" in temperature_in_words(with_threshold, evaluation)
