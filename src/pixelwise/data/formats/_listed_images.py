"""Annotation files that list many images: where they lie, which split each is, and where its images are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import (
    IMAGE_WORDS,
    MASK_WORDS,
    SPLIT_WORDS,
    Part,
    image_files,
    split_named,
    subfolders_called,
)
from pixelwise.data.formats._paths import inside, is_file
from pixelwise.data.formats._sketches import Sketched, SketchedMasks
from pixelwise.data.pairs import Pair, Pairing, shown
from pixelwise.data.wording import agree, counted, ended
from pixelwise.errors import DataError, some_of

__all__ = [
    "annotation_files",
    "file_name",
    "found_image",
    "image_folders",
    "left_out_shapes",
    "listed_parts",
    "refuse_missing",
    "what_is_blank",
]

_MANY = 20  # files in a folder; of more, only those whose names hint at annotations are looked into
_HINTS = ("annotation", "label", "export", "project", "region", "cvat", "via", *SPLIT_WORDS)
_ORDER = ("train", "", "val", "test")


def annotation_files(root: Path, ending: str, is_one: Callable[[Path], bool], tool: str) -> dict[str, Path]:
    """The annotation file of each split, train first; the key is empty where neither its name nor its folder tells.

    Args:
        root: The folder of the data.
        ending: How the names of the files end, with the dot.
        is_one: Whether a file is of this kind.
        tool: What wrote such files, for messages.

    Raises:
        DataError: If there are two for one split.
    """
    found: dict[str, list[Path]] = {}
    for file in _candidates(root, ending):
        if is_one(file):
            found.setdefault(split_named(file, root), []).append(file)
    for split, files in found.items():
        if len(files) > 1:
            names = ended(some_of(shown(file, root) for file in files))
            what = f"the images of {split}" if split else "images"
            raise DataError(
                f"{root} holds {len(files)} annotation files ({tool}) for {what}: {names} Keep one of them and move "
                "the others elsewhere."
            )
    return {split: found[split][0] for split in _ORDER if split in found}


def image_folders(root: Path, file: Path, *subsets: str) -> list[Path]:
    """Where the images of an annotation file may lie, the likeliest first.

    Args:
        root: The folder of the data.
        file: The annotation file.
        subsets: Names of folders in these that are looked into before.
    """
    places = [place for place in (file.parent, *file.parent.parents) if place.is_relative_to(root)]
    folders = [folder for place in places for folder in (place, *subfolders_called(place, (*IMAGE_WORDS, "data")))]
    words = tuple(subset.lower() for subset in subsets)
    inner = [within for folder in folders for within in subfolders_called(folder, words)] if words else []
    return list(dict.fromkeys((*inner, *folders)))


def found_image(root: Path, name: str, folders: Sequence[Path]) -> Path | None:
    """The file of an image: as its name says from one of the folders, or failing that, by the last part of its name.

    Raises:
        DataError: If the name leads out of the folder of the data.
    """
    for folder in folders:
        path = inside(root, name, folder)
        if is_file(path):
            return path
    last = file_name(name)
    wanted = (inside(root, last, folder) for folder in folders) if last else iter(())
    return next((path for path in wanted if is_file(path)), None)


def file_name(path: str) -> str:
    r"""The last part of a path or address, as far as it can be a name; otherwise empty.

    >>> file_name("C:\\data\\a.jpg"), file_name("https://example.org/x/b.png")
    ('a.jpg', 'b.png')
    """
    name = PurePosixPath(path.replace("\\", "/")).name
    return "" if name in (".", "..") or "\0" in name else name


def refuse_missing(file: Path, missing: Sequence[str], total: int, folders: Sequence[Path]) -> None:
    """Refuse a file whose images are not all there.

    Raises:
        DataError: If one is missing.
    """
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        names = ended(f"{len(missing)} of the {total} images that it lists {verb} not there: {some_of(missing)}")
        places = ended(f"They were looked for in {some_of(folders)}")
        raise DataError(f"{file}: {names} {places} Put them there, or take them out of the file.")


def listed_parts(
    root: Path,
    listed: Iterable[tuple[str, Path, Sketched]],
    values: Mapping[str, int],
    others: Collection[Path | None] = (),
) -> tuple[dict[str, Part], list[Decision]]:
    """The images with what is drawn into their masks, per split; and what is left out.

    Args:
        root: The folder of the data.
        listed: Split, annotation file and content of each image.
        values: The number of each label in a mask.
        others: Images that are listed too, but have been left out already.

    Raises:
        DataError: If an image is listed twice.
    """
    contents: dict[Path, Sketched] = {}
    files: dict[str, dict[Path, Path]] = {}
    for split, file, content in listed:
        if content.image in contents:
            raise DataError(f"{file}: the image {shown(content.image, root)} is listed twice. Keep one entry.")
        contents[content.image] = content
        files.setdefault(split, {})[content.image] = file
    decisions = []
    if "" in files and "train" in files:
        left = files.pop("")
        names = some_of(path.name for path in left)
        what = f"{counted(len(left), 'image')} {agree(len(left), 'is', 'are')} left out: {names}"
        decisions.append(Decision(what, "they belong to no split, and others to train"))
    source = SketchedMasks(contents, values)
    parts = {}
    for split in (name for name in _ORDER if name in files):
        pairs = tuple(Pair(image, files[split][image], source) for image in sorted(files[split]))
        masks = pairs[0].target
        parts[split] = Part(pairs[0].image.parent, root if masks is None else masks, Pairing(pairs))
    return parts, [*decisions, *_unlisted({*contents, *others}, contents, root)]


def what_is_blank(contents: Iterable[Sketched]) -> Iterator[Decision]:
    """That images without shapes are background."""
    blank = [content.image.name for content in contents if not content.sketches]
    if blank:
        what = f"{counted(len(blank), 'image')} {agree(len(blank), 'is', 'are')} background: {some_of(blank)}"
        yield Decision(what, "listed, but without a shape that could be drawn")


def left_out_shapes(counts: Counter[str], reasons: Mapping[str, str], other: str) -> Iterator[Decision]:
    """How many shapes of each kind are not drawn, and why.

    Args:
        counts: How many, by kind.
        reasons: Why, by kind.
        other: Why shapes of any other kind are not drawn.
    """
    for kind, count in sorted(counts.items()):
        yield Decision(f"{counted(count, kind)} {agree(count, 'is', 'are')} left out", reasons.get(kind, other))


def _candidates(root: Path, ending: str) -> Iterator[Path]:
    """Files that may be annotation files by their names and folders."""
    words = (*MASK_WORDS, *IMAGE_WORDS, "json", "xml", "ann")
    splits = subfolders_called(root, tuple(SPLIT_WORDS))
    inner = [folder for place in (root, *splits) for folder in subfolders_called(place, words)]
    deeper = [folder for place in inner for folder in subfolders_called(place, tuple(SPLIT_WORDS))]
    for folder in (root, *splits, *inner, *deeper):
        files = _files_called(folder, ending)
        if len(files) > _MANY:
            files = [file for file in files if any(hint in file.name.lower() for hint in _HINTS)][:_MANY]
        yield from files


def _files_called(folder: Path, ending: str) -> list[Path]:
    """The files of a folder with an ending, sorted; hidden ones do not count."""
    with os.scandir(folder) as entries:
        names = [one.name for one in entries if one.name.lower().endswith(ending) and one.is_file()]
    return [folder / name for name in sorted(names) if not name.startswith(".")]


def _unlisted(listed: Collection[Path | None], used: Iterable[Path], root: Path) -> Iterator[Decision]:
    """Images beside those that are used which no annotation file lists."""
    folders = sorted({image.parent for image in used})
    others = [file for folder in folders for file in image_files(folder) if file not in listed]
    if others:
        names = some_of(shown(file, root) for file in others)
        what = f"{counted(len(others), 'image')} {agree(len(others), 'is', 'are')} left out: {names}"
        yield Decision(what, "no annotation file lists them")
