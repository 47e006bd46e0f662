"""VGG16 from a file of weights: the network that many papers measure pictures by, and which is not installed.

Simonyan, Zisserman: "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015,
https://arxiv.org/abs/1409.1556. The file is the state dict of torchvision's `vgg16` or `vgg16_bn`, as `torch.save` or
safetensors write it. Its features are those after the last ReLU before each pooling: relu1_2 at stride 1, relu2_2 at 2,
relu3_3 at 4, relu4_3 at 8 and relu5_3 at 16; at 32 they are what the last pooling leaves of relu5_3.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from pixelwise.encoders.pyramid import Encoder
from pixelwise.errors import WeightsError, some_of

__all__ = ["VGG_STRIDES", "is_weights_file", "refuse_missing", "vgg_from_file"]

VGG_STRIDES = (1, 2, 4, 8)
"""Those of relu1_2, relu2_2, relu3_3 and relu4_3, which are usually compared."""

_ENDINGS = (".pth", ".pt", ".safetensors")
_EXPECTED = "Expected is the state dict of torchvision.models.vgg16 or vgg16_bn, written by torch.save or safetensors."
_NORM = "features.1.running_mean"  # which network it is
_COUNTER = "num_batches_tracked"  # which older files lack and nothing needs


def is_weights_file(name: str) -> bool:
    """Whether a file is meant, and not a backbone of timm's.

    >>> is_weights_file("vgg16-397923af.pth"), is_weights_file("vgg16")
    (True, False)
    """
    return name.lower().endswith(_ENDINGS)


def refuse_missing(path: Path) -> None:
    """Refuse a file that is not there, without reading one that is.

    Raises:
        WeightsError: If it is not there.
    """
    if not path.is_file():
        raise WeightsError(f"There is no file {path} to read VGG16 from. {_EXPECTED}")


def vgg_from_file(path: Path) -> Encoder:
    """VGG16, with or without batch norm as the file has it; `name` is `vgg16` or `vgg16_bn`.

    Images are normalised with ImageNet's statistics. The classifier is left out.

    Raises:
        WeightsError: If the file cannot be read, or holds other weights.
    """
    state = _read(path)
    encoder = Encoder("vgg16_bn" if _NORM in state else "vgg16")
    wanted = encoder.backbone.state_dict()
    names = {name: name.replace("_", ".", 1) for name in wanted}  # timm's features_0.weight is features.0.weight
    missing = [there for name, there in names.items() if there not in state and not name.endswith(_COUNTER)]
    if missing:
        raise WeightsError(
            f"{path} is no VGG16: it lacks {some_of(missing, 4)}, and holds {some_of(sorted(state), 4)}. {_EXPECTED}"
        )
    for name, there in names.items():
        if there in state and state[there].shape != wanted[name].shape:
            raise WeightsError(
                f"{path} is no VGG16: {there} is {tuple(state[there].shape)} instead of {tuple(wanted[name].shape)}. "
                f"{_EXPECTED}"
            )
    encoder.backbone.load_state_dict({name: state.get(there, wanted[name]) for name, there in names.items()})
    return encoder


def _read(path: Path) -> dict[str, Tensor]:
    """Names and tensors; reading them runs no code of the file."""
    refuse_missing(path)
    try:
        content: Any
        if path.suffix.lower() == ".safetensors":
            content = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # PyTorch and safetensors have a dozen kinds for a file that is not theirs
        raise WeightsError(f"{path} cannot be read as weights ({_first_line(error)}). {_EXPECTED}") from error
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise WeightsError(f"{path} holds something else than names with tensors. {_EXPECTED}")
    return content


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
