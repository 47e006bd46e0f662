"""The names that fastai gives to the weights of a `DynamicUnet`, beside ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from pixelwise.errors import WeightsError, some_of
from pixelwise.models.dynamic_unet import DynamicUNet
from pixelwise.nn import SpectralConv2d, WeightNormConv2d

__all__ = ["from_fastai"]

_OURS, _THEIRS = "encoder.backbone.", "layers.0."

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

    fastai numbers the parts of the encoder that timm names. Both keep their order, so that the tensors are paired in
    that order; the names inside a part and the shapes have to agree.

    Args:
        state: `state_dict()` of fastai's module (`learner.model`), in its order.
        model: A network with the same settings and the encoder of the same name.

    Raises:
        WeightsError: If the encoder or the decoder is another one.
    """
    wanted = model.state_dict()
    names = _encoder_names(state, wanted, model.encoder.name)
    names |= {key: _decoder_name(key, model) for key in wanted if key not in names}
    missing = [name for key, name in names.items() if name not in state or state[name].numel() != wanted[key].numel()]
    foreign = sorted(state.keys() - set(names.values()))
    if missing or foreign:
        raise WeightsError(
            f"The decoder in the state is not that of a fastai DynamicUnet with these settings: {len(missing)} of "
            f"{len(names)} tensors are missing or of another size ({some_of(missing) or 'none'}), and {len(foreign)} "
            f"are left over ({some_of(foreign) or 'none'}). Give dynamic_unet the encoder, the number of outputs and "
            f"the options that fastai had."
        )
    return {key: state[name].reshape(wanted[key].shape) for key, name in names.items()}


def _encoder_names(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], encoder: str) -> dict[str, str]:
    ours = [key for key in wanted if key.startswith(_OURS)]
    theirs = [key for key in state if key.startswith(_THEIRS)]
    unlike = [
        name
        for key, name in zip(ours, theirs, strict=False)
        if not name.endswith("." + _below(key)) or state[name].shape != wanted[key].shape
    ]
    if unlike or len(ours) != len(theirs):
        raise WeightsError(
            f"The encoder in the state is not '{encoder}': it has {len(theirs)} tensors where {len(ours)} are "
            f"expected, and {len(unlike)} are others ({some_of(unlike) or 'none'}). Give the encoder that fastai had, "
            f"by the name that timm has for it, such as 'resnet34'."
        )
    return dict(zip(ours, theirs, strict=True))


def _below(key: str) -> str:
    """A name of ours without the part of the encoder, which is a number in fastai."""
    return key.removeprefix(_OURS).partition(".")[2]


def _decoder_name(key: str, model: DynamicUNet) -> str:
    ours, theirs = next(pair for pair in _places(model).items() if key.startswith(pair[0] + "."))
    inside = key.removeprefix(ours + ".")
    attention = 3 if isinstance(model.head.norm, nn.modules.batchnorm._NormBase) else 2
    for pattern, replacement in _INSIDE:
        inside = re.sub(pattern, replacement.format(attention=attention), inside)
    layer = model.get_submodule(key.rpartition(".")[0])
    return f"{theirs}.{_parameter(inside, layer)}"


def _places(model: DynamicUNet) -> dict[str, str]:
    """Our part to theirs; theirs are one sequence."""
    places = {"bottom_norm": "layers.1", "middle": "layers.3"}  # 0 is the encoder, 2 a ReLU
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
