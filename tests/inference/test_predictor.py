"""What comes out of the front door."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

import pixelwise.inference
from pixelwise import artifact
from pixelwise.artifact import Component, Description
from pixelwise.data.classes import Classes
from pixelwise.data.scaling import Scaling
from pixelwise.errors import DataError, OutputError, SettingError
from pixelwise.inference import Predictor
from pixelwise.inference.device import choose_device, settle_precision
from pixelwise.inference.picture import write_picture
from pixelwise.inference.predictor import as_tensor
from pixelwise.models import MODELS, ImageModel
from pixelwise.models.lite_sr import LiteSR
from pixelwise.ops.image_io import read_image, read_labels

COLORS = ((128, 64, 128), (70, 130, 180), (107, 142, 35))
THREE = Classes(("road", "sky", "tree"), (0, 1, 7), (11,), COLORS, binary=False)
TWO = Classes(("background", "object"), (0, 255), (), ((0, 0, 0), (255, 140, 0)), binary=True)


class Brightest(ImageModel):
    """Scores are the colours: red is road, green is sky, blue is tree; or, with one output, their mean."""

    def __init__(self, out_channels: int = 3) -> None:
        super().__init__()
        self.in_channels = 3
        self.out_channels = out_channels
        self.multiple_of = 8
        self.layer = nn.Conv2d(3, out_channels, 1, bias=False)
        weight = torch.eye(3) if out_channels == 3 else torch.full((1, 3), 1 / 3)
        self.layer.weight.data = 8 * weight.reshape(out_channels, 3, 1, 1)

    def scores(self, image: Tensor) -> Tensor:
        scores: Tensor = self.layer(image) - 4
        return scores


def describe(classes: Classes = THREE, **changes: object) -> Description:
    task = Component(name="segmentation", arguments={"num_classes": classes.num_classes, "binary": classes.binary})
    values: dict[str, object] = {"model": Component(name="fcn"), "task": task, "classes": classes}
    return Description.model_validate(values | changes)


def predictor(classes: Classes = THREE, *, max_pixels: int | None = None, **changes: object) -> Predictor:
    model = Brightest(1 if classes.binary else 3)
    return Predictor(model, describe(classes, **changes), device="cpu", precision="fp32", max_pixels=max_pixels)


def photo(height: int = 21, width: int = 34) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def photo_tensor(height: int, width: int) -> Tensor:
    return as_tensor(photo(height, width))


def test_the_mask_is_the_class_of_the_highest_score_at_the_size_of_the_image() -> None:
    image = photo()
    found = predictor().mask(image)
    assert found.mask.dtype == np.uint8
    np.testing.assert_array_equal(found.mask, image.argmax(axis=2))


def test_probabilities_sum_to_one_and_confidence_is_their_maximum() -> None:
    image = photo()
    found = predictor().mask(image)
    assert found.probabilities.shape == (3, 21, 34)
    assert found.probabilities.dtype == np.float32
    np.testing.assert_allclose(found.probabilities.sum(axis=0), 1, atol=1e-6)
    np.testing.assert_array_equal(found.confidence, found.probabilities.max(axis=0))
    expected = torch.from_numpy(image).permute(2, 0, 1).div(255).mul(8).softmax(dim=0)
    np.testing.assert_allclose(found.probabilities, expected.numpy(), atol=1e-6)


def test_a_binary_model_gives_two_probabilities_and_keeps_to_its_threshold() -> None:
    image = photo()
    task = Component(name="segmentation", arguments={"num_classes": 2, "binary": True, "threshold": 0.8})
    found = predictor(TWO, task=task).mask(image)
    assert found.probabilities.shape == (2, 21, 34)
    np.testing.assert_array_equal(found.mask, found.probabilities[1] >= np.float32(0.8))
    assert 0 < found.mask.mean() < 0.5


def test_a_file_a_pillow_image_and_an_array_give_the_same(tmp_path: Path) -> None:
    image = photo()
    Image.fromarray(image).save(tmp_path / "photo.png")
    use = predictor()
    expected = use.mask(image).mask
    for other in (tmp_path / "photo.png", str(tmp_path / "photo.png"), Image.fromarray(image)):
        np.testing.assert_array_equal(use.mask(other).mask, expected)


def test_a_tiled_image_is_predicted_as_a_whole_one_is() -> None:
    image = photo(90, 130)
    whole, tiled = predictor().mask(image), predictor(max_pixels=2000).mask(image)
    torch.testing.assert_close(tiled.scores, whole.scores, atol=1e-5, rtol=1e-5)


class Large(ImageModel):
    """Remembers the largest image that any of its copies was given."""

    pixels: ClassVar[list[int]] = []

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = self.out_channels = 3

    def scores(self, image: Tensor) -> Tensor:
        self.pixels.append(image.shape[-2:].numel())
        return torch.zeros_like(image)


def test_tiles_are_as_large_as_allowed_where_the_network_is_given_them_enlarged() -> None:
    task = Component(name="super_resolution", arguments={"scale": 3})
    described = Description(model=Component(name="unet"), task=task)
    use = Predictor(Large(), described, device="cpu", precision="fp32", max_pixels=10_000)
    Large.pixels.clear()
    assert use.scores(torch.rand(1, 3, 70, 90)).shape == (1, 3, 210, 270)
    assert max(Large.pixels) <= 10_000


class Sharpen(ImageModel):
    """A convolution that looks two pixels far, for images that were enlarged before."""

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = self.out_channels = 3
        self.layer = nn.Conv2d(3, 3, 5, padding=2)

    def scores(self, image: Tensor) -> Tensor:
        scores: Tensor = self.layer(image)
        return scores


@pytest.mark.parametrize("scale", [2, 3])
@pytest.mark.parametrize("enlarges", [True, False])
def test_a_tiled_image_is_enlarged_as_a_whole_one_is(scale: int, enlarges: bool) -> None:
    torch.manual_seed(0)
    model: ImageModel = LiteSR(scale=scale, width=8, depth=1) if enlarges else Sharpen()  # looks four pixels far
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.1)
    described = Description(
        model=Component(name="lite_sr"), task=Component(name="super_resolution", arguments={"scale": scale})
    )
    size = 96**2 if enlarges else 96**2 * scale**2  # of the pixels that the network is given
    whole, tiled = (
        Predictor(model, described, device="cpu", precision="fp32", max_pixels=pixels).scores(photo_tensor(200, 230))
        for pixels in (None, size)
    )
    assert whole.shape == (1, 3, 200 * scale, 230 * scale)
    assert whole.std() > 0.1
    torch.testing.assert_close(tiled, whole, atol=1e-4, rtol=0)


def test_the_network_sees_the_scaled_image_and_the_scores_come_back_at_full_size() -> None:
    image = torch.rand(2, 3, 41, 64)
    scores = predictor(image_scale=0.5).scores(image)
    assert scores.shape == (2, 3, 41, 64)
    small = F.interpolate(image, (20, 32), mode="bilinear", antialias=True)
    expected = F.interpolate(8 * small - 4, (41, 64), mode="bilinear")
    torch.testing.assert_close(scores, expected, atol=1e-5, rtol=1e-5)


def test_scores_at_another_size_are_resized_once() -> None:
    scores = predictor(image_scale=0.5).scores(torch.full((1, 3, 40, 60), 0.5), size=(20, 30))
    torch.testing.assert_close(scores, torch.zeros(1, 3, 20, 30))


def test_bf16_agrees_with_fp32_to_its_precision() -> None:
    torch.manual_seed(0)
    model = MODELS["fcn"].build(out_channels=3, in_channels=3, encoder="test_resnet", width=16)
    image = torch.rand(1, 3, 64, 64)
    full, half = (Predictor(model, describe(), device="cpu", precision=name).scores(image) for name in ("fp32", "bf16"))
    assert half.dtype == torch.float32
    assert 0 < (half - full).abs().max() < 0.03 * full.abs().max()


class FarSighted(ImageModel):
    """Takes no image below 75 × 75 pixels, as some encoders do, such as `inception_v3`."""

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = self.out_channels = 3

    def scores(self, image: Tensor) -> Tensor:
        return F.interpolate(F.avg_pool2d(image, 75, stride=1), image.shape[-2:])


def test_a_network_that_takes_no_small_images_serves_for_large_ones() -> None:
    use = Predictor(FarSighted(), describe(), device="cpu", precision="fp32")
    assert use.mask(photo(80, 90)).mask.shape == (80, 90)


def test_an_image_that_is_too_small_for_the_network_is_named(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = MODELS["segformer"].build(out_channels=3, in_channels=3, encoder="test_convnext", width=8)
    use = Predictor(model, describe(), device="cpu", precision="fp32")
    Image.fromarray(photo(1, 1)).save(tmp_path / "dot.png")
    with pytest.raises(DataError, match=r"dot\.png: An image of 1 × 1 pixels is too small for the encoder"):
        use(tmp_path / "dot.png")
    with pytest.raises(DataError, match=r"^An image of 1 × 1 pixels is too small for the encoder"):
        use(photo(1, 1))


def test_the_model_it_was_made_from_is_left_as_it_was() -> None:
    model = MODELS["fcn"].build(out_channels=3, in_channels=3, encoder="test_resnet", width=8).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    Predictor(model, describe(), device="cpu", precision="bf16")(photo())
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert before.keys() == model.state_dict().keys()
    assert all(tensor.equal(before[name]) for name, tensor in model.state_dict().items())


def test_load_gives_the_prediction_of_the_model_that_was_saved(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = MODELS["fcn"].build(out_channels=3, in_channels=3, encoder="test_resnet", width=8)
    description = describe(model=Component(name="fcn", arguments={"encoder": "test_resnet", "width": 8}))
    artifact.save(tmp_path / "model.safetensors", model, description)
    image = photo()
    expected = Predictor(model, description, device="cpu").mask(image)
    found = pixelwise.inference.load(tmp_path, device="cpu").mask(image)
    assert found.scores.equal(expected.scores)


def test_the_overlay_mixes_image_and_colour() -> None:
    image = photo()
    found = predictor().mask(image)
    np.testing.assert_array_equal(found.overlay(alpha=0), image)
    np.testing.assert_array_equal(found.overlay(alpha=1), np.array(COLORS, np.uint8)[found.mask])
    half = (image.astype(float) + np.array(COLORS)[found.mask]) / 2
    np.testing.assert_allclose(found.overlay().astype(float), half, atol=0.51)


def test_the_overlay_of_a_binary_model_leaves_the_background_alone() -> None:
    image = photo()
    found = predictor(TWO).mask(image)
    np.testing.assert_array_equal(found.overlay()[found.mask == 0], image[found.mask == 0])
    assert (found.overlay()[found.mask == 1] != image[found.mask == 1]).any()


def test_a_saved_mask_keeps_the_indices_and_shows_the_colours(tmp_path: Path) -> None:
    found = predictor().mask(photo())
    found.save(tmp_path / "out" / "mask.png")
    np.testing.assert_array_equal(read_labels(tmp_path / "out" / "mask.png"), found.mask)
    np.testing.assert_array_equal(read_image(tmp_path / "out" / "mask.png"), np.array(COLORS, np.uint8)[found.mask])


@pytest.mark.parametrize("name", ["overlay.png", "overlay.JPG", "overlay.webp"])
def test_an_overlay_is_saved_by_the_end_of_its_name(tmp_path: Path, name: str) -> None:
    found = predictor().mask(photo())
    found.save_overlay(tmp_path / name)
    assert read_image(tmp_path / name).shape == (21, 34, 3)


def test_names_that_cannot_hold_the_result_are_refused(tmp_path: Path) -> None:
    found = predictor().mask(photo())
    with pytest.raises(OutputError) as caught:
        found.save(tmp_path / "mask.jpg")
    assert "use .png" in str(caught.value)
    with pytest.raises(OutputError) as caught:
        found.save_overlay(tmp_path / "overlay.txt")
    assert "end its name in .png, .jpg, .jpeg, .webp" in str(caught.value)


@pytest.mark.parametrize(("name", "most"), [("wide.webp", 16_383), ("wide.jpg", 65_500)])
def test_a_picture_that_is_too_large_for_its_kind_is_refused(tmp_path: Path, name: str, most: int) -> None:
    write_picture(tmp_path / name, np.zeros((1, most, 3), np.uint8))
    assert read_image(tmp_path / name).shape == (1, most, 3)
    with pytest.raises(OutputError, match=rf"is {most + 1} pixels long, but \w+ holds {most}; take \.png\."):
        write_picture(tmp_path / name, np.zeros((1, most + 1, 3), np.uint8))


@pytest.mark.parametrize(
    "image", [np.zeros((4, 5), np.uint8), np.zeros((4, 5, 4), np.uint8), np.zeros((4, 5, 3)), np.zeros((0, 5, 3), "u1")]
)
def test_arrays_that_the_model_does_not_take_are_refused(
    image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> None:
    with pytest.raises(DataError) as caught:
        predictor().mask(image)
    assert "the model takes uint8 arrays (height, width, 3)" in str(caught.value)


def test_a_file_of_other_numbers_than_those_trained_on_is_named(tmp_path: Path) -> None:
    model = MODELS["unet"].build(out_channels=3, in_channels=1, width=4, depth=1)
    use = Predictor(model, describe(in_channels=1, scaling=Scaling((0.0,), (1.0,), "float32")), device="cpu")
    Image.fromarray(np.ones((8, 8), np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(DataError, match=r"deep\.png: The image has 1 band of 16 bits, but those that were trained on"):
        use.mask(tmp_path / "deep.png")
    with pytest.raises(DataError, match=r"^The image has 1 band of 16 bits, but those that were trained on"):
        use.mask(np.ones((8, 8, 1), np.uint16))


def test_a_pillow_image_of_16_bits_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        predictor().mask(Image.new("I;16", (4, 4)))
    assert "convert it to 8 bits" in str(caught.value)


def test_alpha_is_a_share() -> None:
    with pytest.raises(SettingError) as caught:
        predictor().mask(photo()).overlay(alpha=50)
    assert "alpha is 50" in str(caught.value)


def test_devices_and_precisions_that_are_not_there_are_refused() -> None:
    with pytest.raises(SettingError) as caught:
        choose_device("gpu")
    assert "The device 'gpu' cannot be used" in str(caught.value)
    with pytest.raises(
        SettingError, match=r"^The device 'meta' is neither a CPU nor a CUDA GPU\. Take 'cpu', or leave"
    ):
        choose_device("meta")
    with pytest.raises(SettingError) as caught:
        settle_precision(torch.device("cpu"), "fp8")
    assert "only fp32 and bf16" in str(caught.value)


def test_arrays_that_are_read_only_or_mirrored_are_taken_as_they_are() -> None:
    image = photo()
    expected = torch.from_numpy(image.copy()).permute(2, 0, 1)[None] / 255
    image.setflags(write=False)
    assert as_tensor(image).equal(expected)
    assert as_tensor(image[:, ::-1]).equal(expected.flip(3))


def test_a_prediction_says_in_a_line_what_it_is() -> None:
    found = predictor().mask(np.zeros((20, 30, 3), np.uint8))
    assert repr(found) == f"Prediction(mask of 20 × 30 pixels, {len(found.classes.names)} classes)"


@pytest.mark.parametrize("classes", [THREE, TWO])
@pytest.mark.parametrize("tta", [False, True])
def test_a_temperature_changes_probabilities_and_no_mask(classes: Classes, tta: bool) -> None:
    image = photo()
    plain, mild = predictor(classes).mask(image, tta=tta), predictor(classes, temperature=2.5).mask(image, tta=tta)
    np.testing.assert_array_equal(mild.mask, plain.mask)
    torch.testing.assert_close(mild.scores, plain.scores / 2.5)
    assert (mild.confidence <= plain.confidence).all()
    expected = plain.task.probabilities(plain.scores[None] / 2.5)[0].numpy()
    np.testing.assert_allclose(mild.probabilities, expected, atol=1e-6)
