"""A network of fastai and ours with the same weights; and how far apart two tensors are."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from pixelwise.models._fastai import from_fastai
from pixelwise.models._fastai.names import _decoder_name
from pixelwise.models.dynamic_unet import DynamicUNet

CLASSES = 12
BUILT_AT = (64, 96)


def pair(encoder: str, options: dict[str, Any], dtype: torch.dtype) -> tuple[nn.Module, DynamicUNet]:
    """The network of fastai with random weights, and ours with the same.

    Args:
        encoder: `resnet34` is torchvision's; `timm/regnety_004` goes into fastai as it is; of `stages/vgg16_bn` the
            stages of timm's pyramid are laid out in a row, since fastai finds no skip connections in the nested one.
        options: Of `dynamic_unet`.
        dtype: Of the weights.
    """
    from fastai.layers import NormType

    norm = options.get("norm_type")
    named = options | ({"norm_type": getattr(NormType, norm.title())} if norm else {})
    torch.manual_seed(0)
    theirs: Any = _fastai_network(encoder, named).to(dtype)
    del theirs.layers[-1]  # it gives the output fastai's class of tensors, and single precision with it
    unnormalised = ([0.0] * 3, [1.0] * 3)  # fastai normalises outside
    ours = DynamicUNet(CLASSES, encoder=encoder.rpartition("/")[2], statistics=unnormalised, **options).to(dtype)
    for name, parameter in theirs.named_parameters():
        if name.endswith("gamma"):
            nn.init.constant_(parameter, 0.5)  # from zero self-attention would not show
    ours.load_state_dict(from_fastai(theirs.state_dict(), ours))
    return theirs, ours


def picture(size: tuple[int, int], dtype: torch.dtype, batch: int = 2) -> Tensor:
    """A normalised image."""
    return torch.randn(batch, 3, *size, dtype=dtype, generator=torch.Generator().manual_seed(1))


def difference(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference by the largest value."""
    return float((ours - theirs).abs().max() / theirs.abs().max().clamp(min=1e-12))


def gradients_of(theirs: nn.Module, ours: DynamicUNet, image: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Gradients of a random weighting of the output in training, ours and theirs, by our names.

    Without those of biases that the batch norm behind them cancels, as in VGG: they are zero but for rounding.
    """
    expected, output = theirs.train()(image), ours.train()(image)
    weight = torch.randn(output.shape, dtype=output.dtype, generator=torch.Generator().manual_seed(2))
    (weight * expected).mean().backward()
    (weight * output).mean().backward()
    renamed = from_fastai(theirs.state_dict() | {name: _gradient(p) for name, p in theirs.named_parameters()}, ours)
    assert ours.encoder is not None
    cancelled = {
        f"encoder.{name}.bias" for name, module in ours.encoder.named_modules() if isinstance(module, nn.Conv2d)
    }
    return {name: (_gradient(p), renamed[name]) for name, p in ours.named_parameters() if name not in cancelled}


def as_fastai(model: DynamicUNet) -> dict[str, Tensor]:
    """The state of a model under the names that fastai has for it, whose encoder is a ResNet."""
    assert model.encoder is not None
    parts = ("conv1", "bn1", "act1", "maxpool", "layer1", "layer2", "layer3", "layer4")
    renamed = {}
    for key, value in model.state_dict().items():
        if key.startswith("encoder.backbone."):
            part, _, rest = key.removeprefix("encoder.backbone.").partition(".")
            renamed[f"layers.0.{parts.index(part)}.{rest}"] = value
        else:
            renamed[_decoder_name(key, model)] = value
    return renamed


def _fastai_network(encoder: str, options: dict[str, Any]) -> Any:
    from fastai.vision.learner import create_unet_model
    from fastai.vision.models.unet import DynamicUnet

    source, _, name = encoder.rpartition("/")
    if source == "stages":
        return DynamicUnet(_stages(name), CLASSES, BUILT_AT, **options)
    if source == "timm":
        import timm

        def build(pretrained: bool) -> Any:
            return timm.create_model(name, pretrained=pretrained)
    else:
        from torchvision.models import get_model_builder

        build = get_model_builder(name)
    return create_unet_model(build, CLASSES, BUILT_AT, pretrained=False, **options)


def _stages(name: str) -> nn.Sequential:
    """The stages of timm's pyramid in a row, one for each feature map."""
    import timm

    backbone: Any = timm.create_model(name, pretrained=False, features_only=True)
    stages: list[list[nn.Module]] = [[]]
    for part, module in backbone.items():
        stages[-1].append(module)
        if part in backbone.return_layers:
            stages.append([])
    return nn.Sequential(*(nn.Sequential(*stage) for stage in stages if stage))


def _gradient(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad
