"""What all pages that tell of a training have in common: one html file that needs nothing beside it."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from pixelwise._version import __version__
from pixelwise.data.dataset import Decision
from pixelwise.ops.files import write_atomically
from pixelwise.reports.curves import ACCENT, GRID, INK, Curve, learning_curves

__all__ = ["GROUPS", "Account", "Content", "css", "data_uri", "templates_with", "themed", "write_page"]

GROUPS = {"worst": "Worst", "median": "In the middle", "best": "Best", None: "Examples"}
"""Headings of the groups of examples, in their order: the worst first, because they teach the most."""


@dataclass(frozen=True)
class Account:
    """What a page tells whatever was trained; all but the title may be empty.

    Attributes:
        title: Heading, such as the name of the data.
        history: Rows of `metrics.jsonl`.
        decisions: What was decided, and why.
        plan: The settings, nested; an entry `decisions` is left out, being shown above.
        environment: Versions and machine.
    """

    title: str
    history: Sequence[Mapping[str, Any]] = ()
    decisions: Sequence[Decision] = ()
    plan: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Content:
    """What fills the upper part of a page: scores and examples.

    Attributes:
        template: File name of what lays it out.
        values: What the template shows, by name.
    """

    template: str
    values: Mapping[str, Any]


def write_page(path: str | Path, account: Account, content: Content) -> None:
    """Write a page as one html file without any reference to another.

    Args:
        path: File to write.
        account: What every page tells.
        content: What this one shows above it.

    Raises:
        OutputError: If the file cannot be written.
    """
    templates = templates_with({"score": _score, "percent": _percent, "css": css})
    settings = {key: value for key, value in account.plan.items() if key != "decisions"}
    page = templates.get_template(content.template).render(
        title=account.title,
        **content.values,
        curves=[(curve.title, curve.note, themed(curve)) for curve in learning_curves(account.history)],
        decisions=account.decisions,
        settings=list(_flat(settings)),
        environment=list(_flat(account.environment)),
        version=__version__,
    )
    write_atomically(Path(path), page.encode())


def templates_with(filters: Mapping[str, Callable[..., Any]]) -> Environment:
    """The templates of all pages, which may use these filters; every text is escaped, and every name must be known."""
    templates = Environment(
        loader=PackageLoader("pixelwise.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= filters
    return templates


def css(color: Iterable[int]) -> str:
    """A colour, red, green and blue from 0 to 255, as style sheets have it."""
    return "rgb({} {} {})".format(*color)


def data_uri(image: Image.Image, encoding: str) -> str:
    """A picture as an address that holds it whole."""
    content = io.BytesIO()
    image.save(content, format=encoding, quality=85)
    return f"data:image/{encoding.lower()};base64,{base64.b64encode(content.getvalue()).decode()}"


def themed(curve: Curve) -> Markup:
    """The drawing with the page's colours and with ids that no other drawing has."""
    svg = curve.svg
    for color, variable in {INK: "--soft", GRID: "--line", ACCENT: "--accent"}.items():
        svg = svg.replace(color, f"var({variable})")
    prefix = re.sub(r"\W+", "-", curve.title.lower())
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", svg)
    return Markup(svg)  # drawn by matplotlib from numbers


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as lines: `training.learning rate`, `0.002`."""
    for key, value in values.items():
        name = f"{above}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
            yield from _flat({str(i + 1): item for i, item in enumerate(value)}, f"{name}.")
        else:
            yield name, _readable(value)


def _readable(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_readable, value))
    return str(value)


def _score(value: float) -> str:
    """A share of 1 with three decimals, as everywhere: `0.736`."""
    return "–" if math.isnan(value) else f"{value:.3f}"


def _percent(share: float) -> str:
    """`12 %`, with one decimal below ten."""
    if math.isnan(share):
        return "–"
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.1f} %"
