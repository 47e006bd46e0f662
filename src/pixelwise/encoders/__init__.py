"""Any timm backbone as a pyramid of features, and where its pretrained weights come from."""

from __future__ import annotations

from pixelwise.encoders._backbone import Backbone
from pixelwise.encoders.listing import EncoderFacts, EncoderName, encoder_name, list_encoders
from pixelwise.encoders.pyramid import DEFAULT_ENCODER, Encoder
from pixelwise.encoders.weights import Weights, are_weights_at_hand, check_weights, load_pretrained

__all__ = [
    "DEFAULT_ENCODER",
    "Backbone",
    "Encoder",
    "EncoderFacts",
    "EncoderName",
    "Weights",
    "are_weights_at_hand",
    "check_weights",
    "encoder_name",
    "list_encoders",
    "load_pretrained",
]
