"""What the doctor looks for among pictures: the check `x` is the file `x.py`, which ends in `CHECK = …`."""

from __future__ import annotations

from pixelwise.catalog import Catalog
from pixelwise.data.pictures.checks._base import PictureCheck

__all__ = ["PICTURE_CHECKS", "PictureCheck"]

PICTURE_CHECKS: Catalog[PictureCheck] = Catalog(__name__, "check")
