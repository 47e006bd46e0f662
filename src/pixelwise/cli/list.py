"""`pixelwise list models|encoders|losses|tasks|formats`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from pixelwise.errors import unknown_name

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
        raise unknown_name(kind.removesuffix("s"), filter_, [], advice="Give another --filter.")
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
    import timm

    from pixelwise.encoders import DEFAULT_ENCODER

    rows = []
    for name in timm.list_models(pattern):
        config = timm.get_pretrained_cfg(name)
        weights = f"weights: {config.license or 'licence unknown'}" if config and config.has_weights else "no weights"
        rows.append((name, weights + (" (installed; the default)" if name == DEFAULT_ENCODER else "")))
    return rows
