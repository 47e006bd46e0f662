"""What files hold, decoded once and kept in memory as far as it fits."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ClassVar, Generic, Protocol, TypeVar

from pixelwise.data.memory import free_memory
from pixelwise.data.pairs import Pair
from pixelwise.ops.threads import in_threads

__all__ = ["Decoded"]

_MOST_THREADS = 8
_AT_ONCE = 64  # pairs that are decoded before it is decided which of them are kept


class _Sized(Protocol):
    @property
    def nbytes(self) -> int:
        """Bytes of memory that it takes."""


Item = TypeVar("Item", bound=_Sized)


class Decoded(ABC, Generic[Item]):
    """The decoded pairs of one split.

    Decoding a PNG costs more than a light network's step on the same pixels, so each file is decoded once and kept as
    long as there is room; the others are decoded when they are asked for, or prepared before, by threads (Pillow
    decodes outside Python's lock), so that no worker process exists that could outlive training.

    Args:
        pairs: What to decode.
        memory_bytes: How much may be kept; None takes a share of what is free when `keep_in_memory` is called.
    """

    share_of_memory: ClassVar[float]
    """What may be kept, of what is free when training begins; the network needs the rest."""

    def __init__(self, pairs: Sequence[Pair], memory_bytes: int | None = None) -> None:
        self.pairs = tuple(pairs)
        self._memory_bytes = memory_bytes
        self._kept: dict[int, Item] = {}
        self._coming: dict[int, Future[Item]] = {}
        self._threads = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="decode")

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Item:
        """Take one pair from memory or from what was prepared, or decode it.

        Raises:
            DataError: If a file cannot be decoded, or holds what does not fit.
        """
        if index in self._kept:
            return self._kept[index]
        coming = self._coming.pop(index, None)  # what was handed out is not held on to
        return coming.result() if coming is not None else self._decode(index)

    def fetch(self, indices: Sequence[int]) -> list[Item]:
        """Several at once, decoded by threads where they are not in memory.

        Raises:
            DataError: As for one of them.
        """
        self.prepare(indices)
        return [self[index] for index in indices]

    def prepare(self, indices: Sequence[int]) -> None:
        """Begin to decode, in threads, what will be asked for next; what was prepared before and is not is forgotten.

        What could not be decoded is tried again.
        """
        before, self._coming = self._coming, {}
        for index in indices:
            if index not in self._kept and index not in self._coming:
                job = before.pop(index, None)
                if job is None or (job.done() and job.exception()):
                    job = self._threads.submit(self._decode, index)
                self._coming[index] = job
        for job in before.values():
            job.cancel()

    def keep_in_memory(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Decode everything now, so that a broken file is found before the first step, and keep as much as fits.

        Args:
            progress: Called with how many are done and how many there are.

        Returns:
            Whether everything is kept.

        Raises:
            DataError: As for one of them.
        """
        left = free_memory() * self.share_of_memory if self._memory_bytes is None else self._memory_bytes
        for start in range(0, len(self), _AT_ONCE):
            several = range(start, min(start + _AT_ONCE, len(self)))
            decoded = in_threads(self._decode, several, _counting(progress, start, len(self)))
            for index, item in zip(several, decoded, strict=True):
                if item.nbytes <= left:
                    self._kept[index] = item
                    left -= item.nbytes
        return len(self._kept) == len(self)

    @abstractmethod
    def _decode(self, index: int) -> Item:
        """Decode one pair, in a thread: so by NumPy alone.

        A thread that computes with torch gets OpenMP workers of its own. GNU's OpenMP, which then counts more workers
        than cores, no longer lets idle ones spin, and waking them makes each step of the training a third slower.
        """


def _counting(
    progress: Callable[[int, int], None] | None, before: int, total: int
) -> Callable[[int, int], None] | None:
    """Progress within a part as progress within the whole."""
    return None if progress is None else lambda done, _: progress(before + done, total)
