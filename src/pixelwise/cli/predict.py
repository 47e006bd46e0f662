"""`pixelwise predict MODEL INPUT... -o OUT`."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelwise.cli.values import DEVICE_HELP, PRECISION_HELP, TTA_HELP

if TYPE_CHECKING:
    from pixelwise.data.classes import Classes
    from pixelwise.inference import Picture, Prediction

__all__ = ["predict"]

_END_OF_PICTURES = ".png"  # behind the name of an image
_OF_MAPS = (".tif", ".tiff")  # images whose mask may be a map, too
_LEGEND = "legend.png"


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model file, or the run folder that holds one.")],
    inputs: Annotated[
        list[str], typer.Argument(metavar="IMAGES", help="Images, folders of images, or quoted patterns ('*.jpg').")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder to write to.")],
    alpha: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="Share of the colour in the overlay, 0 to 1.")
    ] = 0.5,
    tta: Annotated[bool, typer.Option("--tta", help=TTA_HELP)] = False,
    device: Annotated[str | None, typer.Option(metavar="NAME", help=DEVICE_HELP)] = None,
    precision: Annotated[str | None, typer.Option(metavar="NAME", help=PRECISION_HELP)] = None,
) -> None:
    """Predict images of any size.

    Models of masks write NAME_mask.png (class indices) and NAME_overlay.png for each, and a legend.png; models that
    make pictures write NAME.png.

    The mask of a GeoTIFF is NAME_mask.tif, at the same place on earth; 255 is no data there.

    Where classes overlap, NAME_mask is a folder with a PNG file for each of them.

    A file that cannot be read is named and passed over, and the exit code is then 2.

    What lies in the output folder is a result, and not predicted again; only files that pixelwise has written as
    results are replaced there.
    """
    from pixelwise.cli.console import ConsoleDisplay, error_console
    from pixelwise.cli.values import known_precision
    from pixelwise.data.wording import counted
    from pixelwise.errors import DataError
    from pixelwise.inference import load
    from pixelwise.ops.image_io import write_png
    from pixelwise.reports.figures import legend_picture

    jobs = list(_jobs(inputs, output))
    predictor = load(model, device=device, precision=known_precision(precision))
    classes = predictor.description.classes
    makes_masks = classes is not None
    _refuse_to_replace(jobs, _results(jobs, output, classes), output)
    failures: list[str] = []
    with ConsoleDisplay() as display:
        display.say(f"Predicting {counted(len(jobs), 'image')} on {predictor.device.type}")
        for done, (source, name) in enumerate(jobs):
            try:
                prediction = predictor(source, tta=tta)
            except DataError as error:
                failures.append(str(error))
            else:
                _save(prediction, output, name, alpha)
            display.working("Predicting", done + 1, len(jobs))
    if makes_masks and len(failures) < len(jobs):  # a folder is made only for results
        write_png(output / _LEGEND, legend_picture(predictor.classes), is_result=True)
    for failure in failures:
        error_console.print(f"Passed over: {failure}", markup=False, soft_wrap=True)
    legend = f" ({_LEGEND} shows the colours)" if makes_masks else ""
    where = "" if len(failures) == len(jobs) else f", in {output}{legend}"
    typer.echo(f"{len(jobs) - len(failures)} of {len(jobs)} images predicted{where}")
    if failures:
        raise typer.Exit(2)


def _save(prediction: Prediction | Picture, output: Path, name: str, alpha: float) -> None:
    """Write a mask with its overlay, or a picture."""
    from pixelwise.inference import Picture

    if isinstance(prediction, Picture):
        prediction.save(output / f"{name}{_END_OF_PICTURES}")
        return
    is_map = prediction.georeference is not None
    prediction.save(output / f"{name}_mask{'.tif' if is_map else '.png'}")
    prediction.save_overlay(output / f"{name}_overlay.png", alpha)


def _jobs(inputs: Sequence[str], output: Path) -> Iterator[tuple[Path, str]]:
    """Each image file with the name of its results, which repeats the folders below the one that was given.

    Raises:
        DataError: If an input is not there, holds no image but results, or two images would have results of one name.
    """
    from pixelwise.errors import DataError

    taken: dict[str, Path] = {}
    for text in inputs:
        path = Path(text)
        if path.is_dir():
            files = _without_results(_images_below(path), path, output)
            found = [(file, str(file.relative_to(path).with_suffix(""))) for file in files]
        elif path.is_file():
            found = [(path, path.stem)]
        else:
            matches = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
            begin = Path(re.split(r"[*?[]", text)[0] + "_").parent
            found = [(file, file.stem) for file in _without_results(map(Path, matches), begin, output)]
        if not found:
            raise DataError(_no_image(text, output))
        for file, name in found:
            if name in taken and taken[name] != file:
                raise DataError(
                    f"{taken[name]} and {file} would both be written as {name}; predict them into two folders."
                )
            if name not in taken:
                taken[name] = file
                yield file, name


def _no_image(text: str, output: Path) -> str:
    """That an input holds no image, and why."""
    if any(_images_below(Path(text))):
        return f"All images of {text} lie in the output folder, {output}, and count as results. Give another --output."
    return (
        f"{text} is no image, no folder with images and no pattern that fits one (what lies in the output folder, "
        f"{output}, does not count)."
    )


def _images_below(folder: Path) -> list[Path]:
    """The image files of a folder and of those in it, without hidden ones, such as macOS's `._photo.jpg`."""
    from pixelwise.ops.image_io import SUFFIXES

    files = (file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    return sorted(file for file in files if not any(part[0] == "." for part in file.relative_to(folder).parts))


def _results(jobs: Sequence[tuple[Path, str]], output: Path, classes: Classes | None) -> list[Path]:
    """The files that may be written: pictures where the model knows no classes, else masks and what goes with them."""
    from pixelwise.inference.prediction import plane_names

    if classes is None:
        return [output / f"{name}{_END_OF_PICTURES}" for _, name in jobs]
    results = [output / _LEGEND]
    for source, name in jobs:
        results.append(output / f"{name}_overlay.png")
        if classes.multilabel:
            results += [output / f"{name}_mask" / f"{plane}.png" for plane in plane_names(classes.names)]
        else:
            ends = (".png", ".tif") if source.suffix.lower() in _OF_MAPS else (".png",)
            results += [output / f"{name}_mask{end}" for end in ends]
    return results


def _refuse_to_replace(jobs: Sequence[tuple[Path, str]], results: Sequence[Path], output: Path) -> None:
    """Make sure that results replace nothing but results: no image that is to be predicted, no mask of the user.

    Raises:
        DataError: If one would.
    """
    from pixelwise.data.wording import agree, counted, ended
    from pixelwise.errors import DataError, some_of
    from pixelwise.ops.signature import is_signed

    images = {source.resolve() for source, _ in jobs}
    for result in results:
        if result.resolve() in images:
            raise DataError(f"The image {result} would be replaced by a result. Give another folder with --output.")
    foreign = [result for result in results if result.exists() and not is_signed(result)]
    if foreign:
        names = some_of(result.relative_to(output) for result in foreign)
        are = agree(len(foreign), "is no result", "are no results")
        what = f"{counted(len(foreign), 'file')} in {output} {are} of pixelwise and would be replaced by one: {names}"
        raise DataError(f"{ended(what)} Give another folder with --output.")


def _without_results(files: Iterable[Path], begin: Path, output: Path) -> list[Path]:
    """Leave out what lies in the output folder, unless that is around the whole folder `begin` that was given."""
    results, given = output.resolve(), begin.resolve()
    if given != results and given.is_relative_to(results):
        return list(files)
    return [file for file in files if not file.resolve().is_relative_to(results)]
