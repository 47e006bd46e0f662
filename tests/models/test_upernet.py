"""UPerNet: pooled context that any size of image and of batch can have."""

from __future__ import annotations

import torch
from torch import nn

from pixelwise.models.upernet import UPerNet


def build(encoder: str = "test_resnet") -> UPerNet:
    torch.manual_seed(0)
    return UPerNet(3, encoder=encoder, width=8)


def test_a_batch_of_one_image_trains() -> None:
    model = build().train()
    scores, auxiliary = model.training_scores(torch.rand(1, 3, 64, 96))
    (scores.mean() + auxiliary.mean()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_nothing_is_normalised_after_it_was_pooled() -> None:
    pooled = [layer for branch in build().context.pooled for layer in branch.modules()]
    assert not [layer for layer in pooled if isinstance(layer, nn.modules.batchnorm._BatchNorm)]


def test_the_auxiliary_head_takes_the_scale_before_the_coarsest() -> None:
    model = build()
    assert model.encoder.strides[-2] == 16
    convolution = model.get_submodule("auxiliary.0.conv")
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.in_channels == model.encoder.channels[-2]


def test_features_finer_than_stride_4_are_left_out() -> None:
    assert len(build("test_resnet").laterals) == len(build("test_convnext").laterals) == 3


def test_one_exported_graph_takes_images_of_other_sizes() -> None:
    model = build("resnet18").eval()
    height, width = torch.export.Dim("height", min=33, max=512), torch.export.Dim("width", min=33, max=512)
    with torch.inference_mode():
        exported = torch.export.export(model, (torch.rand(1, 3, 64, 96),), dynamic_shapes=({2: height, 3: width},))
        for size in ((57, 83), (224, 160)):
            image = torch.rand(1, 3, *size)
            torch.testing.assert_close(exported.module()(image), model(image), rtol=1e-4, atol=1e-5)
