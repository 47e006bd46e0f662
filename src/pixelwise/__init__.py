"""Train a network on your own pictures: a folder of images and masks in, a segmenter out.

The public names. Each is imported when it is first asked for (PEP 562), so that `import pixelwise` and the command
line's help do not wait for PyTorch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pixelwise._version import __version__
from pixelwise.errors import PixelwiseError

if TYPE_CHECKING:
    from pixelwise.data.understand import open_data
    from pixelwise.inference import Prediction, Predictor, load
    from pixelwise.learner import Learner, PictureLearner, unet_learner
    from pixelwise.learner.live_curves import LiveCurves
    from pixelwise.learner.pictures import open_pictures
    from pixelwise.training.callbacks import Callback, CSVLogger, EarlyStopping, KeepBest, ReduceLROnPlateau

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "KeepBest",
    "Learner",
    "LiveCurves",
    "PictureLearner",
    "PixelwiseError",
    "Prediction",
    "Predictor",
    "ReduceLROnPlateau",
    "__version__",
    "load",
    "open_data",
    "open_pictures",
    "unet_learner",
]

_HOMES = {
    "CSVLogger": "pixelwise.training.callbacks",
    "Callback": "pixelwise.training.callbacks",
    "EarlyStopping": "pixelwise.training.callbacks",
    "KeepBest": "pixelwise.training.callbacks",
    "Learner": "pixelwise.learner",
    "LiveCurves": "pixelwise.learner.live_curves",
    "PictureLearner": "pixelwise.learner",
    "Prediction": "pixelwise.inference",
    "Predictor": "pixelwise.inference",
    "ReduceLROnPlateau": "pixelwise.training.callbacks",
    "load": "pixelwise.inference",
    "open_data": "pixelwise.data.understand",
    "open_pictures": "pixelwise.learner.pictures",
    "unet_learner": "pixelwise.learner",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value  # found without this function from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
