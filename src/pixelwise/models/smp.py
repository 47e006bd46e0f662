"""The networks of segmentation_models_pytorch, on our encoders.

Iakubovskii: "Segmentation Models Pytorch", https://github.com/qubvel-org/segmentation_models.pytorch. It is an extra:
`pip install segmentation-models-pytorch`.

Decoder and head are that library's own, built by it for a timm backbone (`tu-…` in its words) with the depth and the
dilation that the architecture asks for. With the same weights the output is the same; their names differ by
`encoder.backbone.` for its `encoder.model.`. Differs from it: the encoder around the backbone is ours, so that the
image is normalised inside and weights come from where all others come from; images of any size are padded and the
scores cropped again; a setting that is misspelt is refused, where the library takes it in silence; and its classifier
of whole images (`aux_params`) has no place.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.errors import SettingError, unknown_name
from pixelwise.models._base import ImageModel, ModelCard

__all__ = ["MODEL", "SMP"]

# Arguments that follow from ours, or would take the scores away from their size and range.
_OURS = ("encoder_name", "encoder_weights", "in_channels", "classes", "activation", "upsampling", "aux_params")

# Pixels of the coarsest features that an architecture needs: PAN halves them three times.
_SMALLEST_SIDE = {"PAN": 8}


class SMP(ImageModel):
    """A network of segmentation_models_pytorch.

    DPT is the one architecture that is refused: it takes tokens instead of a pyramid. DeepLabV3, DeepLabV3Plus and PAN
    take a dilated encoder, which timm has of ResNets, EfficientNets, ConvNeXts and others, but not of all; an encoder
    needs a pyramid of its own that begins at stride 1, 2 or 4. What does not fit is refused when the network is built.
    DeepLabV3, DeepLabV3Plus, PAN and UPerNet normalise one value per image and channel over the batch, so that they
    cannot be trained with batches of one image.

    Args:
        out_channels: Channels of the scores.
        architecture: Name of the class in segmentation_models_pytorch, such as "DeepLabV3Plus".
        in_channels: Channels of the image.
        encoder: Name of a timm backbone.
        settings: Further keyword arguments of that class, such as `{"encoder_output_stride": 8}`.

    Raises:
        SettingError: If the library is not installed, has no such architecture or setting, or the architecture does
            not fit the encoder.
    """

    encoder: Encoder

    def __init__(
        self,
        out_channels: int,
        architecture: str,
        in_channels: int = 3,
        encoder: str = DEFAULT_ENCODER,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        build = _architecture(architecture)
        settings = _known_settings(build, architecture, settings or {})
        self.encoder = Encoder(encoder, in_channels)
        with _refusing(architecture, encoder):
            network = build(
                encoder_name=f"tu-{encoder}",
                encoder_weights=None,
                in_channels=in_channels,
                classes=out_channels,
                **settings,
            )
            _take_backbone(self.encoder, network.encoder.model)
        self.decoder: nn.Module = network.decoder
        self.segmentation_head: nn.Module = network.segmentation_head
        self.multiple_of = network.encoder.output_stride
        self.smallest_side = _SMALLEST_SIDE.get(architecture, 1) * self.multiple_of
        with _refusing(architecture, encoder):
            self._try()

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`."""
        height, width = image.shape[-2:]
        if self.smallest_side > self.multiple_of:
            below, right = max(self.smallest_side - height, 0), max(self.smallest_side - width, 0)
            image = F.pad(image, (0, right, 0, below), mode="replicate")
        normalised = self.encoder.normalise(image)
        decoded = self.decoder(_as_the_library_has_them(normalised, self.encoder))
        scores: Tensor = self.segmentation_head(decoded)
        return scores[..., :height, :width]

    def _try(self) -> None:
        """Run once on the smallest image, since the library builds some networks that cannot run."""
        height, width = self.smallest_side, 2 * self.smallest_side
        self.eval()
        with torch.inference_mode():
            size = tuple(self.scores(torch.zeros(1, self.in_channels, height, width)).shape[-2:])
        self.train()
        if size != (height, width):
            raise ValueError(f"an image of {height} × {width} gives scores of {size[0]} × {size[1]}")


def _as_the_library_has_them(normalised: Tensor, encoder: Encoder) -> list[Tensor]:
    """The image and its features at strides 2, 4, …; a stride of 2 that the backbone lacks has no channels."""
    features: list[Tensor] = encoder.backbone(normalised)
    if getattr(encoder.backbone, "output_fmt", "NCHW") == "NHWC":
        features = [feature.permute(0, 3, 1, 2).contiguous() for feature in features]
    if encoder.strides[0] == 1:
        return features
    batch, _, height, width = normalised.shape
    missing = [] if encoder.strides[0] == 2 else [normalised.new_empty(batch, 0, height // 2, width // 2)]
    return [normalised, *missing, *features]


def _take_backbone(encoder: Encoder, backbone: Any) -> None:  # noqa: ANN401 - timm's, with its description of features
    """Put in the backbone that the library has built, which may be less deep or dilated."""
    encoder.backbone = backbone
    encoder.channels = tuple(backbone.feature_info.channels())
    encoder.strides = tuple(backbone.feature_info.reduction())


def _architecture(name: str) -> type[Any]:
    """The class of that name."""
    try:
        import segmentation_models_pytorch as library
    except ImportError as error:
        raise SettingError(
            "The model 'smp' takes its networks from segmentation_models_pytorch, which is not installed. "
            "Run: pip install segmentation-models-pytorch"
        ) from error
    base = library.base.SegmentationModel
    known = {key: value for key, value in vars(library).items() if isinstance(value, type) and issubclass(value, base)}
    if name == "DPT":
        raise SettingError(
            "DPT of segmentation_models_pytorch takes the tokens of a plain vision transformer, which no encoder here "
            "gives out. Take the model 'eomt', or 'upernet' with such a transformer as its encoder."
        )
    if name not in known:
        raise unknown_name("architecture of smp", name, known)
    architecture: type[Any] = known[name]
    return architecture


def _known_settings(build: type[Any], architecture: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = inspect.signature(build.__init__).parameters.values()  # that of the class is of its __new__
    known = {parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD} - {"self"}
    for name in settings:
        if name in _OURS:
            raise SettingError(
                f"The setting '{name}' of {architecture} has no place here: pixelwise decides the encoder, its weights "
                f"and the channels, and needs raw scores of the size of the image."
            )
        if name not in known:
            raise unknown_name(f"setting of {architecture}", name, known - set(_OURS))
    return settings


@contextmanager
def _refusing(architecture: str, encoder: str) -> Iterator[None]:
    """Turn what the library raises, of many kinds, into one sentence."""
    try:
        yield
    except SettingError:
        raise
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise SettingError(
            f"{architecture} of segmentation_models_pytorch does not fit the encoder '{encoder}' and these settings: "
            f"{reason}. Take another encoder, such as '{DEFAULT_ENCODER}' or 'resnet34', or other settings."
        ) from error


MODEL = ModelCard(
    build=SMP,
    summary="the networks of segmentation_models_pytorch, such as smp:DeepLabV3Plus, on any encoder",
    paper="Segmentation Models Pytorch, https://github.com/qubvel-org/segmentation_models.pytorch",
    tasks=frozenset({"segmentation", "restoration", "paired_translation"}),
    variant="architecture",
)
