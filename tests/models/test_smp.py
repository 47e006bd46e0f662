"""Networks of segmentation_models_pytorch: what they are given, what they refuse, and what they compute."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import pytest
import torch

from pixelwise.errors import SettingError
from pixelwise.models.smp import SMP
from tests.models.smp_stand_in import stand_in

# All but DPT, which is refused.
ARCHITECTURES = (
    "DeepLabV3",
    "DeepLabV3Plus",
    "FPN",
    "Linknet",
    "MAnet",
    "PAN",
    "PSPNet",
    "Segformer",
    "UPerNet",
    "Unet",
    "UnetPlusPlus",
)


def build(architecture: str, encoder: str = "test_resnet", **settings: Any) -> SMP:
    torch.manual_seed(0)
    return SMP(5, architecture, encoder=encoder, settings=settings)


def test_without_the_library_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("segmentation_models_pytorch"):
            raise ModuleNotFoundError(f"No module named '{name}'")
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SettingError) as caught:
        build("Unet")
    assert str(caught.value) == (
        "The model 'smp' takes its networks from segmentation_models_pytorch, which is not installed. "
        "Run: pip install segmentation-models-pytorch"
    )


# With a stand-in for the library, so that our side of it is tested everywhere


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segmentation_models_pytorch", stand_in())


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(("channels", "size"), [(3, (97, 131)), (1, (64, 32)), (4, (1, 1))])
def test_images_of_any_size_and_channels_get_scores_of_their_size(channels: int, size: tuple[int, int]) -> None:
    model = SMP(5, "Unet", in_channels=channels, encoder="test_resnet")
    assert model.training
    assert model(torch.rand(2, channels, *size)).shape == (2, 5, *size)


@pytest.mark.usefixtures("library")
def test_the_decoder_is_given_the_normalised_image_and_its_features() -> None:
    model: Any = build("Unet").eval()
    image = torch.rand(1, 3, 64, 96)
    model(image)
    given = model.decoder.given
    assert torch.equal(given[0], model.encoder.normalise(image))
    assert [feature.shape[-2:] for feature in given] == [(64 // stride, 96 // stride) for stride in (1, 2, 4, 8, 16)]


@pytest.mark.usefixtures("library")
def test_features_of_stride_2_that_an_encoder_lacks_have_no_channels() -> None:
    model: Any = build("Unet", encoder="test_convnext").eval()
    model(torch.rand(1, 3, 64, 96))
    assert model.encoder.strides == (4, 8, 16, 32)
    assert model.decoder.given[1].shape == (1, 0, 32, 48)


@pytest.mark.usefixtures("library")
def test_the_encoder_is_as_deep_as_the_architecture_makes_it() -> None:
    model = build("Unet", encoder_depth=3, decoder_channels=(8, 8, 8))
    assert (model.encoder.strides, model.multiple_of) == ((2, 4, 8), 8)


@pytest.mark.usefixtures("library")
def test_the_state_has_the_library_s_names_but_for_the_backbone() -> None:
    names = set(build("Unet").state_dict())
    assert names >= {"encoder.backbone.conv1.0.weight", "decoder.convolve.weight", "segmentation_head.bias"}
    assert not [name for name in names if name.startswith("encoder.model.")]


@pytest.mark.usefixtures("library")
def test_an_architecture_that_needs_larger_features_gets_a_larger_image() -> None:
    assert build("PAN").eval()(torch.rand(1, 3, 33, 40)).shape == (1, 5, 33, 40)


@pytest.mark.usefixtures("library")
def test_a_network_whose_scores_are_not_as_large_as_the_image_is_refused() -> None:
    with pytest.raises(SettingError, match=r"an image of 16 × 32 gives scores of 8 × 16\. Take another encoder"):
        build("Halved")


@pytest.mark.usefixtures("library")
def test_what_the_library_raises_becomes_one_sentence_with_its_first_line() -> None:
    with pytest.raises(SettingError) as caught:
        build("Unet", decoder_channels=(8, 8))
    assert str(caught.value) == (
        "Unet of segmentation_models_pytorch does not fit the encoder 'test_resnet' and these settings: 4 stages, 2 "
        "widths. Take another encoder, such as 'tf_efficientnet_lite0' or 'resnet34', or other settings."
    )
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.usefixtures("library")
def test_an_unknown_architecture_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingError, match=r"no architecture of smp called 'Unt'\. Did you mean 'Unet'\?"):
        build("Unt")


@pytest.mark.usefixtures("library")
def test_dpt_is_refused_with_what_to_take_instead() -> None:
    with pytest.raises(SettingError, match=r"^DPT .* takes the tokens .*\. Take the model 'eomt', or 'upernet'"):
        build("DPT", encoder="test_vit")


@pytest.mark.usefixtures("library")
def test_a_misspelt_setting_is_refused_with_the_nearest_one() -> None:
    words = r"no setting of Unet called 'decoder_chanels'\. Did you mean 'decoder_channels'\?"
    with pytest.raises(SettingError, match=words):
        build("Unet", decoder_chanels=(8, 8, 8, 8, 8))


@pytest.mark.usefixtures("library")
def test_settings_that_pixelwise_decides_are_refused() -> None:
    with pytest.raises(SettingError, match="The setting 'classes' of Unet has no place here: pixelwise decides"):
        build("Unet", classes=3)


# With the library


@pytest.mark.peers
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_scores_and_trains_at_any_size(architecture: str) -> None:
    model, image = build(architecture), torch.rand(2, 3, 97, 131)
    with torch.inference_mode():
        assert model.eval()(image).shape == (2, 5, 97, 131)
    scores = model.train()(image)
    scores.square().mean().backward()
    assert scores.shape == (2, 5, 97, 131)
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


@pytest.mark.peers
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_with_the_same_weights_the_scores_are_those_of_the_library(architecture: str) -> None:
    library: Any = pytest.importorskip("segmentation_models_pytorch")
    ours = build(architecture).eval()
    torch.manual_seed(1)
    theirs = getattr(library, architecture)("tu-test_resnet", encoder_weights=None, classes=5).eval()
    ours.load_state_dict(
        {key.replace("encoder.model.", "encoder.backbone."): v for key, v in theirs.state_dict().items()}
    )
    image = torch.rand(2, 3, 128, 160)
    with torch.inference_mode():
        assert torch.equal(ours(image), theirs(ours.encoder.normalise(image)))


@pytest.mark.peers
def test_the_encoder_is_as_dilated_as_the_architecture_asks() -> None:
    assert build("DeepLabV3").encoder.strides == (2, 4, 8, 8, 8)
    assert build("DeepLabV3", encoder_output_stride=16).encoder.strides == (2, 4, 8, 16, 16)
    assert build("PSPNet").encoder.strides == (2, 4, 8)


@pytest.mark.peers
def test_an_encoder_that_does_not_fit_is_refused() -> None:
    with pytest.raises(SettingError) as caught:
        build("DeepLabV3", encoder="pvt_v2_b0")
    assert "DeepLabV3 of segmentation_models_pytorch does not fit the encoder 'pvt_v2_b0'" in str(caught.value)
    assert "output_stride" in str(caught.value)
