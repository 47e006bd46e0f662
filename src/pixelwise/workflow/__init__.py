"""From a plan and data to a finished run folder: the one path that the command line, the demo and the learner take."""

from __future__ import annotations

from pixelwise.workflow.building import (
    Parts,
    announce_weights,
    build,
    describe,
    measured,
    settle_precision,
    temperature_of,
)
from pixelwise.workflow.commands import open_source, open_source_masks, resume, train
from pixelwise.workflow.held_out import run_of, splits_in_training
from pixelwise.workflow.job import Job, Outcome
from pixelwise.workflow.masks import Masks
from pixelwise.workflow.pictures import PictureSubject, picture_subject
from pixelwise.workflow.pseudo_labels import find_unlabelled
from pixelwise.workflow.reporting import write_evaluation_report, write_run_report
from pixelwise.workflow.self_training import SelfTraining
from pixelwise.workflow.subject import Subject, Verdict

__all__ = [
    "Job",
    "Masks",
    "Outcome",
    "Parts",
    "PictureSubject",
    "SelfTraining",
    "Subject",
    "Verdict",
    "announce_weights",
    "build",
    "describe",
    "find_unlabelled",
    "measured",
    "open_source",
    "open_source_masks",
    "picture_subject",
    "resume",
    "run_of",
    "settle_precision",
    "splits_in_training",
    "temperature_of",
    "train",
    "write_evaluation_report",
    "write_run_report",
]
