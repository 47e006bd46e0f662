"""Masks that were given to the wrong image: exchanged, or all of them one image too late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.checks._alignment import Aligned, to_align
from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of

__all__ = ["CHECK"]

_SIDE = 48
_FEWEST = 8
_MOST = 4000  # images that are looked at
_BLOCK = 400  # images, neighbours by name, among which a mask is looked for
_TELLING = 3.0  # deviations by which the right mask usually stands out from the others
_POOR = 1.5  # … and up to which a mask may belong to another image
_GOOD = 3.5  # … from which on it evidently belongs there
_MOST_WRONG = 0.3


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for masks that follow one image too late or too early, else one for exchanged ones."""
    pairs = sorted(to_align(survey, most=_MOST), key=lambda one: str(one.pair.image))
    wrong: list[tuple[Aligned, Aligned]] = []
    for start in range(0, len(pairs), _BLOCK):
        block = pairs[start : start + _BLOCK]
        if len(block) < _FEWEST:
            continue
        standing = _standing(block)
        own = float(np.median(np.diagonal(standing)))
        lag = next((lag for lag in (1, -1) if np.median(np.diagonal(standing, lag)) >= _TELLING), 0)
        if lag and own < _POOR:
            yield _late(block, lag)
            return
        if own >= _TELLING:  # else masks of this kind do not tell their image
            wrong += [(block[i], block[j]) for i, j in _exchanged(standing)]
    if wrong and len(wrong) <= max(2, _MOST_WRONG * len(pairs)):
        yield _some([one for one, _ in wrong], [other for _, other in wrong])


def _standing(pairs: Sequence[Aligned]) -> NDArray[np.float64]:
    """`(N, N)`: by how many deviations mask i fits image j better than masks usually fit images."""
    borders = np.stack([_small(one.borders) for one in pairs])
    edges = np.stack([_small(one.edges) for one in pairs])
    fits = (borders @ edges.T).astype(np.float64)
    fits -= np.median(fits, axis=1, keepdims=True)
    fits -= np.median(fits, axis=0, keepdims=True)
    others = fits[~np.eye(len(pairs), dtype=bool)]
    return fits / max(1e-9, 1.4826 * float(np.median(np.abs(others - np.median(others)))))


def _small(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """A field at 48 × 48 as a vector of mean 0 and length 1."""
    picture = Image.fromarray(field).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    vector = np.array(picture, dtype=np.float32).reshape(-1)
    vector -= vector.mean()
    unit: NDArray[np.float32] = vector / max(1e-9, float(np.linalg.norm(vector)))
    return unit


def _exchanged(standing: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Masks with the images that they belong to: each fits its own poorly and the other well, whose mask does too."""
    poor = set(np.flatnonzero(np.diagonal(standing) < _POOR).tolist())
    found = []
    for i in sorted(poor):
        row = standing[i].copy()
        row[i] = -np.inf
        j = int(row.argmax())
        if j in poor and row[j] >= _GOOD and standing[:, j].argmax() == i:
            found.append((i, j))
    return found


def _some(wrong: Sequence[Aligned], right: Sequence[Aligned]) -> Finding:
    """What to say of single masks."""
    count = len(wrong)
    first, second = wrong[0].pair, right[0].pair
    return Finding(
        Severity.HARMS,
        f"{count} {agree(count, 'mask does', 'masks do')} not follow the edges of {agree(count, 'its', 'their')} image "
        f"but those of another: the mask of {first.image.name} fits {second.image.name}.",
        "The network learns objects where there are none.",
        "Lay these masks over their images, and exchange them where they were given to each other.",
        masks_of([one.pair for one in wrong]),
    )


def _late(pairs: Sequence[Aligned], lag: int) -> Finding:
    """What to say of masks that all belong to a neighbour."""
    first, other = (pairs[0], pairs[1]) if lag == 1 else (pairs[1], pairs[0])
    return Finding(
        Severity.HARMS,
        f"The masks seem to be off by one: in the order of names, most of the {len(pairs)} masks looked at follow the "
        f"edges of the {'next' if lag == 1 else 'previous'} image, such as the mask of {first.pair.image.name} those "
        f"of {other.pair.image.name}.",
        "No mask belongs to its image, so that nothing right can be learnt.",
        "Rename the masks so that each has the number of its image.",
        masks_of([one.pair for one in pairs]),
        len(pairs),
    )


CHECK = Check(run, "masks that belong to another image", looks=True)
