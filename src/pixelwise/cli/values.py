"""Values of options that several commands take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pixelwise.errors import SettingError, unknown_name

if TYPE_CHECKING:
    from pixelwise.training.run import Source

__all__ = [
    "DEVICE_HELP",
    "PRECISION_HELP",
    "TTA_HELP",
    "Binary",
    "Degrade",
    "Ignore",
    "Multilabel",
    "Names",
    "Reverse",
    "Scale",
    "Separate",
    "TaskName",
    "Validation",
    "class_names",
    "data_options",
    "ignored_values",
    "known_precision",
    "refuse_contradictions",
]

DEVICE_HELP = "cpu, cuda or cuda:1; if not given, a GPU where there is one."
PRECISION_HELP = "fp32 or bf16; if not given, what is faster here."
TTA_HELP = "Average over mirrored and scaled views of each image (test-time augmentation): better, and slower."

# What may be said about a folder of data.
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="VALUE", help="Mask value to leave out; may be repeated. none: leave nothing out."),
]
Names = Annotated[str | None, typer.Option(metavar="NAMES", help="Names of the classes, by value: sky,road,car.")]
Binary = Annotated[
    bool | None, typer.Option("--binary/--no-binary", help="Every mask value above 0 is the object, or never.")
]
Separate = Annotated[
    bool, typer.Option("--separate", help="Masks number their objects: as --binary, with borders where they touch.")
]
Multilabel = Annotated[
    bool | None,
    typer.Option(
        "--multilabel/--no-multilabel", help="Pixels may belong to several classes (a mask per class), or not."
    ),
]
Validation = Annotated[
    str | None,
    typer.Option(metavar="WHICH", help="What to hold out: a share (0.2), or the beginning of file names."),
]

_EXCLUDE = (
    ("--separate", "--no-binary", "objects that are kept apart make binary masks"),
    ("--separate", "--multilabel", "masks in one file per class do not number their objects"),
    ("--binary", "--multilabel", "one object against the background is not several classes that may overlap"),
    ("--unlabelled", "--multilabel", "unlabelled images serve classes that exclude one another"),
)

# What may be said about a folder of pictures.
TaskName = Annotated[str, typer.Option("--task", metavar="NAME", help="What to learn; see: pixelwise list tasks.")]
Scale = Annotated[
    int | None, typer.Option(metavar="S", help="Super-resolution: how many times larger, 2 to 8; if not given, 2.")
]
Degrade = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT", help="Make images of the pictures: noise:5-50+jpeg:30-95; see: pixelwise list degradations."
    ),
]
Reverse = Annotated[
    bool, typer.Option("--reverse", help="Translation: from the right half, or the second kind, to the first.")
]


def class_names(given: str | None) -> tuple[str, ...] | None:
    """The names of `--classes`; None if it was not given."""
    return tuple(name.strip() for name in given.split(",")) if given else None


def data_options(source: Source) -> list[str]:
    """The options that say what a user has said about a folder of images and masks, but for `--seed`."""
    words = [] if source.ignore is None else [f"--ignore={value}" for value in source.ignore or ("none",)]
    words += ["--classes", ",".join(source.classes)] if source.classes else []
    for name, value in (("binary", source.binary), ("multilabel", source.multilabel)):
        words += [] if value is None else [f"--{name}" if value else f"--no-{name}"]
    words += ["--separate"] if source.separate else []
    return words + (["--validation", source.validation] if source.validation else [])


def ignored_values(given: Sequence[str] | None) -> tuple[int, ...] | None:
    """Mask values of `--ignore`; None if it was not given, nothing for `none`.

    Raises:
        SettingError: If a value is no whole number.
    """
    if not given:
        return None
    if list(given) == ["none"]:
        return ()
    wrong = [text for text in given if not text.isdecimal()]
    if wrong:
        raise SettingError(f"--ignore takes a mask value, a whole number such as 255, or none; got '{wrong[0]}'.")
    return tuple(int(text) for text in given)


def known_precision(text: str | None) -> Literal["fp32", "bf16"] | None:
    """The precision of `--precision`.

    Raises:
        SettingError: If there is no such precision.
    """
    match text:
        case None | "fp32" | "bf16":
            return text
        case _:
            raise unknown_name("precision", text, ("fp32", "bf16"))


def refuse_contradictions(
    *, binary: bool | None, separate: bool, multilabel: bool | None, unlabelled: bool = False
) -> None:
    """Refuse options about a folder of images and masks that exclude one another.

    Args:
        binary: Whether every mask value above 0 is the object; None where nobody has said so.
        separate: Whether masks number objects that are kept apart.
        multilabel: Whether classes may overlap; None where nobody has said so.
        unlabelled: Whether images without masks are learnt from, too.

    Raises:
        SettingError: If two of them are given.
    """
    given = {
        "--binary": binary is True,
        "--no-binary": binary is False,
        "--separate": separate,
        "--multilabel": multilabel is True,
        "--unlabelled": unlabelled,
    }
    for one, other, why in _EXCLUDE:
        if given[one] and given[other]:
            raise SettingError(f"Both {one} and {other} are given, but {why}. Leave one of them out.")
