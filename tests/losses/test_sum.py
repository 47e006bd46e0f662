"""Sums of losses as they are written, and what is wrong with those that are not."""

from __future__ import annotations

import pytest
import torch

from pixelwise.errors import SettingError
from pixelwise.losses import LOSSES, build_loss, parse_loss, takes_class_weights
from pixelwise.losses._sum import Term
from pixelwise.losses.ohem_cross_entropy import OhemCrossEntropy
from pixelwise.tasks import TASKS, Batch
from pixelwise.tasks.segmentation import Segmentation

SCORES = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(0))
TARGET = torch.randint(0, 3, (2, 6, 5), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("expression", "terms"),
    [
        ("dice", [Term(1.0, "dice", {})]),
        ("ce+dice", [Term(1.0, "cross_entropy", {}), Term(1.0, "dice", {})]),
        ("0.7*ce + 0.3 * lovasz", [Term(0.7, "cross_entropy", {}), Term(0.3, "lovasz", {})]),
        ("focal(gamma=3)+dice", [Term(1.0, "focal", {"gamma": 3}), Term(1.0, "dice", {})]),
        (" 2*tversky(alpha=0.2, beta=1) ", [Term(2.0, "tversky", {"alpha": 0.2, "beta": 1})]),
        ("bce+ohem+1e-2*boundary", [Term(1.0, "binary_cross_entropy", {}), Term(1.0, "ohem_cross_entropy", {}),
                                    Term(0.01, "boundary", {})]),
        ("ce(class_weights=[1, 2], label_smoothing=0.1)",
         [Term(1.0, "cross_entropy", {"class_weights": [1, 2], "label_smoothing": 0.1})]),
    ],
)  # fmt: skip
def test_sums_are_read(expression: str, terms: list[Term]) -> None:
    assert list(parse_loss(expression)) == terms


@pytest.mark.parametrize("name", LOSSES.names())
def test_every_loss_can_stand_in_a_sum_by_its_name_and_its_abbreviation(name: str) -> None:
    short = LOSSES[name].abbreviation or name
    assert parse_loss(f"{name} + 2*{short}") == (Term(1.0, name, {}), Term(2.0, name, {}))


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("dise", "There is no loss called 'dise'. Did you mean 'dice'?"),
        ("ce+jacard", "There is no loss called 'jacard'. Did you mean 'jaccard'?"),
        ("_base", "There is no loss called '_base'."),
        ("focal(gama=3)", "There is no setting of the loss 'focal' called 'gama'. Did you mean 'gamma'?"),
        ("lovasz(gamma=3)", "There is no setting of the loss 'lovasz' called 'gamma'. It has none."),
        ("focal(**x)", "There is no setting of the loss 'focal' called 'None'."),
        ("focal(gamma=-1)", "gamma is -1, but it is an exponent: 0 or above."),
        ("focal(gamma=1, gamma=2)", "In the loss 'focal(gamma=1, gamma=2)', a setting is given twice. Give it once."),
        (f"ce(class_weights=[1{'0' * 400}, 1])", "The loss 'cross_entropy' cannot be built with class_weights=["),
        ("focal(gamma='3')", "The loss 'focal' cannot be built with gamma='3': "),
        ("ce(class_weights=3)", "The weights of the classes are 3, but a list of numbers is expected, one per class"),
        (
            "ce(class_weights=[1, -1, 2])",
            "The weights of the classes are [1, -1, 2], but a list of numbers is expected",
        ),
        ("focal(class_weights=[0, 0, 0])", "each 0 or above, and at least one above 0."),
        ("ohem(class_weights=[1, 1e999, 1])", "The weights of the classes are [1, inf, 1]"),
        ("bce(object_weight=-2)", "object_weight is -2, but it is a factor: 0 or above."),
        ("ce(class_weights=[1, 2])", "are [1, 2] for 3 classes; give one number per class."),
        ("ce+", "The loss 'ce+' cannot be read. Write losses joined by +, each with a factor or settings if needed"),
        ("", "The loss '' cannot be read."),
        ("0.5ce", "The loss '0.5ce' cannot be read."),
        ("focal(gamma=x)", "The loss 'focal(gamma=x)' cannot be read."),
        ("ce-dice", "The loss 'ce-dice' cannot be read at 'ce - dice'."),
        ("0.5*(ce+dice)", "The loss '0.5*(ce+dice)' cannot be read at 'ce + dice'."),
        ("focal(3)", "The loss 'focal(3)' cannot be read at 'focal(3)'."),
        ("__import__('os').system('ls')", "cannot be read at"),
        ("dice*0.5", "In the loss 'dice*0.5', 'dice' stands where a factor is expected, which is a number above 0"),
        ("-1*ce", "'-1' stands where a factor is expected"),
        ("0*ce", "'0' stands where a factor is expected"),
        ("1e999*ce", "'1e309' stands where a factor is expected"),
        ("True*ce", "'True' stands where a factor is expected"),
        (f"1{'0' * 400}*ce", "cannot be read."),
        ("+".join(["ce"] * 20000), "cannot be read."),
        ("bce+dice", "The loss 'binary_cross_entropy' is for one channel, object against background, but there are 3"),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_sum_is_refused_in_a_sentence(expression: str, words: str) -> None:
    with pytest.raises(SettingError) as caught:
        build_loss(expression, 3)
    assert words in str(caught.value)


def test_the_value_is_the_sum_of_the_values_times_their_factors() -> None:
    total = build_loss("0.7*ce(label_smoothing=0.1) + 0.3*lovasz + tversky(gamma=2)", 3)(SCORES, TARGET)
    parts = [
        0.7 * LOSSES["cross_entropy"].build(label_smoothing=0.1)(SCORES, TARGET),
        0.3 * LOSSES["lovasz"].build()(SCORES, TARGET),
        LOSSES["tversky"].build(gamma=2)(SCORES, TARGET),
    ]
    assert total.item() == pytest.approx(sum(part.item() for part in parts), abs=1e-6)


def test_weights_of_classes_go_to_every_loss_that_takes_them_and_was_given_none() -> None:
    loss = build_loss("ce + focal + dice + ohem(class_weights=[1, 1, 2])", 3, class_weights=[1.0, 2.0, 3.0])
    found = {name: buffer.tolist() for name, buffer in loss.named_buffers()}
    assert found == {
        "losses.0.class_weights": [1, 2, 3],
        "losses.1.class_weights": [1, 2, 3],
        "losses.3.class_weights": [1, 1, 2],
    }
    alone = build_loss("bce + focal", 1, class_weights=[2.0, 3.0])
    found = {name: buffer.tolist() for name, buffer in alone.named_buffers()}
    assert found == {"losses.0.object_weight": 1.5, "losses.1.class_weights": [2, 3]}
    assert takes_class_weights(parse_loss("dice + ce"))
    assert not takes_class_weights(parse_loss("dice + lovasz"))


def test_weights_that_teach_nothing_sensible_are_refused() -> None:
    for weights in ([-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, float("nan"), 1.0]):
        with pytest.raises(
            SettingError, match=r"weights of the classes are .*each 0 or above, and at least one above 0"
        ):
            build_loss("dice", 3, class_weights=weights)
    with pytest.raises(
        SettingError, match=r"are \[0\.0, 1\.0\], but the loss 'binary_cross_entropy' weighs the object"
    ):
        build_loss("bce", 1, class_weights=[0.0, 1.0])


def test_weights_of_pixels_go_to_every_loss_that_takes_them() -> None:
    weight = 10 * torch.rand(TARGET.shape, generator=torch.Generator().manual_seed(2))
    total = build_loss("ce + focal + dice", 3)(SCORES, TARGET, weight)
    parts = [LOSSES[name].build()(SCORES, TARGET, weight) for name in ("cross_entropy", "focal")]
    assert total.item() == pytest.approx((sum(parts) + LOSSES["dice"].build()(SCORES, TARGET)).item(), abs=1e-6)


class Scores(torch.nn.Module):
    def training_scores(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (SCORES,)


def test_a_segmentation_refuses_weights_of_pixels_if_no_loss_takes_them() -> None:
    task = TASKS["segmentation"].build(num_classes=3, loss="dice+lovasz")
    batch = Batch(torch.zeros(2, 3, 6, 5), TARGET, torch.ones(TARGET.shape))
    with pytest.raises(
        SettingError, match=r"the loss Dice \+ Lovasz does not .* Add one that does: .*cross_entropy, fo"
    ):
        next(iter(task.training_steps({"model": Scores()}, batch)))


def test_a_segmentation_takes_a_sum_with_the_weights_of_its_classes() -> None:
    task = TASKS["segmentation"].build(
        num_classes=2, class_weights=[1.0, 3.0], loss="ohem(label_smoothing=0.1) + 0.5*dice"
    )
    assert isinstance(task, Segmentation)
    first, _ = task.loss.losses
    assert isinstance(first, OhemCrossEntropy)
    assert first.class_weights is not None
    assert first.class_weights.tolist() == [1.0, 3.0]
    assert first.label_smoothing == 0.1


@pytest.mark.parametrize("expression", ["ce+dice", "bce+dice"])
def test_one_channel_takes_either_cross_entropy(expression: str) -> None:
    task = TASKS["segmentation"].build(num_classes=2, binary=True, class_weights=[1.0, 3.0], loss=expression)
    assert isinstance(task, Segmentation)
    scores, target = SCORES[:, :1], (TARGET > 0).long()
    expected = LOSSES["binary_cross_entropy"].build(object_weight=3.0)(scores, target)
    expected = expected + LOSSES["dice"].build()(scores, target)
    assert task.loss(scores, target).item() == pytest.approx(expected.item(), abs=1e-6)
