"""The report of a run, and that of an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.inference import Predictor, load
from pixelwise.reports.evaluate import Evaluation, pick_examples
from pixelwise.reports.html import mask_content
from pixelwise.reports.page import Account, write_page
from pixelwise.workflow.outcome import Outcome
from pixelwise.workflow.subject import Subject

__all__ = ["write_evaluation_report", "write_run_report"]


def write_run_report(outcome: Outcome, subject: Subject[Any], *, title: str | None = None) -> Path:
    """Write report.html into the run folder: scores, curves, examples, decisions, plan and machine.

    Args:
        outcome: Of a training that came to its end.
        subject: Its data.
        title: Heading; None takes the name of the data's folder.
    """
    run = outcome.run
    doubts = [Decision(what, sentence) for what, sentence in outcome.doubts.items()]
    account = Account(
        title or subject.data.root.name,
        history=run.history(),
        decisions=[*subject.data.decisions, *(Decision(what, why) for what, why in run.plan.decisions), *doubts],
        plan=run.plan.model_dump(mode="json"),
        environment=run.environment(),
    )
    evaluation = None if outcome.verdict is None else outcome.verdict.evaluation
    write_page(run.report, account, subject.content(load(run.artifact, device=outcome.device), evaluation))
    return run.report


def write_evaluation_report(path: Path, evaluation: Evaluation, predictor: Predictor, dataset: Dataset) -> None:
    """Write the scores and examples of an evaluation as one html file."""
    examples = pick_examples(predictor, dataset.splits[evaluation.split], evaluation.classes, evaluation)
    title = f"{dataset.root.resolve().name}, {evaluation.scope}"
    given = predictor.description.temperature
    temperature = f"The model divides raw scores by a temperature of {given:g}, found when it was trained."
    if given == 1:
        temperature = "The model has no temperature: it was trained without one, or needed none then."
    write_page(path, Account(title), mask_content(evaluation, examples, temperature=temperature))
