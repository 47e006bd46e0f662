from __future__ import annotations

from functools import partial

import pytest
from pydantic import ValidationError

from pixelwise.errors import SettingError
from pixelwise.planning import (
    Plan,
    Recipe,
    Stage,
    TrainingSettings,
    apply_overrides,
    change_training,
    check_picture_request,
    check_request,
    duration_text,
    overrides,
    parse_duration,
)
from pixelwise.planning.plan import ModelSettings, TaskSettings

PLAN = Plan(
    model=ModelSettings(name="lite_unet"),
    task=TaskSettings(),
    training=TrainingSettings(epochs=1, stages=(Stage(until=1, height=32, width=32, min_scale=0.5, max_scale=1),)),
)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("7m", 420), ("1h30m", 5400), ("2d", 172800), ("0.5h", 1800), ("7", 420)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "7x", "m7", "-3m", "7m and a bit"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match=r"is no duration\. Write it as 90s, 7m, 1h30m or 2d"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["45s", "3m", "2m30s", "1h", "1h0m5s"])
def test_a_duration_is_written_as_it_is_read(text: str) -> None:
    assert parse_duration(duration_text(parse_duration(text))) == parse_duration(text)


def test_no_time_is_refused() -> None:
    with pytest.raises(SettingError, match=r"leaves no time to train"):
        parse_duration("0s")


def test_an_override_changes_one_setting() -> None:
    changed = apply_overrides(PLAN, ["training.learning_rate=3e-4", "model.pretrained=false"])
    assert changed.training.learning_rate == 3e-4
    assert not changed.model.pretrained
    assert changed.training.stages == PLAN.training.stages


def test_a_typo_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(SettingError, match=r"no setting called 'learning_rat'\. Did you mean 'learning_rate'"):
        apply_overrides(PLAN, ["training.learning_rat=1"])
    with pytest.raises(SettingError, match=r"no group of settings called 'trainin'\. Did you mean 'training'"):
        apply_overrides(PLAN, ["trainin.seed=1"])


def test_values_that_do_not_fit_are_all_named() -> None:
    with pytest.raises(
        SettingError, match=r"training.batch_size must be at least 1.*\n.*training.warmup must be below 1"
    ):
        apply_overrides(PLAN, ["training.batch_size=0", "training.warmup=2"])


def test_an_override_without_a_value_is_refused() -> None:
    with pytest.raises(SettingError, match=r"--set training\.seed gives no value\. Write it as NAME=VALUE"):
        apply_overrides(PLAN, ["training.seed"])


def test_a_plan_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"learning_rte"):
        Plan.model_validate({**PLAN.model_dump(), "learning_rte": 1})


@pytest.mark.parametrize("value", ["[", ".inf", ".nan", "2020-13-45"])
def test_a_value_that_is_no_number_or_no_yaml_is_refused(value: str) -> None:
    with pytest.raises(SettingError, match=r"rotation"):
        apply_overrides(PLAN, [f"training.rotation={value}"])


def test_an_override_is_a_decision_and_the_last_one_counts() -> None:
    plan = apply_overrides(apply_overrides(PLAN, ["training.flip=true"]), ["training.flip = false"])
    assert plan.decisions == (("training.flip = false", "asked for (--set)"),)


@pytest.mark.parametrize(("processes", "batch", "said"), [(2, 4, ""), (3, 4, "4, but 3 processes"), (3, 6, "")])
def test_a_batch_that_processes_cannot_share_is_refused_without_the_data(
    processes: int, batch: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixelwise.planning.settings.world_size", lambda: processes)
    overrides = [f"training.batch_size={batch}"]
    for check in (check_request, partial(check_picture_request, "restoration", {"degrade": "noise:5"})):
        refusal = ""
        try:
            check(Recipe(), overrides)
        except SettingError as error:
            refusal = str(error)
        assert said in refusal
        assert bool(said) == bool(refusal)


@pytest.mark.parametrize(
    ("loss", "separate", "multilabel", "fits"),
    [
        ("bce", False, None, True),
        ("ce+dice", True, False, True),
        ("dice", False, True, True),
        ("dice", True, False, False),
    ],
)
def test_only_losses_that_fit_are_let_through_without_the_data(
    loss: str, separate: bool, multilabel: bool | None, fits: bool
) -> None:
    refusal = ""
    try:
        check_request(Recipe().completed(loss=loss), separate=separate, multilabel=multilabel)
    except SettingError as error:
        refusal = str(error)
    assert (refusal == "") == fits


def test_thresholds_of_classes_that_may_overlap_are_let_through_without_the_data() -> None:
    overrides = ["task.arguments.thresholds=[0.5, 0.5]"]
    refusal = ""
    try:
        check_request(Recipe(), overrides)
    except SettingError as error:
        refusal = str(error)
    assert refusal == ""


def test_a_training_without_an_end_is_refused() -> None:
    with pytest.raises(SettingError, match=r"either epochs nor budget_seconds is given"):
        apply_overrides(PLAN, ["training.epochs=null"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.mix=cutmix", "training.mix is for images with masks, and has no effect on the task restoration"),
        ("image_scale=0.5", "image_scale is for images with masks"),
        ("training.color=0.5", r"no effect on restoration without degradations \(--degrade, in Python degrade=…\)"),
        ("task.arguments.degrade=grey", "set by --degrade, not by --set, when a training begins."),
    ],
)
def test_a_setting_without_effect_on_pictures_is_refused(override: str, message: str) -> None:
    plan = PLAN.model_copy(update={"task": TaskSettings(name="restoration")})
    with pytest.raises(SettingError, match=message):
        apply_overrides(plan, [override])
    assert apply_overrides(plan, ["training.flip=false"]).training.flip is False


@pytest.mark.parametrize(
    ("task", "override", "message"),
    [
        ("segmentation", "training={lr: 1}", "There is no setting called 'lr'. Did you mean 'training.learning_rate'?"),
        ("segmentation", "training.wd=0.1", "Did you mean 'training.weight_decay'?"),
        ("segmentation", "bs=8", "There is no setting called 'bs'. Did you mean 'training.batch_size'?"),
        ("segmentation", "epoch=8", "Did you mean 'training.epochs'?"),
        ("segmentation", "training.size=256", "Did you mean 'training.stages'?"),
        ("segmentation", "backbone=resnet18", "Did you mean 'model.arguments.encoder'?"),
        ("segmentation", "training={rotaton: 1}", "no setting called 'rotaton'. Did you mean 'rotation'"),
        ("segmentation", "task={name: restoration}", "for that task; give --task when a training begins."),
        ("segmentation", "training={warmup: 2, rotation: -1}", "training.rotation must be at least 0"),
        ("segmentation", "num_classes=7", "'num_classes' follows from the data and the task, and is not set. Leave it"),
        ("segmentation", "in_channels=4", "'in_channels' follows from the data and the task, and is not set. Leave it"),
        ("segmentation", "decisions=[]", "There is no setting called 'decisions'"),
        ("segmentation", "training=3", "training must be a group of settings, not 3"),
        ("restoration", "training={flip: false, mix: cutmix}", "training.mix is for images with masks"),
        ("restoration", "task={arguments: {degrade: grey}}", "set by --degrade, not by --set"),
        ("restoration", "task.arguments={degrade: grey}", "set by --degrade, not by --set"),
        ("restoration", "task.arguments={loss: l1}", "set by --degrade, not by --set"),
        ("super_resolution", "model.arguments={scale: 3}", "set by --scale, not by --set"),
    ],
)
def test_a_whole_group_is_refused_what_its_settings_are_refused(task: str, override: str, message: str) -> None:
    settings = TaskSettings(name=task, arguments={"degrade": "noise:5"})
    plan = PLAN.model_copy(update={"task": settings})
    with pytest.raises(SettingError) as caught:
        apply_overrides(plan, [override])
    assert message in str(caught.value)


def test_a_group_changes_the_settings_that_it_names_and_arguments_are_replaced() -> None:
    plan = apply_overrides(PLAN, ["training={rotation: 0, mix: cutmix}", "model.arguments={width: 32}"])
    assert (plan.training.rotation, plan.training.mix) == (0, "cutmix")
    assert plan.training.stages == PLAN.training.stages
    assert plan.model.arguments == {"width": 32}
    assert plan.decisions[:2] == (
        ("training.rotation = 0", "asked for (--set)"),
        ("training.mix = cutmix", "asked for (--set)"),
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lr", "There is no setting of training called 'lr'. Did you mean 'learning_rate'?"),
        ("rotaton", "There is no setting of training called 'rotaton'. Did you mean 'rotation'?"),
        ("model", "'model' is no setting of training, which alone can be changed here."),
        ("encoder", "settled when a learner is made: make another one, with its arguments model, encoder, loss and so"),
        ("loss", "'loss' is no setting of training"),
        ("image_scale", "'image_scale' is no setting of training"),
    ],
)
def test_a_change_of_training_by_another_name_is_answered_with_what_is_changed_where(name: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        change_training(PLAN, **{name: 1})
    assert message in str(caught.value)


def test_every_usual_name_leads_to_a_setting_and_is_none_itself() -> None:
    for place, names in overrides._USUAL.items():
        assert place in overrides._PLACES
        assert not {known.rpartition(".")[2] for known in overrides._PLACES} & set(names)
