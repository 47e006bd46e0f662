"""One label file of MATLAB: which of its variables holds the labels, and what these are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.formats._mat_elements import NUMBERS, Variable, variables_of
from pixelwise.data.formats._nodes import shortened
from pixelwise.data.wording import ended
from pixelwise.errors import DataError, some_of

__all__ = ["mat_variable", "read_mat"]

_KNOWN = (
    *("GTcls", "LabelMap", "type_map", "labels", "label", "S", "groundTruth", "gt", "mask", "segmentation", "seg"),
    *("inst_map",),
)
_FIELD = "Segmentation"  # of the Semantic Boundaries Dataset's structures
_HDF5 = (b"MATLAB 7.3 MAT-file", b"\x89HDF")
_LARGEST_FILE = 500_000_000  # bytes
_LARGEST_VALUE = 65535


def mat_variable(file: Path) -> str:
    """The variable of a file that holds the labels: the only one that can, or one whose name says so.

    Raises:
        DataError: If the file cannot be read, or none of its variables or several could be the labels.
    """
    variables = _variables(file)
    planes = [one.name for one in variables if one.kind in NUMBERS and len(one.shape) == 2 and min(one.shape) > 1]
    candidates = planes or [one.name for one in variables if one.kind == "struct"]
    chosen = next((name for name in _KNOWN if name in candidates), None)
    if chosen is None and len(candidates) == 1:
        return candidates[0]
    if chosen is None:
        found = some_of((f"{shortened(one.name)} ({one.kind})" for one in variables), most=6)
        what = ended(f"{file} holds {found or 'no variables'}")
        raise DataError(
            f"{what} One matrix with a number per pixel is expected or, of several, one called labels, mask or "
            "groundTruth."
        )
    return chosen


def read_mat(file: Path, variable: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The labels of a file, `(H, W)`.

    Args:
        file: The file.
        variable: The variable that holds them, a matrix, or a structure with a field Segmentation.

    Raises:
        DataError: If the file cannot be read, has no such variable, or that is no matrix of whole numbers from 0 to
            65535.
    """
    variables = {one.name: one for one in _variables(file)}
    if variable not in variables:
        raise DataError(
            f"{file} has no variable {shortened(variable)}, as the first file of the data set has; it holds "
            f"{ended(some_of(map(shortened, variables)) or 'none')}"
        )
    try:
        values = _plane(variables[variable]).numbers()
    except DataError as error:
        raise DataError(f"{file}: {shortened(variable)} cannot be read as a mask: {error}.") from error
    except MemoryError as error:
        raise DataError(f"{file} does not fit into the memory of this machine.") from error
    if values.ndim != 2 or not values.size:
        sides = " × ".join(map(str, values.shape))
        raise DataError(
            f"{file}: {shortened(variable)} is a matrix of {sides}; one with a number per pixel is expected."
        )
    return _whole(file, values)


def _plane(variable: Variable) -> Variable:
    """The matrix of a variable: itself, or the field of a structure."""
    if variable.kind != "struct":
        return variable
    fields = variable.fields()
    if _FIELD not in fields:
        raise DataError(f"a structure with the field {_FIELD} is expected; this one has {some_of(fields) or 'none'}")
    return fields[_FIELD]


def _whole(file: Path, values: NDArray[np.generic]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Numbers as classes have them; MATLAB stores them as fractions unless it is told otherwise."""
    if values.dtype.kind == "f" and not np.isfinite(values.astype(np.float64)).all():
        raise DataError(f"{file} holds values that are no numbers; a mask holds one whole number per class.")
    if values.dtype.kind == "f" and (values.astype(np.float64) % 1).any():
        raise DataError(f"{file} holds fractions; a mask holds one whole number per class.")
    low, high = float(np.min(values)), float(np.max(values))
    if low < 0 or high > _LARGEST_VALUE:
        raise DataError(f"{file} holds values from {low:g} to {high:g}; 0 to {_LARGEST_VALUE} are expected of a mask.")
    return values.astype(np.uint8) if high <= np.iinfo(np.uint8).max else values.astype(np.uint16)


def _variables(file: Path) -> list[Variable]:
    """The variables of a file."""
    try:
        size = file.stat().st_size
        if size > _LARGEST_FILE:
            raise DataError(f"{file} has {size} bytes; label files of at most {_LARGEST_FILE} bytes are read.")
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    if content.startswith(_HDF5):
        raise DataError(f"{file} is of MATLAB's version 7.3. Save it as version 7: save('{file.name}', …, '-v7').")
    try:
        return variables_of(content)
    except DataError as error:
        raise DataError(f"{file} is damaged or no label file of MATLAB, and cannot be read: {error}.") from error
