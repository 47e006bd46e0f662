"""`pixelwise convert`: from what fastai saved to a model that predicts."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from pixelwise import artifact
from pixelwise.errors import WeightsError
from pixelwise.inference import load
from pixelwise.models._fastai import find_settings, read_state
from pixelwise.models.dynamic_unet import DynamicUNet
from tests.cli.conftest import Command
from tests.models.fastai_pairs import as_fastai


def network(**settings: Any) -> DynamicUNet:
    torch.manual_seed(0)
    arguments: dict[str, Any] = {"out_channels": 3, "encoder": "test_resnet"} | settings
    return DynamicUNet(**arguments).eval()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """As `learn.save` writes them: the weights, and the state of the optimiser beside them."""
    path = tmp_path / "weights.pth"
    torch.save({"model": as_fastai(network(self_attention=True)), "opt": {"state": [], "hypers": [{"lr": 1e-3}]}}, path)
    return path


def saved(state: dict[str, Tensor], folder: Path) -> Path:
    path = folder / "state.pth"
    torch.save(state, path)
    return path


def test_a_converted_model_predicts_with_the_weights_of_fastai(
    weights: Path, tmp_path: Path, pixelwise: Command
) -> None:
    (tmp_path / "codes.txt").write_text("sky\nroad\nVoid\n")
    output = tmp_path / "out" / "model.safetensors"
    options = ["--encoder", "test_resnet", "--classes", tmp_path / "codes.txt", "--image-scale", "0.5"]
    printed = pixelwise("convert", weights, "-o", output, *options)
    assert printed.code == 0, printed.err
    seen = (
        "encoder test_resnet, 3 channels in, 3 out, no norm in the decoder, self-attention, the image joined at the end"
    )
    assert seen in printed.out
    assert "no blur, normalisation imagenet" in printed.out
    assert f"pixelwise predict {output} IMAGE -o predictions" in printed.out

    model, description = artifact.load(output)
    assert description.classes is not None
    assert description.classes.names == ("sky", "road", "Void")
    assert description.image_scale == 0.5
    statistics = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    expected = network(self_attention=True, statistics=statistics)
    image = torch.rand(1, 3, 45, 70)
    with torch.inference_mode():
        assert torch.equal(model(image), expected(image))

    Image.fromarray(np.full((40, 48, 3), 128, dtype=np.uint8)).save(tmp_path / "photo.png")
    assert pixelwise("predict", output, tmp_path / "photo.png", "-o", tmp_path / "predictions").code == 0


def test_classes_without_names_are_numbered_and_one_output_is_object_and_background(
    weights: Path, tmp_path: Path, pixelwise: Command
) -> None:
    printed = pixelwise("convert", weights, "-o", tmp_path / "a.safetensors", "--encoder", "test_resnet")
    assert "Classes: class_0, class_1, class_2\n" in printed.out
    path = saved(as_fastai(network(out_channels=1)), tmp_path)
    printed = pixelwise("convert", path, "-o", tmp_path / "b.safetensors", "--encoder", "test_resnet")
    assert "Classes: background, object\n" in printed.out
    classes = artifact.load(tmp_path / "b.safetensors")[1].classes
    assert classes is not None
    assert classes.binary


@pytest.mark.parametrize(
    "settings",
    [
        {"norm_type": "batch", "self_attention": True},
        {"norm_type": "spectral", "last_cross": False},
        {"norm_type": "weight", "in_channels": 4},
        {"norm_type": "instance", "out_channels": 7},
    ],
    ids=str,
)
def test_what_the_weights_show_is_seen(settings: dict[str, Any]) -> None:
    found = find_settings(as_fastai(network(**settings)))
    defaults = {"norm_type": None, "self_attention": False, "last_cross": True, "in_channels": 3, "out_channels": 3}
    assert {name: getattr(found, name) for name in defaults} == defaults | settings
    assert found.encoder is None


@pytest.mark.parametrize("encoder", ["resnet18", "resnet34", "resnet50", "resnet101"])
def test_a_plain_resnet_is_known_by_its_blocks(encoder: str) -> None:
    with torch.device("meta"):
        assert find_settings(as_fastai(DynamicUNet(3, encoder=encoder))).encoder == encoder


@pytest.mark.parametrize("encoder", ["wide_resnet50_2", "resnext50_32x4d"])
def test_another_resnet_is_not_taken_for_a_plain_one(encoder: str) -> None:
    with torch.device("meta"):
        assert find_settings(as_fastai(DynamicUNet(3, encoder=encoder))).encoder is None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "The weights do not show which encoder they have"),
        (["--encoder", "test_resnet2"], "There is no encoder called 'test_resnet2'. Did you mean 'test_resnet'?"),
        (["--encoder", "test_convnext"], "with 4 skip connections, where 'test_convnext' has 3"),
        (["--encoder", "resnet18"], "The encoder in the state is not 'resnet18': it has "),
        (["--encoder", "test_resnet", "--normalisation", "half"], "'half' is not one of"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    options: list[str], sentence: str, weights: Path, tmp_path: Path, pixelwise: Command
) -> None:
    printed = pixelwise("convert", weights, "-o", tmp_path / "model.safetensors", *options)
    assert printed.code == 2
    assert sentence in printed.err
    assert not (tmp_path / "model.safetensors").exists()


def test_a_name_for_each_output_is_asked_for(weights: Path, tmp_path: Path, pixelwise: Command) -> None:
    (tmp_path / "codes.txt").write_text("sky\nroad\n")
    options = ["--encoder", "test_resnet", "--classes", tmp_path / "codes.txt"]
    printed = pixelwise("convert", weights, "-o", tmp_path / "model.safetensors", *options)
    assert printed.code == 2
    assert "names 2 classes, but the network has outputs for 3; one name per output is expected" in printed.err


def test_four_channels_need_a_normalisation_of_their_own(tmp_path: Path, pixelwise: Command) -> None:
    path = saved(as_fastai(network(in_channels=4)), tmp_path)
    command = ["convert", path, "-o", tmp_path / "model.safetensors", "--encoder", "test_resnet"]
    assert "give --normalisation none" in pixelwise(*command).err
    assert pixelwise(*command, "--normalisation", "none").code == 0


def test_a_whole_learner_is_refused_with_the_way_to_its_weights(tmp_path: Path, pixelwise: Command) -> None:
    path = tmp_path / "export.pkl"
    torch.save(nn.Linear(2, 2), path)
    printed = pixelwise("convert", path, "-o", tmp_path / "model.safetensors")
    assert printed.code == 2
    assert "holds Python objects (torch.nn.modules.linear.Linear), as learn.export writes them" in printed.err
    assert "load_learner('export.pkl').save('weights')" in printed.err


def test_files_of_another_kind_are_sentences(tmp_path: Path, pixelwise: Command) -> None:
    (tmp_path / "torn.pth").write_bytes(b"PK\x03\x04 torn")
    torch.save({"epoch": 3}, tmp_path / "numbers.pth")
    torch.save({"weight": torch.zeros(2)}, tmp_path / "linear.pth")
    torch.save({"layers.4.shuf.conv.0.weight": torch.zeros(2)}, tmp_path / "old.pth")
    headless = ("layers.0.0.weight", "layers.3.0.0.weight", "layers.4.shuf.0.0.weight")
    torch.save({name: torch.zeros(1, 1, 1, 1) for name in headless}, tmp_path / "headless.pth")
    sentences = {
        "nowhere.pth": "There is no file",
        "torn.pth": "is no whole file of weights",
        "headless.pth": "The first or the last layer is not that of a DynamicUnet",
        "numbers.pth": "holds no state dict",
        "linear.pth": "not those of a DynamicUnet of fastai",
        "old.pth": "weights of fastai 1",
    }
    for name, sentence in sentences.items():
        printed = pixelwise("convert", tmp_path / name, "-o", tmp_path / "model.safetensors")
        assert (printed.code, sentence in printed.err, "Traceback" in printed.err) == (2, True, False), printed.err


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_file_that_is_cut_anywhere_is_a_sentence(as_zip: bool, tmp_path: Path) -> None:
    path = tmp_path / "cut.pth"
    torch.save({"weight": torch.zeros(2)}, path, _use_new_zipfile_serialization=as_zip)
    content = path.read_bytes()
    for length in range(0, len(content), 3):
        path.write_bytes(content[:length])
        with pytest.raises(WeightsError, match=r"cut\.pth is no whole file of weights that torch\.save wrote"):
            read_state(path)


def test_a_file_that_nobody_may_read_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "locked.pth").write_bytes(b"")
    monkeypatch.setattr(torch, "load", denied)
    with pytest.raises(WeightsError, match=r"locked\.pth cannot be read: permission is denied\.$"):
        read_state(tmp_path / "locked.pth")


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_the_prediction_is_that_of_the_learner_of_fastai(tmp_path: Path, pixelwise: Command) -> None:
    vision = pytest.importorskip("fastai.vision.all")
    random = np.random.default_rng(0)
    for i in range(4):
        for kind, top, shape in (("images", 256, (64, 96, 3)), ("labels", 3, (64, 96))):
            (tmp_path / kind).mkdir(exist_ok=True)
            Image.fromarray(random.integers(0, top, shape).astype(np.uint8)).save(tmp_path / kind / f"{i}.png")
    files = sorted((tmp_path / "images").iterdir())
    data = vision.SegmentationDataLoaders.from_label_func(
        tmp_path, files, lambda path: tmp_path / "labels" / path.name, codes=["a", "b", "c"], bs=2, num_workers=0,
        batch_tfms=vision.Normalize.from_stats(*vision.imagenet_stats),
    )  # fmt: skip
    learner = vision.unet_learner(data, vision.resnet18, pretrained=False, self_attention=True, blur=True)
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(1, 1e-3)
        weights = learner.save("weights")
        learner.export("export.pkl")
        expected = learner.predict(files[0])[2].numpy()
    output = tmp_path / "model.safetensors"
    refused = pixelwise("convert", tmp_path / "export.pkl", "-o", output)
    assert "as learn.export writes them" in refused.err
    printed = pixelwise("convert", weights, "-o", output, "--blur")
    assert printed.code == 0, printed.err
    assert "encoder resnet18" in printed.out
    assert np.abs(load(output, precision="fp32").mask(files[0]).probabilities - expected).max() <= 1e-5
    vision.load_learner(tmp_path / "export.pkl").save("again")
    assert (tmp_path / "models" / "again.pth").exists()
