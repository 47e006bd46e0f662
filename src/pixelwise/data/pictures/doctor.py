"""The doctor of pictures: everything that is wrong with a folder for a task, at once, each with its cure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.pairs import Pair, files_named
from pixelwise.data.pictures.checks import PICTURE_CHECKS, PictureCheck
from pixelwise.data.pictures.dataset import Pictures
from pixelwise.data.pictures.files import read_files
from pixelwise.data.pictures.kinds import Found
from pixelwise.data.pictures.layouts import layout_of
from pixelwise.data.pictures.looks import look_at_pictures
from pixelwise.data.pictures.opening import find_pictures, read_known_pictures, settle_pictures, size_of_target
from pixelwise.data.pictures.survey import PictureSurvey, PicturesWanted
from pixelwise.errors import DataError, SettingError

__all__ = ["PictureDiagnosis", "examine_pictures"]

_OF_FOLDERS = "folder"  # what the finding is called that no check makes
_MOST_LEFT_OUT = 0.5  # share of the pictures without which what is said of the others says nothing


@dataclass(frozen=True)
class PictureDiagnosis:
    """What was read of a folder of pictures, and what is wrong with it.

    Attributes:
        survey: What was read.
        findings: What was found, the worst first.
    """

    survey: PictureSurvey
    findings: tuple[Finding, ...]

    @property
    def pictures(self) -> Pictures:
        """The data, as `read_pictures` gives them.

        Raises:
            DataError: If training would refuse them, in the words of `read_pictures`.
        """
        if self.survey.pictures is None:
            raise DataError(self.survey.refusal or f"{self.survey.root} cannot be used.")
        return self.survey.pictures

    def refuse_ruined(self) -> None:
        """Refuse the pictures if something ruins a training on them.

        Raises:
            DataError: In the words of the first such finding.
        """
        for finding in self.findings:
            if finding.severity is Severity.RUINS:
                raise DataError(f"{finding.what} {finding.cure}")


def examine_pictures(
    path: str | Path,
    wanted: PicturesWanted,
    *,
    quick: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> PictureDiagnosis:
    """Look for everything that is wrong with a folder of pictures.

    Args:
        path: The folder.
        wanted: What is to be learnt from it.
        quick: Decode nothing: the heads of files only. `PictureDiagnosis.pictures` is then what `read_pictures` would
            have returned.
        progress: Called with how many files have been read and how many there are; where pictures are decoded too,
            then with how many pairs.

    Returns:
        What was read, and the findings, the worst first.

    Raises:
        DataError: If there is no such folder.
        SettingError: If `wanted.validation` is out of range.
    """
    survey, kinds = _survey(Path(path).expanduser(), wanted, progress)
    if not quick and survey.files:
        readable = [pair for pair in survey.pairs if not {pair.image, pair.target} & survey.unreadable.keys()]
        looks, failed = look_at_pictures(
            readable, alone=survey.layout == "alone", scale=wanted.scale, progress=progress
        )
        survey = replace(survey, looks=looks, unreadable={**survey.unreadable, **failed})
        if failed:
            survey = _settled(survey, kinds, next(iter(failed.values())))
    chosen = {name: check for name, check in _checks().items() if not (quick and check.looks)}
    found = [replace(finding, check=name) for name, check in chosen.items() for finding in check.run(survey)]
    found += _about_refusal(survey, found)
    return PictureDiagnosis(survey, tuple(sorted(found, key=lambda finding: -finding.severity)))


@cache
def _checks() -> dict[str, PictureCheck]:
    """All checks by name."""
    return {name: PICTURE_CHECKS[name] for name in PICTURE_CHECKS}


def _survey(
    root: Path, wanted: PicturesWanted, progress: Callable[[int, int], None] | None
) -> tuple[PictureSurvey, tuple[Found, Found]]:
    """Read the names and heads of all files, and note why training would refuse them; and what lies on disk."""
    if not root.is_dir():
        raise DataError(f"There is no folder {root}.")
    alone: list[Path] = []
    layout = ""
    try:
        layout = layout_of(root, wanted.task, is_made=bool(wanted.degradations))
        found, others = find_pictures(root, layout, image_is_left=wanted.image_is_left, alone=alone)
    except DataError as error:
        return PictureSurvey(root, wanted, layout, {}, refusal=str(error)), ({}, {})
    pairs = [pair for kind in (found, others) for several in kind.values() for pair in several]
    files, failed = read_files((file for pair in pairs for file in (pair.image, pair.target) if file), progress)
    survey = PictureSurvey(
        root,
        wanted,
        layout,
        {},
        on_disk=frozenset({*found, *others}),
        files=files,
        unreadable=failed,
        alone=tuple(alone),
    )
    return _settled(survey, (found, others), _opened(survey)), (found, others)


def _opened(survey: PictureSurvey) -> Pictures | DataError:
    """The pictures as training sees them, or why it refuses them."""
    known = {file: head.size for file, head in survey.files.items()}
    try:
        return read_known_pictures(survey.root, survey.layout, survey.wanted, known)
    except DataError as error:
        return error


def _settled(survey: PictureSurvey, kinds: tuple[Found, Found], opened: Pictures | DataError) -> PictureSurvey:
    """The survey with the splits as training would see them, or as it would without what it refuses.

    Args:
        survey: What was read.
        kinds: What lies on disk.
        opened: The pictures as training opens them, or why it does not.
    """
    pictures = opened if isinstance(opened, Pictures) else None
    refusal = str(opened) if isinstance(opened, DataError) else None
    usable = _without_unfit(survey, kinds) if pictures is None or survey.unreadable else pictures
    survey = replace(survey, pictures=pictures, usable=usable, refusal=survey.refusal or refusal)
    if usable is None:
        return replace(survey, splits=_as_on_disk(kinds[0]), others=_as_on_disk(kinds[1]))
    left_out = _left_out(kinds[0], usable.splits), _left_out(kinds[1], usable.others)
    return replace(survey, splits=usable.splits, others=usable.others, left_out=left_out)


def _without_unfit(survey: PictureSurvey, kinds: tuple[Found, Found]) -> Pictures | None:
    """The pictures as training would see them without those that it refuses; None where that is refused too."""
    layout, wanted = survey.layout, survey.wanted
    known = {file: head.size for file, head in survey.files.items() if file not in survey.unreadable}

    def fits(pair: Pair) -> bool:
        files = [file for file in (pair.image, pair.target) if file is not None]
        if not known.keys() >= set(files):
            return False
        height, width = known[files[0]]
        if layout == "pairs":
            return known[files[-1]] == (height * wanted.scale, width * wanted.scale)
        return layout != "halves" or width % 2 == 0

    first, second = ({split: tuple(filter(fits, pairs)) for split, pairs in kind.items()} for kind in kinds)
    counts = [[sum(map(len, splits.values())) for splits in sides] for sides in (kinds, (first, second))]
    if any(left < (1 - _MOST_LEFT_OUT) * count for count, left in zip(*counts, strict=True)):
        return None
    fitting = [pair for kind in (first, second) for pairs in kind.values() for pair in pairs]
    sizes = {pair: size_of_target(pair, known) for pair in fitting}
    try:
        return settle_pictures(survey.root, layout, (first, second), sizes, wanted)
    except (DataError, SettingError):
        return None


def _left_out(found: Found, splits: Mapping[str, tuple[Pair, ...]]) -> tuple[Pair, ...]:
    """What lies on disk but is in no split."""
    used = {pair for pairs in splits.values() for pair in pairs}
    return tuple(pair for pairs in found.values() for pair in pairs if pair not in used)


def _as_on_disk(found: Found) -> Mapping[str, tuple[Pair, ...]]:
    return {split or "train": pairs for split, pairs in found.items()}


def _about_refusal(survey: PictureSurvey, found: Sequence[Finding]) -> list[Finding]:
    """Why training would refuse the pictures, where no check has said so."""
    if survey.refusal is None or any(finding.severity is Severity.RUINS for finding in found):
        return []
    what, _, cure = survey.refusal.rpartition(". ")
    if not what:
        what, cure = survey.refusal.removesuffix("."), "Mend this, and check again."
    named = files_named(what, survey.pairs, survey.root)
    return [Finding(Severity.RUINS, f"{what}.", "Training is refused.", cure, named, None, _OF_FOLDERS)]
