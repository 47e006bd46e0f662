"""A trained model as a function from an image to a prediction."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.artifact import Description, build_task
from pixelwise.artifact import load as load_artifact
from pixelwise.data.classes import Classes
from pixelwise.errors import DataError, SettingError, some_of
from pixelwise.inference.device import choose_device, settle_precision
from pixelwise.inference.folding import fold_batch_norms
from pixelwise.inference.footprint import bytes_per_pixel
from pixelwise.inference.images import ImageLike, as_stored, from_pillow, naming
from pixelwise.inference.picture import Picture
from pixelwise.inference.prediction import Prediction
from pixelwise.inference.tiling import apply_in_tiles
from pixelwise.inference.tta import TTA, average_views, settle_tta
from pixelwise.models import ImageModel
from pixelwise.nn import to_channels_last
from pixelwise.ops.first_calls import make_first_calls
from pixelwise.ops.image_io import read_image, read_pixels
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.maps import read_georeference, read_missing
from pixelwise.ops.precision import Precision

__all__ = ["ImageLike", "Picture", "Prediction", "Predictor", "as_tensor", "load"]

_MAX_PIXELS = {"cpu": 2_000_000, "cuda": 8_000_000}  # of a tile
_MAX_BYTES = 4 * 1024**3  # of the features that the largest operation takes in and gives for a tile
_RGB = 3  # channels of a picture
_ENOUGH = 96  # pixels of a side that every encoder takes; some take no 64
_WEIGHTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)  # exact types; they take their weight as it is


class Predictor:
    """A model made ready for use: image in, prediction out, at any size.

    The predictor keeps a copy of the model, in which batch norm is folded into the convolutions, weights lie in
    channels-last order and, for bf16, are rounded once. The model that it was made from may be trained on.

    Args:
        model: The network; neither changed nor kept.
        description: What the artifact says of it.
        device: Where to run, such as `cpu` or `cuda:1`; by default a GPU if there is one.
        precision: `fp32`, or `bf16` for autocast; by default what is faster on this machine.
        max_pixels: Pixels that the network is given at once (after scaling); a larger image goes tile by tile. By
            default 2 million on a CPU and 8 million on a GPU, fewer for networks that need much memory for each.

    Attributes:
        description: As given.
        task: Decodes the scores.

    Raises:
        SettingError: If the device is not there, or the precision is not known.
    """

    def __init__(
        self,
        model: ImageModel,
        description: Description,
        *,
        device: str | torch.device | None = None,
        precision: Precision | None = None,
        max_pixels: int | None = None,
    ) -> None:
        make_first_calls()
        self.description = description
        self.task = build_task(description)
        self.device = choose_device(device)
        self.precision = settle_precision(self.device, precision)
        self._model, needed = _prepared(model, self.device, self.precision)
        usual = _MAX_PIXELS.get(self.device.type, _MAX_PIXELS["cpu"])
        self.max_pixels = max_pixels or max(1, min(usual, int(_MAX_BYTES / needed)))

    @property
    def classes(self) -> Classes:
        """The classes in the order of the mask's indices.

        Raises:
            SettingError: If the model makes pictures, not masks.
        """
        if self.description.classes is None:
            raise SettingError(f"The model makes pictures ({self.description.task.name}), so it knows no classes.")
        return self.description.classes

    def __repr__(self) -> str:
        described, classes = self.description, self.description.classes
        encoder = described.model.arguments.get("encoder")
        model = described.model.name + (f" with {encoder}" if encoder else "")
        what = described.task.name
        if classes is not None:
            what = f"{classes.num_classes} classes: {some_of(classes.names, 12)}"
        return f"Predictor({model}, {what}; {self.device}, {self.precision})"

    def __call__(self, image: ImageLike, tta: TTA | bool = False) -> Prediction | Picture:
        """Predict one image: a mask, or a picture where that is what the model was trained for.

        Args:
            image: Path of a file, a Pillow image, or an array `(H, W, C)`: uint8, RGB where C is three; or, where the
                model has a scaling, numbers as in its training images, which are scaled.
            tta: Whether to average over mirrored and scaled views (test-time augmentation), or which ones.

        Raises:
            DataError: If the file cannot be read, or the image is not what the model takes.
        """
        return self.picture(image, tta) if self.description.classes is None else self.mask(image, tta)

    def mask(self, image: ImageLike, tta: TTA | bool = False) -> Prediction:
        """Predict the mask of one image; as a call.

        Raises:
            DataError: If the file cannot be read, or the image is not what the model takes.
            SettingError: If the model makes pictures.
        """
        classes, array = self.classes, self.read(image)
        scores = self._scores_of(image, array, tta)
        mask = self.task.decode(scores)[0].to("cpu", torch.uint8).numpy()
        missing = read_missing(image) if isinstance(image, str | Path) else None
        if missing is not None:
            mask[..., missing] = 0 if classes.multilabel else IGNORE_INDEX
        return Prediction(
            mask=mask,
            image=array,
            classes=classes,
            task=self.task,
            scores=scores[0].cpu(),
            georeference=read_georeference(image) if isinstance(image, str | Path) else None,
        )

    def picture(self, image: ImageLike, tta: TTA | bool = False) -> Picture:
        """Make the picture that comes out for one image; as a call.

        Raises:
            DataError: If the file cannot be read, or the image is not what the model takes.
            SettingError: If the model predicts masks.
        """
        if self.description.classes is not None:
            raise SettingError(f"The model predicts masks ({self.description.task.name}), not pictures.")
        array = self.read(image)
        made = self.task.decode(self._scores_of(image, array, tta))[0]
        return Picture(made.permute(1, 2, 0).cpu().numpy(), array)

    def read(self, image: ImageLike) -> NDArray[np.uint8]:
        """Read an image as a uint8 array `(H, W, C)` that the model can take, upright.

        Raises:
            DataError: If the file cannot be read, or the image is not what the model takes.
        """
        scaling = self.description.scaling
        if isinstance(image, str | Path):
            array: NDArray[Any] = read_image(image) if scaling is None else read_pixels(image)
        elif isinstance(image, Image.Image):
            array = from_pillow(image) if scaling is None else as_stored(image)
        elif isinstance(image, np.ndarray):
            array = image
        else:
            raise DataError(
                f"An image is a path, a Pillow image or a uint8 array (height, width, channels); this is of type "
                f"{type(image).__name__}."
            )
        wanted = self.description.in_channels
        is_given_in_bytes = isinstance(image, np.ndarray) and array.dtype == np.uint8
        if scaling is not None and not is_given_in_bytes and array.ndim == 3 and array.shape[2] == wanted:
            with naming(image):
                array = scaling.apply(array)
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != wanted or array.size == 0:
            name = f"{image}" if isinstance(image, str | Path) else "The image"
            is_grey = array.dtype == np.uint8 and array.ndim == 2 and wanted == 3
            if scaling is not None:
                raise DataError(
                    f"{name} is an array {array.shape} of {array.dtype}, but the model takes images (height, width, "
                    f"{wanted}) like those it was trained on."
                )
            raise DataError(
                f"{name} is an array {array.shape} of {array.dtype}, but the model takes uint8 arrays "
                f"(height, width, {wanted})."
                + (" Repeat a grey one three times: np.stack([image] * 3, axis=-1)." if is_grey else "")
            )
        return array

    @torch.inference_mode()
    def scores(self, image: Tensor, size: tuple[int, int] | None = None, *, tta: TTA | bool = False) -> Tensor:
        """Compute raw scores at the size of the image, or at another size.

        The image is scaled by the description's `image_scale` before the network, and the scores are resized once,
        bilinearly, from the network's resolution to the one that is wanted; at last they are divided by its
        `temperature`, those of averaged views too, though it was found on single ones: dividing each view did no better
        (docs/benchmarks.md, calibration), and masks would depend on it.

        Args:
            image: `(B, C, H, W)`, float in [0, 1], on any device.
            size: Height and width of the scores; by default those of the image, times the task's scale.
            tta: Whether to average over mirrored and scaled views, or which ones; the scores are then those that mean
                what the views mean on average.

        Returns:
            `(B, K, *size)`, float32, on the predictor's device.
        """
        wanted = size or (image.shape[-2] * self.task.scale, image.shape[-1] * self.task.scale)
        image = image.to(self.device, torch.float32)
        views = settle_tta(tta, of_pictures=self.description.classes is None)
        if views is None:
            scores = self._scores(image, 1.0, wanted)
        else:
            scores = average_views(lambda view, scale: self._scores(view, scale, wanted), image, views, self.task)
        temperature = self.description.temperature
        return scores if temperature == 1 else scores / temperature

    def _scores_of(self, image: ImageLike, array: NDArray[np.uint8], tta: TTA | bool) -> Tensor:
        """The scores of an image that was read.

        Raises:
            DataError: If it is smaller than the network can take.
        """
        with naming(image):
            return self.scores(as_tensor(array), tta=tta)

    def _scores(self, image: Tensor, scale: float, size: tuple[int, int]) -> Tensor:
        """Raw scores `(B, K, *size)` of an image that the network sees at `scale` times the usual size."""
        scale *= self.description.image_scale
        scaled = (max(1, round(image.shape[-2] * scale)), max(1, round(image.shape[-1] * scale)))
        image = _resize(image, scaled).contiguous(memory_format=torch.channels_last)
        channels = self._model.out_channels if self.description.classes is not None else _RGB
        enlarged = self.task.scale // self._model.scale  # before the network sees it
        scores = apply_in_tiles(
            self._forward,
            image,
            out_channels=channels,
            max_pixels=max(1, self.max_pixels // enlarged**2),
            scale=self.task.scale,
        )
        return _resize(scores, size)

    def _forward(self, image: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            scores = self.task.output(self._model, image)
        return scores.float()


def load(
    path: str | Path, *, device: str | torch.device | None = None, precision: Precision | None = None
) -> Predictor:
    """Load a trained model for prediction.

    Args:
        path: A model file, or the folder of the run that holds one.
        device: Where to run; by default a GPU if there is one.
        precision: `fp32` or `bf16`; by default what is faster on this machine.

    Raises:
        ArtifactError: If the file is missing, torn, no model of this project, or of a newer format.
        SettingError: If the device is not there, or the precision is not known.
    """
    model, description = load_artifact(path)
    return Predictor(model, description, device=device, precision=precision)


def as_tensor(image: NDArray[np.uint8]) -> Tensor:
    """Turn `(H, W, C)` uint8 into `(1, C, H, W)` float32 in [0, 1], in channels-last order."""
    plain = image if image.flags.writeable and image.flags.c_contiguous else image.copy()  # as torch wants it
    pixels = torch.from_numpy(plain)
    return pixels.permute(2, 0, 1).unsqueeze(0).to(torch.float32).div_(255)


def _prepared(model: ImageModel, device: torch.device, precision: Precision) -> tuple[ImageModel, float]:
    """A copy of the model that computes the same, faster, and how many bytes it takes for each pixel, in fp32."""
    model = copy.deepcopy(model).eval().requires_grad_(False).to(device)
    side = -(-_ENOUGH // model.multiple_of) * model.multiple_of
    image = torch.zeros(1, model.in_channels, side, side, device=device)
    fold_batch_norms(model, image)
    needed = bytes_per_pixel(model, image)
    if precision == "bf16":
        for module in model.modules():
            if type(module) in _WEIGHTED:
                module.to(torch.bfloat16)
    to_channels_last(model)
    return model, needed


def _resize(tensor: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize `(B, C, H, W)` bilinearly, with antialiasing where a side shrinks."""
    if tuple(tensor.shape[-2:]) == size:
        return tensor
    shrinks = size[0] < tensor.shape[-2] or size[1] < tensor.shape[-1]
    return F.interpolate(tensor, size, mode="bilinear", align_corners=False, antialias=shrinks)
