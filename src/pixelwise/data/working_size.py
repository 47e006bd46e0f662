"""At which size images are learnt from: no larger than they need to be, and large enough for what they show."""

from __future__ import annotations

from pixelwise.data.dataset import Dataset

__all__ = ["LONGEST", "RESOLVED", "SMALLEST_SCALE", "is_tiny", "median_size", "smallest_objects", "working_scale"]

LONGEST = 1024  # pixels of a side; longer images are learnt from at a smaller scale
RESOLVED = 8.0  # pixels: two cells of features at stride 4, which the finest of usual decoders have
SMALLEST_SCALE = 0.5  # of a view: one of half an image's sides then holds the whole of it
_MEANINGFUL = 0.1  # share of the training images that show a class, from which on the images are kept large for it


def working_scale(dataset: Dataset) -> float:
    """The factor by which images are resized, (0, 1].

    Long images are reduced. If the smallest objects would then be below `RESOLVED` pixels, images are only reduced so
    far that these keep that at the smallest scale of a view, or not at all.
    """
    scale = _usual_scale(dataset)
    smallest = smallest_objects(dataset)
    if smallest is None or not is_tiny(dataset):
        return scale
    return max(scale, min(1.0, round(RESOLVED / (SMALLEST_SCALE * smallest[1]), 3)))


def is_tiny(dataset: Dataset) -> bool:
    """Whether the smallest objects were below `RESOLVED` pixels if images were reduced for their length alone."""
    smallest = smallest_objects(dataset)
    return smallest is not None and smallest[1] * _usual_scale(dataset) < RESOLVED


def smallest_objects(dataset: Dataset) -> tuple[str, float] | None:
    """The class of the smallest objects, and their diameter in pixels; None where none was measured.

    Classes that fewer than a tenth of the training images show do not count: they may be slips.
    """
    train = dataset.splits.get("train", ())
    sizes = [
        (size, name)
        for name, size in zip(dataset.classes.names, dataset.object_sizes, strict=False)
        if size is not None and sum(name in dataset.shown.get(pair, ()) for pair in train) >= _MEANINGFUL * len(train)
    ]
    if not sizes:
        return None
    size, name = min(sizes)
    return name, size


def median_size(dataset: Dataset) -> tuple[int, int]:
    """(height, width) of the image than which half of them are no larger."""
    sizes = sorted(dataset.sizes.items(), key=lambda item: item[0][0] * item[0][1])
    half, seen = sum(dataset.sizes.values()) / 2, 0
    for size, count in sizes:
        seen += count
        if seen >= half:
            return size
    return sizes[-1][0]


def _usual_scale(dataset: Dataset) -> float:
    """The factor by the length of the images alone."""
    scale = min(1.0, LONGEST / max(median_size(dataset)))
    return round(scale, 3) if scale < 1 else scale
