"""What is in a folder of pictures, in a few lines: for `pixelwise check` and its page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pixelwise.data.overview import kinds_in_words, sizes_line
from pixelwise.data.pictures.sides import side_names
from pixelwise.data.pictures.survey import PictureSurvey, Side

__all__ = ["picture_overview"]

_LAYOUTS = {
    "alone": "pictures that should come out; images are made of them while training",
    "pairs": "pairs in two files of the same name, of what goes in and what should come out",
    "halves": "pairs in one file, of which one half goes in and the other should come out",
    "domains": "two kinds of pictures that need not belong together",
}


def picture_overview(survey: PictureSurvey) -> list[tuple[str, str]]:
    """Pictures, layout, sizes and kinds of files, each with a title of its own; nothing where none were found."""
    if not survey.layout:
        return []
    lines = []
    for side in survey.sides():
        if survey.layout == "domains":
            lines.append((_short(side), _counts(survey, side, "pictures")))
        elif side.is_wanted:
            lines.append(("pictures", _counts(survey, side, "pictures" if survey.layout == "alone" else "pairs")))
    lines += [("layout", _layout(survey)), *_sizes(survey)]
    kinds = Counter(file.kind for file in survey.files.values())
    if kinds:
        lines.append(("files", kinds_in_words(kinds)))
    return lines


def _layout(survey: PictureSurvey) -> str:
    """How the pictures lie; of pairs, which of two folders goes in."""
    if survey.layout != "pairs" or not survey.pairs:
        return _LAYOUTS[survey.layout]
    first, second = side_names(survey.pairs[0])
    return f"{_LAYOUTS['pairs']}: from {first} to {second}"


def _counts(survey: PictureSurvey, side: Side, nouns: str) -> str:
    """How many there are, in all and in each split, and how many of them are not used or cannot be."""
    counts = {split: len(pairs) for split, pairs in side.splits.items()}
    left = len(side.files) - sum(counts.values())
    broken = sum(not survey.unreadable.keys().isdisjoint((pair.image, pair.target)) for pair in side.files)
    without = f"; {left} not used" if left else f"; {broken} cannot be read" if broken else ""
    return f"{len(side.files)} {nouns}: {', '.join(f'{split} {count}' for split, count in counts.items())}{without}"


def _sizes(survey: PictureSurvey) -> Iterator[tuple[str, str]]:
    """The sizes of each side; of halves, which lie in one file, those of both together."""
    sides = list(survey.sides())
    is_one_file = survey.layout == "halves"
    for side in sides[:1] if is_one_file else sides:
        sizes = Counter(survey.files[file].size for file in side.files.values() if file in survey.files)
        if sizes:
            title = "sizes" if is_one_file or len(sides) == 1 else f"sizes of {_short(side)}"
            yield title, f"{'both halves together: ' if is_one_file else ''}{sizes_line(sizes)}"


def _short(side: Side) -> str:
    """`images`, `targets`, `pictures`, `kind A`."""
    return side.nouns.removeprefix("pictures of ")
