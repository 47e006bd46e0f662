"""`pixelwise list models|encoders|losses|tasks|formats`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from pixelwise.errors import SettingError, unknown_name

__all__ = ["list_"]

_KINDS = ("encoders", "formats", "losses", "models", "tasks")


def list_(
    kind: Annotated[str, typer.Argument(help="models, encoders, losses, tasks or formats.")],
    filter_: Annotated[str, typer.Option("--filter", help="Pattern for names, such as 'convnext*'.")] = "*",
) -> None:
    """List what can be chosen, with a line on each."""
    if kind not in _KINDS:
        raise unknown_name("list", kind, _KINDS)
    rows = _encoders(filter_) if kind == "encoders" else _components(kind, filter_)
    if not rows:
        raise SettingError(f"None of the {kind} fits '{filter_}'. Give another --filter, such as '*net*'.")
    from rich.table import Table

    from pixelwise.cli.console import output_console

    table = Table(box=None, pad_edge=False, show_header=False)
    for row in rows:
        table.add_row(*row)
    output_console.print(table)


def _components(kind: str, pattern: str) -> Sequence[tuple[str, ...]]:
    from fnmatch import fnmatch
    from importlib import import_module

    package = "pixelwise.data.formats" if kind == "formats" else f"pixelwise.{kind}"
    catalog = getattr(import_module(package), kind.upper())
    return [(name, str(catalog[name].summary)) for name in catalog if fnmatch(name, pattern)]


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
