"""Video sequences, as the names of their frames tell them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pixelwise.data.pairs import Pair

__all__ = ["beginning_to_hold_out", "frames_per_sequence", "sequence_of", "shared_sequences"]

_FRAME = re.compile(r"(?P<sequence>.+?)[_\-. ][A-Za-z]{0,5}(?P<frame>\d+)")
_FRAMES_PER_SEQUENCE = 3
_WANTED = 0.2  # share of the images to hold out
_FEWEST = 3  # images that are held out, and that are left


def sequence_of(name: str) -> str | None:
    """The video sequence that a file name tells, or None.

    >>> sequence_of("0001TP_006690"), sequence_of("Seq05VD_f00000"), sequence_of("street")
    ('0001TP', 'Seq05VD', None)
    """
    match = _FRAME.fullmatch(name)
    return match["sequence"] if match else None


def frames_per_sequence(pairs: Sequence[Pair]) -> dict[str, int]:
    """Images of each video sequence; empty where the names do not tell sequences of several frames."""
    counts: Counter[str] = Counter()
    for pair in pairs:
        sequence = sequence_of(pair.name)
        if sequence is None:
            return {}
        counts[sequence] += 1
    return counts if len(pairs) >= _FRAMES_PER_SEQUENCE * len(counts) else {}


def shared_sequences(train: Sequence[Pair], val: Sequence[Pair]) -> list[str]:
    """The video sequences that both hold frames of; none where the names do not tell at least two of them."""
    counts = frames_per_sequence(train)
    return sorted(set(counts) & {sequence_of(pair.name) or "" for pair in val}) if len(counts) > 1 else []


def beginning_to_hold_out(train: Sequence[Pair]) -> str:
    """How the names of whole sequences begin that come nearest a fifth of all; empty where too few are on a side."""
    names = [pair.name for pair in train]
    counts = {begins: sum(name.startswith(begins) for name in names) for begins in frames_per_sequence(train)}
    fitting = [one for one, count in counts.items() if _FEWEST <= count <= len(names) - _FEWEST]
    return min(fitting, key=lambda one: (abs(counts[one] - _WANTED * len(names)), one), default="")
