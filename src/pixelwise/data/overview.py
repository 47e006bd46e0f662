"""What is in a folder, in a few lines: for `pixelwise check` and its page."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixelwise.data.checks import Finding, Severity, Survey
from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Dataset, sizes_in_words
from pixelwise.data.fixing import repeated_pairs
from pixelwise.data.formats import FORMATS
from pixelwise.data.formats._class_files import ClassFiles
from pixelwise.data.layout import Layout
from pixelwise.data.pairs import FILES, Pair, shown
from pixelwise.data.wording import agree, counted
from pixelwise.errors import some_of

__all__ = [
    "ClassRow",
    "class_rows",
    "finding_as_json",
    "fix_hint",
    "kinds_in_words",
    "overview",
    "sizes_line",
    "verdict",
]

_MODES = {
    "L": "grey",
    "LA": "grey",
    "1": "grey",
    "RGB": "RGB",
    "RGBA": "RGB with alpha",
    "P": "palette",
    "I;16": "grey of 16 bits",
    "CMYK": "CMYK",
}
_MOST_UNMIXED = 2  # classes between which no third one lies
_MENDED = frozenset(
    {
        "duplicates",
        "jpeg_masks",
        "palettes",
        "size_of_mask",
        "smoothed_masks",
        "unreadable",
        "without_partner",
        "wrong_ending",
    }
)  # checks whose findings a copy is without, if nothing has to be guessed


@dataclass(frozen=True)
class ClassRow:
    """A class, or what is ignored.

    Attributes:
        value: What masks store for it.
        name: What it is called.
        color: Of its swatch; None for what is ignored.
        shares: Of the labelled pixels, 0 to 1, per split; of all pixels for what is ignored.
        count: How many masks show it; None where that was not counted.
        size: How large what it shows typically is, in pixels across; None where that was not measured.
    """

    value: str
    name: str
    color: tuple[int, int, int] | None
    shares: tuple[float, ...]
    count: int | None = None
    size: float | None = None


def overview(survey: Survey) -> list[tuple[str, str]]:
    """Title and text of each line: pairs, layout, sizes, kinds of images and of masks."""
    if survey.layout is None:
        return []
    dataset = survey.usable or survey.dataset
    lines = [("pairs", _pairs(survey, dataset)), ("layout", f"{survey.layout.format}: {_places(survey.layout)}")]
    sizes = Counter(entry.image_size for entry in survey.entries)
    if sizes:
        lines.append(("sizes", sizes_line(sizes)))
        lines.append(("images", _images(survey)))
        lines.append(("masks", _masks(survey, dataset)))
    return lines


def class_rows(dataset: Dataset) -> list[ClassRow]:
    """The classes in their order, and what is ignored."""
    classes = dataset.classes
    of_splits = [dataset.shares(split) for split in dataset.class_pixels]
    masks = _masks_with(dataset)
    sizes = dict(zip(classes.names, dataset.object_sizes, strict=False))
    rows = []
    for i, (name, color) in enumerate(zip(classes.names, classes.colors, strict=True)):
        value = "> 0" if classes.any_positive and i == 1 else classes.shown(classes.values[i])
        shares = tuple(of_split[i] for of_split in of_splits)
        rows.append(ClassRow(value, name, color, shares, masks[name], sizes.get(name)))
    if classes.ignore_values:
        values = some_of(map(classes.shown, classes.ignore_values))
        shares = tuple(
            ignored / max(1, ignored + sum(dataset.class_pixels[split]))
            for split, ignored in dataset.ignored_pixels.items()
        )
        rows.append(ClassRow(values, "ignored", None, shares))
    return rows


def verdict(findings: Iterable[Finding]) -> str:
    """The result in one sentence.

    >>> verdict([])
    'Nothing is wrong.'
    """
    counts = Counter(finding.severity for finding in findings)
    ruins, harms, notes = (counts[severity] for severity in (Severity.RUINS, Severity.HARMS, Severity.NOTE))
    parts = [f"{counted(ruins, 'thing')} {'ruins' if ruins == 1 else 'ruin'} training"] if ruins else []
    if harms:
        parts.append(f"{harms if ruins else counted(harms, 'thing')} {'harms' if harms == 1 else 'harm'} it")
    text = " and ".join(parts) if ruins else "".join(parts).removesuffix(" it")
    text = text or ("Nothing ruins or harms training" if notes else "Nothing is wrong")
    if harms and not ruins:
        text += " training"
    return f"{text}; {counted(notes, 'thing')} worth knowing." if notes else f"{text}."


def fix_hint(survey: Survey, findings: Sequence[Finding], program: str = "pixelwise") -> str:
    """How to get rid of what can be mended by a copy; empty where there is nothing of that kind.

    Args:
        survey: What was read.
        findings: What was found.
        program: What to type to run this program.
    """
    mended = [finding for finding in findings if finding.check in _MENDED and _is_mended(finding, survey)]
    if not mended or any(pair.source is not FILES for pair in survey.pairs):
        return ""
    count, total = len(mended), len(findings)
    what = "all of this is" if count == total else f"{count} of the {total} findings {agree(count, 'is', 'are')}"
    return (
        f"`{program} check {shlex.quote(str(survey.root))} --fix OUT` writes a copy in which {what} mended; "
        "files that only a person can mend are left out."
    )


def _is_mended(finding: Finding, survey: Survey) -> bool:
    """Whether a copy is without what a finding is about: of copies, only those in several splits are left out."""
    if finding.check != "duplicates":
        return True
    left_out = {pair.image for pair in repeated_pairs(survey, survey.scanned)}
    return not left_out.isdisjoint(finding.files)


def finding_as_json(finding: Finding, root: Path) -> dict[str, object]:
    """A finding for machines; files are named below the folder of the data."""
    return {
        "check": finding.check,
        "severity": finding.severity.name.lower(),
        "what": finding.what,
        "consequence": finding.consequence,
        "cure": finding.cure,
        "count": len(finding.files) if finding.count is None else finding.count,
        "files": [shown(file, root) for file in finding.files],
    }


def sizes_line(sizes: Mapping[tuple[int, int], int]) -> str:
    """How many sizes there are, and the commonest, of how many files have each (height, width)."""
    words = sizes_in_words(sizes)
    return f"{words} (height × width)" if len(sizes) == 1 else f"{len(sizes)} sizes (height × width): {words}"


def kinds_in_words(kinds: Mapping[str, int]) -> str:
    """`JPEG`, or `PNG (20), JPEG (3)`."""
    if len(kinds) == 1:
        return next(iter(kinds))
    return ", ".join(_with_counts(kinds))


def _pairs(survey: Survey, dataset: Dataset | None) -> str:
    """How many pairs there are, and where."""
    on_disk = {split: len(pairs) for split, pairs in survey.splits.items()}
    total = counted(sum(on_disk.values()), "image")
    counts = {split: len(pairs) for split, pairs in dataset.splits.items()} if dataset is not None else on_disk
    parts = ", ".join(f"{split} {count}" for split, count in counts.items() if split)
    left = sum(on_disk.values()) - sum(counts.values())
    without = f"; {left} not used" if left else ""
    return f"{total} with masks" + (f": {parts}{without}" if parts else "")


def _places(layout: Layout) -> str:
    """The folders of images and masks as they are called here; of files that hold more, what the format looks like."""
    parts = layout.found.parts.values()
    sources = [pair.source for part in parts for pair in part.pairing.pairs]
    is_plain = all(source is FILES or isinstance(source, ClassFiles) for source in sources)
    if not is_plain or any(layout.root in (part.images, part.masks) for part in parts):
        return FORMATS[layout.format].summary
    names = ((shown(part.images, layout.root), shown(part.masks, layout.root)) for part in parts)
    places = (
        f"{images}/ with {masks}/" if images != masks else f"images and masks in {images}/" for images, masks in names
    )
    return some_of(dict.fromkeys(places))


def _images(survey: Survey) -> str:
    """Kinds of files, and their channels where they were looked at."""
    looks = list(survey.looks.values())
    kinds = Counter(look.kind for look in looks if look.kind)
    if not kinds:
        kinds = Counter(_kind_by_name(pair) for pair in survey.pairs)
    modes = Counter(_MODES.get(look.mode, look.mode) for look in looks if look.mode)
    channels = f"; {kinds_in_words(modes)}" if modes else ""
    grey = sum(look.is_grey and look.mode not in ("L", "LA", "1") for look in looks)
    colorless = f"; {grey} without colour" if grey and grey < len(looks) else "; without colour" if grey else ""
    return kinds_in_words(kinds) + channels + colorless


def _masks(survey: Survey, dataset: Dataset | None) -> str:
    """How masks store classes."""
    if any(isinstance(pair.source, ClassFiles) for pair in survey.pairs):
        return "one file per class"
    if any(pair.source is not FILES for pair in survey.pairs):
        return "drawn from the annotations"
    looks = survey.looks.values()
    kinds = Counter(look.mask_kind for look in looks if look.mask_kind)
    if not kinds:
        kinds = Counter(_kind_of(pair.target.suffix) for pair in survey.pairs if pair.target is not None)
    return f"{kinds_in_words(kinds)}; {_encoding(survey, None if dataset is None else dataset.classes)}"


def _encoding(survey: Survey, classes: Classes | None) -> str:
    """What a pixel of a mask means."""
    entries = survey.entries
    if classes is None:
        colored = sum(bool(entry.num_colors) for entry in entries)
        return f"colours in {colored} of {len(entries)}" if colored else "one number per pixel"
    if classes.colored:
        text = "one colour per class"
    elif classes.any_positive:
        text = "one number per object"
    else:
        text = "one number per class"
    palettes = sum(bool(entry.palette) for entry in entries)
    if palettes and not classes.colored:
        text += ", with a palette" if palettes == len(entries) else f", {palettes} with a palette"
    return f"{text}; edges are smoothed" if classes.nearest else text


def _masks_with(dataset: Dataset) -> dict[str, int | None]:
    """How many masks of the splits show each class.

    None where edges were smoothed between more than two classes: what is between two of them may be nearest to a third.
    """
    classes = dataset.classes
    if classes.nearest and classes.num_classes > _MOST_UNMIXED:
        return dict.fromkeys(classes.names)
    pairs = [pair for several in dataset.splits.values() for pair in several]
    counts = Counter(name for pair in pairs for name in dataset.shown.get(pair, ()))
    return {name: counts[name] for name in classes.names}


def _kind_by_name(pair: Pair) -> str:
    return _kind_of(pair.image.suffix)


def _kind_of(suffix: str) -> str:
    kind = suffix.lstrip(".").upper()
    return {"JPG": "JPEG", "TIF": "TIFF"}.get(kind, kind or "no ending")


def _with_counts(kinds: Mapping[str, int]) -> Iterator[str]:
    for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0])):
        yield f"{kind} ({count})"
