"""`pixelwise check FOLDER --task …`, and what is said of pictures without masks."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pixelwise.data.doctor import Diagnosis
    from pixelwise.data.pictures.doctor import PictureDiagnosis
    from pixelwise.data.pictures.offers import Offers
    from pixelwise.data.pictures.survey import PicturesWanted
    from pixelwise.planning.summary import Fact

__all__ = ["check_options", "check_pictures", "offers_instead", "tell_offers"]


def check_pictures(
    data: Path, wanted: PicturesWanted, degrade: str | None, *, html: Path | None, as_json: bool, quick: bool
) -> None:
    """Say what pictures are in a folder, what is wrong with them for a task, and what training would decide.

    Args:
        data: The folder.
        wanted: What is to be learnt.
        degrade: What makes images of the pictures; None where the data hold pairs.
        html: A page to write.
        as_json: Whether to print JSON.
        quick: Whether nothing is decoded.

    Raises:
        typer.Exit: With code 1 if something ruins training.
    """
    from pixelwise.cli.check_text import print_pictures, print_plan
    from pixelwise.cli.console import ConsoleDisplay, output_console
    from pixelwise.data.checks import Severity
    from pixelwise.data.pictures.doctor import examine_pictures

    with ConsoleDisplay() as display:
        working = display.counter("Reading the pictures", "Looking at the pictures")
        diagnosis = examine_pictures(data, wanted, quick=quick, progress=working)
    plan, refusal = _plan(diagnosis, degrade)
    if as_json:
        typer.echo(json.dumps(_as_json(diagnosis, plan, refusal), ensure_ascii=False))
    else:
        print_pictures(diagnosis)
        print_plan(plan, refusal, is_whole=diagnosis.survey.pictures is not None)
    if html is not None:
        from pixelwise.reports.check_pictures_page import write_pictures_page

        write_pictures_page(html, diagnosis, plan)
        if not as_json:
            output_console.print(f"Page: {html}", markup=False, soft_wrap=True)
    if refusal is not None or any(finding.severity is Severity.RUINS for finding in diagnosis.findings):
        raise typer.Exit(1)


def check_options(wanted: PicturesWanted, degrade: str | None) -> str:
    """What follows `pixelwise check FOLDER` to look at pictures for the same as in a training."""
    options = [f"--task {wanted.task}"]
    if wanted.task == "super_resolution":
        options.append(f"--scale {wanted.scale}")
    if degrade is not None:
        options.append(f"--degrade {shlex.quote(degrade)}")
    if not wanted.image_is_left:
        options.append("--reverse")
    if wanted.validation is not None:
        options.append(f"--validation {shlex.quote(str(wanted.validation))}")
    if wanted.seed:
        options.append(f"--seed {wanted.seed}")
    return " ".join(options)


def offers_instead(diagnosis: Diagnosis) -> Offers | None:
    """Which tasks take a folder in which no masks were found; None where there are masks, or nothing takes it."""
    from pixelwise.data.pictures.offers import picture_offers

    survey = diagnosis.survey
    if survey.dataset is not None or survey.usable is not None:
        return None
    return picture_offers(survey.root, only_pairs=survey.layout is not None)


def tell_offers(diagnosis: Diagnosis, offers: Offers, *, html: Path | None, as_json: bool) -> None:
    """Print what was found, and which tasks take it; a page that was asked for is written by their commands.

    Raises:
        typer.Exit: With 1, where none takes it.
    """
    from pixelwise.cli.check_text import print_offers

    survey, page = diagnosis.survey, "" if html is None else f" --html {shlex.quote(str(html))}"
    if not as_json:
        print_offers(survey.root, offers, survey.refusal, page)
    else:
        tasks = [{"options": f"{offer.options}{page}", "what": offer.what} for offer in offers.offers]
        said = {"folder": str(survey.root), "found": offers.found, "tasks": tasks, "refusal": survey.refusal}
        typer.echo(json.dumps(said, ensure_ascii=False))
    if not offers.offers:
        raise typer.Exit(1)


def _plan(diagnosis: PictureDiagnosis, degrade: str | None) -> tuple[list[Fact], str | None]:
    """What training would decide, or why it would not."""
    from pixelwise.errors import PixelwiseError
    from pixelwise.planning import make_picture_plan
    from pixelwise.planning.pictures_wanted import picture_arguments
    from pixelwise.planning.summary import picture_summary

    wanted, pictures = diagnosis.survey.wanted, diagnosis.survey.usable
    if pictures is None:
        return [], None
    arguments = picture_arguments(wanted, degrade, pictures.layout)
    try:
        return picture_summary(make_picture_plan(pictures, wanted.task, arguments), pictures), None
    except PixelwiseError as error:
        return [], str(error)


def _as_json(diagnosis: PictureDiagnosis, plan: list[Fact], refusal: str | None) -> dict[str, object]:
    """Everything for machines."""
    from pixelwise.data.overview import finding_as_json, verdict
    from pixelwise.data.pictures.overview import picture_overview

    survey, pictures = diagnosis.survey, diagnosis.survey.usable
    return {
        "folder": str(survey.root),
        "task": survey.wanted.task,
        "verdict": verdict(diagnosis.findings),
        "overview": dict(picture_overview(survey)),
        "data": None if pictures is None else pictures.fingerprint(),
        "decisions": [] if pictures is None else [{"what": one.what, "why": one.why} for one in pictures.decisions],
        "findings": [finding_as_json(finding, survey.root) for finding in diagnosis.findings],
        "refusal": survey.refusal or refusal,
        "plan": [asdict(fact) for fact in plan],
    }
