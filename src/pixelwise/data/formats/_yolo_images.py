"""Which images a description of YOLO leads to, and where their labels lie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pixelwise.data.formats._base import SPLIT_WORDS, image_files, subfolders
from pixelwise.data.formats._nodes import Node, read_text, shortened
from pixelwise.data.formats._paths import inside, is_file
from pixelwise.data.wording import ended
from pixelwise.errors import DataError, some_of

__all__ = ["found_inside", "label_file", "split_images"]

_WORD = re.compile(r"[a-z]+")
_MAX_BYTES = 100_000_000  # of a list of images
_DEPTH = 8  # folders within folders; links may lead in a circle


def split_images(root: Path, base: Path, node: Node) -> list[Path]:
    """The images of a split: those of a folder and of all below it, of several folders, or of a list in a text file.

    Args:
        root: The folder of the data.
        base: The folder that paths start from.
        node: What the description says of the split.

    Raises:
        DataError: If a list names images that are not there.
    """
    found: dict[Path, None] = {}
    for one in node.items() if isinstance(node.value, list) else [node]:
        place = found_inside(root, base, one.text())
        if place is not None and place.is_dir():
            found |= dict.fromkeys(_all_images(place))
        elif place is not None:
            found |= dict.fromkeys(_listed(root, base, place))
    return list(found)


def found_inside(root: Path, base: Path, text: str, *, shorten: bool = False) -> Path | None:
    """The file or folder that a path of a description means; None where there is none in the folder of the data.

    Descriptions are written for one machine and carried to another (`/content/data/images/train`,
    `../train/images`): what leads out of the folder of the data is looked for by its last parts (`images/train`). A
    part that tells the split is never left away.

    Args:
        root: The folder of the data.
        base: The folder that paths start from.
        text: The path, as it was read.
        shorten: Whether to look by the last parts for paths too that stay in the folder.
    """
    whole = _existing(root, base, text)
    if whole is not None or (not shorten and _stays(root, base, text)):
        return whole
    parts = [part for part in PurePosixPath(text.replace("\\", "/")).parts if part not in ("/", "..")]
    telling = [i for i, part in enumerate(parts) if not SPLIT_WORDS.keys().isdisjoint(_WORD.findall(part.lower()))]
    for i in range(1 + (telling[-1] if telling else len(parts) - 1)):
        for start in dict.fromkeys((base, root)):
            path = _existing(root, start, "/".join(parts[i:]))
            if path is not None:
                return path
    return None


def label_file(root: Path, image: Path) -> Path:
    """Where the labels of an image lie, whether they are there or not."""
    parts = list(image.relative_to(root).parts[:-1])
    places = [i for i, part in enumerate(parts) if part.lower() == "images"]
    if places:
        parts[places[-1]] = "labels"
    return root.joinpath(*parts, f"{image.stem}.txt")


def _all_images(folder: Path, depth: int = _DEPTH) -> Iterator[Path]:
    """The images of a folder and of those below it."""
    yield from image_files(folder)
    if depth:
        for inner in subfolders(folder):
            yield from _all_images(inner, depth - 1)


def _listed(root: Path, base: Path, file: Path) -> list[Path]:
    """The images that a text file lists.

    Raises:
        DataError: If some are not there.
    """
    names = [line.strip() for line in read_text(file, _MAX_BYTES, "list").splitlines() if line.strip()]
    found = [_found_image(root, (file.parent, base), name) for name in names]
    missing = [name for name, path in zip(names, found, strict=True) if path is None]
    if missing:
        sentence = ended(f"{len(missing)} of {len(names)} images are not there: {some_of(map(shortened, missing))}")
        raise DataError(f"{file}: {sentence} Put them where the list says, or take them out of it.")
    return [path for path in found if path is not None]


def _found_image(root: Path, starts: tuple[Path, ...], name: str) -> Path | None:
    """An image of a list, seen from the list or from where paths start; see `found_inside`."""
    found = (found_inside(root, start, name, shorten=True) for start in starts)
    return next((path for path in found if path is not None and is_file(path)), None)


def _stays(root: Path, base: Path, text: str) -> bool:
    """Whether a path stays in the folder of the data."""
    try:
        inside(root, text, base)
    except DataError:
        return False
    return True


def _existing(root: Path, start: Path, text: str) -> Path | None:
    """What a path means, if it is there and in the folder of the data."""
    try:
        path = inside(root, text, start)
        return path if path.exists() else None
    except (DataError, OSError):  # a name may be too long
        return None
