"""What was measured of the networks, by `benchmarks/networks.py`, which writes the file beside this one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

__all__ = ["Measured", "measured", "measured_how"]


@dataclass(frozen=True)
class Measured:
    """Figures of one network, trained for the same time as all others on the same data.

    Attributes:
        name: In the catalog.
        encoder: The timm backbone; None for a network that has none.
        held_out: mIoU on a sequence that was held out.
        val: mIoU on the data's split of that name.
        parameters: How many, with the heads that only training uses.
        gmac: Billions of multiplications with an addition for one image.
        milliseconds: Of the network alone for one image.
    """

    name: str
    encoder: str | None
    held_out: float
    val: float | None
    parameters: int
    gmac: float
    milliseconds: float


def measured() -> dict[str, Measured]:
    """The figures by name of the network; not every network was measured."""
    return {row["name"]: Measured(**row) for row in _file()["networks"]}


def measured_how() -> str:
    """On what data, for how long, and what was held out."""
    return str(_file()["protocol"])


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(resources.files(__package__).joinpath("measured.json").read_text())
    return content
