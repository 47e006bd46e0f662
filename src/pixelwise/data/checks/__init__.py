"""What the doctor looks for: the check called `x` is the file `x.py`, which ends in `CHECK = Check(...)`."""

from __future__ import annotations

from pixelwise.catalog import Catalog
from pixelwise.data.checks._base import Check, Finding, Severity, Survey

__all__ = ["CHECKS", "Check", "Finding", "Severity", "Survey"]

CHECKS: Catalog[Check] = Catalog(__name__, "check")
