"""Teacher, pseudo-labels, student."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pixelwise.artifact import Component, Description, MeasuredScores
from pixelwise.artifact import load as load_artifact
from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Dataset
from pixelwise.data.examples import Examples
from pixelwise.data.understand import open_data
from pixelwise.errors import DataError, RunError, SettingError
from pixelwise.inference import Predictor, load
from pixelwise.models import MODELS
from pixelwise.ops.image_io import read_labels as read_mask
from pixelwise.planning import Plan, apply_overrides, change_training, make_plan
from pixelwise.training.display import Silent
from pixelwise.training.loop import Training
from pixelwise.training.run import Run, Source
from pixelwise.workflow import Outcome, SelfTraining, find_unlabelled, pseudo_labels, resume, self_training, train
from pixelwise.workflow.pseudo_labels import PseudoLabels, read_labels
from pixelwise.workflow.self_training import keep_better
from pixelwise.workflow.subject import Paused, Verdict
from pixelwise.workflow.timing import ShortBudgetError
from tests.cli.conftest import draw_data

STAGES = "training.stages=[{until: 1.0, height: 32, width: 32, min_scale: 0.5, max_scale: 1.0}]"


class Said(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_data(draw_data(tmp_path_factory.mktemp("labelled"), count=6))


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_data(tmp_path_factory.mktemp("unlabelled"), count=5, seed=1) / "images"


def plan_of(dataset: Dataset, epochs: float = 4.0) -> Plan:
    plan = make_plan(dataset, encoder="test_resnet", pretrained=False, epochs=epochs)
    return apply_overrides(plan, [STAGES, "training.precision=fp32"])


def source_of(dataset: Dataset, unlabelled: Path, run: Path) -> Source:
    return Source(root=dataset.root, unlabelled=find_unlabelled(unlabelled, run), seed=0)


def learn(dataset: Dataset, unlabelled: Path, run: Path, display: Said | None = None) -> tuple[Outcome, SelfTraining]:
    source = source_of(dataset, unlabelled, run)
    subject = SelfTraining(dataset, source)
    return train(subject, source, plan_of(dataset), run, display or Said()), subject


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_artifact(run)[0].state_dict()


@pytest.fixture(scope="module")
def whole(dataset: Dataset, unlabelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never stopped, whose student is kept."""
    run = tmp_path_factory.mktemp("whole") / "run"
    with pytest.MonkeyPatch.context() as patch:
        score_teacher(patch, 0.0)
        learn(dataset, unlabelled, run)
    return run


def score_teacher(patch: pytest.MonkeyPatch, value: float) -> None:
    """Let the teacher have a score, whatever it is worth."""

    def labelled(*arguments: Any, **named: Any) -> PseudoLabels:
        return pseudo_labels.label_images(*arguments, **{**named, "score": value})

    patch.setattr(self_training, "label_images", labelled)


def test_the_teacher_labels_what_it_is_sure_of(whole: Path, unlabelled: Path) -> None:
    labels = read_labels(whole / "pseudo_labels")
    assert labels is not None
    assert sorted(labels.images) == sorted(path.name for path in unlabelled.iterdir())
    masks = [read_mask(whole / "pseudo_labels" / f"{i:06}.png") for i in range(5)]
    counts = np.bincount(np.stack(masks).ravel(), minlength=256)
    assert tuple(counts[:3]) == labels.pixels
    assert counts[255] == labels.seen - sum(labels.pixels) > 0
    assert labels.seen == 5 * 40 * 48


def test_the_report_can_say_how_much_was_taken(whole: Path) -> None:
    labels = read_labels(whole / "pseudo_labels")
    decisions = dict(Run(whole).plan.decisions)
    assert f"Unlabelled images: {labels} are learnt from" in decisions
    assert "the student has val mIoU 0." in decisions["Unlabelled images: the student is kept"]


def test_a_student_that_is_clearly_worse_gives_way_to_the_teacher(
    dataset: Dataset, unlabelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score_teacher(monkeypatch, 2.0)
    display = Said()
    outcome, subject = learn(dataset, unlabelled, tmp_path / "run", display)
    assert any(line.startswith("The teacher is kept: the student has val mIoU 0.") for line in display.lines)
    assert (tmp_path / "run/model.safetensors").read_bytes() == (subject.teacher / "model.safetensors").read_bytes()
    assert outcome.verdict is not None
    assert outcome.verdict is subject.teacher_verdict()


@pytest.mark.parametrize("killed", ["teacher", "labelling", "student"])
def test_a_training_that_was_stopped_ends_as_one_that_was_not(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    run = tmp_path / "run"
    score_teacher(monkeypatch, 0.0)
    with pytest.MonkeyPatch.context() as patch:
        if killed == "labelling":
            patch.setattr(self_training, "label_images", interrupted)
        else:
            stop_in(patch, 1 if killed == "teacher" else 2)
        outcome, _ = learn(dataset, unlabelled, run)
    assert not outcome.is_finished
    assert outcome.run.folder == run
    resumed, subject = resume(run, Silent())
    assert isinstance(subject, SelfTraining)
    assert resumed.is_finished
    ended, expected = weights(run), weights(whole)
    assert [name for name in expected if not torch.equal(ended[name], expected[name])] == []


def test_a_teacher_that_fails_can_be_gone_on_with(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, usual = tmp_path / "run", Training.train_step

    def failing(self: Training, rate: float) -> torch.Tensor:
        if self.step == 3:
            raise RunError("The training has diverged.")
        return usual(self, rate)

    score_teacher(monkeypatch, 0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "train_step", failing)
        with pytest.raises(RunError, match="diverged"):
            learn(dataset, unlabelled, run)
    resumed, subject = resume(run, Silent(), device=torch.device("cpu"))
    assert resumed.is_finished
    assert isinstance(subject, SelfTraining)
    assert subject._device == torch.device("cpu")
    ended, expected = weights(run), weights(whole)
    assert [name for name in expected if not torch.equal(ended[name], expected[name])] == []


def test_ctrl_c_while_the_unlabelled_images_are_decoded_is_a_pause(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    monkeypatch.setattr(Examples, "keep_in_memory", interrupted)
    with pytest.raises(Paused):
        SelfTraining(dataset, source_of(dataset, unlabelled, run)).views(plan_of(dataset), Silent())


def test_a_run_that_was_moved_has_its_teacher_with_it(dataset: Dataset, whole: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(whole, tmp_path / "moved")
    assert SelfTraining(dataset, Run(moved).source).teacher == moved.resolve() / "teacher"


def test_what_a_resume_changes_counts_for_a_teacher_that_has_begun(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    overrides = ["training.learning_rate=0.001"]
    subject = SelfTraining(dataset, source_of(dataset, unlabelled, run), None, overrides)
    settings = subject._begun_teacher(plan_of(dataset, epochs=8)).plan.training
    assert (settings.learning_rate, settings.epochs) == (0.001, 8)
    timed = change_training(plan_of(dataset), epochs=None, budget_seconds=60)
    assert subject._begun_teacher(timed).plan.training.budget_seconds == 30


def test_what_a_resume_changes_is_kept_where_it_is_stopped_before_the_student_begins(
    dataset: Dataset, unlabelled: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        stop_in(patch, 1)
        learn(dataset, unlabelled, run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(self_training, "label_images", interrupted)
        paused, _ = resume(run, Silent(), epochs=5, overrides=["training.rotation=0"])
    assert not paused.is_finished
    plan = Run(run).plan
    assert (plan.training.epochs, plan.training.rotation) == (5, 0)
    assert ("5 epochs", "asked for on a resume, instead of 4 epochs") in plan.decisions
    assert Run(run / "teacher").plan.training.epochs == 5


def test_a_budget_too_short_for_a_teacher_is_refused_in_terms_of_the_whole_and_leaves_nothing(
    dataset: Dataset, unlabelled: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    source = source_of(dataset, unlabelled, run)
    plan = change_training(plan_of(dataset), epochs=None, budget_seconds=8)
    words = r"A budget of 8s leaves no time to train a teacher, who gets half of it: .*Give at least --budget [23]\ds\."
    with pytest.raises(RunError, match=words):
        train(SelfTraining(dataset, source), source, plan, run, Silent())
    assert not run.exists()


def interrupted(*arguments: Any, **named: Any) -> Any:
    raise KeyboardInterrupt


def stop_in(patch: pytest.MonkeyPatch, number: int) -> None:
    """Interrupt the training of this number after a few steps."""
    moments, begun = Training.moments, 0

    def stopping(self: Any, should_stop: Any = lambda: False, **named: Any) -> Any:
        nonlocal begun
        begun += 1
        mine = begun == number
        return moments(self, should_stop=lambda: mine and self.step >= 3, **named)

    patch.setattr(Training, "moments", stopping)


def test_time_spent_before_a_stop_is_not_spent_again(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path
) -> None:
    source = Run(whole).source
    subject = SelfTraining(dataset, source)
    subject.views(plan_of(dataset), Silent())
    labels = json.loads((whole / "pseudo_labels" / "labels.json").read_text())
    assert subject.spent == labels["seconds"] > 0


@pytest.mark.parametrize("stop", ["a pause while images are decoded", "a kill while the student begins"])
def test_what_was_spent_before_a_budget_was_given_does_not_count_to_it_after_a_stop_either(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    run = before_the_student(whole, tmp_path)
    listed = run / "pseudo_labels" / "labels.json"
    listed.write_text(json.dumps({**json.loads(listed.read_text()), "seconds": 5000.0}))
    with pytest.MonkeyPatch.context() as patch:
        if "pause" in stop:
            patch.setattr(Examples, "keep_in_memory", interrupted)
            assert not resume(run, Silent(), budget_seconds=300)[0].is_finished
        else:
            patch.setattr(Training, "train_step", killed)
            with pytest.raises(Killed):
                resume(run, Silent(), budget_seconds=300)
    assert Run(run).plan.training.budget_seconds == 300
    stop_in(monkeypatch, 1)
    begun, subject = resume(run, Silent())
    assert 0 < begun.progress < 0.5
    assert subject.spent == 0


def test_other_weights_to_begin_with_are_refused_where_only_the_teacher_has_begun(whole: Path, tmp_path: Path) -> None:
    run = before_the_student(whole, tmp_path)
    before = Run(run).plan
    with pytest.raises(RunError, match=r"model\.pretrained says which weights a training begins with, and that in"):
        resume(run, Silent(), overrides=["model.pretrained=true"])
    assert Run(run).plan == before


def test_a_resume_that_is_refused_leaves_the_plan_of_a_run_whose_teacher_has_labelled(
    whole: Path, tmp_path: Path
) -> None:
    run = before_the_student(whole, tmp_path)
    before = Run(run)
    with pytest.raises(RunError, match=r"A budget of 3s leaves no time to train"):
        resume(run, Silent(), budget_seconds=3, overrides=["training.rotation=0"])
    assert (Run(run).plan, Run(run).source) == (before.plan, before.source)
    assert json.loads((run / "plan.json").read_text())["training"]["budget_seconds"] is None
    assert resume(run, Silent())[0].is_finished


def test_a_refused_resume_leaves_or_changes_the_plans_of_teacher_and_student_together(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = before_the_student(whole, tmp_path)
    shutil.rmtree(run / "pseudo_labels")

    def rotations() -> list[float]:
        return [Run(each).plan.training.rotation for each in (run, run / "teacher")]

    with pytest.raises(RunError, match=r"A budget of 3s leaves no time to train"):
        resume(run, Silent(), budget_seconds=3, overrides=["training.rotation=0"])
    assert rotations() == [5, 5]

    def fail(*_: object, **__: object) -> None:
        raise RunError("the disk is full")

    monkeypatch.setattr("pixelwise.workflow.self_training.write_labels", fail)
    with pytest.raises(RunError, match="the disk is full"):
        resume(run, Silent(), epochs=6, overrides=["training.rotation=0"])
    assert rotations() == [0, 0]


def before_the_student(whole: Path, folder: Path) -> Path:
    """A copy of a run whose teacher has labelled, and whose student has not begun."""
    run = shutil.copytree(whole, folder / "run")
    shutil.rmtree(run / "checkpoints")
    return run


class Killed(BaseException):
    """The end of a process."""


def killed(*arguments: Any, **named: Any) -> Any:
    raise Killed


def test_other_processes_are_not_sent_the_verdict_on_the_teacher(
    dataset: Dataset, unlabelled: Path, tmp_path: Path
) -> None:
    subject = SelfTraining(dataset, source_of(dataset, unlabelled, tmp_path / "run"))
    measured = MeasuredScores(split="val", values={}, protocol="")
    verdict: Verdict[Any] = Verdict("miou", "mIoU", 0.6, measured, SimpleNamespace())
    subject._teacher_verdict = verdict
    sent = subject.__getstate__()
    assert verdict not in sent.values()
    assert sent["_place"] == subject._place
    assert subject.teacher_verdict() is verdict


def test_a_bound_is_the_median_of_the_class_and_at_most_nine_tenths(monkeypatch: pytest.MonkeyPatch) -> None:
    class Predictor:
        class classes:  # noqa: N801
            num_classes = 3

    def guess(predictor: Any, path: Path) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        probability = np.array([[0.99, 0.97, 0.95, 0.4, 0.6, 0.7]], np.float32)
        return probability, np.array([[0, 0, 0, 1, 1, 1]], np.uint8)

    monkeypatch.setattr(pseudo_labels, "_guess", guess)
    bounds = pseudo_labels._bounds(Predictor(), [Path("a")])  # type: ignore[arg-type]
    assert bounds.tolist() == pytest.approx([0.9, 0.6, 0.9], abs=0.006)


def test_other_unlabelled_images_are_noticed(dataset: Dataset, unlabelled: Path, tmp_path: Path) -> None:
    copied = tmp_path / "images"
    copied.mkdir()
    Image.new("RGB", (48, 40)).save(copied / "a.png")
    source = source_of(dataset, copied, tmp_path / "run")
    Image.new("RGB", (48, 40)).save(copied / "b.png")
    with pytest.raises(RunError, match=r"are not those that the training began with"):
        SelfTraining(dataset, source)


def test_images_that_are_among_the_labelled_data_are_left_out_by_their_bytes(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path
) -> None:
    images = shutil.copytree(unlabelled, tmp_path / "images")
    (images / "more").mkdir()
    for split, pairs in dataset.splits.items():
        shutil.copy(pairs[0].image, images / "more" / f"{split}_by_another_name.png")
    shutil.copy(dataset.splits["train"][0].target or "", images / "more" / "mask.png")
    subject = SelfTraining(dataset, source_of(dataset, images, tmp_path / "run"))
    ((what, why),) = subject.about_copies()
    assert what == "Unlabelled images: 3 of 8 are left out"
    assert "(train 2, val 1)" in why
    place = find_unlabelled(images, tmp_path / "run")
    labels = pseudo_labels.label_images(
        load(whole), place, tmp_path / "labels", Said(), score=0.5, left_out=subject._copies
    )
    assert sorted(labels.images) == [f"picture_{i:02}.png" for i in range(5)]
    assert SelfTraining(dataset, source_of(dataset, unlabelled, tmp_path / "run")).about_copies() == []


def test_unlabelled_images_that_all_have_masks_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"All images in .* \(6\) are among the data in .*, byte for byte, and have masks"
    ):
        SelfTraining(dataset, source_of(dataset, dataset.root / "images", tmp_path / "run"))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no image\. --unlabelled takes a folder of images"):
        find_unlabelled(tmp_path, tmp_path / "run")
    with pytest.raises(DataError, match=r"is no folder"):
        find_unlabelled(tmp_path / "gone", tmp_path / "run")


def test_classes_that_overlap_are_refused(dataset: Dataset, unlabelled: Path, tmp_path: Path) -> None:
    overlapping = replace(dataset.classes, values=(1, 2, 4), multilabel=True)
    with pytest.raises(SettingError, match=r"classes that exclude one another"):
        SelfTraining(replace(dataset, classes=overlapping), source_of(dataset, unlabelled, tmp_path / "run"))


def test_teacher_and_student_need_validation_images(dataset: Dataset, unlabelled: Path, tmp_path: Path) -> None:
    alone = replace(dataset, splits={"train": dataset.splits["train"]})
    with pytest.raises(DataError, match=r"has no validation split"):
        SelfTraining(alone, source_of(dataset, unlabelled, tmp_path / "run"))


def test_an_image_that_cannot_be_read_is_passed_over(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    Image.open(unlabelled / "picture_00.png").save(images / "good.png")
    (images / "broken.png").write_bytes(b"no picture")
    display = Said()
    place = find_unlabelled(images, tmp_path)
    labels = pseudo_labels.label_images(load(whole), place, tmp_path / "labels", display, score=0.5)
    assert labels.images == ("good.png",)
    assert [line for line in display.lines if line.startswith("Passed over: ") and "broken.png" in line]


def test_what_is_hidden_or_a_folder_is_no_unlabelled_image(tmp_path: Path) -> None:
    images = tmp_path / "images"
    (images / "folder.png").mkdir(parents=True)
    (images / ".trash").mkdir()
    Image.new("RGB", (48, 40)).save(images / "a.png")
    before = find_unlabelled(images, tmp_path / "run")
    for name in ("._a.png", ".trash/b.png"):  # as macOS leaves them on other disks
        (images / name).write_bytes(b"no picture")
    assert find_unlabelled(images, tmp_path / "run") == before
    assert [file.name for file in pseudo_labels.unlabelled_images(before)] == ["a.png"]


def test_a_link_that_leads_nowhere_is_passed_over(unlabelled: Path, whole: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    Image.open(unlabelled / "picture_00.png").save(images / "good.png")
    (images / "link.png").symlink_to(tmp_path / "nowhere.png")
    display = Said()
    place = find_unlabelled(images, tmp_path)
    labels = pseudo_labels.label_images(load(whole), place, tmp_path / "labels", display, score=0.5)
    assert labels.images == ("good.png",)
    assert [line for line in display.lines if line.startswith("Passed over: ") and "link.png" in line]


def test_an_image_that_is_too_small_for_the_network_is_passed_over(unlabelled: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    description = Description(
        model=Component(name="segformer"),
        task=Component(name="segmentation", arguments={"num_classes": 3}),
        classes=Classes(("sky", "ground", "box"), (0, 1, 2), (), ((0, 0, 0), (1, 1, 1), (2, 2, 2)), False),
    )
    model = MODELS["segformer"].build(out_channels=3, in_channels=3, encoder="test_convnext", width=8)
    images = tmp_path / "images"
    images.mkdir()
    Image.open(unlabelled / "picture_00.png").save(images / "good.png")
    Image.new("RGB", (1, 1)).save(images / "dot.png")
    display = Said()
    predictor = Predictor(model, description, device="cpu", precision="fp32")
    place = find_unlabelled(images, tmp_path)
    labels = pseudo_labels.label_images(predictor, place, tmp_path / "labels", display, score=0.5)
    assert labels.images == ("good.png",)
    (passed,) = (line for line in display.lines if line.startswith("Passed over: "))
    assert "dot.png: An image of 1 × 1 pixels is too small for the encoder" in passed


def test_images_of_which_none_can_be_read_are_called_so(whole: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "broken.png").write_bytes(b"no picture")
    place = find_unlabelled(images, tmp_path)
    with pytest.raises(DataError, match=r"None of the 1 images in .* can be read"):
        pseudo_labels.label_images(load(whole), place, tmp_path / "labels", Silent(), score=0.5)


@pytest.mark.parametrize(("teacher", "kept"), [(0.65, "student"), (0.75, "teacher")])
def test_chance_does_not_keep_the_teacher(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path, teacher: float, kept: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    subject = SelfTraining(dataset, source_of(dataset, unlabelled, run))
    labels = read_labels(whole / "pseudo_labels")
    assert labels is not None
    subject.labels = labels.model_copy(update={"score": teacher})
    subject._teacher_verdict = SimpleNamespace()  # type: ignore[assignment]
    measured = MeasuredScores(split="val", values={}, protocol="")
    verdict = Verdict("miou", "mIoU", 0.6, measured, SimpleNamespace(interval=(0.5, 0.7)))
    display = Said()
    keep_better(Outcome(Run(run), verdict, True, 1.0), subject, display)
    assert display.lines == [
        f"The {kept} is kept: the student has val mIoU 0.600 (95 % interval 0.500 to 0.700), the teacher {teacher:.3f}."
    ]


def test_rare_classes_are_pasted_into_views_of_both_kinds(dataset: Dataset, unlabelled: Path, tmp_path: Path) -> None:
    plan = apply_overrides(plan_of(dataset, 1.0), ["training.mix=copy_paste", "training.batch_size=4"])
    source = source_of(dataset, unlabelled, tmp_path / "run")
    outcome = train(SelfTraining(dataset, source), source, plan, tmp_path / "run", Said())
    assert outcome.is_finished


def test_a_pause_says_how_far_it_was() -> None:
    assert str(Paused(0.25)) == "paused at 25%"


def test_images_for_which_there_was_no_time_are_counted_wherever_the_others_are_told(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path
) -> None:
    display, place = Said(), find_unlabelled(unlabelled, tmp_path)
    labels = pseudo_labels.label_images(load(whole), place, tmp_path / "labels", display, score=0.5, seconds=0.0)
    assert (len(labels.images), labels.left_out) == (1, 4)
    assert "of 1 image out of 5, since time for labelling ran out" in str(labels)
    said = "Warning: the time for labelling is over, and 4 unlabelled images of 5 are left out."
    assert [line for line in display.lines if line.startswith(said)]


def test_a_budget_that_the_teacher_has_used_up_names_the_ways_on(
    dataset: Dataset, unlabelled: Path, whole: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    subject = SelfTraining(dataset, source_of(dataset, unlabelled, run))
    said = str(subject.too_short(ShortBudgetError(75.0, 100.0, "training the teacher and labelling took 100 s")))
    assert "training the teacher and labelling took 100 s" in said
    assert f"pixelwise resume {run.resolve()} --budget 2m30s" in said
    labels = read_labels(run / "pseudo_labels")
    assert labels is not None
    subject.labels = labels.model_copy(update={"seconds": 90.0})  # which a resume does not need again
    said = str(subject.too_short(ShortBudgetError(75.0, 100.0, "this took 100 s")))
    assert f"pixelwise resume {run.resolve()} --budget 30s" in said
    assert f"the teacher's model lies in {run.resolve() / 'teacher' / 'model.safetensors'}" in said
