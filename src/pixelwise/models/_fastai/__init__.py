"""What fastai trained, for `dynamic_unet`: its files, the settings that they show, and its names of the weights."""

from __future__ import annotations

from pixelwise.models._fastai.files import read_state
from pixelwise.models._fastai.names import from_fastai
from pixelwise.models._fastai.settings import Found, find_settings

__all__ = ["Found", "find_settings", "from_fastai", "read_state"]
