"""One file of annotations that Label Studio exported as JSON, taken apart and checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from pixelwise.data.formats._nodes import Node, read_json
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import SUFFIXES

__all__ = ["LabelStudioFile", "Task", "read_label_studio"]

_ENDINGS = tuple(SUFFIXES)
_LOCAL = "?d="  # Label Studio serves files of its machine as /data/local-files/?d=PATH


@dataclass(frozen=True, eq=False)
class Task:
    """An image and the annotation of it that is taken.

    Attributes:
        node: Where the task stands.
        image: The path of the image as it is written, without the address of a server.
        result: What was drawn; None where nobody has annotated the image.
    """

    node: Node
    image: str
    result: Node | None


@dataclass(frozen=True, eq=False)
class LabelStudioFile:
    """What a file holds.

    Attributes:
        file: The file.
        tasks: Its images.
        num_cancelled: How many annotations were cancelled.
        num_several: Of how many images there are several annotations.
    """

    file: Path
    tasks: tuple[Task, ...]
    num_cancelled: int
    num_several: int


def read_label_studio(file: Path) -> LabelStudioFile | None:
    """Read a file; None if it is JSON of another kind.

    Raises:
        DataError: If it is no JSON, the short kind of it (JSON-MIN), or something in it is not as Label Studio has it.
    """
    document = read_json(file)
    if not isinstance(document.value, list) or not document.value or not isinstance(document.value[0], dict):
        return None
    if "annotations" not in document.value[0]:
        if "annotator" in document.value[0] or "annotation_id" in document.value[0]:
            raise DataError(
                f"{file} is the short kind of Label Studio's exports (JSON-MIN). Export the project as JSON instead."
            )
        return None
    if "data" not in document.value[0]:
        return None
    counts: Counter[str] = Counter()
    tasks = tuple(Task(node, _image(node), _result(node, counts)) for node in document.items())
    return LabelStudioFile(file, tasks, counts["cancelled"], counts["several"])


def _image(task: Node) -> str:
    """The path of the image of a task, which stands among its data under a name that the project chose."""
    data = task["data"]
    texts = {str(key.value): value.value for key, value in data.entries() if isinstance(value.value, str)}
    found = {key: path for key, text in texts.items() if (path := _path(text)).lower().endswith(_ENDINGS)}
    if len(set(found.values())) > 1 and "image" not in found:
        raise data.refused(f"{some_of(map(repr, found))} each name an image file; one called 'image' is expected.")
    if found:
        return found.get("image") or next(iter(found.values()))
    upload = task.get("file_upload")
    if upload is not None and upload.text().lower().endswith(_ENDINGS):
        return upload.text()
    raise data.wrong("the name of an image file")


def _path(text: str) -> str:
    """The path in an address: `/data/upload/1/a.jpg`, `/data/local-files/?d=folder/a.jpg`, `s3://bucket/a.jpg`."""
    if text.startswith("data:"):
        return ""
    before, local, after = text.partition(_LOCAL)
    if local:
        return unquote(after.partition("&")[0])
    scheme, separator, rest = before.partition("://")
    return unquote(rest.partition("?")[0]) if separator else scheme


def _result(task: Node, counts: Counter[str]) -> Node | None:
    """What was drawn in the latest annotation of a task that was not cancelled."""
    valid = []
    for annotation in task["annotations"].items():
        cancelled = annotation.get("was_cancelled")
        if cancelled is not None and not isinstance(cancelled.value, bool):
            raise cancelled.wrong("true or false")
        if cancelled is not None and cancelled.value:
            counts["cancelled"] += 1
        else:
            valid.append(annotation)
    if len(valid) > 1:
        counts["several"] += 1
        valid.sort(key=lambda annotation: _time(annotation["updated_at"]))
    return valid[-1]["result"] if valid else None


def _time(node: Node) -> datetime:
    """A moment; without a time zone, it is taken to be UTC."""
    try:
        found = datetime.fromisoformat(node.text().strip())
    except ValueError as error:
        raise node.wrong("a time as in 2026-01-31T12:00:00Z") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
