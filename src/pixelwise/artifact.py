"""A trained model on disk: one safetensors file, whose metadata holds one JSON document that says all about it.

The file holds weights and words, never code: reading it runs nothing but this project's own classes, looked up by name
in the catalogs. Nothing is downloaded.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import safetensors
import torch
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, JsonValue, ValidationError
from safetensors.torch import save as to_safetensors
from torch import Tensor

from pixelwise._version import __version__
from pixelwise.data.classes import Classes
from pixelwise.data.scaling import Scaling
from pixelwise.errors import ArtifactError, PixelwiseError, install, some_of
from pixelwise.models import MODELS, ImageModel
from pixelwise.ops.files import write_atomically
from pixelwise.tasks import TASKS, Task

__all__ = [
    "FILE_NAME",
    "FORMAT",
    "Component",
    "Description",
    "MeasuredScores",
    "WeightsOrigin",
    "build_task",
    "load",
    "save",
]

FORMAT = 2  # counts up when a file of today could no longer be read by the code of yesterday
FILE_NAME = "model.safetensors"  # of the artifact in a run folder

_KEY = "pixelwise"


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a caller has, down to what JSON can hold
    """Tuples as lists and numbers that are none as null, so that what is read is equal to what was written."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


Json = Annotated[dict[str, JsonValue], BeforeValidator(_plain)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Component(_Part):
    """A model or a task: its name in the catalog and the keyword arguments it is built with.

    Attributes:
        name: File name in the catalog.
        arguments: For a model without `out_channels` and `in_channels`, which follow from the task and the images.
    """

    name: str
    arguments: Json = {}


class MeasuredScores(_Part):
    """What the model reached, and on what.

    Attributes:
        split: Name of the split that was scored.
        values: Score by metric; None where it is not defined.
        protocol: How it was measured, such as `mIoU, 11 classes, val split, 360x480, void ignored`.
    """

    split: str
    values: Annotated[dict[str, float | None], BeforeValidator(_plain)]
    protocol: str = ""


class WeightsOrigin(_Part):
    """Where the pretrained weights came from that training started with.

    Attributes:
        source: Package or hub repository.
        licence: As the source states it.
    """

    source: str
    licence: str


class Description(_Part):
    """All that is needed to use a trained model, and what is known of how it came to be.

    Attributes:
        format: Number of the file format.
        model: The network.
        task: What it was trained to do; a threshold is among its arguments.
        classes: Names, stored values and colours, in the order of the network's output; None for a model that makes
            pictures.
        in_channels: Channels of the image; three are RGB.
        scaling: How the numbers of an image file become bytes, band by band; None for ordinary pictures.
        image_scale: Factor by which images are resized before the network, and scores back after it.
        temperature: What raw scores are divided by, so that probabilities tell how often they are right.
        training_size: Height and width in pixels of the crops that the network was trained with, after scaling.
        scores: What was measured, if anything was.
        fingerprint: What the training data looked like.
        weights: Pretrained weights that training started with; None if it started from random ones.
        versions: Version of each package that had a say, by name.
    """

    format: int = FORMAT
    model: Component
    task: Component
    classes: Classes | None = None
    in_channels: Annotated[int, Field(ge=1)] = 3
    scaling: Scaling | None = None
    image_scale: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    temperature: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    training_size: tuple[int, int] | None = None
    scores: MeasuredScores | None = None
    fingerprint: Json = {}
    weights: WeightsOrigin | None = None
    versions: dict[str, str] = Field(default_factory=lambda: _versions())


def save(path: str | Path, model: ImageModel, description: Description) -> None:
    """Write the weights of `model` and its description to one file, all or nothing.

    A file that is there is replaced in one step: whoever reads it meanwhile sees the old one or the new one, whole.

    Args:
        path: File to write, `.safetensors`; missing folders are made.
        model: On any device, in any memory format; it is not changed.
        description: Must name the class and arguments that `model` was built with.

    Raises:
        OutputError: If the file cannot be written.
    """
    usual = {"scaling": None, "classes": None, "temperature": 1.0}  # which older versions lack
    left_out = {name for name, value in usual.items() if getattr(description, name) == value}
    metadata = {_KEY: description.model_dump_json(exclude=left_out)}
    write_atomically(Path(path), to_safetensors(_plain_state(model), metadata=metadata))


def load(path: str | Path) -> tuple[ImageModel, Description]:
    """Read a model from a file that `save` wrote, or from the run folder that holds it.

    The model is on the CPU and in evaluation mode. The global random state is left as it was.

    Raises:
        ArtifactError: If the file is missing, torn, no model of this project, or of a newer format.
    """
    path = _file_of(Path(path))
    text, state = _read(path)
    description = _describe(path, text)
    try:
        task = build_task(description)
        with torch.random.fork_rng(devices=[]):
            model = MODELS[description.model.name].build(
                out_channels=task.out_channels, in_channels=description.in_channels, **description.model.arguments
            )
    except (PixelwiseError, TypeError, ValueError, RuntimeError) as error:
        raise ArtifactError(
            f"{path} describes a model that pixelwise {__version__} cannot build: {error} "
            f"It was written by pixelwise {description.versions.get('pixelwise', 'of unknown version')}."
        ) from error
    _fill(path, model, state)
    return model.eval(), description


def build_task(description: Description) -> Task:
    """Build the task of a description, which turns the network's scores into probabilities and classes.

    Raises:
        SettingError: If the catalog has no such task, or its arguments do not fit.
    """
    return TASKS[description.task.name].build(**description.task.arguments)


def _versions() -> dict[str, str]:
    python = ".".join(map(str, sys.version_info[:3]))
    return {"pixelwise": __version__, "torch": str(torch.__version__), "python": python}


def _plain_state(model: ImageModel) -> dict[str, Tensor]:
    """The state on the CPU, contiguous, and with a memory of its own for each tensor, as the format demands."""
    state: dict[str, Tensor] = {}
    owners: set[int] = set()
    for name, tensor in model.state_dict().items():
        plain = tensor.detach().cpu().contiguous()
        memory = plain.untyped_storage().data_ptr()
        state[name] = plain.clone() if memory in owners else plain
        owners.add(memory)
    return state


def _file_of(path: Path) -> Path:
    if path.is_dir():
        if not (path / FILE_NAME).is_file():
            raise ArtifactError(
                f"{path} is a folder without a {FILE_NAME}: expected a model file, or the folder of a run that has "
                f"written its first checkpoint."
            )
        return path / FILE_NAME
    if not path.exists():
        raise ArtifactError(f"There is no file {path}: expected a model file, or the folder of a run that holds one.")
    return path


def _read(path: Path) -> tuple[str, dict[str, Tensor]]:
    """The JSON document and the tensors of a file."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY)
            state = {} if text is None else {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except safetensors.SafetensorError as error:
        raise ArtifactError(
            f"{path} is no whole safetensors file ({error}): it was cut short, damaged, or is of another kind. "
            f"Copy it again from where it came from, or take another model file."
        ) from error
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror or error}.") from error
    if text is None:
        raise ArtifactError(
            f"{path} is a safetensors file, but not a model of pixelwise: its metadata lacks '{_KEY}'. "
            f"Expected a file that pixelwise wrote, such as the {FILE_NAME} in a run folder."
        )
    return text, state


def _describe(path: Path, text: str) -> Description:
    """Parse the JSON document, after a look at the format number."""
    try:
        document: Any = json.loads(text)
        number = document["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path} has a damaged description: no JSON document with a format number.") from error
    if not isinstance(number, int) or number > FORMAT:
        versions = document.get("versions")
        version = versions.get("pixelwise") if isinstance(versions, Mapping) else None
        raise ArtifactError(
            f"{path} has format {number}, but pixelwise {__version__} reads formats up to {FORMAT}. Take pixelwise "
            f"{f'{version} or newer' if version else 'of a newer version'}: git pull. {install()}"
        )
    if number == 1:
        _forget_loss(document)
    try:
        return Description.model_validate_json(json.dumps({**document, "format": FORMAT}))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ArtifactError(f"{path} has a damaged description: {place}: {first['msg']}.") from error
    except PixelwiseError as error:
        raise ArtifactError(f"{path} has a damaged description: {error}") from error


def _forget_loss(document: Any) -> None:  # noqa: ANN401 - whatever the file holds
    """Drop what format 1 said of a segmentation's loss in words that are no more; prediction needs none of it."""
    match document:
        case {"task": {"name": "segmentation", "arguments": dict() as arguments}}:
            for name in ("loss", "label_smoothing", "dice_weight"):
                arguments.pop(name, None)


def _fill(path: Path, model: ImageModel, state: dict[str, Tensor]) -> None:
    """Load the tensors, all of them and no others."""
    wanted = model.state_dict()
    missing = sorted(wanted.keys() - state.keys())
    foreign = sorted(state.keys() - wanted.keys())
    unlike = sorted(name for name in wanted.keys() & state.keys() if wanted[name].shape != state[name].shape)
    faults = {"it lacks": missing, "it has beyond that": foreign, "of another shape are": unlike}
    found = [f"{words} {len(names)} ({some_of(names)})" for words, names in faults.items() if names]
    if found:
        raise ArtifactError(
            f"The tensors in {path} are not those of the model that it describes: {'; '.join(found)}. "
            f"The file was changed after it was written; take the original."
        )
    model.load_state_dict(state)
