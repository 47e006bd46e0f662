"""VGG16 from a file: the features are torchvision's, and what does not fit is said in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import Tensor, nn

from pixelwise.encoders.frozen import FrozenFeatures
from pixelwise.encoders.vgg_file import vgg_from_file
from pixelwise.errors import WeightsError
from pixelwise.metrics.feature_distance import FeatureDistance
from pixelwise.metrics.features import PooledFeatures

# The place of each ReLU in torchvision's list of layers: relu1_2, relu2_2, relu3_3, relu4_3.
LAYERS = {"vgg16": (3, 8, 15, 22), "vgg16_bn": (5, 12, 22, 32)}


def blank(name: str) -> dict[str, Tensor]:
    """Zeros in the shapes of a network, which take no room."""
    with torch.device("meta"):
        network = getattr(torchvision.models, name)(weights=None)
    return {name: torch.zeros(()).expand(tensor.shape) for name, tensor in network.state_dict().items()}


@pytest.fixture(scope="module", params=["vgg16", "vgg16_bn"])
def layers(request: pytest.FixtureRequest) -> tuple[str, nn.Sequential]:
    return request.param, layers_of(request.param)


def layers_of(name: str) -> nn.Sequential:
    """torchvision's convolutions with random weights, whose statistics are not those of a new network."""
    torch.manual_seed(0)
    with torch.device("meta"):
        network = getattr(torchvision.models, name)(weights=None)
    layers: nn.Sequential = network.features.to_empty(device="cpu").eval()
    for layer in layers:
        for key, tensor in layer.state_dict().items():
            if isinstance(layer, nn.Conv2d) and key == "weight":
                nn.init.kaiming_normal_(tensor)
            elif key in ("weight", "running_var"):
                nn.init.uniform_(tensor, 0.5, 1.5)
            elif key in ("bias", "running_mean"):
                nn.init.normal_(tensor, std=0.1)
            else:
                tensor.zero_()
    return layers


@pytest.fixture(scope="module")
def file(layers: tuple[str, nn.Sequential], tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, network = layers
    path = tmp_path_factory.mktemp(name) / ("weights.pth" if name == "vgg16" else "weights.safetensors")
    state = {f"features.{key}": tensor for key, tensor in network.state_dict().items()}
    (torch.save if name == "vgg16" else save_file)(state | {"classifier.0.weight": torch.zeros(2, 2)}, path)
    return path


def test_the_features_are_those_of_torchvision(layers: tuple[str, nn.Sequential], file: Path) -> None:
    name, network = layers
    features = FrozenFeatures(str(file))
    assert (features.name, features.strides, features.channels) == (name, (1, 2, 4, 8), (64, 128, 256, 512))
    image = torch.rand(1, 3, 32, 40)
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    seen, x = [], (image - mean) / std
    with torch.no_grad():
        for place, layer in enumerate(network):
            x = layer(x)
            if place in LAYERS[name]:
                seen.append(x.clone())
        for ours, theirs in zip(features(image), seen, strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    assert [value for value in features.parameters() if value.requires_grad] == []


def test_scores_are_named_after_the_network_of_the_file(tmp_path: Path) -> None:
    torch.save(blank("vgg16"), tmp_path / "vgg.pth")
    pooled = PooledFeatures(str(tmp_path / "vgg.pth"))
    assert (pooled.name, pooled(torch.rand(2, 3, 32, 32)).shape) == ("vgg16", (2, 512))


def test_the_distance_is_named_after_the_network_of_the_file(tmp_path: Path) -> None:
    torch.save(blank("vgg16"), tmp_path / "vgg.pth")
    assert FeatureDistance(str(tmp_path / "vgg.pth")).name == "feature_distance_vgg16"


def test_files_of_before_batch_norm_counted_are_read_too(tmp_path: Path) -> None:
    older = {name: tensor for name, tensor in blank("vgg16_bn").items() if not name.endswith("num_batches_tracked")}
    torch.save(older, tmp_path / "older.pth")
    assert vgg_from_file(tmp_path / "older.pth").name == "vgg16_bn"


def test_a_file_that_does_not_fit_is_refused_with_its_names(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    torch.save({"conv1.weight": torch.zeros(1), "fc.bias": torch.zeros(1)}, path)
    with pytest.raises(
        WeightsError,
        match=r"other\.pth is no VGG16: it lacks features\.0\.weight, features\.0\.bias, features\.2\.weight, "
        r"features\.2\.bias, …, and holds conv1\.weight, fc\.bias\. Expected is the state dict of torchvision",
    ):
        vgg_from_file(path)


def test_a_layer_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    torch.save(blank("vgg16") | {"features.5.weight": torch.zeros(1, 3)}, path)
    with pytest.raises(WeightsError, match=r"features\.5\.weight is \(1, 3\) instead of \(128, 64, 3, 3\)"):
        vgg_from_file(path)


@pytest.mark.parametrize("name", ["torn.pth", "torn.safetensors"])
def test_a_file_that_is_none_of_weights_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"There is no file .* to read VGG16 from"):
        vgg_from_file(tmp_path / name)
    (tmp_path / name).write_bytes(b"no weights")
    with pytest.raises(WeightsError, match=r"cannot be read as weights \(.*Expected is"):
        vgg_from_file(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="holds something else than names with tensors"):
        vgg_from_file(tmp_path / "list.pth")
