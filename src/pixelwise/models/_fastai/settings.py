"""The settings of a fastai `DynamicUnet`, as far as its weights show them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from pixelwise.errors import WeightsError
from pixelwise.nn import Norm

__all__ = ["Found", "find_settings"]

# Blocks in each of the four layers of a ResNet of torchvision, and whether the blocks have three convolutions.
_RESNETS: dict[tuple[tuple[int, ...], bool], str] = {
    ((2, 2, 2, 2), False): "resnet18",
    ((3, 4, 6, 3), False): "resnet34",
    ((3, 4, 6, 3), True): "resnet50",
    ((3, 4, 23, 3), True): "resnet101",
    ((3, 8, 36, 3), True): "resnet152",
}


@dataclass(frozen=True)
class Found:
    """What the weights show.

    Attributes:
        out_channels: Channels of the output.
        in_channels: Channels of the image.
        blocks: Number of decoder blocks, which is that of skip connections.
        encoder: Name of the encoder, if it is a plain ResNet of torchvision; else None.
        self_attention: Whether a decoder block ends in self-attention.
        last_cross: Whether the image is joined to the features at full size.
        norm_type: Norm of the decoder's convolutions.
    """

    out_channels: int
    in_channels: int
    blocks: int
    encoder: str | None
    self_attention: bool
    last_cross: bool
    norm_type: Norm | None


def find_settings(state: Mapping[str, Tensor]) -> Found:
    """Look at the names and shapes of a state dict.

    Raises:
        WeightsError: If it is not that of a `DynamicUnet` of fastai 2 with skip connections.
    """
    _check(state)
    blocks = {key.split(".")[1] for key in state if re.match(r"layers\.\d+\.shuf\.", key)}
    last = max(int(key.split(".")[1]) for key in state)
    heads = [value for key, value in state.items() if re.match(rf"layers\.{last}\.0\.weight(_orig|_v)?$", key)]
    stems = [value for key, value in state.items() if key.startswith("layers.0.") and value.ndim == 4]
    if not heads or not stems:
        raise WeightsError(
            "The first or the last layer is not that of a DynamicUnet of fastai, a convolution: expected is the whole "
            "state of what unet_learner builds (learn.model)."
        )
    return Found(
        out_channels=heads[0].shape[0],
        in_channels=stems[0].shape[1],
        blocks=len(blocks),
        encoder=_resnet(state),
        self_attention=any(re.match(r"layers\.\d+\.conv2\.\d\.gamma$", key) for key in state),
        last_cross=any(re.match(r"layers\.\d+\.convpath\.", key) for key in state),
        norm_type=_norm_type(state),
    )


def _check(state: Mapping[str, Tensor]) -> None:
    if any(".shuf.conv." in key for key in state):
        raise WeightsError(
            "These are weights of fastai 1, whose DynamicUnet computes otherwise than that of fastai 2: train it again "
            "with fastai 2 or with pixelwise."
        )
    is_numbered = all(re.match(r"layers\.\d+\.", key) for key in state)
    if not is_numbered or not any(key.startswith("layers.3.0.0.weight") for key in state):
        raise WeightsError(
            "The tensors are not those of a DynamicUnet of fastai, which are called layers.0 and so on: expected is "
            "the state of what unet_learner builds (learn.model)."
        )
    if not any(".shuf." in key for key in state):
        raise WeightsError(
            "fastai built this network without a single skip connection, as it does without a word for encoders such "
            "as densenet121, vgg16_bn of torchvision: it is no U-Net, and nothing here corresponds to it. Train it "
            "again; in pixelwise every encoder has its skip connections."
        )


def _resnet(state: Mapping[str, Tensor]) -> str | None:
    stem, first = state.get("layers.0.0.weight"), state.get("layers.0.4.0.conv2.weight")
    if stem is None or first is None or stem.shape[-1] != 7 or first.shape[:2] != (64, 64):
        return None
    found = [re.match(r"layers\.0\.(\d+)\.(\d+)\.conv1\.weight$", key) for key in state]
    numbers = [(int(match[1]), int(match[2])) for match in found if match]
    counts = tuple(sum(part == layer for part, _ in numbers) for layer in (4, 5, 6, 7))
    return _RESNETS.get((counts, "layers.0.4.0.conv3.weight" in state))


def _norm_type(state: Mapping[str, Tensor]) -> Norm | None:
    middle = "layers.3.0"  # the first convolution after the encoder
    if f"{middle}.0.weight_orig" in state:
        return "spectral"
    if f"{middle}.0.weight_g" in state:
        return "weight"
    if f"{middle}.1.running_mean" in state:
        return "batch"
    return "instance" if f"{middle}.1.weight" in state else None
