"""`pixelwise list models|encoders|losses|tasks|formats|checks|degradations`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from pixelwise.errors import SettingError, nearest, unknown_name

__all__ = ["list_"]

_KINDS = ("checks", "degradations", "encoders", "formats", "losses", "models", "tasks")

_OF_DATA = ("checks", "formats")


def list_(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help="models, encoders, losses, tasks, formats, checks or degradations."),
    ] = None,
    filter_: Annotated[str, typer.Option("--filter", help="Pattern for names, such as 'convnext*'.")] = "*",
) -> None:
    """List what can be chosen, with a line on each."""
    if kind is None:
        raise SettingError(f"Say what to list, such as `pixelwise list models`: {', '.join(_KINDS)}.")
    if kind not in _KINDS:
        raise unknown_name("list", kind, _KINDS)
    rows = _rows(kind, filter_)
    if not rows:
        near = nearest(filter_, [row[0].partition(" ")[0] for row in _rows(kind, "*")])
        hint = "Give another --filter, such as '*net*'." if near is None else f"Did you mean '{near}'?"
        raise SettingError(f"None of the {kind} fits '{filter_}'. {hint}")
    from rich.table import Table

    from pixelwise.cli.console import output_console, wide_where_nobody_watches

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    for row in rows:
        table.add_row(*row)
    with wide_where_nobody_watches(output_console):
        output_console.print(table)
    if kind == "models":
        from pixelwise.models import measured_how

        output_console.print(f"\nMeasured: {measured_how()} (docs/benchmarks.md).", soft_wrap=True)


def _rows(kind: str, pattern: str) -> Sequence[tuple[str, ...]]:
    """What is printed of each component whose name fits a pattern; the first cell begins with the name."""
    special = {"encoders": _encoders, "losses": _losses, "degradations": _degradations}
    return special[kind](pattern) if kind in special else _components(kind, pattern)


def _components(kind: str, pattern: str) -> Sequence[tuple[str, ...]]:
    from fnmatch import fnmatch
    from importlib import import_module

    package = f"pixelwise.data.{kind}" if kind in _OF_DATA else f"pixelwise.{kind}"
    catalog = getattr(import_module(package), kind.upper())
    names = [name for name in catalog if fnmatch(name, pattern)]
    if kind == "models":
        return [_model(name) for name in names]
    rows = [(name, str(catalog[name].summary)) for name in names]
    if kind == "checks":
        from pixelwise.data.pictures.checks import PICTURE_CHECKS

        of_pictures = [name for name in PICTURE_CHECKS if fnmatch(name, pattern)]
        rows += [(f"{name}, of pictures", PICTURE_CHECKS[name].summary) for name in of_pictures]
    return rows


def _model(name: str) -> tuple[str, str]:
    """Name, and three lines: what it is, its source, what was measured."""
    from pixelwise.models import MODELS, measured

    card, figures = MODELS[name], measured().get(name)
    lines = [card.summary, card.paper]
    if figures is not None:
        val = "" if figures.val is None else f", {figures.val:.3f} on val"
        lines.append(
            f"{figures.parameters / 1e6:.1f} M parameters, mIoU {figures.held_out:.3f} on what was held out{val}, "
            f"{figures.milliseconds:.0f} ms an image"
        )
    return name, "\n".join(lines)


def _losses(pattern: str) -> Sequence[tuple[str, ...]]:
    """Name with its abbreviation, and two lines: what it is, and its source; those of masks, then those of pictures."""
    from fnmatch import fnmatch

    from pixelwise.losses import LOSSES
    from pixelwise.picture_losses import PICTURE_LOSSES

    rows = []
    for name in LOSSES:
        if fnmatch(name, pattern):
            card = LOSSES[name]
            short = "" if card.abbreviation is None else f" ({card.abbreviation})"
            rows.append((f"{name}{short}", f"{card.summary}\n{card.paper}"))
    of_pictures = [(name, PICTURE_LOSSES[name]) for name in PICTURE_LOSSES if fnmatch(name, pattern)]
    return [*rows, *((f"{name}, of pictures", f"{card.summary}\n{card.paper}") for name, card in of_pictures)]


def _degradations(pattern: str) -> Sequence[tuple[str, ...]]:
    """How each is written, and what it does."""
    from fnmatch import fnmatch

    from pixelwise.data.degradations import DEGRADATIONS

    return [
        (card.example, f"{card.summary}; the number is {card.strength}" if card.strength else card.summary)
        for name, card in DEGRADATIONS.items()
        if fnmatch(name, pattern)
    ]


def _encoders(pattern: str) -> Sequence[tuple[str, ...]]:
    """Name, parameters in millions, strides, licence of the weights, and what is unusual."""
    from pixelwise.encoders import DEFAULT_ENCODER, list_encoders

    rows = []
    for facts in list_encoders(pattern):
        notes = []
        if facts.name == DEFAULT_ENCODER:
            notes.append("the default, installed")
        if facts.weights is not None and facts.weights.is_non_commercial:
            notes.append("not for commercial use")
        if facts.fixed_size is not None:
            notes.append("images resized to {} × {}".format(*facts.fixed_size))
        rows.append((
            facts.name,
            f"{facts.parameters / 1e6:.1f} M",
            f"strides {facts.strides[0]}–{facts.strides[-1]}",
            "no weights" if facts.weights is None else f"weights: {facts.weights.licence}",
            "; ".join(notes),
        ))  # fmt: skip
    return rows
