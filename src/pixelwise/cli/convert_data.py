"""`pixelwise convert-data FOLDER OUT --to FORMAT`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelwise.cli.values import Binary, Ignore, Multilabel, Names, Separate

if TYPE_CHECKING:
    from pixelwise.data.converting import Conversion

__all__ = ["WRITABLE", "convert_data"]

WRITABLE = ("cityscapes", "coco", "cvat", "labelme", "manifest", "paired_folders", "split_folders", "voc")
# as `data.converting.writable_formats` finds them, for which every format would be imported here


def convert_data(
    data: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of images and masks, in any usual layout.")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to make.")],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help=f"What to write: {', '.join(WRITABLE)}.")],
    ignore: Ignore = None,
    classes: Names = None,
    binary: Binary = None,
    separate: Separate = False,
    multilabel: Multilabel = None,
) -> None:
    """Write data in another format, then read them back and compare every pixel's class."""
    from pixelwise.cli.console import ConsoleDisplay, output_console, program
    from pixelwise.cli.values import class_names, ignored_values
    from pixelwise.data.converting import check_target, convert_data
    from pixelwise.data.understand import open_data

    check_target(data, output, to)  # before the data, which take long to read
    with ConsoleDisplay() as display:
        dataset = open_data(
            data,
            ignore=ignored_values(ignore),
            classes=class_names(classes),
            binary=binary,
            separate=separate,
            multilabel=multilabel,
            progress=display.counter("Reading the masks"),
        )
        conversion = convert_data(data, output, to, dataset=dataset, progress=display.working)
    splits = ", ".join(f"{split} {len(pairs)}" for split, pairs in conversion.splits.items())
    lines = [
        f"{output}: {sum(map(len, conversion.splits.values()))} pairs ({splits}) as {to}",
        f"Read back and compared: {dataset.classes.num_classes} classes and {conversion.compared} masks are the same, "
        "pixel by pixel.",
        *conversion.notes,
        *_about_left_out(conversion),
        f"Next: {program()} train {output}",
    ]
    for line in lines:
        output_console.print(line, markup=False, soft_wrap=True)


def _about_left_out(conversion: Conversion) -> Iterator[str]:
    """How many images were not written, the first of them, and why."""
    from pixelwise.data.wording import counted
    from pixelwise.errors import some_of

    if not conversion.left_out:
        return
    names = some_of(file.name for file in conversion.left_out)
    yield f"Left out: {counted(len(conversion.left_out), 'image')} that no pair uses ({names})"
    if not conversion.reasons:
        yield "  - they have no mask, or are in no list"
    for reason in conversion.reasons:
        yield f"  - {reason.what}: {reason.why}"
