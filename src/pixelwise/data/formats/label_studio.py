"""Label Studio: the annotations of a project, exported as JSON, with the images beside the file.

    DATA/                                DATA/
    ├── project-1-at-2026-01-31.json     ├── train.json, val.json
    └── images/  a.jpg …                 └── images/  a.jpg …

Label Studio's JSON names the images as its server does (`/data/upload/1/1b2c3d4e-a.jpg`, an address, or
`/data/local-files/?d=x/a.jpg`), so that they are found by their names, with and without the eight characters that an
upload is given. Of several annotations of an image, that which was changed last counts; cancelled ones do not.

https://labelstud.io/guide/export, https://labelstud.io/guide/task_format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import IMAGE_WORDS, Format, Found, image_files, subfolders
from pixelwise.data.formats._label_studio_file import LabelStudioFile, Task, read_label_studio
from pixelwise.data.formats._label_studio_shapes import result_size, sketches_of
from pixelwise.data.formats._listed_images import (
    annotation_files,
    file_name,
    left_out_shapes,
    listed_parts,
    refuse_missing,
    what_is_blank,
)
from pixelwise.data.formats._nodes import holds_words, shortened
from pixelwise.data.formats._paths import inside
from pixelwise.data.formats._sketches import Sketched, label_values, named_or_used
from pixelwise.data.pairs import shown
from pixelwise.data.wording import agree, counted, ended
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import image_size

__all__ = ["FORMAT"]

_DEPTH = 4  # folders within folders in which images are looked for
_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")
_NOT_KEPT = re.compile(r"[^-\w.]")  # what the name of an upload loses
_REASONS = {
    "key point": "points cover no pixels",
    "line": "a line encloses nothing",
    "outline": "fewer than three corners enclose nothing",
}


def find(root: Path) -> Found | None:
    """Find an export of Label Studio, and the images that it names."""
    files = annotation_files(root, ".json", _is_export, "Label Studio")
    contents = {split: content for split, file in files.items() if (content := read_label_studio(file)) is not None}
    if not contents:
        return None
    images = _Images(root)
    left_out: Counter[str] = Counter()
    listed = [
        (split, content.file, image)
        for split, content in contents.items()
        for image in _sketched(content, images, left_out)
    ]
    several = list(contents.values())
    labels = sorted({sketch.label for _, _, image in listed for sketch in image.sketches})
    if not labels:
        raise DataError(
            f"{several[0].file} holds no shapes with labels: no polygons, brush masks, rectangles or ellipses. There "
            "are no classes to learn."
        )
    names = named_or_used([root, *(content.file.parent for content in several)], labels, several[0].file)
    waiting = {images.find(task) for content in several for task in content.tasks if task.result is None}
    parts, decisions = listed_parts(root, listed, label_values(names, labels), waiting)
    said = left_out_shapes(left_out, _REASONS, "nothing says what it shows")
    blank = what_is_blank(image for _, _, image in listed)
    return Found(root, parts, names=names, decisions=(*_about_annotations(several), *decisions, *said, *blank))


class _Images:
    """The image files below a folder, by the names that Label Studio may know them by.

    Args:
        root: The folder of the data.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._by_name: dict[str, list[Path]] = {}
        for path in _files_below(root, _DEPTH):
            for name in {path.name, _kept(path.name)}:
                self._by_name.setdefault(name, []).append(path)

    def find(self, task: Task) -> Path | None:
        """The image of a task: of several with its name, that whose folders are written there as well.

        Raises:
            DataError: If several fit equally well, or a link leads out of the folder of the data.
        """
        name = file_name(task.image)
        upload = _UPLOADED.fullmatch(name)
        names = (name, *([upload[1], _kept(upload[1])] if upload else []))
        found = next((self._by_name[one] for one in names if one in self._by_name), [])
        if not found:
            return None
        wanted = PurePosixPath(task.image.replace("\\", "/")).parts[:-1]
        beside = task.node.file.parent.parts
        marks = {
            path: (
                _common(wanted[::-1], path.parts[-2::-1]),
                _common(beside, path.parts),
                path.parent.name.lower() in IMAGE_WORDS,
            )
            for path in found
        }
        best = [path for path in found if marks[path] == max(marks.values())]
        if len(best) > 1:
            several = ended(f"{some_of(shown(path, self.root) for path in best)}")
            raise task.node.refused(f"{shortened(task.image)} could be each of {several} Keep one of them.")
        try:
            return inside(self.root, best[0].relative_to(self.root).as_posix())
        except DataError as error:
            raise task.node.refused(error) from error


def _is_export(file: Path) -> bool:
    """Whether a file looks like Label Studio's inside."""
    if holds_words(file, b'"annotations"', b'"result"', b'"data"'):
        return True
    return holds_words(file, b'"original_width"') and any(
        holds_words(file, word) for word in (b'"annotator"', b'"annotation_id"')
    )


def _files_below(folder: Path, depth: int) -> Iterator[Path]:
    """The image files of a folder and of those in it."""
    yield from image_files(folder)
    if depth:
        for inner in subfolders(folder):
            yield from _files_below(inner, depth - 1)


def _kept(name: str) -> str:
    """A file name as it becomes when it is uploaded."""
    return _NOT_KEPT.sub("", name.strip().replace(" ", "_"))


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """How many parts two paths begin with alike."""
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(first, second, strict=False)))


def _sketched(content: LabelStudioFile, images: _Images, left_out: Counter[str]) -> Iterator[Sketched]:
    """The images of a file that somebody has annotated.

    Raises:
        DataError: If one is not there.
    """
    missing = []
    annotated = [task for task in content.tasks if task.result is not None]
    for task in annotated:
        path = images.find(task)
        if path is None:
            missing.append(shortened(task.image))
        elif task.result is not None:
            size = result_size(task.result)
            drawn = sketches_of(task.result, size or image_size(path), left_out)
            yield Sketched(path, size, tuple(drawn))
    refuse_missing(content.file, missing, len(annotated), [images.root])


def _about_annotations(contents: Sequence[LabelStudioFile]) -> Iterator[Decision]:
    """Which annotations are taken, and which images have none."""
    cancelled = sum(content.num_cancelled for content in contents)
    if cancelled:
        what = f"{counted(cancelled, 'annotation')} {agree(cancelled, 'is', 'are')} left out"
        yield Decision(what, "cancelled: whoever drew it skipped the image")
    several = sum(content.num_several for content in contents)
    if several:
        has = "has" if several == 1 else "have"
        what = f"{counted(several, 'image')} {has} several annotations, of which the latest is taken"
        yield Decision(what, "by the time at which they were changed (updated_at)")
    empty = [file_name(task.image) for content in contents for task in content.tasks if task.result is None]
    if empty:
        yield Decision(
            f"{counted(len(empty), 'image')} {agree(len(empty), 'is', 'are')} left out: {some_of(empty)}",
            "nobody has annotated it" if len(empty) == 1 else "nobody has annotated them",
        )


FORMAT = Format(find, "an export of Label Studio (JSON) beside images/", rank=-1)
