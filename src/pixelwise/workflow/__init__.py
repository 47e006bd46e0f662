"""From a plan and data to a finished run folder: the one path that the command line, the demo and the learner take."""

from __future__ import annotations

from pixelwise.workflow.building import Parts, announce_weights, build, describe, settle_precision
from pixelwise.workflow.commands import open_source, resume, train
from pixelwise.workflow.job import Job, Outcome
from pixelwise.workflow.reporting import write_evaluation_report, write_run_report

__all__ = [
    "Job",
    "Outcome",
    "Parts",
    "announce_weights",
    "build",
    "describe",
    "open_source",
    "resume",
    "settle_precision",
    "train",
    "write_evaluation_report",
    "write_run_report",
]
