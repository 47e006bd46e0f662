"""How images and masks may lie on disk: one file per layout, each ending in `FORMAT`."""

from __future__ import annotations

from pixelwise.catalog import Catalog
from pixelwise.data.formats._base import Format, Found, Part

__all__ = ["FORMATS", "Format", "Found", "Part"]

FORMATS: Catalog[Format] = Catalog("pixelwise.data.formats", "format")
