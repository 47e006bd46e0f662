"""The command line. Each command is one file; whatever is heavy is imported inside the command."""

from __future__ import annotations

import io
import logging
import sys
import time

import typer

from pixelwise.cli import check, convert, convert_data, demo, evaluate, predict, resume, train, tune
from pixelwise.cli import list as list_
from pixelwise.cli.of_model import OfModel
from pixelwise.errors import PixelwiseError
from pixelwise.ops.launch import Launch, launch_of
from pixelwise.ops.processes import allow_processes

__all__ = ["app", "main"]

app = typer.Typer(
    name="pixelwise",
    help="Train a network on your own pictures: a folder of images and masks in, a segmenter out; or, with --task, "
    "pictures in and one that mends, enlarges, colours or translates pictures out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("demo")(demo.demo)
app.command("check")(check.check)
app.command("train")(train.train)
app.command("tune")(tune.tune)
app.command("resume")(resume.resume)
app.command("evaluate", cls=OfModel)(evaluate.evaluate)
app.command("predict", cls=OfModel)(predict.predict)
app.command("convert")(convert.convert)
app.command("convert-data")(convert_data.convert_data)
app.command("list")(list_.list_)


@app.callback(invoke_without_command=True)
def _version(
    context: typer.Context, version: bool = typer.Option(False, "--version", help="Print the version and stop.")
) -> None:
    context.obj = context.obj or time.monotonic()  # when the command began, for --budget
    if version:
        from pixelwise._version import __version__

        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run a command: what the user can mend is one sentence on standard error and exit code 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may be of any bytes
    for part in ("fabric", "pytorch"):  # what they inform of, such as the precision, we say ourselves
        logging.getLogger(f"lightning.{part}.utilities.rank_zero").setLevel(logging.WARNING)
    began, launch = time.monotonic(), launch_of()
    try:
        with allow_processes():
            if launch.world_size == 1:
                app()
            else:
                _together(launch, began)
    except PixelwiseError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(2)


def _together(launch: Launch, began: float) -> None:
    """As one of several processes: the first runs the command, and the others take part in what it trains."""
    from pixelwise.workflow.helping import follow, leading

    if not launch.is_first:
        sys.exit(follow(launch))
    with leading(launch):
        app(obj=began)
