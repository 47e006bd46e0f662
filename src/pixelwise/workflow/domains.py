"""Trainings on two kinds of pictures that do not belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pixelwise.artifact import MeasuredScores
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import PictureExamples, Pictures
from pixelwise.inference import Predictor
from pixelwise.ops.spread import evenly
from pixelwise.planning import Plan
from pixelwise.reports.page import Content
from pixelwise.reports.picture_page import set_content
from pixelwise.reports.samples import sample_sheet
from pixelwise.reports.set_scores import SetEvaluation, SetScorer
from pixelwise.training.display import Display
from pixelwise.training.domain_views import DomainViews
from pixelwise.workflow.subject import SAMPLES, Subject, Verdict

__all__ = ["DomainSubject"]

_FEWEST = 2  # held-out pictures of a kind that can be scored


class DomainSubject(Subject[SetEvaluation]):
    """Pictures of one kind that become pictures of another.

    Args:
        data: What was found in the folder; `splits` holds the kind that goes in, `others` the one that comes out.
    """

    def __init__(self, data: Pictures) -> None:
        self.data: Pictures = data
        self._scorers: dict[str, SetScorer] = {}  # by split; each knows the features of its real pictures

    def __getstate__(self) -> dict[str, Any]:
        """What another process is told: everything but what scores, which is the first one's work."""
        return {**self.__dict__, "_scorers": {}}

    @property
    def validation(self) -> Sequence[Pair]:
        """What is translated to score the model; empty if there are too few pictures of either kind to compare."""
        pairs, others = (splits.get("val", ()) for splits in (self.data.splits, self.data.others))
        return pairs if min(len(pairs), len(others)) >= _FEWEST else ()

    @property
    def samples(self) -> Sequence[Pair]:
        """A few of them."""
        return evenly(self.data.splits.get("val", ()), SAMPLES)

    def sheet(self, predictor: Predictor) -> NDArray[np.uint8]:
        """What was given and what is made of it."""
        return sample_sheet(predictor, self.samples)

    def views(self, plan: Plan, display: Display) -> DomainViews:
        """The training pictures of both kinds, in memory if they fit."""
        kinds = [PictureExamples(splits["train"], alone=False) for splits in (self.data.splits, self.data.others)]
        are_kept = [
            examples.keep_in_memory(
                lambda done, total: display.working("Decoding the training pictures", done, total),
            )
            for examples in kinds
        ]
        if not all(are_kept):
            display.say("Not all decoded pictures fit into memory: the others are decoded again in every epoch.")
        return DomainViews(*kinds)

    def scorer(self, split: str, device: torch.device) -> SetScorer:
        """What compares made pictures with the real ones of a split, whose features are computed once."""
        if split not in self._scorers:
            self._scorers[split] = SetScorer(self.data.others.get(split, ()), device)
        return self._scorers[split]

    def judge(
        self,
        predictor: Predictor,
        pairs: Sequence[Pair],
        *,
        split: str = "val",
        progress: Callable[[int, int, float], None] | None = None,
    ) -> Verdict[SetEvaluation]:
        """The kernel distance of what is made to real pictures that were held out."""
        evaluation = self.scorer(split, predictor.device).score(predictor, pairs, split=split, progress=progress)
        name = evaluation.metrics[0]
        scores = MeasuredScores(split=split, values=dict(evaluation.values), protocol=evaluation.protocol)
        value, floor = evaluation.values[name], evaluation.baseline[name]
        return Verdict(name, "KID", value, scores, evaluation, floor, "the set of given pictures", is_distance=True)

    def content(self, predictor: Predictor, evaluation: SetEvaluation | None) -> Content:
        """Scores beside those of the pictures as they were given, and examples."""
        return set_content(predictor, self.validation, self.data.others.get("val", ()), evaluation)
