"""Segmentation by masks: which query answers for which class, and what its loss wants."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.losses._matching import mask_distances, match, truth_in_cells
from pixelwise.models import QueryScores
from pixelwise.models.eomt import EoMT
from pixelwise.tasks import TASKS, Batch
from pixelwise.tasks.mask_classification import MaskClassification


def task(**settings: float) -> MaskClassification:
    built = TASKS["mask_classification"].build(num_classes=3, **settings)
    assert isinstance(built, MaskClassification)
    return built


def target(left_out: int = 2) -> Tensor:
    """Two images of 8 × 12 pixels in blocks of 4; the second lacks class 2, and the last rows are left out."""
    blocks = torch.tensor([[[0, 1, 2], [1, 1, 0]], [[0, 0, 0], [1, 0, 1]]])
    labels = blocks.repeat_interleave(4, 1).repeat_interleave(4, 2)
    labels[:, 8 - left_out :] = 255
    return labels


def answers(labels: Tensor, certainty: float) -> QueryScores:
    """Five queries, of which the first three show class 2, 1 and 0 as they are and the others nothing."""
    truth = truth_in_cells(labels, (8, 12), (4, 6), 3)
    masks = torch.cat([(truth.flip(1) > 0).float(), torch.zeros(2, 2, 4, 6)], dim=1)
    is_shown = truth.flip(1).flatten(2).any(dim=2)
    label = torch.where(is_shown, torch.tensor([2, 1, 0]), 3)
    label = torch.cat([label, torch.full((2, 2), 3)], dim=1)
    return QueryScores(certainty * F.one_hot(label, 4), certainty * (2 * masks - 1))


# Scores


def test_probabilities_and_classes_are_those_of_a_segmentation() -> None:
    scores = torch.randn(2, 3, 4, 5)
    pixelwise = TASKS["segmentation"].build(num_classes=3)
    assert task().out_channels == 3
    assert torch.equal(task().probabilities(scores), pixelwise.probabilities(scores))
    assert torch.equal(task().decode(scores), pixelwise.decode(scores))


# Truth


def test_cells_hold_the_share_of_each_class_and_nothing_where_pixels_are_left_out() -> None:
    labels = torch.tensor([[[0, 0, 1, 255], [0, 2, 255, 255]]])
    truth = truth_in_cells(labels, (4, 4), (2, 2), 3)  # the image was padded from 2 rows to 4
    assert truth.tolist() == [[[[0.75, 0], [0, 0]], [[0, 0.25], [0, 0]], [[0.25, 0], [0, 0]]]]


def test_every_labelled_pixel_counts_once_where_cells_are_no_whole_pixels() -> None:
    truth = truth_in_cells(target(), (14, 14), (4, 4), 3)
    assert truth.sum((1, 2, 3)).tolist() == pytest.approx([6 * 12 * 16 / 196] * 2)


def test_distances_are_those_over_all_pixels_of_masks_constant_in_cells() -> None:
    labels = target()
    labels[:, 1, 1] = 2
    masks = torch.randn(2, 5, 2, 3, generator=torch.Generator().manual_seed(0))
    distances = mask_distances(masks, truth_in_cells(labels, (8, 12), (2, 3), 3))
    pixels = masks.repeat_interleave(4, 2).repeat_interleave(4, 3)[1, 4][labels[1] != 255]
    shown = (labels[1][labels[1] != 255] == 1).float()
    expected = F.binary_cross_entropy_with_logits(pixels, shown)
    overlap, both = (pixels.sigmoid() * shown).sum() / 16, (pixels.sigmoid() + shown).sum() / 16
    torch.testing.assert_close(distances.cross_entropy[1, 4, 1], expected)
    torch.testing.assert_close(distances.dice[1, 4, 1], 1 - (2 * overlap + 1) / (both + 1))


# Matching


def test_the_matching_is_the_cheapest_of_all() -> None:
    generator = torch.Generator().manual_seed(0)
    cost = torch.rand(2, 3, 5, 4, generator=generator)
    present = torch.tensor([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 1]]).bool()
    for of_prediction, pairs in zip(cost, match(cost, present), strict=True):
        for image in range(3):
            labels = present[image].nonzero().flatten().tolist()
            best = min(
                sum(of_prediction[image, query, label].item() for query, label in zip(queries, labels, strict=True))
                for queries in permutations(range(5), len(labels))
            )
            of_image = pairs.image == image
            assert sorted(pairs.label[of_image].tolist()) == labels
            assert len(set(pairs.query[of_image].tolist())) == len(labels)
            chosen = of_prediction[image, pairs.query[of_image], pairs.label[of_image]].sum().item()
            assert chosen == pytest.approx(best)


def test_fewer_queries_than_classes_answer_for_the_cheapest() -> None:
    (pairs,) = match(torch.tensor([[[[3.0, 1.0, 2.0]]]]), torch.ones(1, 3).bool())
    assert [index.tolist() for index in pairs] == [[0], [0], [1]]


def test_costs_that_are_no_numbers_are_matched_last() -> None:
    (pairs,) = match(torch.tensor([[[[torch.nan], [2.0], [torch.inf]]]]), torch.ones(1, 1).bool())
    assert pairs.query.tolist() == [1]


# Loss


def test_the_loss_is_smallest_at_the_truth_and_zero_when_it_is_certain() -> None:
    labels = target()
    truth = truth_in_cells(labels, (8, 12), (4, 6), 3)
    right = task().loss((answers(labels, 30.0),), truth).item()
    assert right == pytest.approx(0, abs=1e-3)
    assert task().loss((answers(labels, 3.0),), truth).item() > right
    wrong_mask, wrong_name = answers(labels, 30.0), answers(labels, 30.0)
    wrong_mask.masks[0, 0, 0, 0] *= -1
    wrong_name.classes[0, 0] = wrong_name.classes[0, 0].roll(1)
    assert task().loss((wrong_mask,), truth).item() > right + 0.1
    assert task().loss((wrong_name,), truth).item() > right + 0.1


def test_the_order_of_the_queries_does_not_matter() -> None:
    labels = target()
    truth = truth_in_cells(labels, (8, 12), (4, 6), 3)
    answer, order = answers(labels, 2.0), [3, 0, 4, 2, 1]
    shuffled = QueryScores(answer.classes[:, order], answer.masks[:, :, :][:, order])
    torch.testing.assert_close(task().loss((shuffled,), truth), task().loss((answer,), truth))


def test_every_prediction_on_the_way_adds_its_loss() -> None:
    labels = target()
    truth = truth_in_cells(labels, (8, 12), (4, 6), 3)
    one, other = answers(labels, 1.0), answers(labels.roll(4, 2), 2.0)
    together = task().loss((one, other), truth)
    torch.testing.assert_close(together, task().loss((one,), truth) + task().loss((other,), truth))


def test_masks_are_free_where_pixels_are_left_out() -> None:
    labels = target(left_out=4)
    truth = truth_in_cells(labels, (8, 12), (4, 6), 3)
    answer = answers(labels, 2.0)
    before = task().loss((answer,), truth)
    answer.masks[:, :, 2:] = 50.0
    torch.testing.assert_close(task().loss((answer,), truth), before)


def test_a_batch_without_labels_gives_zero_and_a_gradient_of_zero() -> None:
    classes, masks = torch.randn(2, 5, 4, requires_grad=True), torch.randn(2, 5, 4, 6, requires_grad=True)
    truth = truth_in_cells(target(left_out=8), (8, 12), (4, 6), 3)
    loss = task().loss((QueryScores(classes, masks),), truth)
    loss.backward()
    assert loss.item() == 0
    assert classes.grad is not None
    assert masks.grad is not None
    assert not classes.grad.any()
    assert not masks.grad.any()


def test_the_loss_is_in_float32_and_its_gradient_finite_for_scores_in_bf16() -> None:
    labels = target()
    answer = QueryScores(*(scores.bfloat16().requires_grad_() for scores in answers(labels, 60.0)))
    loss = task().loss((answer,), truth_in_cells(labels, (8, 12), (4, 6), 3))
    loss.backward()
    assert loss.dtype == torch.float32
    assert all(scores.grad is not None and scores.grad.isfinite().all() for scores in answer)


def test_the_loss_is_the_same_where_networks_compute_in_bf16() -> None:
    labels = target()
    truth = truth_in_cells(labels, (8, 12), (4, 6), 3)
    expected = task().loss((answers(labels, 9.0),), truth)
    with torch.autocast("cpu", torch.bfloat16):
        found = task().loss((answers(labels, 9.0),), truth)
    torch.testing.assert_close(found, expected)


def test_a_step_compares_the_padded_masks_with_the_image_alone() -> None:
    torch.manual_seed(0)
    model = EoMT(3, encoder="test_vit", queries=4).eval()
    labels = torch.randint(0, 3, (1, 33, 40), generator=torch.Generator().manual_seed(0))
    padded = torch.full((1, 48, 48), 255)
    padded[:, :33, :40] = labels
    image = torch.rand(1, 3, 33, 40)
    replicated = F.pad(image, (0, 8, 0, 15), mode="replicate")
    (small,) = task().training_steps({"model": model}, Batch(image, labels))
    (large,) = task().training_steps({"model": model}, Batch(replicated, padded))
    torch.testing.assert_close(small.loss, large.loss)


# Settings


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(SettingError, match="num_classes is 1, but this segmentation needs at least two"):
        TASKS["mask_classification"].build(num_classes=1)
    with pytest.raises(SettingError, match="dice_weight is -1, but weights begin at 0"):
        task(dice_weight=-1)
    with pytest.raises(SettingError, match="The data weigh single pixels, which the task mask_classification cannot"):
        next(task().training_steps({}, Batch(torch.rand(1, 3, 8, 8), target(), torch.ones(1, 8, 8))))
