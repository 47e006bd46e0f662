"""The variables of a file of MATLAB's versions 5 to 7, taken apart without trust.

A file is a head of 128 bytes and elements: a number for the kind, a length, and so many bytes, up to a multiple of 8.
An element is a matrix, or one that is packed by zlib; a matrix is made of elements in turn: its class, its sides, its
name, and what it holds, column by column. A structure holds the names of its fields, then a matrix each.

Only what a mask needs is read: nothing nests deeper than the fields of one structure, and every length is checked. A
damaged file ends scipy's reader together with the process (1.17: a kind that there is not, cells within 20,000 cells).

https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelwise.errors import DataError
from pixelwise.ops.image_io import MAX_PIXELS

__all__ = ["NUMBERS", "Variable", "variables_of"]

_HEAD = 128
_ORDERS = {b"IM": "<", b"MI": ">"}
_MATRIX, _PACKED, _SIDES, _NAME, _CLASS = 14, 15, 5, 1, 6
_KINDS = {1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single", 8: "int8", 9: "uint8",
          10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64"}  # fmt: skip
NUMBERS = frozenset(kind for number, kind in _KINDS.items() if number > 5)
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_FIRST = 4096  # bytes of a packed matrix in which its class, sides and name are
_LARGEST_STRUCTURE = 128 * 1024**2  # bytes, unpacked
_LONGEST_NAME = 64
_CUT_SHORT = "it is cut short"


class _Element(NamedTuple):
    """The kind of an element, and what it holds."""

    kind: int
    content: memoryview


@dataclass(frozen=True, eq=False)
class Variable:
    """A variable of a file.

    Attributes:
        name: Its name; that of a field is empty.
        shape: Its sides.
        kind: MATLAB's word for what it holds, such as `uint8` or `struct`.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    _order: str
    _content: memoryview
    _is_packed: bool

    def numbers(self) -> NDArray[np.generic]:
        """The numbers of a matrix, in its shape.

        Raises:
            DataError: If it holds none, is larger than an image can be, or is damaged.
        """
        if self.kind not in NUMBERS:
            raise DataError(f"a matrix of numbers is expected, not a {self.kind}")
        count = prod(self.shape)
        if count > MAX_PIXELS:
            sides = " × ".join(map(str, self.shape))
            raise DataError(f"a matrix of {sides} is announced; {MAX_PIXELS // 1_000_000} million pixels are the most")
        element = next(self._inner(8 * count + _FIRST), None)
        if element is None or element.kind not in _STORED:
            raise DataError("a matrix holds no numbers")
        dtype = np.dtype(self._order + _STORED[element.kind])
        if element.content.nbytes != count * dtype.itemsize:
            raise DataError(f"a matrix holds {element.content.nbytes} bytes; {count * dtype.itemsize} are expected")
        return np.frombuffer(element.content, dtype).reshape(self.shape, order="F")

    def fields(self) -> dict[str, Variable]:
        """The fields of a structure.

        Raises:
            DataError: If it is no single structure, or is damaged.
        """
        if self.kind != "struct" or prod(self.shape) != 1:
            raise DataError(f"one structure is expected, not {prod(self.shape)} of {self.kind}")
        inner = self._inner(_LARGEST_STRUCTURE)
        length, names = next(inner, None), next(inner, None)
        if length is None or names is None or length.content.nbytes != 4:
            raise DataError("a structure has no names of fields")
        (size,) = struct.unpack(f"{self._order}i", length.content)
        if not 0 < size <= _LONGEST_NAME:
            raise DataError(f"a structure announces names of {size} characters")
        text = names.content.tobytes()
        found = [_name(text[i : i + size]) for i in range(0, len(text), size)]
        matrices = (_matrix(element.content, self._order, is_packed=False) for element in inner)
        return dict(zip(found, matrices, strict=False))

    def _inner(self, limit: int) -> Iterator[_Element]:
        """The elements behind the name."""
        content = _unpacked(self._content, self._order, limit) if self._is_packed else self._content
        elements = _elements(content, self._order)
        for _ in range(3):
            next(elements)
        return elements


def variables_of(content: bytes) -> list[Variable]:
    """The variables of a file.

    Raises:
        DataError: If it is none of these versions, or damaged; what is said is part of a sentence.
    """
    order = _ORDERS.get(content[_HEAD - 2 : _HEAD])
    if order is None:
        raise DataError("it does not begin as files of versions 5 to 7 do")
    found = []
    for element in _elements(memoryview(content)[_HEAD:], order, is_outer=True):
        if element.kind in (_MATRIX, _PACKED):
            found.append(_matrix(element.content, order, is_packed=element.kind == _PACKED))
    return found


def _matrix(content: memoryview, order: str, *, is_packed: bool) -> Variable:
    """A matrix, of which the class, the sides and the name are read."""
    head = _unpacked(content, order, _FIRST) if is_packed else content
    if not head.nbytes:
        return Variable("", (0, 0), "double", order, content, is_packed)
    elements = _elements(head, order)
    kinds, sides, name = (next(elements, None) for _ in range(3))
    if kinds is None or sides is None or name is None or (kinds.kind, sides.kind, name.kind) != (_CLASS, _SIDES, _NAME):
        raise DataError("a matrix does not begin with its class, sides and name")
    if kinds.content.nbytes < 4 or sides.content.nbytes % 4:
        raise DataError("a matrix has no class or no sides")
    number = struct.unpack_from(f"{order}I", kinds.content)[0] & 0xFF
    shape = struct.unpack(f"{order}{sides.content.nbytes // 4}i", sides.content)
    if min(shape, default=-1) < 0:
        raise DataError(f"a matrix has the sides {shape}")
    kind = _KINDS.get(number, "variable of another kind")
    return Variable(_name(name.content.tobytes()), shape, kind, order, content, is_packed)


def _elements(content: memoryview, order: str, *, is_outer: bool = False) -> Iterator[_Element]:
    """The elements of a file or a matrix, one after the other."""
    place = 0
    while place + 8 <= content.nbytes:
        kind, size = struct.unpack_from(f"{order}II", content, place)
        if kind >> 16 and not is_outer:  # at most four bytes, in the tag itself
            kind, size, start, following = kind & 0xFFFF, kind >> 16, place + 4, place + 8
            if size > 4:
                raise DataError(f"a short element announces {size} bytes")
        else:
            start = place + 8
            following = start + size + (0 if kind == _PACKED else -size % 8)
        if start + size > content.nbytes:
            raise DataError(_CUT_SHORT)
        yield _Element(kind, content[start : start + size])
        place = following


def _unpacked(content: memoryview, order: str, limit: int) -> memoryview:
    """What a packed matrix holds, at most so many bytes of it."""
    try:
        found = memoryview(zlib.decompressobj().decompress(content, limit + 8))
    except zlib.error as error:
        raise DataError(f"what is packed in it cannot be unpacked ({error})") from error
    if found.nbytes < 8 or struct.unpack_from(f"{order}I", found)[0] != _MATRIX:
        raise DataError("what is packed in it is no matrix")
    return found[8:]


def _name(content: bytes) -> str:
    """A name, up to the first zero."""
    return content.partition(b"\0")[0].decode("latin-1")
