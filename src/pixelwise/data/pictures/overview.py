"""What is in a folder of pictures, in a few lines: for `pixelwise check` and its page."""

from __future__ import annotations

from collections import Counter

from pixelwise.data.overview import kinds_in_words, sizes_in_words
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["picture_overview"]

_LAYOUTS = {
    "alone": "pictures that should come out; images are made of them while training",
    "pairs": "pairs in two files of the same name, of what goes in and what should come out",
    "halves": "pairs in one file, of which one half goes in and the other should come out",
    "domains": "two kinds of pictures that need not belong together",
}


def picture_overview(survey: PictureSurvey) -> list[tuple[str, str]]:
    """Title and text of each line: pictures, layout, sizes, kinds of files; nothing where no pictures were found."""
    if not survey.layout:
        return []
    lines = []
    for side in survey.sides():
        if side.is_wanted or survey.layout == "domains":
            counts = {split: len(pairs) for split, pairs in side.splits.items()}
            splits = ", ".join(f"{split} {count}" for split, count in counts.items())
            what = side.nouns if survey.layout in ("alone", "domains") else "pairs"
            lines.append(("pictures", f"{sum(counts.values())} {what}: {splits}"))
    lines.append(("layout", _LAYOUTS[survey.layout]))
    files = {
        side.nouns: [survey.files[file] for file in side.files.values() if file in survey.files]
        for side in survey.sides()
    }
    if survey.layout == "halves":
        files = {"both halves together": files["images"]}
    for nouns, several in files.items():
        if several:
            of = f"{nouns}: " if len(files) > 1 or survey.layout == "halves" else ""
            lines.append(("sizes", of + sizes_in_words(Counter(file.size for file in several))))
    kinds = Counter(file.kind for file in survey.files.values())
    if kinds:
        lines.append(("files", kinds_in_words(kinds)))
    return lines
