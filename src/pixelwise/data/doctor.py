"""The doctor: everything that is wrong with a folder, at once, each with its consequence and its cure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypedDict, Unpack

from pixelwise.data.checks import CHECKS, Check, Finding, Severity, Survey
from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.known_classes import count_from_one
from pixelwise.data.layout import Layout, find_layout, matched_pairs
from pixelwise.data.looks import look_at
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import Pair, files_named
from pixelwise.data.planes import settle_planes
from pixelwise.data.scan import ScannedPair, faults_of, scan_all
from pixelwise.data.sizes import refuse_other_sizes
from pixelwise.data.swapped import refuse_swapped
from pixelwise.data.told import said_together
from pixelwise.data.understand import Opening, checked_ignore, settle
from pixelwise.errors import DataError, SettingError
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["Diagnosis", "Wanted", "examine"]

_OF_CLASSES = frozenset({"foreign_values", "one_value", "jpeg_masks", "mixed_encodings", "copied_images"})
_OF_FOLDERS = "folder"  # what the finding is called that no check makes
_NO_CURES = ("There ", "Looked for", "It ", "They ")  # how last sentences begin that tell no cure
_MOST_LEFT_OUT = 0.5  # share of the pairs without which what is said of the others says nothing


class Wanted(TypedDict, total=False):
    """What may be said about a folder; see `open_data`."""

    ignore: Sequence[int] | None
    classes: Sequence[str] | str | Path | None
    binary: bool | None
    separate: bool
    multilabel: bool | None
    validation: float | str | None
    seed: int


@dataclass(frozen=True)
class Diagnosis:
    """What was read of a folder, and what is wrong with it.

    Attributes:
        survey: What was read.
        findings: What was found, the worst first.
    """

    survey: Survey
    findings: tuple[Finding, ...]

    @property
    def dataset(self) -> Dataset:
        """The data, as `open_data` gives them.

        Raises:
            DataError: If training would refuse them, in the words of `open_data`.
        """
        if self.survey.dataset is None:
            raise DataError(self.survey.refusal or f"{self.survey.root} cannot be used.")
        return self.survey.dataset

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What was decided about the data, or about what of them can be used, without what a finding tells."""
        data, told = self.survey.usable, {finding.check for finding in self.findings}
        return () if data is None else tuple(one for one in data.decisions if one.check not in told)


def examine(
    path: str | Path,
    *,
    quick: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **wanted: Unpack[Wanted],
) -> Diagnosis:
    """Look for everything that is wrong with a folder of images and masks.

    Args:
        path: The folder, in any of the layouts of `pixelwise list formats`.
        quick: Decode no images: whatever `open_data` reads is read, once, and judged. `Diagnosis.dataset` is then what
            `open_data` would have returned.
        progress: Called with how many pairs have been read and how many there are; where images are decoded too, twice.
        **wanted: What is said about the folder, as in `open_data`.

    Returns:
        What was read, and the findings, the worst first.

    Raises:
        DataError: If there is no such folder.
        SettingError: If what was said cannot be.
    """
    survey, opening = _survey(path, wanted, progress, quick=quick)
    if not quick and survey.scanned:
        looks, failed = look_at(survey.entries, progress)
        survey = replace(survey, looks=looks, unreadable={**survey.unreadable, **failed})
        if failed and opening is not None:
            refusal = survey.refusal or str(next(iter(failed.values())))
            survey = _settled(replace(survey, refusal=refusal, dataset=None), opening, wanted.get("seed", 0))
    chosen = {name: check for name, check in _checks().items() if not (quick and check.looks)}
    found = [replace(finding, check=name) for name, check in chosen.items() for finding in check.run(survey)]
    found += _about_refusal(survey, found)
    return Diagnosis(survey, tuple(sorted(found, key=lambda finding: -finding.severity)))


@cache
def _checks() -> dict[str, Check]:
    """All checks by name."""
    return {name: CHECKS[name] for name in CHECKS}


def _survey(
    path: str | Path, wanted: Wanted, progress: Callable[[int, int], None] | None, *, quick: bool
) -> tuple[Survey, Opening | None]:
    """Read everything that can be read, and note why training would refuse it.

    Returns:
        What was read; and what is known of the folder, None where nothing can be decided by it.
    """
    told = said_together(
        path,
        classes=wanted.get("classes"),
        ignore=checked_ignore(wanted.get("ignore")),
        binary=wanted.get("binary"),
        separate=wanted.get("separate", False),
        multilabel=wanted.get("multilabel"),
        validation=wanted.get("validation"),
    )
    root = Path(path).expanduser()
    root = root if root.name else root.resolve()
    try:
        layout = find_layout(root, told.format)
    except DataError as error:
        if not root.is_dir():
            raise
        return Survey(root, None, {}, {}, {}, None, str(error)), None
    refusals: list[str] = []
    found, decisions = _pairs(layout, refusals)
    pairs = told.arranged({split: several for split, several in found.items() if several})
    decided = (*told.decisions, *layout.decisions, *decisions)
    opening = Opening(Path(path), told, wanted.get("classes"), layout, pairs, decided)
    scan = scan_all([pair for several in pairs.values() for pair in several], progress, outlines=not quick)
    refusals += _refusal(scan.refuse_failed)
    is_swapped = bool(swapped := _refusal(lambda: refuse_swapped(scan.read, layout.root)))
    refusals += [*swapped, *_refusal(lambda: refuse_other_sizes(scan.read, layout.root))]
    scanned: Mapping[Pair, ScannedPair] = {entry.pair: entry for entry in scan.read}
    is_unclear = False
    try:
        opening, scanned = settle_planes(opening, scanned)
    except DataError as error:
        refusals.append(str(error))
        is_unclear = True
    survey = Survey(
        root=layout.root,
        layout=layout,
        splits=opening.pairs,
        scanned=scanned,
        unreadable={file: why for pair in scan.failed for file, why in faults_of(pair).items()},
        dataset=None,
        refusal=refusals[0] if refusals else None,
        validation=told.validation,
    )
    if is_swapped or is_unclear:
        return survey, None
    return _settled(survey, opening, wanted.get("seed", 0)), opening


def _pairs(layout: Layout, refusals: list[str]) -> tuple[Mapping[str, tuple[Pair, ...]], Sequence[Decision]]:
    """The pairs of each split, even where some files have no partner."""
    try:
        return matched_pairs(layout)
    except DataError as error:
        refusals.append(str(error))
        return {split: part.pairing.pairs for split, part in layout.found.parts.items()}, ()


def _refusal(check: Callable[[], object]) -> list[str]:
    """What a function refuses; nothing if it does not."""
    try:
        check()
    except DataError as error:
        return [str(error)]
    return []


def _settled(survey: Survey, opening: Opening, seed: int) -> Survey:
    """The survey with the data as training would see them, or as it would without the files that it refuses."""
    fitting = {
        pair: entry
        for pair, entry in survey.scanned.items()
        if entry.image_size == entry.mask_size and pair.image not in survey.unreadable
    }
    is_whole = survey.refusal is None
    left = {
        split: several
        for split, pairs in opening.pairs.items()
        if (several := tuple(pair for pair in pairs if pair in fitting))
    }
    try:
        survey = replace(survey, names=opening.names())
        dataset = settle(replace(opening, pairs=left), fitting, seed)
    except DataError as error:
        alone = sum(len(part.pairing.images_alone) for part in opening.layout.found.parts.values())
        says_something = len(fitting) > _MOST_LEFT_OUT * (len(survey.pairs) + alone)
        return replace(
            survey,
            refusal=survey.refusal or str(error),
            undecided=str(error) if says_something else None,
            usable=_without_foreign(replace(opening, pairs=left), fitting, survey.names, seed),
        )
    except SettingError:
        if is_whole:
            raise
        return survey
    return replace(survey, dataset=dataset if is_whole else None, usable=dataset)


def _without_foreign(
    opening: Opening, scanned: Mapping[Pair, ScannedPair], names: ClassNames | None, seed: int
) -> Dataset | None:
    """The data as if nobody had labelled the pixels that no named class stands for; None where that is refused too.

    Where masks evidently number the classes from 1, the names stand for these numbers.
    """
    if names is None:
        return None
    is_numbered_otherwise = count_from_one(names, tuple(scanned.values()))
    if is_numbered_otherwise:
        names = replace(names, values=tuple(range(1, len(names.names) + 1)))
        opening = replace(opening, told=replace(opening.told, names=names))
    stored = names.values or tuple(range(len(names.names)))
    known = {*stored, *names.ignore, *(opening.told.ignore or ()), IGNORE_INDEX}
    if not any(stored[0] in entry.pixels for entry in scanned.values()):
        return None  # it seems that the names stand for other values
    kept = {
        pair: replace(entry, pixels={value: count for value, count in entry.pixels.items() if value in known})
        for pair, entry in scanned.items()
    }
    if kept == scanned and not is_numbered_otherwise:
        return None
    try:
        return settle(opening, kept, seed)
    except (DataError, SettingError):
        return None


def _about_refusal(survey: Survey, found: Sequence[Finding]) -> list[Finding]:
    """Why training would refuse the data, where no check has said so."""
    reason = survey.undecided if survey.layout is not None else survey.refusal
    ruins = {finding.check for finding in found if finding.severity is Severity.RUINS}
    if not ruins and survey.refusal is not None:
        reason = survey.refusal
    if reason is None or ruins & _OF_CLASSES:
        return []
    sentences = re.split(r"(?<=[.…)]) (?=[A-Z])", reason)
    what, cure = " ".join(sentences[:-1]), sentences[-1]
    if not what or cure.startswith(_NO_CURES):
        what, cure = reason, "Mend this, and check again; `pixelwise list formats` shows the layouts that are known."
    named = files_named(reason, survey.pairs, survey.root)
    return [Finding(Severity.RUINS, what, "Training is refused.", cure, named, None, _OF_FOLDERS)]
