"""A keyword that a call does not have is answered with its name here, and signatures stay what they are."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import pixelwise as pw
from pixelwise.errors import SettingError
from pixelwise.ops import keywords
from pixelwise.ops.keywords import known_keywords

LEARNERS = {  # keywords are looked at before anything else
    "learner": object.__new__(pw.Learner),
    "picture_learner": object.__new__(pw.PictureLearner),
}


def called(name: str) -> Any:
    if "." not in name:
        return getattr(pw, name)
    learner, _, method = name.partition(".")
    return getattr(LEARNERS[learner], method)


@pytest.mark.parametrize(
    ("call", "arguments", "message"),
    [
        ("Learner", {"metrics": []}, "Learner() has no argument 'metrics': all scores of the task are always"),
        ("Learner", {"cbs": []}, "Learner() has no argument 'cbs': they are called callbacks here, and given to each"),
        ("Learner", {"arch": "resnet18"}, "Learner() has no argument 'arch'; it is called 'encoder' here."),
        ("Learner", {"loss_func": None}, "it is called 'loss' here."),
        ("Learner", {"wd": 0.1}, "Learner() has no argument 'wd': change_training(weight_decay=0.01) sets it."),
        ("Learner", {"pretrainde": True}, "no argument of Learner() called 'pretrainde'. Did you mean 'pretrained'?"),
        ("PictureLearner", {"metrics": []}, "PictureLearner() has no argument 'metrics'"),
        ("unet_learner", {"arch": "resnet34"}, "unet_learner() has no argument 'arch'; it is called 'encoder' here."),
        ("unet_learner", {"n_out": 3}, "unet_learner() has no argument 'n_out': it follows from the data"),
        ("open_data", {"valid_pct": 0.2}, "open_data() has no argument 'valid_pct'; it is called 'validation' here."),
        ("open_data", {"bs": 8}, "open_data() has no argument 'bs': change_training(batch_size=8) sets it."),
        ("open_pictures", {"valid_pct": 0.2}, "it is called 'validation' here."),
        ("EarlyStopping", {"monitor": "miou"}, "EarlyStopping() has no argument 'monitor'; it is called 'metric'"),
        ("ReduceLROnPlateau", {"monitor": "miou"}, "it is called 'metric' here."),
        ("KeepBest", {"monitor": "miou"}, "KeepBest() has no argument 'monitor'; it is called 'metric' here."),
        ("KeepBest", {"metrics": "miou"}, "KeepBest() has no argument 'metrics'; it is called 'metric' here."),
        ("learner.fit_one_cycle", {"cbs": []}, "fit_one_cycle() has no argument 'cbs'; it is called 'callbacks' here."),
        ("learner.fit_one_cycle", {"lr": 1e-3}, "fit_one_cycle() has no argument 'lr'; it is called 'lr_max' here."),
        ("learner.fit", {"lr_max": 1e-3}, "fit() has no argument 'lr_max'; it is called 'lr' here."),
        ("learner.fine_tune", {"lr": 1e-3}, "fine_tune() has no argument 'lr'; it is called 'base_lr' here."),
        ("learner.fit_one_cycle", {"n_epoch": 1}, "it is called 'epochs' here."),
        ("learner.fit_flat_cos", {"n_epoch": 1}, "it is called 'epochs' here."),
        ("learner.fit_sgdr", {"cbs": []}, "it is called 'callbacks' here."),
        ("learner.fit_as_planned", {"lr": 1}, "fit_as_planned() has no argument 'lr': the learning rate is given to"),
        ("learner.show_batch", {"max_n": 4}, "show_batch() has no argument 'max_n'; it is called 'count' here."),
        ("learner.show_batch", {"n": 4}, "it is called 'count' here."),
        ("learner.show_results", {"max_n": 4}, "it is called 'count' here."),
        ("learner.get_preds", {"ds_idx": 1}, "get_preds() has no argument 'ds_idx'; it is called 'split' here."),
        ("learner.validate", {"ds_idx": 1}, "it is called 'split' here."),
        ("learner.predict", {"item": "x.png"}, "it is called 'image' here."),
        ("learner.interpret", {"ds_idx": 1}, "it is called 'split' here."),
        ("learner.lr_find", {"suggest_funcs": ()}, "lr_find() has no argument 'suggest_funcs'; it is called 'sugg"),
        ("learner.lr_find", {"start_lr": 1}, "it is called 'start' here."),
        ("CSVLogger", {"fname": "x.csv"}, "CSVLogger() has no argument 'fname'; it is called 'path' here."),
        ("LiveCurves", {"fname": "x.png"}, "LiveCurves() has no argument 'fname'; it is called 'path' here."),
        ("KeepBest", {"fname": "x"}, "KeepBest() has no argument 'fname': a model is written by learner.save(path)."),
        ("learner.export", {"fname": "x"}, "export() has no argument 'fname'; it is called 'path' here."),
        ("learner.save", {"file": "x"}, "save() has no argument 'file'; it is called 'path' here."),
        ("learner.save", {"with_opt": False}, "save() has no argument 'with_opt': each fit makes its own optimiser"),
        ("learner.load", {"file": "x"}, "load() has no argument 'file'; it is called 'path' here."),
        ("learner.freeze_to", {"n": 1}, "freeze_to() has no argument 'n'; it is called 'first' here."),
        ("learner.tta", {"ds_idx": 1}, "tta() has no argument 'ds_idx'; it is called 'split' here."),
        ("learner.tta", {"n": 4}, "There is no argument of tta() called 'n'. Available: split, views."),
        ("picture_learner.tta", {"ds_idx": 1}, "tta() has no argument 'ds_idx'; it is called 'split' here."),
        ("picture_learner.export", {"fname": "x"}, "export() has no argument 'fname'; it is called 'path' here."),
    ],
)  # fmt: skip
def test_a_keyword_of_fastai_is_answered_with_its_name_here(call: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError) as caught:
        called(call)(**arguments)
    assert message in str(caught.value)


def test_people_and_editors_see_the_signature_and_the_words_of_the_function_itself() -> None:
    assert list(inspect.signature(pw.Learner).parameters)[:3] == ["data", "model", "encoder"]
    assert list(inspect.signature(pw.Learner.fit).parameters) == ["self", "epochs", "lr", "callbacks"]
    assert (pw.Learner.fit.__doc__ or "").startswith("Train at a constant rate")
    assert inspect.signature(pw.open_data).parameters["validation"].kind is inspect.Parameter.KEYWORD_ONLY


def test_what_a_call_lacks_is_told_by_python_itself() -> None:
    @known_keywords
    def add(first: int, second: int) -> int:
        return first + second

    assert add(1, second=2) == 3
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'second'"):
        add(1)  # type: ignore[call-arg]


def test_no_name_of_one_thing_is_a_name_of_another() -> None:
    names = [name for same in keywords._SAME for name in same]
    assert {name for name in names if names.count(name) > 1} == {"n"}  # how many pictures, or the first layer group
    both = [same for same in keywords._SAME if "n" in same]
    for learner in (pw.Learner, pw.PictureLearner):
        for _, method in inspect.getmembers(learner, inspect.isfunction):
            known = set(inspect.signature(method).parameters)
            assert sum(not known.isdisjoint(same) for same in both) <= 1


def test_advice_on_augmentation_is_right_for_masks_and_for_pictures() -> None:
    for call in ("Learner", "PictureLearner", "open_pictures"):
        for name in ("item_tfms", "batch_tfms"):
            words = r"change_training\(flip=…\) sets the augmentation; for masks rotation=… and color=…"
            with pytest.raises(SettingError, match=words):
                called(call)(**{name: []})
