"""Distances of two sets of pictures, held to torchmetrics with a small network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from pixelwise.metrics.feature_distance import FeatureDistance
from pixelwise.metrics.features import PooledFeatures, collect_features
from pixelwise.metrics.frechet import frechet_distance
from pixelwise.metrics.kernel import kernel_distance
from pixelwise.metrics.sets import compare_sets

pytestmark = pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save")


class Small(nn.Module):
    """Six features of a fixed convolution."""

    num_features = 6

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.randn(6, 3, 3, 3, generator=torch.Generator().manual_seed(0))

    def forward(self, image: Tensor) -> Tensor:
        return nn.functional.conv2d(image, self.weight).relu().mean(dim=(2, 3))


@pytest.fixture
def sets() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(24, 3, 12, 12, generator=generator), torch.rand(18, 3, 12, 12, generator=generator) ** 1.5


@pytest.fixture
def features(sets: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    real, generated = (collect_features(Small(), pictures.split(5)) for pictures in sets)
    return real, generated


def test_the_frechet_distance_is_that_of_torchmetrics(
    sets: tuple[Tensor, Tensor], features: tuple[Tensor, Tensor]
) -> None:
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=Small())
    metric.set_dtype(torch.float64)
    metric.update(sets[0], real=True)
    metric.update(sets[1], real=False)
    assert frechet_distance(*features) == pytest.approx(metric.compute().item(), rel=1e-6)


def test_the_frechet_distance_of_few_pictures_is_defined() -> None:
    # Two pictures of 50 features: covariances of rank 1. Apart by 3 in each feature, and otherwise the same.
    pair = torch.randn(2, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert frechet_distance(pair, pair + 3) == pytest.approx(50 * 9, abs=1e-4)
    assert frechet_distance(pair, pair) == pytest.approx(0, abs=1e-5)


def test_the_kernel_distance_is_that_of_torchmetrics(
    sets: tuple[Tensor, Tensor], features: tuple[Tensor, Tensor]
) -> None:
    from torchmetrics.image.kid import KernelInceptionDistance

    metric = KernelInceptionDistance(feature=Small(), subsets=1, subset_size=18)  # of one set all, so in any order
    metric.update(sets[0][:18], real=True)
    metric.update(sets[1], real=False)
    ours = kernel_distance(features[0][:18], features[1], subsets=3, subset_size=18)
    assert ours.mean == pytest.approx(metric.compute()[0].item(), rel=1e-4)
    assert ours.std == pytest.approx(0, abs=1e-12)
    assert (ours.subsets, ours.subset_size) == (3, 18)


def test_subsets_follow_from_the_seed(features: tuple[Tensor, Tensor]) -> None:
    one, same, other = (kernel_distance(*features, subsets=8, subset_size=9, seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert one.std > 0
    assert one.mean != other.mean


def test_the_kernel_distance_of_two_halves_of_one_set_is_zero_on_average() -> None:
    points = torch.randn(400, 5, generator=torch.Generator().manual_seed(0))
    distance = kernel_distance(points[:200], points[200:], subsets=50, subset_size=50)
    assert abs(distance.mean) < distance.std
    assert kernel_distance(points[:200], points[200:]).subset_size == 100
    assert kernel_distance(points[:200], points[200:] + 1, subsets=50, subset_size=50).mean > 10 * distance.std


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_single_pictures_and_other_features_are_refused(distance: type) -> None:
    with pytest.raises(ValueError, match=r"^The features are \(1, 4\) and \(5, 4\), .*two pictures"):
        distance(torch.rand(1, 4), torch.rand(5, 4))
    with pytest.raises(ValueError, match=r"in 100 subsets of 6, .*that the sets can fill\.$"):
        kernel_distance(torch.rand(5, 4), torch.rand(9, 4), subset_size=6)
    with pytest.raises(ValueError, match=r"^The features are \(5, 3\) and \(5, 4\), .*same features"):
        distance(torch.rand(5, 3), torch.rand(5, 4))


def test_a_set_without_pictures_is_refused(sets: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(ValueError, match=r"^There are no pictures in one of the sets; a set needs at least two\.$"):
        compare_sets(Small(), [], sets[1].split(7), name="small")


def test_the_names_of_the_scores_say_the_network(sets: tuple[Tensor, Tensor], features: tuple[Tensor, Tensor]) -> None:
    scores = compare_sets(Small(), sets[0].split(5), sets[1].split(7), name="small", seed=2)
    kernel = kernel_distance(*features, seed=2)
    assert scores == {
        "fid_small": pytest.approx(frechet_distance(*features)),
        "kid_small": pytest.approx(kernel.mean),
        "kid_small_std": pytest.approx(kernel.std),
        "real": 24,
        "generated": 18,
    }


def test_pooled_features_of_the_installed_encoder() -> None:
    features = PooledFeatures()
    assert features.name == "lite0"
    assert not features.train().features.encoder.training
    pictures = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    vectors = collect_features(features, [pictures])
    assert vectors.shape == (2, features.num_features) == (2, 320)
    torch.testing.assert_close(vectors, collect_features(features, pictures.split(1)), atol=1e-5, rtol=1e-4)


def test_the_feature_distance_grows_with_the_damage() -> None:
    distance = FeatureDistance()
    assert distance.name == "feature_distance_lite0"
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 8, 8, generator=generator)
    picture = nn.functional.interpolate(coarse, (64, 64), mode="bicubic").clamp(0, 1)
    noise = torch.randn(picture.shape, generator=generator)
    damaged = torch.cat([(picture + strength * noise).clamp(0, 1) for strength in (0.0, 0.02, 0.1, 0.4)])
    values = distance(damaged, picture.expand(4, -1, -1, -1))
    assert values[0].item() == pytest.approx(0, abs=1e-6)
    assert (values.diff() > 0.01).all()
    assert values.max() < 4
    torch.testing.assert_close(values[2:3], distance(damaged[2:3], picture), atol=1e-5, rtol=1e-4)
