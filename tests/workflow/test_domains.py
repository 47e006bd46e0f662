"""What is said of a model that turns one kind of pictures into another."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from pixelwise.data.pictures import Pictures
from pixelwise.inference import Predictor
from pixelwise.reports.set_scores import SetEvaluation
from pixelwise.workflow import domains
from pixelwise.workflow.domains import DomainSubject

META = torch.device("meta")


@pytest.mark.parametrize(("kid", "is_better"), [(0.21, False), (0.2, False), (0.19, True)])
def test_pictures_that_are_no_nearer_to_the_wanted_kind_than_those_given_show_nothing_learnt(
    kid: float, is_better: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    class Scorer:
        """Has scored before."""

        def __init__(self, *arguments: object) -> None:
            asked.extend(arguments)

        def score(self, *_: Any, **__: Any) -> SetEvaluation:
            return SetEvaluation(("kid_lite0",), {"kid_lite0": kid}, {"kid_lite0": 0.2}, 0.0, ("a", "b"), 2, "val", 0.1)

    monkeypatch.setattr(domains, "SetScorer", Scorer)
    others = (SimpleNamespace(name="c"), SimpleNamespace(name="d"))
    subject = DomainSubject(cast(Pictures, SimpleNamespace(others={"val": others})))
    predictor = cast(Predictor, SimpleNamespace(device=META))
    verdict = subject.judge(predictor, ())
    assert verdict.beats_floor is is_better
    assert (str(verdict), verdict.floor_of) == (f"val KID {kid:.3f}", "the set of given pictures")
    subject.judge(predictor, ())
    assert asked == [others, META]  # once, and where the model is
    assert copy.copy(subject)._scorers == {}  # as for another process, which scores nothing
