"""Pretrained weights of encoders: embedded ones from a package, all others from timm's hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import timm
from huggingface_hub import get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, OfflineModeIsEnabled
from safetensors import SafetensorError
from timm.models import adapt_input_conv
from torch import nn

from pixelwise.encoders._backbone import Backbone
from pixelwise.encoders._families import create_backbone
from pixelwise.encoders.embedded import distribution, embedded_state, is_embedded
from pixelwise.encoders.pyramid import DEFAULT_ENCODER
from pixelwise.errors import WeightsError

__all__ = ["Weights", "are_weights_at_hand", "check_weights", "load_pretrained", "published_weights"]

# Parts of the names of such licences, as timm's configurations have them: cc-by-nc-4.0 (convnextv2, hiera, MetaCLIP),
# fair-noncommercial-research-license (EUPE), Apple's for FastViT and MobileCLIP, Meta's for SEER.
_NON_COMMERCIAL = ("-nc", "non-commercial", "noncommercial", "apple-amlr", "fastvit-license", "seer-license", "fair-")


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
        """Whether the licence forbids commercial use, or is one of a research group that is read so here."""
        return any(mark in self.licence for mark in _NON_COMMERCIAL)


_HUB_FILES = ("model.safetensors", "pytorch_model.bin")  # as timm names them
_HUB_TIMEOUT_SECONDS = 10.0


def load_pretrained(encoder: Backbone, *, substitute: str | None = DEFAULT_ENCODER) -> Weights:
    """Load the published weights into `encoder`, in place: ImageNet's, in nearly all cases.

    Other than three input channels, the first convolution is adapted as timm adapts it: one channel takes the sum of
    the colours' kernels, more repeat them, scaled to keep the size of the response.

    Args:
        encoder: As it was built.
        substitute: An encoder with installed weights that could stand in its place, which an error recommends; None
            if the network takes none of those.

    Returns:
        Where the weights came from, and their licence.

    Raises:
        WeightsError: If timm knows no weights for this backbone, they cannot be had (offline), or their file is
            damaged.
    """
    if is_embedded(encoder.name):
        state = embedded_state(encoder.name)
        wanted = encoder.backbone.state_dict()
        stem = "conv_stem.weight"
        state[stem] = adapt_input_conv(encoder.in_channels, state[stem])
        encoder.backbone.load_state_dict({key: state[key] for key in wanted})
        return Weights(distribution(encoder.name), "apache-2.0")
    weights = check_weights(encoder.name, substitute=substitute)
    published = _fetched(encoder, weights, substitute).state_dict()
    wanted = encoder.backbone.state_dict()
    encoder.backbone.load_state_dict({key: published[key] for key in wanted})  # a network may take fewer stages
    return weights


def check_weights(name: str, *, substitute: str | None = DEFAULT_ENCODER) -> Weights:
    """Find out whether the pretrained weights of a backbone can be had, without loading them.

    Args:
        name: A timm backbone.
        substitute: As of `load_pretrained`.

    Returns:
        Where they come from, and their licence.

    Raises:
        WeightsError: If timm knows none, or they are neither on this machine nor to be reached.
    """
    weights = published_weights(name)
    if weights is None:
        raise WeightsError(f"timm publishes no pretrained weights for '{name}'. {_instead(substitute)}.")
    repository = _repository(name)
    if repository is None:
        return weights
    try:
        _reach_hub(repository)
    except ConnectionError as error:
        raise WeightsError(
            f"The pretrained weights of '{name}' ({weights.source}) are not on this machine, and {error}. "
            f"{_instead(substitute)}; or copy the hub's cache from where they are, and set HF_HOME to the copy."
        ) from error
    return weights


def are_weights_at_hand(name: str) -> bool:
    """Whether the pretrained weights of a backbone are installed, in the hub's cache, or can be fetched just now."""
    if is_embedded(name):
        return True
    repository = _repository(name)
    if repository is None:
        return False
    try:
        _reach_hub(repository)
    except ConnectionError:
        return False
    return True


def published_weights(name: str) -> Weights | None:
    """Where the pretrained weights of a backbone come from, without reaching for them; None if there are none."""
    if is_embedded(name):
        return Weights(distribution(name), "apache-2.0")
    config = timm.get_pretrained_cfg(name)
    if config is None or not config.has_weights:
        return None
    return Weights(str(config.hf_hub_id or config.url), str(config.license or "unknown"))


def _repository(name: str) -> str | None:
    """The repository of the hub that holds the weights of a backbone; None if they are not there, but installed."""
    config = timm.get_pretrained_cfg(name)
    return None if is_embedded(name) or config is None or not config.hf_hub_id else str(config.hf_hub_id)


def _fetched(encoder: Backbone, weights: Weights, substitute: str | None) -> nn.Module:
    """The same backbone with its published weights."""
    try:
        return create_backbone(encoder.name, encoder.in_channels, pretrained=True)
    except (OSError, RuntimeError, SafetensorError, HfHubHTTPError) as error:
        cached = _cached(_repository(encoder.name))
        advice = "" if cached is None else f"If its file is damaged, delete it, so that it is fetched anew: {cached}. "
        raise WeightsError(
            f"The pretrained weights of '{encoder.name}' ({weights.source}) could not be loaded: {_first_line(error)}. "
            f"{advice}{_instead(substitute)}."
        ) from error


def _instead(substitute: str | None) -> str:
    """What to do without the weights."""
    if substitute is None:
        encoder = f"Take a model that is built on the encoder '{DEFAULT_ENCODER}'"
    else:
        encoder = f"Take the encoder '{substitute}'"
    return (
        f"{encoder}, whose weights are installed with pixelwise; or begin with random weights (--no-pretrained, "
        f"pretrained=False)"
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def _cached(repository: str | None) -> Path | None:
    """The file of weights in the hub's cache."""
    if repository is None:
        return None
    name, _, revision = repository.partition("@")
    found = (try_to_load_from_cache(name, file, revision=revision or None) for file in _HUB_FILES)
    return next((Path(path) for path in found if isinstance(path, str)), None)


def _reach_hub(repository: str) -> None:
    """Ask the hub once for weights that are not in its cache, since a download would retry for most of a minute.

    Raises:
        ConnectionError: If they cannot be had; its words end a sentence.
    """
    if _cached(repository) is not None:
        return
    name, _, revision = repository.partition("@")
    try:
        get_hf_file_metadata(hf_hub_url(name, _HUB_FILES[0], revision=revision or None), timeout=_HUB_TIMEOUT_SECONDS)
    except EntryNotFoundError:
        return  # the hub has answered; the weights are in the other file
    except OfflineModeIsEnabled as error:
        raise ConnectionError("HF_HUB_OFFLINE forbids to fetch them") from error
    except HfHubHTTPError as error:
        raise ConnectionError(f"the hub does not give them ({_first_line(error)})") from error
    except Exception as error:  # that of an HTTP library, another one in each major version of huggingface_hub
        raise ConnectionError("there is no connection to the hub that has them") from error
