"""The quality that a JPEG file was saved with, from the tables by which its frequencies were divided."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["quality_of"]

_SUM = 3685  # of the standard's table of luminance (ITU-T T.81, annex K), which stands for a quality of 50
_SMALLEST_SUM = 64  # a table of ones, as qualities near 100 have it


def quality_of(table: Sequence[int]) -> int:
    """The quality on the scale of libjpeg, 1 to 100; near it for programs with tables of their own.

    Args:
        table: The 64 divisors of luminance, in any order.

    >>> quality_of([1] * 64)
    99
    """
    percent = 100 * max(_SMALLEST_SUM, sum(table)) / _SUM
    quality = (200 - percent) / 2 if percent <= 100 else 5000 / percent
    return max(1, min(100, round(quality)))
