"""The report of a run, and that of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.pairs import Pair
from pixelwise.inference import Predictor, load
from pixelwise.reports.evaluate import Evaluation, pick_examples
from pixelwise.reports.examples import Example
from pixelwise.reports.html import write_report
from pixelwise.workflow.job import Outcome

__all__ = ["write_evaluation_report", "write_run_report"]


def write_run_report(outcome: Outcome, dataset: Dataset) -> Path:
    """Write report.html into the run folder: scores, curves, examples, decisions, plan and machine."""
    run, evaluation = outcome.run, outcome.evaluation
    examples: tuple[Example, ...] = ()
    if evaluation is not None:
        examples = pick_examples(load(run.artifact), dataset.splits["val"], dataset.classes, evaluation)
    path = run.folder / "report.html"
    write_report(
        path,
        title=dataset.root.name,
        evaluation=evaluation,
        examples=examples,
        history=run.history(),
        decisions=[*dataset.decisions, *(Decision(what, why) for what, why in run.plan.decisions)],
        plan=run.plan.model_dump(mode="json"),
        environment=run.environment(),
    )
    return path


def write_evaluation_report(path: Path, evaluation: Evaluation, predictor: Predictor, pairs: Sequence[Pair]) -> None:
    """Write the scores and examples of an evaluation as one html file."""
    examples = pick_examples(predictor, pairs, evaluation.classes, evaluation)
    write_report(path, title=f"{evaluation.split} split", evaluation=evaluation, examples=examples)
