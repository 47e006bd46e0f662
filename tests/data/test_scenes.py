"""Generated streets: the same for ever, the same at every size, and not guessable from the place of a pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelwise.data.scenes import SCENE_CLASSES, SCENE_COLORS, Scene, draw_scene, write_scenes, write_seasons
from pixelwise.errors import SettingError
from pixelwise.ops.image_io import read_image, read_labels, read_stored

SMALL = (48, 64)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(seed, *SMALL) for seed in range(30)]


def test_the_same_seed_gives_the_same_pixels(scenes: list[Scene]) -> None:
    again = draw_scene(3, *SMALL)
    assert np.array_equal(again.image, scenes[3].image)
    assert np.array_equal(again.mask, scenes[3].mask)


def test_another_seed_gives_another_street(scenes: list[Scene]) -> None:
    assert len({scene.mask.tobytes() for scene in scenes}) == len(scenes)
    assert len({scene.image.tobytes() for scene in scenes}) == len(scenes)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 33), (50, 31), (64, 64)])
def test_any_size_can_be_drawn_and_every_pixel_has_a_class(height: int, width: int) -> None:
    scene = draw_scene(5, height, width)
    assert scene.image.shape == (height, width, 3)
    assert scene.image.dtype == np.uint8
    assert scene.mask.shape == (height, width)
    assert scene.mask.dtype == np.uint8
    assert scene.mask.max() < len(SCENE_CLASSES)


def test_every_class_has_a_colour_and_appears_in_some_street(scenes: list[Scene]) -> None:
    assert len(set(SCENE_COLORS)) == len(SCENE_CLASSES) == len(SCENE_COLORS)
    assert set(np.unique([scene.mask for scene in scenes]).tolist()) == set(range(len(SCENE_CLASSES)))


def test_a_street_is_the_same_at_another_size() -> None:
    for seed in (1, 4):
        small, large = draw_scene(seed, 48, 64).mask, draw_scene(seed, 144, 192).mask[1::3, 1::3]
        assert (small == large).mean() > 0.88


def test_edges_of_picture_and_mask_lie_in_the_same_place(scenes: list[Scene]) -> None:
    def edges(values: np.ndarray) -> np.ndarray:
        return np.abs(np.diff(values.astype(float), axis=1)).reshape(*values.shape[:1], values.shape[1] - 1, -1).sum(-1)

    at_edges, elsewhere = [], []
    for scene in scenes:
        is_edge = edges(scene.mask) > 0
        at_edges.append(edges(scene.image)[is_edge].mean())
        elsewhere.append(edges(scene.image)[~is_edge].mean())
    assert np.mean(at_edges) > 3 * np.mean(elsewhere)


def test_the_most_frequent_class_of_each_pixel_is_a_poor_guess(scenes: list[Scene]) -> None:
    masks = np.stack([scene.mask for scene in scenes])
    count = len(SCENE_CLASSES)
    guess = np.stack([(masks == index).sum(axis=0) for index in range(count)]).argmax(axis=0)
    unseen = np.stack([draw_scene(seed, *SMALL).mask for seed in range(1000, 1012)])
    pairs = unseen.astype(int) * count + guess
    confusion = np.bincount(pairs.ravel(), minlength=count * count).reshape(count, count)
    correct = np.diag(confusion)
    assert (correct / (confusion.sum(axis=0) + confusion.sum(axis=1) - correct)).mean() < 0.3


def test_files_hold_what_was_drawn_and_no_scene_is_in_two_splits(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    write_scenes(
        tmp_path,
        {"train": 3, "val": 2},
        seed=2,
        height=24,
        width=32,
        progress=lambda done, all_: calls.append((done, all_)),
    )
    assert calls == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert (tmp_path / "classes.txt").read_text(encoding="utf-8").split() == list(SCENE_CLASSES)
    images = sorted(tmp_path.glob("*/images/*.png"))
    assert [str(path.relative_to(tmp_path)) for path in images[-2:]] == [
        "val/images/scene_00000.png",
        "val/images/scene_00001.png",
    ]
    assert len({read_image(path).tobytes() for path in images}) == 5
    first = draw_scene(2 * 2 * 1_000_000, 24, 32)
    mask = tmp_path / "train" / "masks" / "scene_00000.png"
    assert np.array_equal(read_image(images[0]), first.image)
    assert np.array_equal(read_labels(mask), first.mask)
    assert (read_stored(mask).palette or ())[: len(SCENE_COLORS)] == SCENE_COLORS


def test_a_split_does_not_depend_on_the_size_of_the_others(tmp_path: Path) -> None:
    for name, number in (("few", 1), ("more", 2)):
        write_scenes(tmp_path / name, {"train": number, "val": 1}, height=16, width=16)
    first, second = (read_image(tmp_path / name / "val" / "images" / "scene_00000.png") for name in ("few", "more"))
    assert np.array_equal(first, second)


def test_an_impossible_scene_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"A scene of seed -1 and 24 × 32 pixels cannot be drawn"):
        draw_scene(-1, 24, 32)
    with pytest.raises(SettingError, match=r"sides of at least one pixel are expected"):
        draw_scene(0, 0, 32)
    with pytest.raises(SettingError, match=r"-4 scenes were asked for as train; 0 to 1000000 are possible"):
        write_scenes(tmp_path, {"train": -4})


def test_a_street_in_winter_is_the_same_street_under_snow() -> None:
    brighter = []
    for seed in range(12):
        summer, winter, again = (draw_scene(seed, *SMALL, season=season) for season in ("summer", "winter", "winter"))
        assert np.array_equal(summer.mask, winter.mask)
        assert np.array_equal(winter.image, again.image)
        pavement = summer.mask == SCENE_CLASSES.index("pavement")
        tree = summer.mask == SCENE_CLASSES.index("tree")
        if tree.sum() > 50:
            assert greenness(winter, tree) < greenness(summer, tree)
        if pavement.sum() > 50:
            brighter.append(float(winter.image[pavement].mean()) - float(summer.image[pavement].mean()))
    assert np.mean(brighter) > 10
    assert min(brighter) > -10  # a red pavement at sunset may be as bright as snow


def greenness(scene: Scene, where: np.ndarray) -> float:
    red, green, blue = scene.image[where].astype(float).mean(axis=0)
    return green - (red + blue) / 2


def test_seasons_on_disk_are_other_streets_to_learn_from_and_the_same_to_be_scored_on(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_seasons(tmp_path / name, {"train": 2, "test": 1}, seed=3, height=24, width=32)
    one, two = (
        {path.relative_to(tmp_path / n): path.read_bytes() for path in sorted((tmp_path / n).rglob("*.*"))}
        for n in ("one", "two")
    )
    assert one == two
    assert sorted({str(path.parent) for path in one}) == [
        "masks", "masks/test", "masks/trainA", "masks/trainB", "testA", "testB", "trainA", "trainB",
    ]  # fmt: skip
    folder = tmp_path / "one"
    masks = [read_labels(path) for kind in ("trainA", "trainB") for path in sorted((folder / "masks" / kind).iterdir())]
    assert len({mask.tobytes() for mask in masks}) == 4
    summer, winter = (draw_scene((3 * 3 + 2) * 1_000_000, 24, 32, season) for season in ("summer", "winter"))
    assert np.array_equal(read_image(folder / "testA" / "scene_00000.png"), summer.image)
    assert np.array_equal(read_image(folder / "testB" / "scene_00000.png"), winter.image)
    assert np.array_equal(read_labels(folder / "masks" / "test" / "scene_00000.png"), winter.mask)
