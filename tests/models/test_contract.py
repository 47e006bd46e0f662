"""What every network of the catalog promises."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from pixelwise.encoders.weights import published_weights
from pixelwise.errors import SettingError
from pixelwise.models import MODELS, ImageModel
from tests.models.cases import CASES, Case

each_case = pytest.mark.parametrize("case", CASES, ids=str)


def image(height: int = 33, width: int = 40, batch: int = 2, channels: int = 3) -> Tensor:
    return torch.rand(batch, channels, height, width, generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=CASES, ids=str)
def model(request: pytest.FixtureRequest) -> ImageModel:
    case: Case = request.param
    return case.build()


def test_every_model_has_a_case() -> None:
    assert {case.model for case in CASES} == set(MODELS.names())


@pytest.mark.parametrize("name", MODELS.names())
def test_a_card_says_what_the_model_is_and_where_it_is_from(name: str) -> None:
    card = MODELS[name]
    assert 10 < len(card.summary) <= 100
    assert "https://" in card.paper
    assert card.tasks


@pytest.mark.parametrize("name", MODELS.names())
def test_no_model_is_known_with_an_encoder_whose_weights_forbid_commercial_use(name: str) -> None:
    encoder = MODELS[name].encoder
    weights = None if encoder is None else published_weights(encoder)
    assert (weights is None) == (encoder is None)
    assert weights is None or not weights.is_non_commercial


@pytest.mark.parametrize(("height", "width"), [(97, 131), (64, 96), (33, 40)])
def test_the_output_has_the_size_of_the_image_times_the_scale(model: ImageModel, height: int, width: int) -> None:
    with torch.inference_mode():
        scores = model.eval()(image(height, width))
    assert scores.shape == (2, 5, model.scale * height, model.scale * width)
    assert scores.dtype == torch.float32
    assert scores.isfinite().all()


def test_an_image_of_one_pixel_gets_scores_or_a_sentence(model: ImageModel) -> None:
    try:
        answer = str(tuple(model.eval()(image(1, 1)).shape))
    except SettingError as error:
        answer = str(error)
    assert answer.startswith((f"(2, 5, {model.scale}, {model.scale})", "An image of 1 × 1 pixels is too small for "))


def test_what_training_sees_begins_with_the_output_and_is_all_of_its_size(model: ImageModel) -> None:
    with torch.inference_mode():
        scores, *auxiliary = model.eval().training_scores(image(97, 131))
        torch.testing.assert_close(scores, model(image(97, 131)))
    assert [more.shape for more in auxiliary] == [scores.shape] * len(auxiliary)


@each_case
@pytest.mark.parametrize(("out_channels", "in_channels"), [(1, 3), (3, 1), (2, 4)])
def test_channels_are_as_asked_for(case: Case, out_channels: int, in_channels: int) -> None:
    model = case.build(out_channels, in_channels).eval()
    with torch.inference_mode():
        scores = model(image(channels=in_channels))
    assert (model.out_channels, model.in_channels) == (out_channels, in_channels)
    assert scores.shape[1] == out_channels


def test_every_parameter_gets_a_gradient(model: ImageModel) -> None:
    for parameter in model.parameters():
        if not parameter.any():
            nn.init.constant_(parameter, 0.1)  # what starts at zero hides what lies before it
    torch.stack([scores.square().mean() for scores in model.training_scores(image(64, 96))]).sum().backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_layer_groups_hold_every_parameter_once(model: ImageModel) -> None:
    grouped = [id(parameter) for group in model.layer_groups() for parameter in group]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {id(parameter) for parameter in model.parameters()}


def test_the_first_layer_group_is_the_encoder(model: ImageModel) -> None:
    if model.encoder is None:
        pytest.skip("a network without an encoder is one group")
    assert [id(p) for p in model.layer_groups()[0]] == [id(p) for p in model.encoder.parameters()]


def test_examples_do_not_mix_in_evaluation(model: ImageModel) -> None:
    both = image()
    with torch.inference_mode():
        together, alone = model.eval()(both), model(both[:1])
    torch.testing.assert_close(together[:1], alone, rtol=1e-4, atol=1e-5)


@each_case
def test_the_state_dict_is_the_whole_state(case: Case) -> None:
    trained, fresh = case.build(seed=0), case.build(seed=1)
    trained(image())  # moves the statistics of the norms
    fresh.load_state_dict(trained.state_dict())
    with torch.inference_mode():
        assert torch.equal(trained.eval()(image()), fresh.eval()(image()))


def test_no_layer_of_the_state_is_stored_twice(model: ImageModel) -> None:
    state = model.state_dict()
    assert len({tensor.data_ptr() for tensor in state.values()}) == len(state)


def test_one_exported_graph_takes_images_of_all_multiples_of_32(model: ImageModel) -> None:
    height, width = (32 * torch.export.Dim(name, min=2, max=16) for name in ("rows", "columns"))
    sides = {2: height, 3: width}
    with torch.inference_mode():
        exported = torch.export.export(model.eval(), (image(64, 96),), dynamic_shapes=(sides,)).module()
        for size in ((64, 96), (160, 64)):
            torch.testing.assert_close(exported(image(*size)), model(image(*size)), rtol=1e-4, atol=1e-4)


def test_channels_last_gives_the_same_output(model: ImageModel) -> None:
    with torch.inference_mode():
        expected = model.eval()(image())
        scores = model.to(memory_format=torch.channels_last)(image().to(memory_format=torch.channels_last))
    torch.testing.assert_close(scores, expected, rtol=1e-4, atol=1e-4)


def test_bf16_autocast_trains(model: ImageModel) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model(image()).float().square().mean()
    loss.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_a_batch_of_one_image_trains(model: ImageModel) -> None:
    torch.stack(model.train().training_scores(image(64, 96, batch=1))).square().mean().backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()] == []
