"""Where the images of an annotation file of COCO lie."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pixelwise.data.formats._base import IMAGE_WORDS, SPLIT_WORDS, split_named, subfolders_called
from pixelwise.data.formats._coco_file import CocoFile, Identity
from pixelwise.data.formats._listed_images import file_name
from pixelwise.data.formats._nodes import Node, shortened
from pixelwise.data.formats._paths import inside, is_file, way_out
from pixelwise.data.wording import agree, ended
from pixelwise.errors import DataError, some_of

__all__ = ["located_images"]

_PROBES = 32  # file names by which the folder of the images is found
_WORD_AND_NUMBER = re.compile(r"[A-Za-z]+\d*")


def located_images(root: Path, content: CocoFile) -> tuple[Path, dict[Identity, Path]]:
    """The folder of the images of a file, and the path of each.

    A name starts from the folder in which most of the first are found; one that leads to nothing from there may start
    from the folder of the data.

    Raises:
        DataError: If names lead out of the folder of the data, or images are not there; all of them are counted.
    """
    names = {identity: image.name for identity, image in content.images.items()}
    texts = [name.text() for name in names.values()]
    folder = _image_folder(root, content.file, texts)
    _refuse_ways_out(root, content.file, list(names.values()), folder)
    paths = {identity: _joined(root, name, folder) for identity, name in names.items()}
    missing = [name.text() for identity, name in names.items() if not is_file(paths[identity])]
    if missing:
        raise _not_there(content.file, missing, len(names), folder)
    return folder, paths


def _joined(root: Path, name: Node, folder: Path) -> Path:
    """The path of an image.

    Raises:
        DataError: If its name is none.
    """
    text = name.text()
    try:
        path = inside(root, text, folder)
        if not is_file(path) and way_out(root, text) is None and is_file(inside(root, text)):
            return inside(root, text)
    except DataError as error:
        raise name.refused(error) from error
    return path


def _image_folder(root: Path, file: Path, names: Sequence[str]) -> Path:
    """The folder that the names start from: the one in which most of the first are found, or such of their last parts.

    Raises:
        DataError: If there is none.
    """
    probes = names[:_PROBES]
    folders = list(dict.fromkeys(_image_folders(root, file)))
    for wanted in (probes, [file_name(name) for name in probes]):
        there = [sum(_is_there(root, name, folder) for name in wanted) for folder in folders]
        if max(there) or not probes:
            return folders[there.index(max(there))]
    found = ended(f"none of the images that it lists was found: {some_of(map(shortened, names))}")
    places = ended(f"They were looked for in {some_of(folders, most=len(folders))}")
    raise DataError(f"{file}: {found} {places} Put the images into one of these folders.")


def _is_there(root: Path, name: str, folder: Path) -> bool:
    """Whether a name leads from a folder to a file."""
    try:
        return is_file(inside(root, name, folder))
    except DataError:
        return False


def _image_folders(root: Path, file: Path) -> Iterator[Path]:
    """Where the images of a file may lie."""
    words = [word.lower() for word in _WORD_AND_NUMBER.findall(file.stem)]
    words += [word for word, split in SPLIT_WORDS.items() if split == split_named(file, root)]
    places = [place for place in (file.parent, *file.parent.parents) if place.is_relative_to(root)]
    for place in places:
        images = subfolders_called(place, (*IMAGE_WORDS, "data"))
        for base in (*images, place):
            yield from subfolders_called(base, words)
        yield from (*images, place)


def _refuse_ways_out(root: Path, file: Path, names: Sequence[Node], folder: Path) -> None:
    """Refuse names that lead out of the folder of the data, those of the commonest kind."""
    ways = {name.place: way_out(root, name.text(), folder) for name in names}
    commonest = Counter(way for way in ways.values() if way is not None).most_common(1)
    if not commonest:
        return
    way, count = commonest[0]
    wrong = [name for name in names if ways[name.place] == way]
    what = {
        "absolute": f"{agree(count, 'is', 'are')} absolute; files are read from {root} only",
        "upwards": f"{agree(count, 'leads', 'lead')} out of {root}; files are read from that folder only",
        "link": f"{agree(count, 'leads', 'lead')} by a link out of {root}; files are read from that folder only",
    }[way]
    cure = f"Write names relative to {folder}, without '..', such as {shortened(file_name(wrong[0].text()))}."
    if way == "link":
        cure = "Put the files there themselves, not links to them."
    said = ended(some_of(shortened(name.value) for name in wrong))
    raise DataError(f"{file}: {wrong[0].place}: {count} of {len(names)} file names {what}: {said} {cure}")


def _not_there(file: Path, missing: Sequence[str], total: int, folder: Path) -> DataError:
    """What to say of images that are not where their names lead."""
    count = len(missing)
    found = ended(f"{count} of {total} images {agree(count, 'is', 'are')} not in {folder}: {some_of(missing)}")
    near = [last for name in missing if (last := file_name(name)) and last != name and is_file(folder / last)]
    if near:
        return DataError(
            f"{file}: {found} Names are relative to that folder, which holds {some_of(near)}: write the names so, or "
            "take the images out of the file."
        )
    them = agree(count, "it", "them")
    return DataError(f"{file}: {found} Put {them} there, or take {them} out of the file.")
