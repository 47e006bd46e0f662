"""What is different about data since a training began on them, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixelwise.data.dataset import Dataset
from pixelwise.data.pictures import Pictures
from pixelwise.data.wording import counted
from pixelwise.errors import RunError, some_of
from pixelwise.training.run import Run

__all__ = ["found_in", "refuse_other_data"]

_LEFT_OUT = ("hash", "sizes", "class_shares")  # one number for all, a long list, and what follows from other numbers


def found_in(data: Dataset | Pictures) -> dict[str, Any]:
    """What a run folder remembers of its data."""
    return {name: value for name, value in data.fingerprint().items() if name not in _LEFT_OUT}


def refuse_other_data(run: Run, data: Dataset | Pictures) -> None:
    """Make sure that the data are those that a training began with.

    Raises:
        RunError: If they are not; it says what is different.
    """
    if data.digest == run.source.fingerprint:
        return
    differences = _differences(run.source.found, found_in(data))
    what = "; ".join(differences) if differences else "files, sizes or masks are others, of the same number and classes"
    raise RunError(
        f"The data in {run.source.root} are not those that the training in {run.folder} began with: {what}. Bring them "
        f"back as they were, or train anew."
    )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What has changed, one phrase each, the most telling first."""
    if not before:
        return ["files, sizes, masks or classes are others"]
    found = []
    classes, classes_now = before.get("classes", {}), now.get("classes", {})
    if classes.get("names") != classes_now.get("names"):
        found.append(f"the classes are {_listed(classes_now)} instead of {_listed(classes)}")
    elif classes != classes_now:
        names = [name for name in {**classes, **classes_now} if classes.get(name) != classes_now.get(name)]
        changes = [f"{_words(name)} {classes_now.get(name)} instead of {classes.get(name)}" for name in names]
        found.append(f"the classes are stored otherwise ({', '.join(changes)})")
    if before.get("images") != now.get("images"):
        found.append(f"there are {_counts(now.get('images', {}))} instead of {_counts(before.get('images', {}))}")
    for name in ("format", "layout"):
        if before.get(name) != now.get(name):
            found.append(f"the {name} is {now.get(name)} instead of {before.get(name)}")
    if not found and before.get("class_pixels") != now.get("class_pixels"):
        found.append("the masks show other pixels of the same classes")
    return found


def _listed(classes: Mapping[str, Any]) -> str:
    names = classes.get("names", ())
    return f"{some_of(names, 12)} ({len(names)})"


def _counts(images: Mapping[str, int]) -> str:
    splits = ", ".join(f"{split} {count}" for split, count in images.items())
    return f"{counted(sum(images.values()), 'image')} ({splits})"


def _words(name: str) -> str:
    return name.replace("_", " ")
