"""SegFormer's head: the same as elsewhere, on any encoder."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from pixelwise.models.segformer import SegFormer


def test_it_has_as_many_parameters_as_the_head_of_the_paper_on_the_encoder() -> None:
    with torch.device("meta"):
        model = SegFormer(12, encoder="test_convnext", width=256)
    scales = model.encoder.channels
    head = sum(channels * 256 + 256 for channels in scales) + 4 * 256 * 256 + 2 * 256 + 256 * 12 + 12
    encoder = sum(parameter.numel() for parameter in model.encoder.parameters())
    assert sum(parameter.numel() for parameter in model.parameters()) - encoder == head


@pytest.mark.parametrize(("encoder", "left_out"), [("test_resnet", 1), ("test_convnext", 0)])
def test_features_finer_than_stride_4_are_left_out(encoder: str, left_out: int) -> None:
    model = SegFormer(3, encoder=encoder, width=8)
    assert model.left_out == left_out
    assert len(model.project) == len(model.fuse) == 4


def renamed(theirs: dict[str, Tensor], scales: int) -> dict[str, Tensor]:
    """The state of smp's Segformer under our names; theirs counts the scales from the coarsest."""
    ours = {}
    for key, value in theirs.items():
        if key.startswith("encoder.model."):
            ours[key.replace("encoder.model.", "encoder.backbone.")] = value
        elif key.startswith("decoder.mlp_stage."):
            stage, kind = int(key.split(".")[2]), key.rsplit(".", 1)[1]
            ours[f"project.{scales - 1 - stage}.{kind}"] = value[:, :, None, None] if kind == "weight" else value
        elif key.startswith("segmentation_head.0."):
            ours[key.replace("segmentation_head.0.", "head.")] = value
        elif key.startswith("decoder.fuse_stage.1."):
            ours[key.replace("decoder.fuse_stage.1.", "norm.")] = value
        else:
            assert key == "decoder.fuse_stage.0.weight"
            parts = value.chunk(scales, dim=1)
            ours |= {f"fuse.{scales - 1 - stage}.weight": part for stage, part in enumerate(parts)}
    return ours


@pytest.mark.peers
def test_with_the_weights_of_segmentation_models_pytorch_the_scores_at_stride_4_are_the_same() -> None:
    library: Any = pytest.importorskip("segmentation_models_pytorch")
    torch.manual_seed(0)
    theirs = library.Segformer("tu-test_convnext", encoder_weights=None, classes=5).eval()
    for module in theirs.decoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.2)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    ours = SegFormer(5, encoder="test_convnext").eval()
    ours.load_state_dict(renamed(theirs.state_dict(), scales=len(ours.project)))
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())

    found: list[Tensor] = []
    ours.head.register_forward_hook(lambda _, __, output: found.append(output))
    image = torch.rand(2, 3, 96, 128)
    with torch.inference_mode():
        ours(image)
        features = theirs.decoder(theirs.encoder(ours.encoder.normalise(image)))
        expected = theirs.segmentation_head[0](features)
    assert found[0].shape == expected.shape == (2, 5, 24, 32)
    assert float((found[0] - expected).abs().max()) <= 1e-5
