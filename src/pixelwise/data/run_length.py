"""Masks as lengths of runs, as COCO stores them: down each column, then the next; zeros first, then ones, in turns.

The compressed string packs each length (from the fourth on: its difference from the one two before) into characters of
five bits: the sixth bit says that more follow, the highest of the last five is the sign, and 48 is added.
Common Objects in Context, https://cocodataset.org/#format-data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixelwise.errors import DataError

__all__ = ["packed_counts", "run_counts", "unpacked_counts"]

_FIRST = 48  # "0"
_BITS = 5
_MORE = 1 << _BITS
_SIGN = 1 << (_BITS - 1)
_LONGEST = 8  # characters of one number: 40 bits


def run_counts(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The lengths of the runs of a mask.

    Args:
        mask: `(H, W)`.

    Returns:
        `(N,)`: how many pixels are unset, set, unset and so on, down the columns; the first may be 0.

    >>> run_counts(np.array([[False, True], [True, True]]))
    array([1, 3])
    """
    flat = mask.reshape(-1, order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    begin = [0, 0] if flat.size and flat[0] else [0]
    return np.diff(np.concatenate([np.array(begin, np.int64), changes, [flat.size]])).astype(np.int64)


def packed_counts(counts: Sequence[int] | NDArray[np.integer]) -> str:
    """Lengths of runs as COCO's compressed string.

    >>> packed_counts([1, 3])
    '13'
    """
    lengths = np.asarray(counts, np.int64)
    values = lengths.copy()
    values[3:] -= lengths[1:-2]
    characters = bytearray()
    for value in values.tolist():
        more = True
        while more:
            bits = value & (_MORE - 1)
            value >>= _BITS
            more = value != (-1 if bits & _SIGN else 0)
            characters.append(_FIRST + bits + (_MORE if more else 0))
    return characters.decode("ascii")


def unpacked_counts(text: str) -> NDArray[np.int64]:
    """Lengths of runs from COCO's compressed string.

    Raises:
        DataError: If the string is none.

    >>> unpacked_counts("13")
    array([1, 3])
    """
    try:
        codes = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - _FIRST
    except UnicodeEncodeError as error:
        raise DataError("a compressed run-length code holds characters that do not belong into it.") from error
    if not codes.size:
        return np.zeros(0, np.int64)
    if codes.min() < 0 or codes.max() >= 2 * _MORE:
        raise DataError("a compressed run-length code holds characters that do not belong into it.")
    if codes[-1] & _MORE:
        raise DataError("a compressed run-length code is cut short.")
    ends = np.flatnonzero(codes & _MORE == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST:
        raise DataError("a compressed run-length code holds a number that is too large.")
    places = np.arange(codes.size) - np.repeat(starts, lengths)
    values = np.add.reduceat((codes & (_MORE - 1)) << (_BITS * places), starts)
    values -= np.where(codes[ends] & _SIGN, np.int64(1) << (_BITS * lengths), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
