"""EoMT: queries in a plain transformer, what guides them in training, and how masks become scores."""

from __future__ import annotations

from typing import Any

import pytest
import timm
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.models import QueryScores
from pixelwise.models._plain_transformer import PlainTransformer
from pixelwise.models.eomt import EoMT, _may_attend, masked_share
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.tasks import TASKS
from pixelwise.training.loop import Training
from pixelwise.training.views import MaskViews
from tests.models.learning import learn_by_heart
from tests.training.drawn import Drawn
from tests.training.test_exactness import copy, train_until


def small(queries: int = 6, encoder: str = "test_vit", query_blocks: int | None = None) -> EoMT:
    torch.manual_seed(0)
    return EoMT(3, encoder=encoder, queries=queries, query_blocks=query_blocks)


def images(height: int = 97, width: int = 131) -> Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def test_it_learns_one_batch_by_heart() -> None:
    assert learn_by_heart(small(queries=12), TASKS["mask_classification"].build(num_classes=3), 40, 3e-3) > 0.9


# The transformer


@pytest.mark.parametrize(
    ("encoder", "stride", "cells"),
    [("test_vit", 16, (28, 36)), ("test_vit3", 16, (28, 36)), ("eva02_tiny_patch14_224", 14, (28, 40))],
)
def test_masks_have_cells_of_about_four_pixels(encoder: str, stride: int, cells: tuple[int, int]) -> None:
    model = small(encoder=encoder).eval()
    with torch.inference_mode():
        (scores,) = model.query_scores(images())
    assert model.multiple_of == stride
    assert scores.classes.shape == (2, 6, 4)
    assert scores.masks.shape == (2, 6, *cells)


@pytest.mark.parametrize("encoder", ["test_vit", "eva02_tiny_patch14_224"])
def test_the_transformer_computes_what_timm_computes(encoder: str) -> None:
    ours = PlainTransformer(encoder).eval()
    theirs = timm.create_model(encoder, features_only=True, dynamic_img_size=True).eval()
    theirs.load_state_dict(ours.backbone.state_dict())
    image = images(56, 112) if encoder.startswith("eva") else images(64, 112)
    with torch.inference_mode():
        torch.testing.assert_close(ours(image)[0], theirs(ours.normalise(image))[-1])


def test_queries_leave_the_positions_of_rotary_patches_as_they_are() -> None:
    transformer: Any = small(encoder="eva02_tiny_patch14_224").encoder.backbone.model
    counts = [block.attn.num_prefix_tokens for block in transformer.blocks]
    assert counts == [1] * 9 + [1 + 6] * 3


@pytest.mark.parametrize("encoder", ["tf_efficientnet_lite0", "swin_tiny_patch4_window7_224", "resnet18"])
def test_an_encoder_of_another_kind_is_refused_with_one_that_fits(encoder: str) -> None:
    with pytest.raises(SettingError) as caught:
        EoMT(3, encoder=encoder)
    assert str(caught.value) == (
        f"The backbone '{encoder}' is no plain vision transformer, which this model is built on. "
        "Take one, such as 'vit_small_patch14_reg4_dinov2' or 'vit_small_patch16_224'."
    )


def test_numbers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SettingError, match="query_blocks is 7, but 'test_vit' has 6 blocks; take 1 to 6"):
        small(query_blocks=7)
    with pytest.raises(SettingError, match=r"query_blocks is 1\.5, but 'test_vit' has 6 blocks; take 1 to 6"):
        small(query_blocks=1.5)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="queries is 0, but at least one is needed"):
        small(queries=0)


# From masks to scores


def test_a_softmax_of_the_scores_is_each_class_s_share_of_the_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small(queries=2)
    classes = torch.tensor([[[0.6, 0.1, 0.1, 0.2], [0.1, 0.1, 0.3, 0.5]]]).log()
    masks = torch.tensor([0.9, 0.2]).logit().reshape(1, 2, 1, 1).expand(1, 2, 4, 4)
    monkeypatch.setattr(model, "_predict", lambda *_, **__: [QueryScores(classes, masks)])
    probabilities = model.scores(torch.rand(1, 3, 16, 16)).softmax(dim=1)
    amounts = torch.tensor([0.9 * 0.6 + 0.2 * 0.1, 0.9 * 0.1 + 0.2 * 0.1, 0.9 * 0.1 + 0.2 * 0.3])
    torch.testing.assert_close(probabilities[0, :, 5, 5], amounts / amounts.sum())


def test_scores_are_finite_where_no_query_claims_a_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small(queries=2)
    nothing = QueryScores(torch.zeros(1, 2, 4), torch.full((1, 2, 4, 4), -1e4))
    monkeypatch.setattr(model, "_predict", lambda *_, **__: [nothing])
    assert model.scores(torch.rand(1, 3, 16, 16)).isfinite().all()


def test_one_exported_graph_takes_images_of_other_sizes() -> None:
    model = small().eval()
    height, width = 16 * torch.export.Dim("rows", max=64), 16 * torch.export.Dim("columns", max=64)
    with torch.inference_mode():
        exported = torch.export.export(model, (images(64, 96),), dynamic_shapes=({2: height, 3: width},))
        for size in ((48, 32), (160, 160)):  # the second is the size that the positions were made for
            torch.testing.assert_close(exported.module()(images(*size)), model(images(*size)))


# In training


def test_training_hears_the_queries_before_each_of_their_blocks_and_at_the_end() -> None:
    model = small(query_blocks=2)
    *on_the_way, last = model.query_scores(images(), progress=1.0)
    assert len(on_the_way) == 2
    torch.testing.assert_close(model.eval().query_scores(images())[0].masks, last.masks)


def test_masks_guide_attention_until_the_training_nears_its_end() -> None:
    model = small(queries=12)
    nn.init.normal_(model.get_parameter("mask_head.4.bias"), std=3)  # so that masks differ and none is whole
    free = model.query_scores(images(), progress=1.0)[-1].masks
    assert not torch.equal(model.query_scores(images(), progress=0.0)[-1].masks, free)
    assert torch.equal(model.query_scores(images(), progress=0.9)[-1].masks, free)


def test_one_block_after_the_other_lets_go_of_its_masks() -> None:
    assert [masked_share(0.2, position, 3) for position in range(3)] == [1, 1, 1]
    assert [masked_share(0.5, position, 3) for position in range(3)] == [0, pytest.approx(0.5**0.9), 1]
    assert [masked_share(0.8, position, 3) for position in range(3)] == [0, 0, 0]


def test_a_query_sees_its_mask_or_everything_if_that_is_empty_and_patches_see_everything() -> None:
    masks = torch.full((1, 2, 4, 4), -1.0)
    masks[0, 0, :2, :2] = 1  # the first of four patches
    allowed = _may_attend(masks, (2, 2), count=7, share=1.0)[0, 0]  # two queries, one class token, four patches
    assert allowed[0].tolist() == [True, True, True, True, False, False, False]
    assert allowed[1:].all()
    assert _may_attend(masks, (2, 2), count=7, share=0.0).all()


def test_weights_are_equal_to_the_bit_after_a_stop_while_masks_guide_attention() -> None:
    stages = (Stage(until=1, height=32, width=48, min_scale=0.7, max_scale=1),)
    settings = TrainingSettings(epochs=2, batch_size=2, stages=stages, precision="fp32")
    task = TASKS["mask_classification"].build(num_classes=3)
    whole, _ = train_until(Training(small(), task, MaskViews(Drawn(6)), settings)).state()
    tensors, facts = train_until(Training(small(), task, MaskViews(Drawn(6)), settings), step=3).state()
    resumed = Training(small(), task, MaskViews(Drawn(6)), settings)
    resumed.restore(load(save(copy(tensors))), facts)
    state, _ = train_until(resumed).state()
    assert [name for name in whole if not torch.equal(whole[name], state[name])] == []
