"""labelme: one JSON file per image with its shapes.

    DATA/                       DATA/                        DATA/
    ├── a.jpg                   ├── images/       a.jpg …    ├── train/  a.jpg, a.json …
    ├── a.json                  ├── annotations/  a.json …   ├── val/    b.jpg, b.json …
    └── labels.txt              └── labels.txt               └── labels.txt

`imagePath` in the file tells the image, from where the file lies or by its name alone in a folder of images beside it.
Later shapes lie over earlier ones. What is labelled `__ignore__` is neither trained on nor scored, and `_background_`
is what no shape covers. The order of the classes is that of labels.txt, or of their names.

Wada: labelme, https://github.com/wkentaro/labelme.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import (
    IMAGE_WORDS,
    MASK_WORDS,
    SPLIT_WORDS,
    Format,
    Found,
    Part,
    image_files,
    subfolders_called,
)
from pixelwise.data.formats._labelme_file import LINE_WIDTH, LINES, POINTS, LabelmeFile, read_labelme, shapes_of
from pixelwise.data.formats._labelme_write import IGNORED, write
from pixelwise.data.formats._nodes import holds_words, shortened
from pixelwise.data.formats._objects import is_background, object_classes
from pixelwise.data.formats._paths import inside, is_file
from pixelwise.data.names import ClassNames, find_names
from pixelwise.data.pairs import Pair, Pairing, Source, shown
from pixelwise.data.shapes import drawn
from pixelwise.data.wording import agree, counted
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import StoredImage
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["FORMAT"]

_KEYS = (b'"shapes"', b'"imagePath"')
_PROBES = 5  # files of a folder that are looked into to find out whether they are labelme's


class LabelmeMasks(Source):
    """Masks that are drawn from files of labelme, when they are asked for.

    Args:
        contents: What was read, by the path of the image.
        values: The number of each label in a mask.
    """

    def __init__(self, contents: Mapping[Path, LabelmeFile], values: Mapping[str, int]) -> None:
        self._contents = contents
        self._values = values

    def stored(self, pair: Pair) -> StoredImage:
        """The mask of an image, `(H, W)` uint8.

        Raises:
            DataError: If a small mask in the file is damaged.
        """
        content = self._contents[pair.image]
        size = content.size or self.head(pair).size
        return StoredImage(drawn(size, shapes_of(content, self._values)), "L")


def find(root: Path) -> Found | None:
    """Find files of labelme, and the images that they belong to."""
    folders = list(_folders(root))
    if not folders:
        return None
    read: dict[str, list[LabelmeFile]] = {}
    others: list[Path] = []
    for folder, split in folders:
        for file in _json_files(folder):
            content = read_labelme(file)
            if content is None:
                others.append(file)
            else:
                read.setdefault(split, []).append(content)
    beside = read.pop("", []) if "train" in read else []
    contents = [content for several in read.values() for content in several]
    if not contents:
        return None
    names = _classes(root, folders, contents)
    values = _values(names, contents)
    parts = {split: _part(root, several, values) for split, several in sorted(read.items())}
    decisions = (*_beside_train(beside, root), *_left_out(contents), *_other_files(others, root))
    return Found(root, parts, names=names, decisions=decisions)


def _folders(root: Path) -> Iterator[tuple[Path, str]]:
    """Folders that hold files of labelme, with the split that they belong to."""
    words = (*MASK_WORDS, *IMAGE_WORDS, "json", "jsons")
    splits = [(folder, SPLIT_WORDS[folder.name.lower()]) for folder in subfolders_called(root, tuple(SPLIT_WORDS))]
    inner = [(folder, split) for place, split in ((root, ""), *splits) for folder in subfolders_called(place, words)]
    deeper = [
        (folder, SPLIT_WORDS[folder.name.lower()])
        for place, split in inner
        if not split
        for folder in subfolders_called(place, tuple(SPLIT_WORDS))
    ]
    for folder, split in ((root, ""), *splits, *inner, *deeper):
        if any(holds_words(file, *_KEYS) for file in _json_files(folder)[:_PROBES]):
            yield folder, split


def _json_files(folder: Path) -> list[Path]:
    """The JSON files of a folder, sorted; hidden ones do not count."""
    return sorted(file for file in folder.glob("*.json") if not file.name.startswith(".") and file.is_file())


def _classes(root: Path, folders: Sequence[tuple[Path, str]], contents: Sequence[LabelmeFile]) -> ClassNames:
    """The names of labels.txt, or the labels that occur.

    Raises:
        DataError: If there are none, or too many.
    """
    listed = find_names(None, [root, *(folder for folder, _ in folders)])
    if listed is not None:
        return object_classes([name for name in listed.names if name != IGNORED], Path(listed.source))
    labels = sorted({shape.label for content in contents for shape in content.shapes if shape.outline is not None})
    names = [label for label in labels if label != IGNORED and not is_background(label)]
    if not names:
        raise DataError(
            f"{contents[0].file.parent}: no shape in the {counted(len(contents), 'file')} of labelme has a label, so "
            "there are no classes to learn."
        )
    return object_classes(names, contents[0].file.parent)


def _values(names: ClassNames, contents: Sequence[LabelmeFile]) -> dict[str, int]:
    """The number of each label in a mask.

    Raises:
        DataError: If a label is not among the names.
    """
    values = {name: number for number, name in enumerate(names.names)} | {IGNORED: IGNORE_INDEX}
    for content in contents:
        for shape in content.shapes:
            if is_background(shape.label):
                values[shape.label] = 0
            elif shape.label not in values and shape.outline is not None:
                raise DataError(
                    f"{content.file}: shapes[{shape.number}].label is {shortened(shape.label)}, which is not in "
                    f"{names.source} ({some_of(names.names[1:])}). Add it there, or correct the label."
                )
    return values


def _part(root: Path, contents: Sequence[LabelmeFile], values: dict[str, int]) -> Part:
    """The images of a split with what is to be drawn into their masks.

    Raises:
        DataError: If an image is missing, or has two files.
    """
    files: dict[Path, LabelmeFile] = {}
    missing: list[LabelmeFile] = []
    for content in contents:
        image = _image(root, content)
        if image is None:
            missing.append(content)
        elif image in files:
            raise DataError(f"{files[image].file} and {content.file} both belong to {image}. Keep one of them.")
        else:
            files[image] = content
    if missing:
        raise DataError(_without_image(missing, len(contents)))
    source = LabelmeMasks(files, values)
    pairs = tuple(Pair(image, files[image].file, source) for image in sorted(files))
    folders = sorted({image.parent for image in files})
    alone = tuple(file for folder in folders for file in image_files(folder) if file not in files)
    return Part(folders[0], contents[0].file.parent, Pairing(pairs, alone))


def _image(root: Path, content: LabelmeFile) -> Path | None:
    """The image of a file: as its path says, or by its name in a folder of images beside the file.

    Raises:
        DataError: If the path leads out of the folder of the data.
    """
    try:
        path = inside(root, content.image, content.file.parent)
        folders = [path.parent, *_beside(root, content.file.parent)]
        return next((found for folder in folders if is_file(found := inside(root, path.name, folder))), None)
    except DataError as error:
        raise DataError(f"{content.file}: imagePath: {error}") from error


def _beside(root: Path, place: Path) -> Iterator[Path]:
    """Folders that may hold the images of a folder of annotation files."""
    yield from subfolders_called(place, IMAGE_WORDS)
    if place != root:
        yield from subfolders_called(place.parent, IMAGE_WORDS)
        yield place.parent
    if root not in (place, place.parent):
        for folder in subfolders_called(place.parent.parent, IMAGE_WORDS):
            yield from subfolders_called(folder, (place.name.lower(),))


def _without_image(missing: Sequence[LabelmeFile], total: int) -> str:
    """The sentence for files whose image is not there."""
    first = missing[0]
    names = some_of(f"{content.file.name} ({shortened(content.image)})" for content in missing)
    verb = "has" if len(missing) == 1 else "have"
    return (
        f"{len(missing)} of {total} annotation files (labelme) in {first.file.parent} {verb} no image: {names}. It is "
        f"expected where imagePath says, seen from the file ({first.file.parent / first.image}), or in a "
        "folder images beside it."
    )


def _beside_train(contents: Sequence[LabelmeFile], root: Path) -> Iterator[Decision]:
    """Files that belong to no split, where there is one to train on."""
    if contents:
        names = some_of(shown(content.file, root) for content in contents)
        what = f"{counted(len(contents), 'file')} of labelme {agree(len(contents), 'is', 'are')} left out: {names}"
        yield Decision(what, "they belong to no split, and others to train")


def _left_out(contents: Sequence[LabelmeFile]) -> Iterator[Decision]:
    """What cannot be drawn, and how lines are."""
    shapes = [shape for content in contents for shape in content.shapes]
    empty = Counter("point" if shape.kind in POINTS else "outline" for shape in shapes if shape.outline is None)
    for kind, why in (("point", "they cover no pixels"), ("outline", "fewer than three corners enclose nothing")):
        if empty[kind]:
            yield Decision(f"{counted(empty[kind], kind)} {'is' if empty[kind] == 1 else 'are'} left out", why)
    lines = sum(shape.kind in LINES for shape in shapes if shape.outline is not None)
    if lines:
        what = f"{counted(lines, 'line')} {'is' if lines == 1 else 'are'} drawn {LINE_WIDTH:.0f} pixels wide"
        yield Decision(what, "as labelme itself draws lines into masks")


def _other_files(others: Sequence[Path], root: Path) -> Iterator[Decision]:
    """JSON files of another kind."""
    if others:
        names = some_of(shown(file, root) for file in others)
        verb = "is" if len(others) == 1 else "are"
        yield Decision(f"{counted(len(others), 'JSON file')} {verb} left out: {names}", "not written by labelme")


FORMAT = Format(find, "a.json (labelme) beside a.jpg", rank=-1, write=write)
