"""`pixelwise check FOLDER`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixelwise.cli.values import (
    Binary,
    Degrade,
    Ignore,
    Multilabel,
    Names,
    Reverse,
    Scale,
    Separate,
    TaskName,
    Validation,
)

if TYPE_CHECKING:
    from pixelwise.data.doctor import Diagnosis, Wanted
    from pixelwise.data.fixes import Fixed
    from pixelwise.planning.summary import Fact

__all__ = ["check"]


def check(
    data: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of images and masks, in any usual layout.")],
    html: Annotated[Path | None, typer.Option(metavar="PAGE", help="Write a page with pictures to this file.")] = None,
    fix: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT", help="Write a clean copy into this new folder, as far as nothing has to be guessed."
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write FOLDER/dataset.yaml: everything that was inferred, made explicit.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Decode no images: masks and heads of images only.")] = False,
    ignore: Ignore = None,
    classes: Names = None,
    binary: Binary = None,
    separate: Separate = False,
    multilabel: Multilabel = None,
    validation: Validation = None,
    task: TaskName = "segmentation",
    scale: Scale = None,
    degrade: Degrade = None,
    reverse: Reverse = False,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of which images make up a share.")] = 0,
) -> None:
    """Say what is in a folder, what is wrong with it, and what training would decide; nothing is trained.

    Exit code 1 if something ruins training, else 0.
    """
    from pixelwise.cli.check_pictures import check_pictures, offers_instead, tell_offers
    from pixelwise.cli.check_text import print_fixed, print_state
    from pixelwise.cli.console import ConsoleDisplay
    from pixelwise.cli.train_pictures import refuse_options
    from pixelwise.cli.values import class_names, ignored_values, refuse_contradictions
    from pixelwise.data.checks import Severity
    from pixelwise.data.doctor import examine

    if task != "segmentation" or scale is not None or degrade is not None or reverse:
        from pixelwise.planning.pictures_wanted import pictures_wanted

        of_masks = {
            "--fix": fix,
            "--write": write or None,
            "--ignore": ignore,
            "--classes": classes,
            "--binary": binary,
            "--separate": separate or None,
            "--multilabel": multilabel,
        }
        of_pictures = {"--scale": scale, "--degrade": degrade, "--reverse": reverse or None}
        refuse_options(task, of_masks=of_masks, of_pictures=of_pictures)
        pictures = pictures_wanted(
            task, scale=scale, degrade=degrade, reverse=reverse, validation=validation, seed=seed, prefix="--"
        )
        check_pictures(data, pictures, degrade, html=html, as_json=as_json, quick=quick)
        return
    refuse_contradictions(binary=binary, separate=separate, multilabel=multilabel)
    if fix is not None:
        from pixelwise.ops.folders import refuse_inside, refuse_used_folder

        refuse_inside(fix, data)
        refuse_used_folder(fix)  # before the data, which take long to read
    wanted: Wanted = {
        "ignore": ignored_values(ignore),
        "classes": class_names(classes),
        "binary": binary,
        "separate": separate,
        "multilabel": multilabel,
        "validation": validation,
        "seed": seed,
    }
    with ConsoleDisplay() as display:
        working = display.counter("Reading the masks", "Looking at the images")
        diagnosis = examine(data, quick=quick, progress=working, **wanted)
    if fix is None and not write and (offers := offers_instead(diagnosis)) is not None:
        tell_offers(diagnosis, offers, html=html, as_json=as_json)
        return
    if not as_json:
        print_state(diagnosis)
    plan, refusal = _plan(diagnosis)
    fixed = None if fix is None else _fix(diagnosis, data, fix, wanted)
    if as_json:
        typer.echo(json.dumps(_as_json(diagnosis, plan, refusal, fixed), ensure_ascii=False))
    else:
        from pixelwise.cli.check_text import print_plan

        print_plan(plan, refusal, is_whole=diagnosis.survey.dataset is not None)
        if fixed is not None:
            print_fixed(fixed)
    _write_files(diagnosis, plan, html=html, write=write, wanted=wanted, quiet=as_json)
    if refusal is not None or any(finding.severity is Severity.RUINS for finding in diagnosis.findings):
        raise typer.Exit(1)


def _plan(diagnosis: Diagnosis) -> tuple[list[Fact], str | None]:
    """What training would decide, or why it would not."""
    dataset = diagnosis.survey.usable or diagnosis.survey.dataset
    if dataset is None:
        return [], None
    from pixelwise.errors import PixelwiseError
    from pixelwise.planning import make_plan
    from pixelwise.planning.summary import summary

    try:
        return summary(make_plan(dataset), dataset), None
    except PixelwiseError as error:
        return [], str(error)


def _fix(diagnosis: Diagnosis, data: Path, folder: Path, wanted: Wanted) -> Fixed:
    """Write the clean copy."""
    from pixelwise.cli.console import ConsoleDisplay
    from pixelwise.data.dataset import Dataset
    from pixelwise.data.fixing import fix_data
    from pixelwise.data.understand import open_data

    def opened(place: Path) -> Dataset:
        return open_data(
            place,
            ignore=wanted.get("ignore"),
            classes=wanted.get("classes"),
            binary=wanted.get("binary"),
            separate=wanted.get("separate", False),
            multilabel=wanted.get("multilabel"),
        )

    with ConsoleDisplay() as display:
        progress = display.counter("Writing the copy")
        return fix_data(diagnosis.survey, folder, path=data.expanduser(), opened=opened, progress=progress)


def _write_files(
    diagnosis: Diagnosis, plan: list[Fact], *, html: Path | None, write: bool, wanted: Wanted, quiet: bool
) -> None:
    """The page, and `dataset.yaml`."""
    from pixelwise.cli.console import output_console

    if html is not None:
        from pixelwise.reports.check_page import write_check_page

        write_check_page(html, diagnosis, plan)
        if not quiet:
            output_console.print(f"Page: {html}", markup=False, soft_wrap=True)
    if write:
        from pixelwise.data.settings_text import write_settings
        from pixelwise.errors import DataError

        validation, seed = wanted.get("validation"), wanted.get("seed", 0)
        try:
            dataset = diagnosis.dataset
        except DataError as error:
            raise DataError(
                f"dataset.yaml is not written, since training refuses the data as they are: {error}"
            ) from error
        file = write_settings(dataset, diagnosis.survey.splits, validation=validation, seed=seed)
        if not quiet:
            output_console.print(f"Written: {file}", markup=False, soft_wrap=True)


def _as_json(diagnosis: Diagnosis, plan: list[Fact], refusal: str | None, fixed: Fixed | None) -> dict[str, Any]:
    """Everything for machines."""
    from pixelwise.data.overview import finding_as_json, overview, verdict

    survey = diagnosis.survey
    dataset = survey.usable or survey.dataset
    found: dict[str, Any] = {
        "folder": str(survey.root),
        "verdict": verdict(diagnosis.findings),
        "overview": dict(overview(survey)),
        "data": None if dataset is None else dataset.fingerprint(),
        "decisions": [{"what": one.what, "why": one.why} for one in diagnosis.decisions],
        "findings": [finding_as_json(finding, survey.root) for finding in diagnosis.findings],
        "refusal": survey.refusal or refusal,
        "plan": [asdict(fact) for fact in plan],
    }
    if fixed is not None:
        found["fixed"] = {
            "folder": None if fixed.folder is None else str(fixed.folder),
            "pairs": fixed.num_pairs,
            "fixes": [{"what": one.what, "why": one.why, "files": list(one.files)} for one in fixed.fixes],
            "refusal": fixed.refusal,
        }
    return found
