"""Which images are copies of others: the search that several checks share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.looks import Look, mirrored_hash, transposed_hash, upended_hash
from pixelwise.data.pairs import Pair

__all__ = ["Copy", "byte_copies", "copies", "keep_together", "splits_of"]

_MOST_BITS = 10  # of 63 by which hashes of copies may differ; those of others differ by 31 ± 4
_LEAST_PRODUCT = 64 - 2 * _MOST_BITS
_BLOCK = 2048
_NEAREST = 3  # of each block: in pictures of one camera that does not move, nearly all are near
_ALIKE = 0.985  # correlation of two stamps
_MOST_ERROR = 5.0  # shades by which stamps differ after brightness and contrast are made equal
_PLAIN = 6.0  # standard deviation of a stamp that shows too little to be recognised
_WAYS: dict[str, tuple[Callable[[int], int], Callable[[NDArray[np.float32]], NDArray[np.float32]]]] = {
    "": (lambda number: number, lambda grey: grey),
    "mirrored": (mirrored_hash, lambda grey: grey[:, ::-1]),
    "upside down": (upended_hash, lambda grey: grey[::-1]),
    "turned by 180°": (lambda number: mirrored_hash(upended_hash(number)), lambda grey: grey[::-1, ::-1]),
    "turned by 90°": (lambda number: mirrored_hash(transposed_hash(number)), lambda grey: grey.T[:, ::-1]),
    "turned by 270°": (lambda number: upended_hash(transposed_hash(number)), lambda grey: grey.T[::-1]),
}


@dataclass(frozen=True)
class Copy:
    """Two images that show the same.

    Attributes:
        first: One of them.
        second: The other.
        way: How the second differs from the first ("mirrored"); empty where it does not.
    """

    first: Pair
    second: Pair
    way: str


def copies(looks: Mapping[Pair, Look], one: Sequence[Pair], other: Sequence[Pair]) -> list[Copy]:
    """Images of `other` with those of `one` that they are copies of; of many, the nearest."""
    first = [pair for pair in one if _says_something(looks.get(pair))]
    second = [pair for pair in other if _says_something(looks.get(pair))]
    if not first or not second:
        return []
    left = _signs([looks[pair].hash for pair in first])
    found: list[Copy] = []
    known: set[tuple[int, int]] = set()
    for way, (change, turn) in _WAYS.items():
        right = _signs([change(looks[pair].hash) for pair in second])
        for i, j in _near(left, right):
            if (i, j) not in known and _same_picture(looks[first[i]].grey, turn(looks[second[j]].grey)):
                known.add((i, j))
                found.append(Copy(first[i], second[j], way))
    return found


def byte_copies(survey_looks: Mapping[Pair, Look]) -> list[list[Pair]]:
    """Groups of images whose files are equal byte for byte; only files that can be are read."""
    likely: dict[tuple[int, int], list[Pair]] = {}
    for pair, look in survey_looks.items():
        if look.file_size:
            likely.setdefault((look.file_size, look.hash), []).append(pair)
    groups: dict[str, list[Pair]] = {}
    for pairs in likely.values():
        for pair in pairs if len(pairs) > 1 else ():
            groups.setdefault(_digest(pair.image), []).append(pair)
    return [pairs for digest, pairs in groups.items() if len(pairs) > 1 and digest]


def keep_together(first: str, second: str, nouns: str, *, is_drawn: bool) -> str:
    """What to do about versions of a picture in two splits.

    Args:
        first: A split.
        second: The other one, in which they are taken to be the copies.
        nouns: What the pictures are called.
        is_drawn: Whether pixelwise has held val out, so that no file can be moved between train and val.
    """
    if is_drawn and "val" in (first, second):
        return (
            "val was held out by pixelwise, not on disk: take all versions of a picture out but one, or hold out "
            f"{nouns} whose versions have the same beginning of names (`--validation PREFIX`), such as whole sequences."
        )
    return (
        f"Keep all versions of a picture in one split: move these {nouns} from {second} to {first}, or take them out; "
        "hold out whole sequences or scenes (`--validation PREFIX`)."
    )


def splits_of(splits: Mapping[str, Sequence[Pair]]) -> dict[Pair, str]:
    """The split of each pair."""
    return {pair: split for split, pairs in splits.items() for pair in pairs}


def _says_something(look: Look | None) -> bool:
    """Whether an image shows enough to be recognised."""
    return look is not None and float(look.grey.std()) >= _PLAIN


def _signs(hashes: Sequence[int]) -> NDArray[np.float32]:
    """`(N, 64)` of -1 and 1, whose products count equal bits."""
    numbers = np.array(hashes, dtype="<u8")
    bits = np.unpackbits(numbers.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    return bits.astype(np.float32) * 2 - 1


def _near(left: NDArray[np.float32], right: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Places of hashes that differ by few bits; for each on the right, the nearest on the left only."""
    for start in range(0, len(left), _BLOCK):
        block = left[start : start + _BLOCK]
        for place in range(0, len(right), _BLOCK):
            product = block @ right[place : place + _BLOCK].T
            columns = np.flatnonzero(product.max(axis=0) >= _LEAST_PRODUCT)
            product = product[:, columns]
            kept = min(_NEAREST, len(block))
            nearest = np.argpartition(-product, kept - 1, axis=0)[:kept]
            for row in nearest:
                for j in np.flatnonzero(product[row, np.arange(len(row))] >= _LEAST_PRODUCT).tolist():
                    yield start + int(row[j]), place + int(columns[j])


def _same_picture(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Whether two stamps are equal but for brightness and contrast."""
    a, b = first - first.mean(), second - second.mean()
    spread, other = float(np.sqrt((a * a).mean())), float(np.sqrt((b * b).mean()))
    alike = float((a * b).mean()) / (spread * other)
    if alike < _ALIKE:
        return False
    error = float(np.abs(a / spread - b / other).mean()) * min(spread, other)
    return error <= _MOST_ERROR


def _digest(file: Path) -> str:
    """A number for the bytes of a file; nothing where it cannot be read."""
    try:
        return _digest_at(file, file.stat().st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=4096)
def _digest_at(file: Path, changed: int) -> str:
    """A number for the bytes that a file has had since it was changed."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
