"""What a notebook does, on a folder of six small streets."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from PIL import Image

import pixelwise as pw
from pixelwise.artifact import save as save_artifact
from pixelwise.data.scenes import write_scenes
from pixelwise.errors import ArtifactError, RunError, SettingError
from pixelwise.learner._looks import METRICS
from pixelwise.metrics import confusion_matrix
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.reports import evaluate
from pixelwise.training.display import Silent
from pixelwise.training.loop import Moment, Training
from pixelwise.training.schedule import one_cycle
from pixelwise.training.watch import diverged
from pixelwise.workflow.building import describe, measured


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> pw.Learner:
    root = tmp_path_factory.mktemp("streets")
    write_scenes(root, {"train": 6, "val": 3}, height=48, width=64)
    return small(root)


def small(root: Path) -> pw.Learner:
    learner = pw.Learner(pw.open_data(root), encoder="test_resnet", pretrained=False, display=Silent())
    stage = Stage(until=1, height=32, width=32, min_scale=0.5, max_scale=1)
    learner.change_training(batch_size=2, precision="fp32", stages=[stage.model_dump()])
    return learner


def test_fitting_changes_what_is_predicted_and_is_written_down(learner: pw.Learner) -> None:
    image = np.zeros((40, 56, 3), dtype=np.uint8)
    before = learner.predict(image).probabilities
    learner.fit_one_cycle(4)
    after = learner.predict(image).probabilities
    assert after.shape == (10, 40, 56)
    assert not np.allclose(before, after)
    assert learner.history[-1]["step"] == 12


def test_what_a_cell_of_a_notebook_ends_with_is_short(tmp_path: Path) -> None:
    write_scenes(tmp_path / "streets", {"train": 6, "val": 3}, height=48, width=64)
    learner = small(tmp_path / "streets")
    counts = "9 images with masks (train 6, val 3)"
    layout = learner.data.format
    data = f"Dataset(streets: {counts}, 10 classes, layout {layout})"
    assert repr(learner.data) == data
    assert str(learner.data).startswith(f"{learner.data.root}: {counts}, layout {layout}\n")
    network = f"{learner.plan.model.name} on test_resnet"
    assert repr(learner) == f"Learner({network}; {data}; not fitted yet)"
    learner.freeze()
    learner.fit(1)
    assert repr(learner) == f"Learner({network}, encoder frozen; {data}; 1 epoch in 1 fit)"
    learner.unfreeze()
    learner.fit(2)
    assert repr(learner) == f"Learner({network}; {data}; 3 epochs in 2 fits)"


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("fine_tune", {"epochs": 1, "freeze_epochs": -1}, "freeze_epochs is -1, but a fit lasts a number of epochs"),
        ("fine_tune", {"epochs": -1}, "epochs is -1"),
        ("fine_tune", {"epochs": 1, "base_lr": "1e-3"}, "base_lr is '1e-3', but a learning rate is a number"),
        ("fit_one_cycle", {"epochs": 1, "lr_max": "1e-3"}, "lr_max is '1e-3'"),
        ("fit_one_cycle", {"epochs": 1, "lr_max": -1e-3}, "lr_max is -0.001"),
        ("fit_one_cycle", {"epochs": None}, "epochs is None"),
        ("fit", {"epochs": True}, "epochs is True"),
        ("fit", {"epochs": 1, "lr": [1e-3]}, r"lr is \[0.001\]"),
        ("fit_flat_cos", {"epochs": 1, "lr": 0}, "lr is 0, but"),
        ("fit_flat_cos", {"epochs": 0}, "epochs is 0"),
        ("fit_as_planned", {"epochs": -2}, "epochs is -2"),
        ("fit_sgdr", {"n_cycles": 1, "cycle_len": -1}, "cycle_len is -1"),
        ("fit_sgdr", {"n_cycles": 1.5, "cycle_len": 1}, r"n_cycles is 1\.5, but it is how many cycles follow"),
        ("fit_sgdr", {"n_cycles": 0, "cycle_len": 1}, "n_cycles is 0, but it is how many cycles follow"),
        ("fit_one_cycle", {"epochs": 1, "div": "25"}, "div is '25', but it is a number that the peak is divided by"),
        ("lr_find", {"num_it": 0}, "num_it is 0, but it is how many steps are taken: give a whole number, 1 or more"),
        ("show_batch", {"count": 0}, "count is 0, but it is how many images are shown: give a whole number, 1 or more"),
        ("show_results", {"count": 0}, "count is 0, but it is how many images are shown"),
        ("show_batch", {"count": 2.0}, r"count is 2\.0, but it is how many images are shown"),
        ("fit_sgdr", {"n_cycles": 1, "cycle_len": 1, "lr_max": "x"}, "lr_max is 'x'"),
    ],
)
def test_lengths_rates_and_counts_are_refused_by_the_names_that_they_were_given_by(
    learner: pw.Learner, method: str, arguments: dict[str, Any], message: str
) -> None:
    before = len(learner.history)
    with pytest.raises(SettingError, match=f"^{message}"):
        getattr(learner, method)(**arguments)
    assert len(learner.history) == before


def test_numbers_of_numpy_are_lengths_rates_and_counts(learner: pw.Learner) -> None:
    learner.fit(np.int64(1), np.float32(1e-4))  # type: ignore[arg-type]
    assert learner.history[-1]["learning_rate"] == pytest.approx(1e-4)
    assert learner.show_batch(np.int64(1)).width == 32  # type: ignore[arg-type]


def test_an_encoder_in_the_place_of_the_model_is_told_its_own(learner: pw.Learner) -> None:
    with pytest.raises(SettingError, match=r"^'resnet18' is the name of an encoder, .* encoder='resnet18'\.$"):
        pw.Learner(learner.data, "resnet18")


def test_fine_tune_keeps_the_encoder_in_its_first_part_and_frees_it_in_the_second(learner: pw.Learner) -> None:
    assert learner.model.encoder is not None
    learner.freeze()
    before = [parameter.clone() for parameter in learner.model.encoder.parameters()]
    learner.fit_one_cycle(1)
    for old, parameter in zip(before, learner.model.encoder.parameters(), strict=True):
        is_norm = parameter.ndim == 1  # every convolution of this encoder is without a bias
        assert parameter.requires_grad == is_norm
        assert torch.equal(old, parameter) != is_norm
    learner.fine_tune(1)
    assert all(parameter.requires_grad for parameter in learner.model.parameters())
    assert any((a != b).any() for a, b in zip(before, learner.model.encoder.parameters(), strict=True))


def test_each_fit_draws_its_own_order_and_views(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    class Noted(Training):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            seeds.append(arguments[3].seed)
            super().__init__(*arguments, **named)

    monkeypatch.setattr("pixelwise.learner._core.Training", Noted)
    learner.fit_one_cycle(0.5)
    learner.fit_one_cycle(0.5)
    assert seeds[0] != seeds[1]


def test_a_fit_that_a_callback_refuses_counts_for_nothing(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    class Noted(Training):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            seeds.append(arguments[3].seed)
            super().__init__(*arguments, **named)

    monkeypatch.setattr("pixelwise.learner._core.Training", Noted)
    count = len(learner._schedules)
    with pytest.raises(SettingError, match="ReduceLROnPlateau lowers a rate that is constant"):
        learner.fit_one_cycle(1, callbacks=pw.ReduceLROnPlateau())
    assert len(learner._schedules) == count
    learner.fit_one_cycle(0.5)
    assert seeds[0] == seeds[1]
    assert learner.history[-1]["fit"] == count + 1


def test_a_number_of_epochs_that_is_none_is_refused(learner: pw.Learner) -> None:
    with pytest.raises(SettingError, match="epochs is 0, but a fit lasts"):
        learner.fit_one_cycle(0)


def test_a_metric_that_is_not_there_is_refused_before_a_step_is_trained(learner: pw.Learner) -> None:
    rows = len(learner.history)
    for callback in (pw.KeepBest("mioo"), pw.EarlyStopping("miuo")):
        with pytest.raises(
            SettingError, match=r"no metric of a fit called 'mi.o'\. Did you mean 'miou'.*loss, miou, pi"
        ):
            learner.fit_one_cycle(1, callbacks=[callback])
    assert len(learner.history) == rows
    assert tuple(measured(learner.validate()).values) == METRICS


def test_progressive_resizing_is_stated_and_counts_for_each_fit(tmp_path: Path) -> None:
    write_scenes(tmp_path, {"train": 4, "val": 1}, height=128, width=256)
    told: list[str] = []

    class Told(Silent):
        def say(self, text: str) -> None:
            told.append(text)

    learner = pw.Learner(pw.open_data(tmp_path), encoder="test_resnet", pretrained=False, display=Told())
    learner.resize_progressively(share=0.5)
    learner.resize_progressively()
    assert "views of 64 × 64 at 0.25 to 0.5 of the image's scale for the first 60 % of the training" in told[-1]
    assert told[-1].startswith(learner.plan.decisions[-1][0])
    sizes = [(stage.until, stage.height, stage.width) for stage in learner.plan.training.stages]
    assert sizes == [(0.6, 64, 64), (1.0, 64, 128)]
    with pytest.raises(SettingError, match="the factor of the sides is 2"):
        learner.resize_progressively(2)


def test_the_search_for_a_rate_shows_how_far_it_is(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[float] = []

    class Shown(Silent):
        def moment(self, moment: Moment, seconds_left: float, score: str | None) -> None:
            shown.append(moment.progress)

    monkeypatch.setattr(learner, "_display", Shown())
    learner.lr_find(num_it=8)
    assert len(shown) > 1
    assert shown == sorted(shown)
    assert shown[-1] == 1


def test_an_interrupted_fit_leaves_the_average_and_no_frozen_encoder(
    learner: pw.Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainings: list[Training] = []

    class Interrupted(Training):
        def moments(
            self, should_stop: Callable[[], bool] = lambda: False, *, each_epoch: bool = False
        ) -> Generator[Moment, None, None]:
            trainings.append(self)
            yield from super().moments(lambda: True)
            raise KeyboardInterrupt

    monkeypatch.setattr("pixelwise.learner._core.Training", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        learner.fine_tune(1)
    assert all(parameter.requires_grad for parameter in learner.model.parameters())
    average = trainings[0].average.model.state_dict()
    assert all(torch.equal(tensor, average[name]) for name, tensor in learner.model.state_dict().items())


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_fit_that_breaks_the_weights_leaves_those_before_it(
    learner: pw.Learner, monkeypatch: pytest.MonkeyPatch, is_noticed: bool
) -> None:
    class Broken(Training):
        def moments(
            self, should_stop: Callable[[], bool] = lambda: False, *, each_epoch: bool = False
        ) -> Generator[Moment, None, None]:
            yield from super().moments(lambda: True)
            next(self.average.model.parameters()).fill_(torch.nan)
            if is_noticed:
                raise RunError("The training has diverged.")

    monkeypatch.setattr("pixelwise.learner._core.Training", Broken)
    before = {name: tensor.clone() for name, tensor in learner.model.state_dict().items()}
    with pytest.raises(RunError, match=r"has diverged\." if is_noticed else r"broken the weights.*at a lower rate"):
        learner.fit(1)
    assert all(torch.equal(tensor, before[name]) for name, tensor in learner.model.state_dict().items())


def test_arguments_of_the_network_may_be_tuples(learner: pw.Learner) -> None:
    arguments = {"widths": (8, 8, 8, 8, 8)}
    other = pw.Learner(learner.data, encoder="test_resnet", pretrained=False, arguments=arguments, display=Silent())
    other.change_training(rotation=0.0)
    assert other.plan.training.rotation == 0


def test_only_the_training_of_a_plan_can_be_changed(learner: pw.Learner) -> None:
    with pytest.raises(SettingError, match="so image_scale cannot be changed any more; only training can"):
        learner.plan = learner.plan.model_copy(update={"image_scale": 0.5})


def test_validate_scores_the_split_at_its_own_size(learner: pw.Learner) -> None:
    evaluation = learner.validate()
    assert evaluation.resolution == "48 × 64"
    assert len(evaluation.images) == 3


def test_pictures_of_batch_and_results_are_shown(learner: pw.Learner) -> None:
    batch = learner.show_batch(3)
    assert batch.size == (3 * 32 + 2 * 4, 2 * 32 + 4)
    pixels = np.asarray(batch)
    assert (pixels[:, 32:36] == 255).all()
    assert (pixels[32:36] == 255).all()
    assert learner.show_results(2).width >= 1000


def test_a_batch_of_one_band_is_shown_in_grey(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for i in range(4):
        values = random.integers(0, 4000, (64, 64), dtype=np.uint16)
        for kind, pixels in (("images", values), ("masks", (values > 2000).astype(np.uint8))):
            (tmp_path / kind).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / kind / f"{i}.png")
    data = pw.open_data(tmp_path, validation="0.25")
    assert data.channels == 1
    learner = pw.Learner(data, encoder="test_resnet", pretrained=False, display=Silent())
    stage = Stage(until=1, height=32, width=32, min_scale=0.5, max_scale=1)
    learner.change_training(stages=[stage.model_dump()])
    pixels = np.asarray(learner.show_batch(2))[:32, :32]
    assert (pixels == pixels[..., :1]).all()
    assert pixels.std() > 10


def test_what_is_exported_predicts_the_same(learner: pw.Learner, tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (37, 51, 3), dtype=np.uint8)
    exported = learner.export(tmp_path / "model.safetensors", learner.validate())
    assert np.array_equal(exported.mask(image).probabilities, learner.predict(image).probabilities)
    assert exported.precision == "fp32"
    again = pw.load(tmp_path / "model.safetensors", precision="fp32")
    assert np.array_equal(again.mask(image).mask, exported.mask(image).mask)
    assert again.description.scores is not None


def test_what_is_exported_with_the_scores_of_five_images_is_calibrated_and_has_the_same_masks(tmp_path: Path) -> None:
    write_scenes(tmp_path / "data", {"train": 6, "val": 5}, height=48, width=64)
    learner = small(tmp_path / "data")
    learner.fit_one_cycle(4)
    image = np.random.default_rng(0).integers(0, 256, (37, 51, 3), dtype=np.uint8)
    with torch.no_grad():
        for parameter in learner.model.get_submodule("head").parameters():
            parameter.mul_(2.5)  # surer than it may be
    evaluation = learner.validate()
    exported = learner.export(tmp_path / "model.safetensors", evaluation)
    temperature = exported.description.temperature
    assert temperature != 1
    found, plain = exported.mask(image), learner.predict(image)
    assert np.array_equal(found.mask, plain.mask)
    torch.testing.assert_close(found.scores, plain.scores / temperature)
    again = evaluate(exported, learner.data.splits["val"], learner.data.classes)
    assert again.sample is not None
    assert again.sample.temperature() == pytest.approx(1, abs=2e-3)
    assert again.calibration_error < evaluation.calibration_error
    averaged = learner.export(tmp_path / "averaged.safetensors", learner.validate(tta=True))
    assert averaged.description.temperature == 1
    learnt_from = learner.validate("train")
    assert learnt_from.sample is not None
    assert learnt_from.sample.temperature() != 1
    told = learner.export(tmp_path / "train.safetensors", learnt_from).description
    assert told.temperature == 1
    assert told.scores is not None
    assert told.scores.split == "train"


def test_unet_learner_is_the_dynamic_unet(learner: pw.Learner) -> None:
    display = Silent()
    made = pw.unet_learner(learner.data, "test_resnet", pretrained=False, self_attention=True, display=display)
    assert type(made.model).__name__ == "DynamicUNet"
    assert not made.plan.model.pretrained
    assert made._display is display


def test_an_encoder_may_be_a_function_of_timm(learner: pw.Learner) -> None:
    made = pw.unet_learner(learner.data, vars(timm.models)["test_resnet"], pretrained=False)
    assert made.plan.model.arguments["encoder"] == "test_resnet"
    for nothing, what in ((write_scenes, "function or class write_scenes"), (3, "object of the type int")):
        with pytest.raises(SettingError, match=rf"The encoder is (the|an) {what}.*such as 'resnet18'"):
            pw.unet_learner(learner.data, nothing)  # type: ignore[arg-type]


def test_data_that_are_not_opened_are_refused() -> None:
    with pytest.raises(SettingError, match=r"write pw\.Learner\(pw\.open_data\('nuclei'\)\)"):
        pw.Learner("nuclei")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"what pw\.open_data returns, not an object of the type int"):
        pw.Learner(3)  # type: ignore[arg-type]


def test_a_name_of_another_format_is_refused(learner: pw.Learner, tmp_path: Path) -> None:
    for write in (learner.save, learner.export):
        with pytest.raises(SettingError, match=r"exp\.pkl would be written as safetensors.*call it exp\.safetensors"):
            write(tmp_path / "exp.pkl")
    assert not list(tmp_path.iterdir())


def test_an_unknown_argument_of_the_network_is_refused(learner: pw.Learner) -> None:
    with pytest.raises(SettingError, match=r"There is no argument of the model .* called .widht"):
        pw.Learner(learner.data, arguments={"widht": 3}, encoder="test_resnet", pretrained=False)


def settings_of_fits(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> list[TrainingSettings]:
    """The settings of all trainings from now on, none of which begins."""
    noted: list[TrainingSettings] = []

    def note(model: Any, task: Any, views: Any, settings: TrainingSettings, **named: Any) -> Training:
        seconds = None if named["seconds"] is None else 1e-9
        training = Training(model, task, views, settings, seconds=seconds)
        training.step = 10**6  # at its end
        noted.append(settings)
        return training

    monkeypatch.setattr("pixelwise.learner._core.Training", note)
    return noted


def test_fine_tune_with_a_rate_takes_the_rates_of_fastai(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = settings_of_fits(learner, monkeypatch)
    learner.fine_tune(3, 2e-3)
    frozen, whole = noted
    assert (frozen.epochs, frozen.warmup, frozen.start_rate) == (1, 0.99, 0.04)
    assert (frozen.learning_rate, frozen.group_rates) == (2e-3, (0.1, 1.0))
    assert (whole.epochs, whole.warmup, whole.start_rate) == (3, 0.3, 0.2)
    assert whole.learning_rate == 1e-3
    assert whole.group_rates == pytest.approx((0.01, 1.0))


def test_fine_tune_without_frozen_epochs_is_its_second_part(
    learner: pw.Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = settings_of_fits(learner, monkeypatch)
    learner.freeze()
    learner.fine_tune(3, 2e-3, freeze_epochs=0)
    assert [(settings.epochs, settings.learning_rate) for settings in noted] == [(3, 1e-3)]
    assert all(parameter.requires_grad for parameter in learner.model.parameters())


def test_fine_tune_without_a_rate_takes_those_of_the_plan(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = settings_of_fits(learner, monkeypatch)
    learner.fine_tune(3)
    assert [settings.learning_rate for settings in noted] == pytest.approx([3e-3, 1.5e-3])
    assert [settings.group_rates for settings in noted] == [None, None]


def test_each_way_to_fit_has_its_schedule(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = settings_of_fits(learner, monkeypatch)
    learner.fit(2, 1e-3)
    learner.fit_flat_cos(2, slice(1e-3), pct_start=0.5)
    learner.fit_sgdr(2, 1, cycle_mult=3)
    learner.fit_one_cycle("7m", slice(1e-4, 1e-2), div=10, moms=(0.95, 0.85, 0.95))
    assert [settings.schedule for settings in noted] == ["constant", "flat_cos", "restarts", "one_cycle"]
    assert [settings.epochs for settings in noted] == [2, 2, 4, None]
    assert noted[1].flat == 0.5
    assert (noted[2].cycles, noted[2].cycle_growth) == (2, 3)
    assert (noted[3].budget_seconds, noted[3].start_rate, noted[3].momentum) == (420, 0.1, (0.95, 0.85, 0.95))
    assert noted[3].group_rates == pytest.approx((0.01, 1))
    assert learner.plan.training.group_rates is None


def test_lengths_may_be_times_and_rates_slices(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = settings_of_fits(learner, monkeypatch)
    learner.fit_sgdr(2, "5s")
    learner.fine_tune("1m", slice(1e-5, 1e-3), "30s")
    learner.fine_tune(1, slice(1e-3))
    assert [settings.budget_seconds for settings in noted] == [15, 30, 60, None, None]
    assert [settings.learning_rate for settings in noted[1:]] == pytest.approx([1e-3, 5e-4, 1e-3, 5e-4])
    shares = [settings.group_rates[0] for settings in noted[1:] if settings.group_rates is not None]
    assert shares == pytest.approx([0.1, 0.01, 0.1, 0.01])
    learner.fine_tune(1, slice(2e-5, 1e-3))
    assert noted[-1].group_rates == pytest.approx((0.02, 1))
    with pytest.raises(SettingError, match="a slice holds one rate above 0"):
        learner.fine_tune(1, slice(None))


def test_momenta_are_three(learner: pw.Learner) -> None:
    with pytest.raises(SettingError, match=r"moms is \(0\.95, 0\.85\), but three momenta are expected"):
        learner.fit_one_cycle(1, moms=(0.95, 0.85))  # type: ignore[arg-type]


def test_a_fit_that_diverges_is_told_a_rate_of_the_plan(learner: pw.Learner) -> None:
    rate = learner.plan.training.learning_rate
    said = rf"has diverged\. The network is what it was before this fit\. Fit at a lower rate, such as {rate:g}\.$"
    with pytest.raises(RunError, match=said):
        learner.fit(4, 1e20)


@pytest.mark.parametrize("keeps", [False, True])
def test_weights_that_have_grown_out_of_all_bounds_are_not_kept(
    learner: pw.Learner, monkeypatch: pytest.MonkeyPatch, keeps: bool
) -> None:
    class Diverging(Training):
        def moments(
            self, should_stop: Callable[[], bool] = lambda: False, *, each_epoch: bool = False
        ) -> Generator[Moment, None, None]:
            for moment in super().moments(should_stop, each_epoch=each_epoch):
                yield moment
                if moment.epoch >= 1:
                    next(self.average.model.parameters()).fill_(1e7)  # large, and a number all the same
                    raise diverged(moment.step, "the loss is nan", [], 1e9)

    monkeypatch.setattr("pixelwise.learner._core.Training", Diverging)
    before = {name: tensor.clone() for name, tensor in learner.model.state_dict().items()}
    left = "that of the best epoch" if keeps else "what it was before this fit"
    with pytest.raises(RunError, match=f"The network is {left}"):
        learner.fit(2, callbacks=pw.KeepBest("loss") if keeps else ())
    after = learner.model.state_dict()
    assert all(torch.equal(tensor, before[name]) for name, tensor in after.items()) is not keeps
    assert max(tensor.abs().max() for tensor in after.values()) < 1e6


def test_a_single_callback_will_do_and_what_is_none_is_refused(learner: pw.Learner) -> None:
    keep = pw.KeepBest("miou")
    learner.fit(1, callbacks=keep)
    assert keep.epoch is not None
    with pytest.raises(SettingError, match="callbacks holds 'KeepBest', which is no callback"):
        learner.fit(1, callbacks=["KeepBest"])  # type: ignore[list-item]
    with pytest.raises(SettingError, match="callbacks holds 'KeepBest', which is no callback"):
        learner.fit(1, callbacks="KeepBest")  # type: ignore[arg-type]


def test_both_parts_of_a_fine_tuning_are_logged(learner: pw.Learner, tmp_path: Path) -> None:
    learner.fine_tune(2, callbacks=pw.CSVLogger(tmp_path / "log.csv"))
    lines = [line.split(",")[:2] for line in (tmp_path / "log.csv").read_text().splitlines()]
    assert lines == [["fit", "epoch"], ["1", "1"], ["2", "1"], ["2", "2"]]


def test_a_plot_of_the_schedule_shows_each_step(learner: pw.Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[dict[str, float]]] = []
    monkeypatch.setattr("pixelwise.learner._kept.plot_history", lambda rows, keys: drawn.append(rows))
    monkeypatch.setattr(learner, "_schedules", [])
    learner.fit_one_cycle(3, 1e-3, moms=(0.95, 0.85, 0.95))
    learner.fit(1, 1e-4)
    learner.plot_schedule()
    first, second = ([row for row in drawn[0] if row["fit"] == number] for number in (1, 2))
    settings = learner.plan.training
    assert [row["step"] for row in first] == [*range(10), 9]
    expected = [1e-3 * one_cycle(step / 9, settings.warmup) for step in range(10)]
    assert [row["learning_rate"] for row in first[:-1]] == pytest.approx(expected)
    assert (first[0]["momentum"], first[9]["momentum"]) == pytest.approx((0.95, 0.95))
    assert np.isnan(first[-1]["learning_rate"])
    assert [row["learning_rate"] for row in second[:-1]] == [1e-4] * 4


def test_a_plot_of_the_schedule_shows_a_rate_that_a_callback_has_changed(
    learner: pw.Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Halving(pw.Callback):
        def epoch_ends(self, fit: Any, epoch: Any) -> None:
            fit.set_rate(epoch.learning_rate / 2)

    drawn: list[list[dict[str, float]]] = []
    monkeypatch.setattr("pixelwise.learner._kept.plot_history", lambda rows, keys: drawn.append(rows))
    monkeypatch.setattr(learner, "_schedules", [])
    learner.fit(2, 1e-3, callbacks=Halving())
    learner.plot_schedule()
    assert [row["learning_rate"] for row in drawn[0][:-1]] == [1e-3] * 3 + [5e-4] * 4
    assert learner.history[-1]["learning_rate"] == 5e-4


def test_a_divisor_below_one_is_refused(learner: pw.Learner) -> None:
    with pytest.raises(SettingError, match=r"div is 0\.5, but the peak is the highest rate: give 1 or more"):
        learner.fit_one_cycle(1, div=0.5)


def test_lr_find_suggests_rates_and_changes_nothing(learner: pw.Learner) -> None:
    before = {name: tensor.clone() for name, tensor in learner.model.state_dict().items()}
    found = learner.lr_find(start=1e-4, end=1, num_it=30, suggestions=("valley", "minimum"))
    assert 1e-4 <= found.valley <= 1
    assert found.plot().width > 300
    assert all(torch.equal(tensor, before[name]) for name, tensor in learner.model.state_dict().items())
    with pytest.raises(SettingError, match="lr_find goes from 1 to 0"):
        learner.lr_find(1, 0)


def test_weights_of_another_number_of_channels_are_refused(
    learner: pw.Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner.save(tmp_path / "model.safetensors")
    monkeypatch.setattr(learner.model, "out_channels", 1)
    with pytest.raises(ArtifactError, match="another number of channels of the output than this learner's: 10 instead"):
        learner.load(tmp_path / "model.safetensors")


def test_callbacks_see_the_scores_of_each_epoch(learner: pw.Learner) -> None:
    keep = pw.KeepBest("miou")
    learner.fit(2, 1e-3, callbacks=[keep])
    rows = [row for row in learner.history if row["fit"] == learner.history[-1]["fit"]]
    assert [row["epoch"] for row in rows if "miou" in row] == [1, 2]
    assert learner.validate().scores.miou == pytest.approx(keep.best)
    assert learner.plot_loss().width > learner.plot_schedule().height
    with pytest.raises(SettingError, match="no metric of a fit called 'psnr'"):
        learner.fit(1, callbacks=[pw.EarlyStopping("psnr")])


def test_predictions_of_a_split_come_with_their_truth(learner: pw.Learner) -> None:
    found = list(learner.get_preds())
    assert len(found) == 3
    matrix = sum(
        confusion_matrix(torch.from_numpy(prediction.mask), torch.from_numpy(truth), 10)
        for prediction, truth in found
        if truth is not None
    )
    assert isinstance(matrix, torch.Tensor)
    assert torch.equal(matrix, learner.validate().scores.matrix)
    averaged, _ = next(learner.tta())
    assert not np.array_equal(averaged.probabilities, found[0][0].probabilities)


def test_saved_weights_come_back_and_those_of_others_are_refused(learner: pw.Learner, tmp_path: Path) -> None:
    learner.save(tmp_path / "saved.safetensors")
    before = {name: tensor.clone() for name, tensor in learner.model.state_dict().items()}
    learner.fit(1, 1e-2)
    assert any(not torch.equal(tensor, before[name]) for name, tensor in learner.model.state_dict().items())
    learner.load(tmp_path / "saved.safetensors")
    assert all(torch.equal(tensor, before[name]) for name, tensor in learner.model.state_dict().items())
    other = pw.unet_learner(learner.data, "test_resnet", pretrained=False)
    with pytest.raises(ArtifactError, match="another network than this learner's: lite_unet instead of dynamic"):
        other.load(tmp_path / "saved.safetensors")
    wide = pw.Learner(learner.data, encoder="test_resnet", pretrained=False, arguments={"widths": [8] * 5})
    with pytest.raises(ArtifactError, match=r"lite_unet\(.*\) instead of lite_unet\(widths=\[8, 8, 8, 8, 8\]\)"):
        wide.load(tmp_path / "saved.safetensors")


def test_the_temperature_of_a_file_is_kept_until_the_next_fit(learner: pw.Learner, tmp_path: Path) -> None:
    image = np.zeros((40, 56, 3), dtype=np.uint8)
    own = describe(learner.plan, learner.data, None, None, 2.0)
    save_artifact(tmp_path / "hot.safetensors", learner.model, own)
    plain = learner.predict(image)
    learner.load(tmp_path / "hot.safetensors")
    torch.testing.assert_close(learner.predict(image).scores, plain.scores / 2)
    learner.save(tmp_path / "saved.safetensors")
    assert pw.load(tmp_path / "saved.safetensors").description.temperature == 2
    assert learner.export(tmp_path / "exported.safetensors", learner.validate("train")).description.temperature == 2
    with pytest.raises(SettingError, match="ReduceLROnPlateau lowers a rate that is constant"):
        learner.fit_one_cycle(1, callbacks=pw.ReduceLROnPlateau())  # nothing is fitted
    assert learner.predictor().description.temperature == 2
    learner.fit(0.5)
    learner.save(tmp_path / "saved.safetensors")
    assert pw.load(tmp_path / "saved.safetensors").description.temperature == 1


def test_what_is_exported_from_a_calibrated_file_is_calibrated_once(tmp_path: Path) -> None:
    write_scenes(tmp_path / "data", {"train": 6, "val": 5}, height=48, width=64)
    learner = small(tmp_path / "data")
    learner.fit_one_cycle(4)
    with torch.no_grad():
        for parameter in learner.model.get_submodule("head").parameters():
            parameter.mul_(2.5)  # surer than it may be
    first = learner.export(tmp_path / "first.safetensors", learner.validate()).description.temperature
    assert first != 1
    learner.load(tmp_path / "first.safetensors")
    again = learner.export(tmp_path / "again.safetensors", learner.validate()).description.temperature
    assert again == pytest.approx(first, rel=5e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"arguments": "widths"}, "arguments is 'widths', but further arguments are given by their names, such as {"),
        ({"loss": torch.nn.CrossEntropyLoss()}, r"loss is CrossEntropyLoss\(\), but losses are given by their names"),
        ({"model": torch.nn.Identity()}, r"model is Identity\(\), but a network is given by its name, such as 'lit"),
    ],
)
def test_what_is_of_another_type_is_refused_by_its_name(
    learner: pw.Learner, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingError, match=f"^{message}"):
        pw.Learner(learner.data, **arguments)


def test_a_summary_lists_layers_and_what_is_trained(learner: pw.Learner) -> None:
    learner.freeze()
    lines = learner.summary().splitlines()
    learner.unfreeze()
    assert lines[0] == "LiteUNet: 2 × 3 × 32 × 32 in, 2 × 10 × 32 × 32 out"
    first = next(line.split() for line in lines if " Conv2d " in line)
    assert first[-1] == "no"
    assert next(line.split()[-1] for line in lines if line.startswith("head ")) == "yes"
    total = sum(parameter.numel() for parameter in learner.model.parameters())
    assert lines[-1].startswith(f"{total:,} parameters, ")


def test_an_interpretation_tells_where_the_model_is_wrong(learner: pw.Learner) -> None:
    found = learner.interpret()
    matrix = found.confusion_matrix
    worst = found.most_confused(3)
    names = learner.data.classes.names
    off = matrix - np.diag(np.diag(matrix))
    assert worst[0].pixels == off.max() == matrix[names.index(worst[0].truth), names.index(worst[0].prediction)]
    assert worst[0].share == pytest.approx(worst[0].pixels / matrix[names.index(worst[0].truth)].sum())
    known = [row.iou for row in found.table() if not np.isnan(row.iou)]
    assert known == sorted(known)
    scores = {image.name: image.miou for image in found.evaluation.images}
    assert found.worst_names(3) == sorted(scores, key=lambda name: scores[name])
    assert found.error_map(found.worst_names(1)[0]).size == (64, 48)
    assert found.worst(2).width >= 1000
    assert found.plot_confusion_matrix().width > 300
    assert f"is taken for {worst[0].prediction}" in str(found)
    with pytest.raises(SettingError, match="no image in this split called 'nobody'"):
        found.error_map("nobody")
