"""What a notebook does with pictures: opened for a task, learnt from, looked at and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pixelwise as pw
from pixelwise.data.checks import Severity
from pixelwise.data.pairs import Pair
from pixelwise.data.scenes import write_scenes, write_seasons
from pixelwise.errors import DataError, SettingError
from pixelwise.inference import Picture
from pixelwise.learner.pictures import TaskPictures
from pixelwise.reports.picture_scores import PictureEvaluation
from pixelwise.reports.set_scores import SetEvaluation, SetScorer
from pixelwise.training.display import Silent

HEIGHT, WIDTH = 48, 64


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scenes")
    write_scenes(root, {"train": 8}, height=HEIGHT, width=WIDTH)
    return root / "train" / "images"


@pytest.fixture(scope="module")
def seasons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("seasons")
    write_seasons(root, {"train": 10, "test": 3}, height=32, width=40)
    return root


def small(data: TaskPictures, **options: object) -> pw.PictureLearner:
    """A learner with a small network, in small steps."""
    arguments = {"width": 8, "depth": 1}
    learner = pw.PictureLearner(data, arguments=arguments, display=Silent(), **options)  # type: ignore[arg-type]
    learner.change_training(batch_size=2, precision="fp32")
    return learner


def photo(height: int = 20, width: int = 30) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_restoration_is_learnt_scored_shown_and_kept(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pw.open_pictures(photos, "restoration", degrade="noise:25")
    assert "8 pictures (train 6, val 2)" in str(data)
    learner = small(data)
    before = learner.validate()
    assert isinstance(before, PictureEvaluation)
    assert before.baseline["psnr_rgb"] == pytest.approx(20.5, abs=1.5)  # 10 log10(255² / 25²), less what was clipped
    learner.fit_one_cycle(12)
    after = learner.validate()
    assert after.values["psnr_rgb"] > before.values["psnr_rgb"] + 1
    assert learner.history[-1]["step"] == 36
    made = learner.predict(photo())
    assert isinstance(made, Picture)
    assert made.pixels.shape == (20, 30, 3)
    shown = list(learner.get_preds())
    assert [(picture.pixels.shape, truth is not None) for picture, truth in shown] == [((HEIGHT, WIDTH, 3), True)] * 2
    assert learner.show_results().size == (3 * WIDTH + 2 * 4, 2 * HEIGHT + 4)
    assert "body" in learner.summary()
    assert isinstance(learner.plot_loss(), Image.Image)
    monkeypatch.setattr("pixelwise.inference.device.choose_precision", lambda *_, **__: ("bf16", "it is faster here"))
    exported = learner.export(tmp_path / "model.safetensors", after)
    assert exported.precision == "fp32"
    np.testing.assert_array_equal(exported.picture(photo()).pixels, made.pixels)
    again = pw.load(tmp_path / "model.safetensors", precision="fp32").picture(photo())
    np.testing.assert_array_equal(again.pixels, made.pixels)
    other = small(data, seed=3)
    assert not np.array_equal(other.predict(photo()).pixels, made.pixels)
    other.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(other.predict(photo()).pixels, made.pixels)


def test_what_enlarges_shows_the_small_views_as_large_as_theirs(photos: Path) -> None:
    data = pw.open_pictures(photos, "super_resolution", scale=3)
    assert repr(data) == f"TaskPictures(super_resolution, {data.pictures!r})"
    learner = small(data)
    assert learner.plan.task.arguments == {"scale": 3, "degrade": "down:3"}
    side = learner.plan.training.stages[0].height
    assert learner.show_batch(count=3).size == (3 * (3 * side + 4) - 4, 2 * (3 * side + 4) - 4)
    learner.fit_as_planned(1)
    assert learner.predict(photo()).pixels.shape == (60, 90, 3)
    assert learner.validate(tta=True).protocol == (
        "psnr_y_crop3, mean over 2 pictures, val split, test-time augmentation (flip)"
    )


def test_kinds_without_pairs_are_scored_as_sets_and_fitted_as_papers_do(
    seasons: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_splits: list[int] = []

    class Noted(SetScorer):
        def __init__(self, others: Sequence[Pair], *arguments: Any) -> None:
            of_splits.append(len(others))
            super().__init__(others, *arguments)

    monkeypatch.setattr("pixelwise.workflow.domains.SetScorer", Noted)
    data = pw.open_pictures(seasons, "unpaired_translation", reverse=True)
    learner = small(data, task={"critic_width": 4, "critic_depth": 1})
    learner.change_training(batch_size=1)
    keep = pw.KeepBest("kid_lite0")
    learner.fit_as_planned(2, callbacks=keep)
    settings = learner._schedules[-1].settings
    assert (settings.schedule, settings.learning_rate, settings.betas) == ("linear_decay", 2e-4, (0.5, 0.999))
    scored = learner.validate("test")
    assert isinstance(scored, SetEvaluation)
    assert (scored.others, len(scored.images)) == (3, 3)
    assert learner.validate("test").values == scored.values
    assert learner.validate().values["kid_lite0"] == pytest.approx(keep.best)
    assert of_splits == [2, 3]  # of val while it was fitted, of test now: real pictures are looked at once
    assert keep.best == min(row["kid_lite0"] for row in learner.history if "kid_lite0" in row)
    assert [truth for _, truth in learner.get_preds("test")] == [None] * 3
    with pytest.raises(SettingError, match=r"several are trained against each other\. Fit at the plan's rate, 0\.0002"):
        learner.lr_find()


def test_a_set_that_is_too_small_to_be_scored_is_said_before_the_first_step(seasons: Path) -> None:
    data = pw.open_pictures(seasons, "unpaired_translation", validation=0.1)
    learner = small(data, task={"critic_width": 4, "critic_depth": 1})
    with pytest.raises(DataError, match=r"The split 'val' of .* too few pictures.*two of each kind are needed\. Hold"):
        learner.fit(1, callbacks=pw.KeepBest("kid_lite0"))
    assert learner.history == []


def test_two_kinds_are_shown_one_below_the_other_and_what_is_made_beside_what_was_given(tmp_path: Path) -> None:
    for kind, color in (("A", (1, 0, 0)), ("B", (0, 0, 1))):
        for place in ("train", "test"):
            (tmp_path / f"{place}{kind}").mkdir()
            for i in range(4):
                pixels = np.full((24, 32, 3), (120 + 20 * i) * np.array(color), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / f"{place}{kind}" / f"{i}.png")
    learner = small(pw.open_pictures(tmp_path, "unpaired_translation"), task={"critic_width": 4, "critic_depth": 1})
    side = learner.plan.training.stages[0].height
    batch = np.asarray(learner.show_batch(3))
    assert batch.shape == (2 * side + 4, 3 * side + 2 * 4, 3)
    above, below = batch[:side, :side], batch[-side:, :side]
    assert (above[..., 0].min() >= 120, above[..., 2].max()) == (True, 0)
    assert (below[..., 2].min() >= 120, below[..., 0].max()) == (True, 0)
    results = np.asarray(learner.show_results(2, split="test"))
    assert results.shape == (2 * 24 + 4, 2 * 32 + 4, 3)
    assert (results[:24, :32] == (120, 0, 0)).all()
    np.testing.assert_array_equal(results[:24, -32:], learner.predict(tmp_path / "testA" / "0.png").pixels)


def test_colours_are_not_learnt_from_pairs_whose_targets_have_none(photos: Path, tmp_path: Path) -> None:
    for file in photos.iterdir():
        grey = Image.open(file).convert("L")
        for kind, pixels in (("grey", grey.point(lambda value: value // 2)), ("color", grey)):
            (tmp_path / kind).mkdir(exist_ok=True)
            pixels.convert("RGB").save(tmp_path / kind / file.name)
    learner = small(pw.open_pictures(tmp_path, "restoration"), task={"predicts": "color"})
    with pytest.raises(DataError, match=r"All 6 targets to train on .* are without colour, so there are no colours"):
        learner.fit(1)
    assert small(pw.open_pictures(tmp_path, "restoration")).show_batch(1).width > 8  # what needs no colours
    for file in photos.iterdir():
        Image.open(file).save(tmp_path / "color" / file.name)
    assert small(pw.open_pictures(tmp_path, "restoration"), task={"predicts": "color"}).show_batch(1).width > 8


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"task": {"scale": 4}}, "task sets scale, by which the pictures have been opened already."),
        ({"task": {"degrade": "blur:1"}}, "task sets degrade, by which the pictures have been opened already."),
        ({"arguments": {"scale": 4}}, "arguments sets scale, by which the pictures have been opened already."),
    ],
)
def test_what_pictures_were_opened_by_is_not_changed_afterwards(
    options: dict[str, Any], words: str, photos: Path, tmp_path: Path
) -> None:
    for file in photos.iterdir():
        large = Image.open(file)
        for kind, picture in (("LR", large.reduce(2)), ("HR", large)):
            (tmp_path / kind).mkdir(exist_ok=True)
            picture.save(tmp_path / kind / file.name)
    data = pw.open_pictures(tmp_path, "super_resolution", scale=2)
    with pytest.raises(SettingError) as caught:
        pw.PictureLearner(data, display=Silent(), **options)
    assert str(caught.value) == f"{words} Give it to pw.open_pictures, and leave it out here."


def test_what_harms_a_training_is_said_by_the_data_and_by_the_learner(photos: Path) -> None:
    data = pw.open_pictures(photos, "restoration", degrade="noise:25")
    harms = [finding for finding in data.findings if finding.severity is Severity.HARMS]
    assert [finding.check for finding in harms] == ["few_pictures"] * 2  # to learn from and to score on
    assert len(data.findings) > len(harms)  # what is worth knowing, too
    warnings = [f"Warning: {finding.what} {finding.cure}" for finding in harms]
    assert str(data) == "\n".join([data.pictures.describe(), *warnings])
    told: list[str] = []

    class Told(Silent):
        def say(self, text: str) -> None:
            told.append(text)

    pw.PictureLearner(data, display=Told())
    assert told == warnings


def test_a_kind_goes_the_other_way_with_reverse(seasons: Path) -> None:
    there, back = (pw.open_pictures(seasons, "unpaired_translation", reverse=reverse) for reverse in (False, True))
    assert there.pictures.splits == back.pictures.others


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        ("restauration", {}, "There is no task of pictures called 'restauration'. Did you mean 'restoration'?"),
        ("segmentation", {}, "Masks are opened by open_data."),
        ("restoration", {"scale": 2}, "scale is for the task super_resolution; the task restoration leaves the size"),
        ("super_resolution", {"scale": 0}, "scale is 0, but super-resolution enlarges 2 to 8 times."),
        ("super_resolution", {"scale": "2"}, "scale is '2', but super-resolution enlarges a whole number of times, 2"),
        ("super_resolution", {"scale": 2.5}, "scale is 2.5, but super-resolution enlarges a whole number of times"),
        ("restoration", {"degrade": ["noise:5"]}, "degrade is ['noise:5'], but degradations are one text, joined by"),
        ("super_resolution", {"scale": 9}, "scale is 9, but super-resolution enlarges 2 to 8 times."),
        ("super_resolution", {"scale": 3, "degrade": "down:2"}, "'down:2' makes pictures 2 times smaller."),
        ("super_resolution", {"reverse": True}, "reverse is for translation; the task super_resolution knows one"),
        ("paired_translation", {"degrade": "grey"}, "degrade has no place in the task paired_translation, which has"),
        ("restoration", {"degrade": "down:2"}, "'down:2' makes smaller pictures"),
        ("restoration", {"degrade": "noyse:5"}, "There is no degradation called 'noyse'. Did you mean 'noise'?"),
    ],
)
def test_what_pictures_are_not_opened_for_is_refused_before_they_are_read(
    task: str, options: dict[str, object], words: str, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("pixelwise.learner.pictures.examine_pictures")
    with pytest.raises(SettingError) as caught:
        pw.open_pictures(photos, task, **options)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_what_ruins_a_training_is_refused(photos: Path, tmp_path: Path) -> None:
    for kind in ("noisy", "clean"):
        for file in photos.iterdir():
            (tmp_path / kind).mkdir(exist_ok=True)
            (tmp_path / kind / file.name).write_bytes(file.read_bytes())
    with pytest.raises(DataError, match="image and target are the same picture"):
        pw.open_pictures(tmp_path, "restoration")


@pytest.mark.parametrize(
    ("do", "words"),
    [
        (lambda learner: learner.change_training(rotation=3.0), "training.rotation is for images with masks"),
        (lambda learner: learner.resize_progressively(), "Progressive resizing is for masks"),
        (lambda learner: learner.fit(1, callbacks=pw.KeepBest()), "called 'miou'. Available: loss, psnr_rgb, ssim_rgb"),
        (lambda learner: learner.fine_tune(1), "The model 'lite_sr' has no encoder that could be frozen"),
    ],
)
def test_what_is_for_masks_is_refused(do: Callable[[pw.PictureLearner], None], words: str, photos: Path) -> None:
    learner = small(pw.open_pictures(photos, "restoration", degrade="noise:25"))
    with pytest.raises(SettingError) as caught:
        do(learner)
    assert words in str(caught.value)
    assert learner.history == []


def test_a_learner_says_which_data_it_takes(photos: Path) -> None:
    data = pw.open_pictures(photos, "restoration", degrade="noise:25")
    with pytest.raises(SettingError, match=r"These data are pictures; write pw\.PictureLearner\(data\)"):
        pw.Learner(data)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"write pw\.PictureLearner\(pw\.open_pictures\('photos', task\)\) with the"):
        pw.PictureLearner("photos")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"These data are images with masks; write pw\.Learner\(data\) instead of"):
        pw.PictureLearner(pw.open_data(photos.parent.parent))  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"takes what pw\.open_pictures returns, not an object of the type Pictures"):
        pw.PictureLearner(data.pictures)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"There is no model called 'lite_rs'\. Did you mean 'lite_sr'"):
        pw.PictureLearner(data, "lite_rs")
    with pytest.raises(SettingError, match="There is no argument of the task 'restoration' called 'predits'"):
        pw.PictureLearner(data, task={"predits": "color"})
    learner = small(data)
    assert learner.data is data
    assert repr(learner) == f"PictureLearner(lite_sr; {data.pictures!r}; not fitted yet)"
    assert small(learner.data).plan == learner.plan


def test_no_argument_that_is_refused_is_called_available(photos: Path) -> None:
    data = pw.open_pictures(photos, "super_resolution")
    with pytest.raises(SettingError, match=r"called 'widht'\. Did you mean 'width'\? Available: depth, width\.$"):
        pw.PictureLearner(data, arguments={"widht": 3})
    with pytest.raises(SettingError) as caught:
        pw.PictureLearner(data, task={"degrad": "blur:1"})
    listed = str(caught.value).partition("Available: ")[2].rstrip(".").split(", ")
    assert "loss" in listed
    assert {"scale", "degrade"}.isdisjoint(listed)


def test_views_of_a_split_are_averaged_as_those_of_a_picture(photos: Path) -> None:
    learner = small(pw.open_pictures(photos, "restoration", degrade="noise:25"))
    learner.fit(1)
    (plain, _), (found, truth) = next(learner.get_preds()), next(learner.tta())
    averaged, expected = next(learner.get_preds(tta=True))
    np.testing.assert_array_equal(found.pixels, averaged.pixels)
    np.testing.assert_array_equal(truth, expected)
    assert not np.array_equal(found.pixels, plain.pixels)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"task": "restoration"}, "task is 'restoration', but further arguments are given by their names, such as {'a"),
        ({"arguments": "width"}, "arguments is 'width', but further arguments are given by their names, such as {'wid"),
        ({"task": {"loss": 3}}, "loss is 3, but a loss is given by its name, such as 'l1'."),
        ({"loss": 3}, "loss is 3, but a loss is given by its name, such as 'l1'."),
        ({"model": 3}, "model is 3, but a network is given by its name"),
        ({"loss": "l1", "task": {"loss": "l2"}}, "The loss is given twice, as loss='l1' and in task={'loss': 'l2'}."),
    ],
)
def test_what_a_learner_cannot_be_made_with_is_refused(options: dict[str, Any], words: str, photos: Path) -> None:
    data = pw.open_pictures(photos, "restoration", degrade="noise:25")
    with pytest.raises(SettingError) as caught:
        pw.PictureLearner(data, display=Silent(), **options)
    assert str(caught.value).startswith(words)


def test_no_pictures_are_not_shown(photos: Path) -> None:
    learner = small(pw.open_pictures(photos, "restoration", degrade="noise:25"))
    for show in (learner.show_batch, learner.show_results):
        with pytest.raises(SettingError, match=r"^count is 0, but it is how many pictures are shown: give a"):
            show(0)
