"""Masks that a trained network makes for images without any, where it is sure of them.

How sure is sure enough is decided per class, so that rare classes, of which a network is less sure, are not left out:
Zou et al. 2018, "Class-Balanced Self-Training", https://arxiv.org/abs/1810.07911.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from pixelwise.data.bands import Scaled
from pixelwise.data.classes import Classes
from pixelwise.data.pairs import FILES, Pair
from pixelwise.data.scaling import Scaling
from pixelwise.data.wording import agree, counted
from pixelwise.errors import DataError, RunError
from pixelwise.inference import Predictor
from pixelwise.inference.images import naming
from pixelwise.inference.predictor import as_tensor
from pixelwise.inference.tta import TTA
from pixelwise.ops.files import writable_folder, write_atomically
from pixelwise.ops.image_io import SUFFIXES, write_png
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.spread import evenly
from pixelwise.planning.training import Frozen
from pixelwise.training.display import Display
from pixelwise.training.run import Unlabelled

__all__ = [
    "PseudoLabels",
    "find_unlabelled",
    "label_classes",
    "label_images",
    "labelled_pairs",
    "read_labels",
    "unlabelled_images",
    "write_labels",
]

_LIST = "labels.json"
_SUREST = 0.9  # probability that is enough for any class
_SAMPLE = 32  # images from which the bounds of the classes are taken
_LEFT_OUT = (255, 255, 255)  # colour of pixels that are not sure
_BINS = 200  # of a histogram of probabilities
_VIEWS = TTA(scales=(1.0,))  # the image and its mirror image


class PseudoLabels(Frozen):
    """What `labels.json` says of the masks beside it.

    Attributes:
        images: The images, in the order of the numbered masks; relative to their folder.
        classes: Names of the classes.
        bounds: Smallest probability of each class that was enough, [0, 1].
        pixels: How many pixels each class got.
        seen: How many pixels the images have.
        score: Of the network that made them, on the validation split.
        seconds: That training this network and labelling took.
        left_out: How many images were not labelled, for lack of time.
    """

    images: tuple[str, ...]
    classes: tuple[str, ...]
    bounds: tuple[float, ...]
    pixels: tuple[int, ...]
    seen: int
    score: float
    seconds: float
    left_out: int = 0

    def __str__(self) -> str:
        """How much was labelled."""
        kept = sum(self.pixels)
        images = counted(len(self.images), "image")
        if self.left_out:
            images += f" out of {len(self.images) + self.left_out}, since time for labelling ran out"
        return f"{kept:,} of {self.seen:,} pixels ({kept / self.seen:.0%}) of {images}"

    def bounds_in_words(self) -> str:
        """Such as `sky 0.90, road 0.85`."""
        return ", ".join(f"{name} {bound:.2f}" for name, bound in zip(self.classes, self.bounds, strict=True))


def find_unlabelled(folder: Path, run: Path) -> Unlabelled:
    """The images of a folder and of all folders in it.

    Args:
        folder: Where they are.
        run: The run folder that is to be made.

    Raises:
        DataError: If there are none.
    """
    images = _images(folder)
    return Unlabelled(folder=folder.resolve(), run=run.resolve(), digest=_digest(images, folder))


def unlabelled_images(place: Unlabelled) -> tuple[Path, ...]:
    """The images that a training began with.

    Raises:
        DataError: If there are none any more.
        RunError: If they are others by now.
    """
    images = _images(place.folder)
    if _digest(images, place.folder) != place.digest:
        raise RunError(
            f"The unlabelled images in {place.folder} are not those that the training began with. Bring them back as "
            f"they were, or train anew."
        )
    return images


def label_images(
    predictor: Predictor,
    place: Unlabelled,
    folder: Path,
    display: Display,
    *,
    score: float,
    seed: int = 0,
    seconds: float | None = None,
    left_out: Collection[Path] = (),
) -> PseudoLabels:
    """Predict images, in a random order, and write a mask of what is sure for each; 255 elsewhere.

    The bound of a class is the median of the probabilities that the network gives to the pixels that it takes for that
    class, and 0.9 at most; it is estimated on a few images.

    Args:
        predictor: The network.
        place: The images.
        folder: Of the masks.
        display: Is told what happens.
        score: Of the network; kept with the masks.
        seed: Of the order.
        seconds: Time after which no further image is begun; None labels all.
        left_out: Images that are not labelled.

    Raises:
        DataError: If no image can be read, or no pixel is sure.
        OutputError: If a mask cannot be written.
    """
    begun = time.monotonic()
    images = [image for image in unlabelled_images(place) if image not in left_out]
    order = [images[i] for i in np.random.default_rng(seed).permutation(len(images))]
    bounds = _bounds(predictor, evenly(order, _SAMPLE))
    colors = predictor.classes.colors
    palette = [*colors, *[_LEFT_OUT] * (IGNORE_INDEX + 1 - len(colors))]  # all 256, so that the file has 8 bits
    writable_folder(folder)
    names: list[str] = []
    counts, late = np.zeros(IGNORE_INDEX + 1, np.int64), 0
    for done, (path, probability, label) in enumerate(_guesses(predictor, order, display.say)):
        label[probability < bounds[label]] = IGNORE_INDEX
        write_png(_mask(folder, len(names)), label, palette=palette)
        names.append(path.relative_to(place.folder).as_posix())
        counts += np.bincount(label.ravel(), minlength=len(counts))
        display.working("Labelling the unlabelled images", done + 1, len(order))
        if seconds is not None and time.monotonic() - begun > seconds and done + 1 < len(order):
            late = len(order) - done - 1
            display.say(
                f"Warning: the time for labelling is over, and {counted(late, 'unlabelled image')} of {len(order)} "
                f"{agree(late, 'is', 'are')} left out. A longer budget takes more of them."
            )
            break
    if not names:
        raise DataError(f"None of the {len(order)} images in {place.folder} can be read. Train without --unlabelled.")
    kept = counts[: len(bounds)]
    if not kept.any():
        raise DataError(f"The teacher is sure of no pixel of the images in {place.folder}. Train without --unlabelled.")
    return PseudoLabels(
        images=tuple(names),
        classes=predictor.classes.names,
        bounds=tuple(round(float(bound), 3) for bound in bounds),
        pixels=tuple(kept.tolist()),
        seen=int(counts.sum()),
        score=score,
        seconds=0.0,
        left_out=late,
    )


def write_labels(folder: Path, labels: PseudoLabels) -> None:
    """Write the list that says that all masks are there.

    Raises:
        OutputError: If it cannot be written.
    """
    write_atomically(folder / _LIST, json.dumps(labels.model_dump(mode="json"), indent=1).encode())


def read_labels(folder: Path) -> PseudoLabels | None:
    """What a folder holds; None as long as it does not hold all.

    Raises:
        RunError: If the list cannot be read.
    """
    path = folder / _LIST
    if not path.exists():
        return None
    try:
        return PseudoLabels.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(f"{path} cannot be read: {error}. Restore it from a copy, or train anew.") from error


def labelled_pairs(place: Unlabelled, folder: Path, labels: PseudoLabels, scaling: Scaling | None) -> tuple[Pair, ...]:
    """The images with their masks.

    Args:
        place: The images.
        folder: Of the masks.
        labels: What it holds.
        scaling: How images become bytes; None for ordinary pictures.
    """
    source = FILES if scaling is None else Scaled(FILES, scaling)
    return tuple(Pair(place.folder / name, _mask(folder, i), source) for i, name in enumerate(labels.images))


def label_classes(classes: Classes) -> Classes:
    """The classes as the masks store them: by index, 255 for what is left out."""
    return Classes(
        names=classes.names,
        values=tuple(range(classes.num_classes)),
        ignore_values=(IGNORE_INDEX,),
        colors=classes.colors,
        binary=classes.binary,
    )


def _images(folder: Path) -> tuple[Path, ...]:
    """All images of a folder and of those in it, in the order of their names; what is hidden does not count."""
    files = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not path.is_dir())
    found = sorted(file for file in files if not any(part[0] == "." for part in file.relative_to(folder).parts))
    if not found:
        what = "holds no image" if folder.is_dir() else "is no folder"
        raise DataError(f"{folder} {what}. --unlabelled takes a folder of images: {', '.join(sorted(SUFFIXES))}.")
    return tuple(found)


def _digest(images: Sequence[Path], folder: Path) -> str:
    """Twelve hexadecimal digits that change with the names and the sizes of the files; a link to nothing has none."""
    sizes = (path.stat().st_size if path.exists() else None for path in images)
    listed = "\n".join(
        f"{path.relative_to(folder).as_posix()}:{size}" for path, size in zip(images, sizes, strict=True)
    )
    return hashlib.sha256(listed.encode(errors="surrogateescape")).hexdigest()[:12]


def _mask(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.png"


Guess = tuple[Path, NDArray[np.float32], NDArray[np.uint8]]


@torch.inference_mode()
def _guess(predictor: Predictor, path: Path) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The likeliest class of each pixel, `(H, W)`, and its probability.

    Raises:
        DataError: If the image cannot be read, or is smaller than the network can take.
    """
    image = as_tensor(predictor.read(path))
    with naming(path):
        scores = predictor.scores(image, tta=_VIEWS)
    probability, label = predictor.task.probabilities(scores)[0].max(dim=0)
    return probability.cpu().numpy(), label.to("cpu", torch.uint8).numpy()


def _guesses(predictor: Predictor, images: Sequence[Path], say: Callable[[str], None]) -> Iterator[Guess]:
    """What the network guesses for each image that can be read."""
    for path in images:
        try:
            yield (path, *_guess(predictor, path))
        except DataError as error:
            say(f"Passed over: {error}")


def _bounds(predictor: Predictor, images: Sequence[Path]) -> NDArray[np.float32]:
    """The smallest probability of each class that is enough, `(K,)`."""
    classes = predictor.classes.num_classes
    counts = np.zeros((classes, _BINS), np.int64)
    for _, probability, label in _guesses(predictor, images, lambda _: None):
        places = np.minimum((probability * _BINS).astype(np.int64), _BINS - 1)
        counts += np.bincount(label.ravel() * np.int64(_BINS) + places.ravel(), minlength=counts.size).reshape(
            counts.shape
        )
    middle = (counts.cumsum(axis=1) * 2 >= counts.sum(axis=1, keepdims=True)).argmax(axis=1) / _BINS
    return np.where(counts.any(axis=1), np.minimum(middle, _SUREST), _SUREST).astype(np.float32)
