"""Pretrained weights of encoders: embedded ones from a package, all others from timm's hub."""

from __future__ import annotations

from dataclasses import dataclass

import timm
from huggingface_hub import get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError
from timm.models import adapt_input_conv

from pixelwise.encoders._families import create_backbone
from pixelwise.encoders.embedded import distribution, embedded_state, is_embedded
from pixelwise.encoders.pyramid import DEFAULT_ENCODER, Encoder
from pixelwise.errors import WeightsError

__all__ = ["Weights", "are_weights_at_hand", "load_pretrained", "published_weights"]


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
    if is_embedded(encoder.name):
        state = embedded_state(encoder.name)
        wanted = encoder.backbone.state_dict()
        stem = "conv_stem.weight"
        state[stem] = adapt_input_conv(encoder.in_channels, state[stem])
        encoder.backbone.load_state_dict({key: state[key] for key in wanted})
        return Weights(distribution(encoder.name), "apache-2.0")
    return _load_from_hub(encoder)


def are_weights_at_hand(name: str) -> bool:
    """Whether the pretrained weights of a backbone are installed, in the hub's cache, or can be fetched just now."""
    if is_embedded(name):
        return True
    config = timm.get_pretrained_cfg(name)
    if config is None or not config.hf_hub_id:
        return False
    try:
        _reach_hub(config.hf_hub_id)
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


def _load_from_hub(encoder: Encoder) -> Weights:
    weights = published_weights(encoder.name)
    if weights is None:
        raise WeightsError(
            f"timm publishes no pretrained weights for '{encoder.name}'. "
            f"Train it from random weights (pretrained=False, --no-pretrained), or take '{DEFAULT_ENCODER}'."
        )
    config = timm.get_pretrained_cfg(encoder.name)
    repository = None if config is None else config.hf_hub_id
    try:
        if repository:
            _reach_hub(repository)
        twin = create_backbone(encoder.name, encoder.in_channels, pretrained=True)
    except (OSError, RuntimeError, HfHubHTTPError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise WeightsError(
            f"The ImageNet weights of '{encoder.name}' ({weights.source}) could not be had: {reason}. "
            f"Without a connection, take '{DEFAULT_ENCODER}', whose weights are installed with pixelwise; or fetch "
            f"them once where there is one and set HF_HOME to that cache; or train from random weights "
            f"(pretrained=False, --no-pretrained)."
        ) from error
    published, wanted = twin.state_dict(), encoder.backbone.state_dict()
    encoder.backbone.load_state_dict({key: published[key] for key in wanted})  # a network may take fewer stages
    return weights


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
