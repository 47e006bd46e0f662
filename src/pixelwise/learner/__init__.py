"""What a notebook holds in its hand: data, a network, and everything that is done with them."""

from __future__ import annotations

from pixelwise.data.dataset import Dataset
from pixelwise.encoders import EncoderName
from pixelwise.learner._fitting import Fitting
from pixelwise.learner._picture_results import PictureResults
from pixelwise.learner._results import Results
from pixelwise.learner.pictures import TaskPictures
from pixelwise.nn import Norm
from pixelwise.ops.keywords import known_keywords
from pixelwise.training.display import Display

__all__ = ["Learner", "PictureLearner", "unet_learner"]


class Learner(Fitting[Dataset], Results):
    """A network in training on a data set.

    After each fit, one that was interrupted too, `model` holds the moving average of the weights, which is what
    `validate`, `predict` and `export` use and what the next fit begins with. Each fit sees the images in its own order
    and views. After an epoch the validation images are scored, if that takes no more than a tenth of the fit's time, or
    if a callback asks for it.

    Args:
        data: What `open_data` returned.
        model: Name of a network, as in `pixelwise list models`; None takes the default.
        encoder: Name of a timm backbone, or timm's function of that name; None takes the default.
        pretrained: Whether the encoder begins with its pretrained weights.
        loss: Which losses are summed, such as `ce+dice`; None takes the usual ones.
        arguments: Further arguments of the network, such as `{"self_attention": True}`.
        seed: Of everything that is drawn.
        display: Is told what happens; None prints lines.

    Attributes:
        data: As given.
        plan: All settings, with reasons. How it is trained can be changed, by `change_training` or by setting a copy.
        model: The network.
        history: A row every few steps, fit after fit: number of the fit, step, epoch, loss, learning rate, momentum;
            and the scores, where the validation images were scored.

    Raises:
        SettingError: If a name or an argument is not known.
        WeightsError: If pretrained weights cannot be had.
    """


class PictureLearner(Fitting[TaskPictures], PictureResults):
    """A network in training on pictures: super-resolution, restoration, translation.

    It is fitted, looked at and kept as a `Learner` is. Where networks learn against each other, each fit begins with
    new critics, and CycleGAN with a new way back, so make it one fit.

    Args:
        data: What `open_pictures` returned.
        model: Name of a network for the task, as in `pixelwise list models`; None takes the task's usual one.
        encoder: Name of a timm backbone, or timm's function of that name, for networks that have one.
        pretrained: Whether an encoder begins with its pretrained weights.
        loss: Name of a loss of pictures, such as `perceptual`; None takes the task's usual one.
        task: Further arguments of the task, such as `{"adversarial": "nogan"}` or `{"method": "cut"}`.
        arguments: Further arguments of the network, such as `{"width": 48}`.
        seed: Of everything that is drawn.
        display: Is told what happens; None prints lines.

    Attributes:
        data: As given.
        plan: All settings, with reasons; see `Learner`.
        model: The network.
        history: A row every few steps; see `Learner`.

    Raises:
        SettingError: If a name or an argument is not known, or has no place in the task.
        WeightsError: If pretrained weights cannot be had.
    """


@known_keywords
def unet_learner(  # noqa: PLR0913 - these are fastai's settings
    data: Dataset,
    encoder: EncoderName | None = None,
    *,
    pretrained: bool = True,
    blur: bool = False,
    self_attention: bool = False,
    bottle: bool = False,
    last_cross: bool = True,
    norm_type: Norm | None = None,
    loss: str | None = None,
    seed: int = 0,
    display: Display | None = None,
) -> Learner:
    """All best practice in one line, as fastai's function of this name: a DynamicUnet on a pretrained encoder.

    Args:
        data: What `open_data` returned.
        encoder: Name of a timm backbone, such as `resnet34`, or timm's function of that name; None takes the default,
            whose weights are installed.
        pretrained: Whether the encoder begins with its pretrained weights.
        blur: Whether a mean over 2 × 2 pixels follows each upsampling of the decoder, against checkerboards.
        self_attention: Whether the third block from the end attends to the whole image; its memory grows with the
            square of the number of pixels.
        bottle: Whether the residual block at full size is half as wide inside.
        last_cross: Whether the image is joined to the features at full size, with that residual block after it.
        norm_type: Norm of the decoder's convolutions: "batch", "instance", "weight", "spectral" or None.
        loss: Which losses are summed, such as `ce+dice`; None takes the usual ones.
        seed: Of everything that is drawn.
        display: Is told what happens; None prints lines.

    Raises:
        SettingError: If the encoder is not known or does not serve.
        WeightsError: If its weights cannot be had.
    """
    arguments = {
        "blur": blur,
        "self_attention": self_attention,
        "bottle": bottle,
        "last_cross": last_cross,
        "norm_type": norm_type,
    }
    return Learner(
        data,
        "dynamic_unet",
        encoder,
        pretrained=pretrained,
        loss=loss,
        arguments=arguments,
        seed=seed,
        display=display,
    )
