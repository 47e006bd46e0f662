"""Every network as one ONNX file for images of all sizes, and as one graph to the compiler; fastai's own is none."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pixelwise.models import DEFAULT_MODEL, MODELS, ImageModel
from pixelwise.models.dynamic_unet import DynamicUNet
from tests.models.cases import CASES, Case

pytestmark = pytest.mark.filterwarnings("ignore")  # of the exporter, which speaks of its own inside
SIZES = [(128, 96), (97, 131)]
OPTIONS: dict[str, Any] = {
    "blur": True,
    "self_attention": True,
    "bottle": True,
    "norm_type": "spectral",
    "y_range": (-3.0, 3.0),
}


def image(size: tuple[int, int], batch: int = 1) -> Tensor:
    return torch.rand(batch, 3, *size, generator=torch.Generator().manual_seed(0))


def assert_equal_in_onnx(model: ImageModel, folder: Path) -> None:
    """Export at one size, run at two."""
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    model = model.eval()
    path = folder / "model.onnx"
    sides = {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    torch.onnx.export(
        model, (image((64, 160)),), path, dynamo=True, dynamic_shapes=(sides,), input_names=["image"], verbose=False
    )
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    for size in SIZES:
        with torch.inference_mode():
            expected = model(image(size)).numpy()
        (found,) = session.run(None, {"image": image(size).numpy()})
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() <= 1e-4


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_onnx_file_takes_images_of_every_size(case: Case, tmp_path: Path) -> None:
    assert_equal_in_onnx(case.build(), tmp_path)


@pytest.mark.parametrize(
    ("name", "settings"),
    [("resnet_generator", {"width": 4, "depth": 1}), ("lite_unet", {"encoder": "test_resnet"})],
)
def test_what_is_added_to_the_image_is_equal_in_onnx(name: str, settings: dict[str, Any], tmp_path: Path) -> None:
    torch.manual_seed(0)
    assert_equal_in_onnx(MODELS[name].build(out_channels=3, residual=True, **settings), tmp_path)


def test_the_default_network_is_equal_in_onnx_with_its_own_encoder(tmp_path: Path) -> None:
    torch.manual_seed(0)
    assert_equal_in_onnx(MODELS[DEFAULT_MODEL].build(out_channels=5), tmp_path)


def test_dynamic_unet_is_equal_in_onnx_with_all_of_its_options(tmp_path: Path) -> None:
    torch.manual_seed(0)
    assert_equal_in_onnx(DynamicUNet(5, encoder="test_resnet", **OPTIONS), tmp_path)


def test_dynamic_unet_is_one_graph_to_the_compiler() -> None:
    torch.manual_seed(0)
    model = DynamicUNet(5, encoder="test_resnet", **OPTIONS).eval()
    compiled = torch.compile(model, fullgraph=True, backend="eager")  # traced in one piece, without C++
    with torch.inference_mode():
        torch.testing.assert_close(compiled(image((64, 96))), model(image((64, 96))))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_dynamic_unet_compiled_to_machine_code_is_equal() -> None:
    torch.manual_seed(0)
    model = DynamicUNet(5, encoder="test_resnet", **OPTIONS).eval()
    with torch.inference_mode():
        compiled = torch.compile(model, fullgraph=True)(image((64, 96)))
        torch.testing.assert_close(compiled, model(image((64, 96))), rtol=1e-4, atol=1e-4)


def test_dynamic_unet_has_no_hooks() -> None:
    for module in DynamicUNet(5, encoder="test_resnet", **OPTIONS).modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


@pytest.mark.peers
def test_fastai_s_own_dynamic_unet_is_not_one_graph_to_the_compiler() -> None:
    pytest.importorskip("fastai")
    from fastai.vision.learner import create_unet_model
    from torchvision.models import resnet18

    network: Any = create_unet_model(resnet18, 5, (64, 96), pretrained=False).eval()
    compiled: Any = torch.compile(network, fullgraph=True, backend="eager")
    with pytest.raises(Exception, match=r"."), torch.inference_mode():  # of the compiler's many kinds
        compiled(image((64, 96)))
