"""Weights that fastai trained, for `dynamic_unet`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from pixelwise.errors import WeightsError, some_of
from pixelwise.models.dynamic_unet import DynamicUNet
from pixelwise.nn import SpectralConv2d, WeightNormConv2d

__all__ = ["from_fastai"]

# Places in the encoder that fastai cuts out of a torchvision ResNet.
_RESNET = {"conv1": 0, "bn1": 1, "layer1": 4, "layer2": 5, "layer3": 6, "layer4": 7}

# Inside a layer of the sequence; a convolution of fastai holds its norm at 1 and, in a decoder block, self-attention
# behind the ReLU, at 2 or 3.
_INSIDE = (
    (r"^upsample\.conv\.", "shuf.0."),
    (r"^skip_norm\.", "bn."),
    (r"^attention\.(query|key|value)\.", r"conv2.{attention}.\1.0."),
    (r"^attention\.", "conv2.{attention}."),
    (r"\bconv\.(weight|bias|gain|left|right)$", r"0.\1"),
    (r"\bnorm\.(\w+)$", r"1.\1"),
)


def from_fastai(state: Mapping[str, Tensor], model: DynamicUNet) -> dict[str, Tensor]:
    """Rename the state of a fastai `DynamicUnet` so that `model.load_state_dict` takes it.

    Args:
        state: `state_dict()` of fastai's module (`learner.model`), built around a torchvision ResNet.
        model: A network with the same settings and the encoder of the same name.

    Raises:
        WeightsError: If the encoder is no ResNet, or the state is not of such a network.
    """
    parts = [name for name, _ in model.encoder.backbone.named_children()]
    if not set(_RESNET) <= set(parts):
        raise WeightsError(
            f"Only fastai networks around a torchvision ResNet can be taken over; '{model.encoder.name}' is none. "
            f"Build dynamic_unet with the encoder that fastai had, such as 'resnet34'."
        )
    wanted = model.state_dict()
    names = {key: _fastai_name(key, model) for key in wanted}
    missing = [name for key, name in names.items() if name not in state or state[name].numel() != wanted[key].numel()]
    if missing or len(state) != len(names):
        raise WeightsError(
            f"The state is not that of a fastai DynamicUnet with these settings: {len(missing)} of {len(names)} "
            f"tensors are missing or of another size ({some_of(missing) or 'none'}), and it has {len(state)} in all. "
            f"Give dynamic_unet the encoder, the number of outputs and the options that fastai had."
        )
    return {key: state[name].reshape(wanted[key].shape) for key, name in names.items()}


def _fastai_name(key: str, model: DynamicUNet) -> str:
    ours, theirs = next(pair for pair in _places(model).items() if key.startswith(pair[0] + "."))
    inside = key.removeprefix(ours + ".")
    if not ours.startswith("encoder."):
        attention = 3 if isinstance(model.head.norm, nn.modules.batchnorm._NormBase) else 2
        for pattern, replacement in _INSIDE:
            inside = re.sub(pattern, replacement.format(attention=attention), inside)
    layer = model.get_submodule(key.rpartition(".")[0])
    return f"{theirs}.{_parameter(inside, layer)}"


def _places(model: DynamicUNet) -> dict[str, str]:
    """Our part to theirs; theirs are one sequence."""
    places = {f"encoder.backbone.{name}": f"layers.0.{position}" for name, position in _RESNET.items()}
    places |= {"bottom_norm": "layers.1", "middle": "layers.3"}  # 2 is a ReLU
    position = 4
    for block in range(len(model.decoder)):
        places[f"decoder.{block}"] = f"layers.{position}"
        position += 1
    for upsample in range(len(model.upsample)):
        places[f"upsample.{upsample}.conv"] = f"layers.{position}.0"
        position += 1
    position += 1  # the resize
    if model.residual is not None:
        places["residual.conv1"] = f"layers.{position + 1}.convpath.0"  # behind the concatenation
        places["residual.conv2"] = f"layers.{position + 1}.convpath.1"
        position += 2
    places["head"] = f"layers.{position}"
    return places


def _parameter(name: str, layer: nn.Module) -> str:
    """The last part of a name, where a weight is normalised."""
    if isinstance(layer, SpectralConv2d):
        endings = {"weight": "weight_orig", "left": "weight_u", "right": "weight_v"}
    elif isinstance(layer, WeightNormConv2d):
        endings = {"weight": "weight_v", "gain": "weight_g"}
    else:
        return name
    path, _, ending = name.rpartition(".")
    return f"{path}.{endings.get(ending, ending)}"
