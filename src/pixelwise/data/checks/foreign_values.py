"""Values in masks that are none of the named classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, of_all
from pixelwise.data.known_classes import count_from_one
from pixelwise.data.wording import counted
from pixelwise.errors import some_of
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding, where classes are named and masks were refused for values outside them."""
    names = survey.names
    if names is None or survey.undecided is None or "values outside" not in survey.undecided:
        return
    stored = names.values or tuple(range(len(names.names)))
    known = {*stored, *names.ignore, IGNORE_INDEX}
    wrong = [entry for entry in survey.entries if not entry.pixels.keys() <= known]
    foreign: Counter[int] = Counter()
    for entry in wrong:
        foreign.update({value: count for value, count in entry.pixels.items() if value not in known})
    if not foreign:
        return
    count, values = len(wrong), sorted(foreign)
    yield Finding(
        Severity.RUINS,
        f"{of_all(count, len(survey.entries), 'masks')} {agree(count, 'holds', 'hold')} values that none of the "
        f"{len(stored)} names stands for: {some_of(values, most=8)}, {counted(foreign.total(), 'pixel')} in all.",
        "Training is refused, since it is not known what these pixels show.",
        _cure(survey, len(stored), values),
        masks_of([entry.pair for entry in wrong]),
    )


def _cure(survey: Survey, num_names: int, values: list[int]) -> str:
    """What to do; a numbering from 1 is told apart."""
    source = survey.names.source if survey.names else "codes.txt"
    if survey.names and count_from_one(survey.names, survey.entries):
        return (
            f"The masks number the classes from 1, and 0 never occurs: put a first line such as `unlabelled` into "
            f"{source}, so that the names stand for 1 to {num_names}."
        )
    options = " ".join(f"--ignore {value}" for value in values[:6])
    return f"Add the missing names to {source}, or leave these pixels out with `{options}`."


CHECK = Check(run, "values in masks that none of the named classes stands for")
