"""The report of a run, and that of an evaluation."""

from __future__ import annotations

from pathlib import Path

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.inference import Predictor, load
from pixelwise.reports.evaluate import Evaluation, pick_examples
from pixelwise.reports.examples import Example
from pixelwise.reports.html import write_report
from pixelwise.workflow.job import Outcome

__all__ = ["write_evaluation_report", "write_run_report"]


def write_run_report(outcome: Outcome, dataset: Dataset, *, title: str | None = None) -> Path:
    """Write report.html into the run folder: scores, curves, examples, decisions, plan and machine.

    Args:
        outcome: Of a training that came to its end.
        dataset: Its data.
        title: Heading; None takes the name of the data's folder.
    """
    run, evaluation = outcome.run, outcome.evaluation
    examples: tuple[Example, ...] = ()
    if evaluation is not None:
        examples = pick_examples(load(run.artifact), dataset.splits["val"], dataset.classes, evaluation)
    path = run.folder / "report.html"
    write_report(
        path,
        title=title or dataset.root.name,
        evaluation=evaluation,
        examples=examples,
        history=run.history(),
        decisions=[*dataset.decisions, *(Decision(what, why) for what, why in run.plan.decisions)],
        plan=run.plan.model_dump(mode="json"),
        environment=run.environment(),
    )
    return path


def write_evaluation_report(path: Path, evaluation: Evaluation, predictor: Predictor, dataset: Dataset) -> None:
    """Write the scores and examples of an evaluation as one html file."""
    examples = pick_examples(predictor, dataset.splits[evaluation.split], evaluation.classes, evaluation)
    title = f"{dataset.root.resolve().name}, {evaluation.scope}"
    write_report(path, title=title, evaluation=evaluation, examples=examples)
