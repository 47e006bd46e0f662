"""Which layout a folder has, and which of its files belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.formats import FORMATS, Format, Found, Part
from pixelwise.data.formats._base import image_files, only_folders, subfolders
from pixelwise.data.missing import tasks_without_masks, what_is_missing
from pixelwise.data.pairs import Pair, shown
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, some_of

__all__ = ["Layout", "find_layout", "matched_pairs", "reading_decisions"]

_NEARLY_AS_MANY = 0.9


@dataclass(frozen=True)
class Layout:
    """How a folder is laid out.

    Attributes:
        format: Name of the layout in the catalog.
        root: The folder in which it was found.
        found: What was found.
        decisions: What had to be decided to find it.
    """

    format: str
    root: Path
    found: Found
    decisions: tuple[Decision, ...] = ()


def find_layout(root: Path, only: str | None = None) -> Layout:
    """Find the layout of a folder, or of the only folder in it.

    Args:
        root: The folder.
        only: The layout that it has, as somebody has said; None: any.

    Raises:
        DataError: If there is no such folder, no images with masks are in it, two layouts fit equally well, or the name
            of a file is no text.
        SettingError: If there is no layout called `only`.
    """
    formats = {name: FORMATS[name] for name in (FORMATS if only is None else (only,))}
    _refuse_path(root, formats)
    try:
        layout = _file(root, formats) if root.is_file() else _searched(root, formats)
    except OSError as error:
        raise DataError(f"{root} cannot be listed: {(error.strerror or str(error)).lower()}.") from error
    if layout is None:
        raise DataError(_nothing_found(root, formats))
    _refuse_undecoded(layout)
    if not layout.found.num_pairs:
        raise DataError(_nothing_matches(layout))
    return layout


def matched_pairs(layout: Layout) -> tuple[dict[str, tuple[Pair, ...]], list[Decision]]:
    """The pairs of each split; folders without masks are left out and stated, single files without one are refused.

    Raises:
        DataError: If an image has no mask, or a mask no image.
    """
    decisions = reading_decisions(layout)
    decisions += [
        Decision(f"{shown(inner, layout.root)} is read as {shown(outer, layout.root)}", "the only folder in it")
        for part in layout.found.parts.values()
        for outer, inner in part.within.items()
    ]
    alone = [sentence for part in layout.found.parts.values() for sentence in _alone(part, layout.root)]
    if alone:
        raise DataError(
            f"{' '.join(alone)} Add what is missing, or move these files elsewhere; the layout is taken to be "
            f"{layout.format}."
        )
    return {split: part.pairing.pairs for split, part in layout.found.parts.items()}, decisions


def reading_decisions(layout: Layout) -> list[Decision]:
    """What was decided about the files when a layout was read: what is left out, and what the format itself decided."""
    left_out = layout.found.left_out.items()
    return [
        *(Decision(f"{folder} is left out", f"it holds {what}") for folder, what in left_out),
        *layout.found.decisions,
    ]


def _refuse_undecoded(layout: Layout) -> None:
    """Refuse names in another code than UTF-8, as old archives leave them: no run and no report could hold them."""
    pairings = [part.pairing for part in layout.found.parts.values()]
    files = [file for pairing in pairings for pair in pairing.pairs for file in (pair.image, pair.target)]
    files += [file for pairing in pairings for file in (*pairing.images_alone, *pairing.masks_alone)]
    root = str(layout.root)
    wrong = [file for file in dict.fromkeys(filter(None, files)) if not _is_text(str(file).removeprefix(root))]
    if wrong:
        names = (shown(file, layout.root).encode(errors="backslashreplace").decode() for file in wrong)
        found = f"The names of {counted(len(wrong), 'file')} in {root} are no text in UTF-8: {ended(some_of(names))}"
        raise DataError(
            f"{found} Rename them, images and masks alike, or unpack their archive anew, with the code that it was "
            "written in."
        )


def _is_text(name: str) -> bool:
    """Whether all of a name could be decoded."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _alone(part: Part, root: Path) -> Iterator[str]:
    """A sentence for the images without a mask, and one for the masks without an image."""
    pairing = part.pairing
    images, masks = (str(root) if folder == root else shown(folder, root) for folder in (part.images, part.masks))
    for alone, kind, partner, place, other in (
        (pairing.images_alone, "images", "mask", images, masks),
        (pairing.masks_alone, "masks", "image", masks, images),
    ):
        if alone:
            verb = "has" if len(alone) == 1 else "have"
            names = some_of(file.name for file in alone)
            yield ended(
                f"{len(alone)} of {len(pairing.pairs) + len(alone)} {kind} in {place} {verb} no {partner} of the same "
                f"name in {other}: {names}"
            )


def _refuse_path(root: Path, formats: Mapping[str, Format]) -> None:
    """Refuse a path that is no folder, unless it is a file that a layout can be."""
    if not root.exists():
        raise DataError(f"There is no folder {root}.")
    if not root.is_dir() and not any(root.name.lower().endswith(layout.suffixes) for layout in formats.values()):
        raise DataError(f"{root} is a file; the folder that holds images and masks is expected.")


def _file(file: Path, formats: Mapping[str, Format]) -> Layout | None:
    """The layout of a file that was given instead of a folder."""
    for name, layout in formats.items():
        found = layout.find(file) if file.name.lower().endswith(layout.suffixes) else None
        if found is not None:
            return Layout(name, file.parent, found)
    return None


def _searched(root: Path, formats: Mapping[str, Format]) -> Layout | None:
    """The layout of a folder or, while it holds nothing but one folder, of that."""
    for folder in only_folders(root):
        layout = _tried(folder, formats)
        if layout is not None:
            note = Decision(f"The data are taken from {folder}", f"the only folder in {folder.parent}")
            return layout if folder == root else Layout(layout.format, folder, layout.found, (note,))
    return None


def _tried(root: Path, formats: Mapping[str, Format]) -> Layout | None:
    """The layout of lowest rank that finds pairs; failing that, one that finds folders without pairs."""
    without_pairs: Layout | None = None
    for rank in sorted({layout.rank for layout in formats.values()}):
        tried = {name: layout.find(root) for name, layout in formats.items() if layout.rank == rank}
        layouts = [Layout(name, root, found) for name, found in tried.items() if found is not None]
        fitting = sorted((layout for layout in layouts if layout.found.num_pairs), key=lambda one: -one.found.num_pairs)
        if fitting:
            _refuse_equal(fitting)
            return fitting[0]
        without_pairs = without_pairs or next(iter(layouts), None)
    return without_pairs


def _refuse_equal(layouts: Sequence[Layout]) -> None:
    """Refuse to choose between layouts that fit equally well."""
    most = layouts[0].found.num_pairs
    equal = [layout for layout in layouts if layout.found.num_pairs >= _NEARLY_AS_MANY * most]
    if len(equal) > 1:
        ways = " and ".join(_in_words(layout) for layout in equal)
        raise DataError(
            f"{layouts[0].root} can be read in {len(equal)} ways: {ways}. Move the files of all but one elsewhere, or "
            "give the folder of one."
        )


def _in_words(layout: Layout) -> str:
    """The folders of a layout and how many pairs they hold."""
    parts = [_folders(part, layout.root) for part in layout.found.parts.values()]
    return f"{some_of(parts)} ({counted(layout.found.num_pairs, 'pair')}, layout {layout.format})"


def _folders(part: Part, root: Path) -> str:
    """The folders of a part below the folder of the data."""
    return f"{shown(part.images, root)} with {shown(part.masks, root)}"


def _nothing_matches(layout: Layout) -> str:
    """The sentence for folders of images and masks without a common name."""
    part = next(iter(layout.found.parts.values()))
    images = [file.name for file in part.pairing.images_alone]
    masks = [file.name for file in part.pairing.masks_alone]
    found = ended(
        f"No image in {part.images} has a mask of the same name in {part.masks}: {some_of(images)} against "
        f"{some_of(masks)}"
    )
    return f"{found} Name each mask like its image (a.jpg, a.png) or with an addition (a_mask.png)."


def _nothing_found(root: Path, formats: Mapping[str, Format]) -> str:
    """The sentence for a folder without images and masks: what is missing or, if nothing tells, what was looked for."""
    others = None
    for folder in only_folders(root):
        missing, others = what_is_missing(folder), tasks_without_masks(folder)
        if missing is not None:
            return f"No images with masks were found in {folder}: {missing}{'' if others is None else f' {others}'}"
    folders, files = [folder.name for folder in subfolders(root)], image_files(root)
    there = [
        f"{counted(len(files), 'image file')} ({some_of(file.name for file in files)})" if files else "no image files",
        f"the folders {some_of(folders, most=6)}" if folders else "no folders",
    ]
    nothing = f"No images with masks were found in {root}; it holds {' and '.join(there)}."
    if others is not None:
        return f"{nothing} Looked for: the layouts of `pixelwise list formats`. {others}"
    simplest_first = sorted(formats.values(), key=lambda one: (one.rank < 0, one.rank))
    looked_for = "; ".join(one.summary for one in simplest_first)
    return f"{nothing} Looked for: {looked_for}."
