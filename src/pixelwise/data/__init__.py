"""Images and masks: finding them on disk, understanding them, and making examples of them."""

from __future__ import annotations

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.pairs import Pair
from pixelwise.data.understand import open_data, open_for_evaluation

__all__ = ["Classes", "Dataset", "Decision", "Pair", "open_data", "open_for_evaluation"]
