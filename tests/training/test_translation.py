"""Trainings against critics: exact across a stop, what they see, and what they say when they collapse."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import BESIDE, PictureExample, PictureExamples
from pixelwise.models.resnet_generator import ResNetGenerator
from pixelwise.ops.image_io import read_image, write_png
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.tasks import TASKS, Step
from pixelwise.training.domain_views import DomainViews
from pixelwise.training.loop import Training
from pixelwise.training.picture_views import PictureViews
from pixelwise.training.watch import Watch

CPU = torch.device("cpu")
SIDE = 16
CASES: dict[str, tuple[str, dict[str, object]]] = {
    "pix2pix": ("paired_translation", {}),
    "cyclegan": ("unpaired_translation", {"pool_size": 3}),
    "cut": ("unpaired_translation", {"method": "cut"}),
    "pix2pix, features": ("paired_translation", {"critic": "features", "critic_depth": 3}),
    "cyclegan, features": ("unpaired_translation", {"critic": "features", "critic_depth": 3, "pool_size": 3}),
}


def settings(epochs: float = 2, scale: float = 1.25, flip: bool = True) -> TrainingSettings:
    stage = Stage(until=1, height=SIDE, width=SIDE, min_scale=scale, max_scale=scale)
    return TrainingSettings(
        epochs=epochs,
        stages=(stage,),
        batch_size=1,
        learning_rate=2e-3,
        betas=(0.5, 0.999),
        schedule="linear_decay",
        precision="fp32",
        flip=flip,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures of noise, and six others."""
    folder = tmp_path_factory.mktemp("pictures")
    for kind, count in (("a", 5), ("b", 6)):
        for i in range(count):
            picture = np.random.default_rng((i, ord(kind))).integers(0, 256, (20, 24, 3), dtype=np.uint8)
            write_png(folder / kind / f"{i}.png", picture)
    return folder


def domains(folder: Path) -> DomainViews:
    return DomainViews(
        *(
            PictureExamples([Pair(file, None, BESIDE) for file in sorted((folder / kind).iterdir())], alone=False)
            for kind in ("a", "b")
        )
    )


def pairs(folder: Path) -> PictureViews:
    both = [Pair(folder / "a" / f"{i}.png", folder / "b" / f"{i}.png", BESIDE) for i in range(5)]
    return PictureViews(PictureExamples(both, alone=False), is_turned=False)


def new_training(case: str, folder: Path, *, recompute: bool = False) -> Training:
    name, arguments = CASES[case]
    torch.manual_seed(0)
    task = TASKS[name].build(**{"critic_width": 4, "critic_depth": 1} | arguments)
    views = pairs(folder) if name == "paired_translation" else domains(folder)
    return Training(
        ResNetGenerator(width=4, depth=2), task, views, settings().model_copy(update={"recompute": recompute})
    )


def train_until(training: Training, step: int | None = None) -> Training:
    for _ in training.moments(should_stop=lambda: training.step == step):
        pass
    return training


@pytest.mark.parametrize("case", CASES)
def test_everything_is_equal_to_the_bit_after_a_stop(case: str, folder: Path) -> None:
    whole, _ = train_until(new_training(case, folder)).state()
    tensors, facts = train_until(new_training(case, folder), step=5).state()
    written = {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}
    resumed = new_training(case, folder)
    resumed.restore(load(save(written)), facts)
    again, _ = train_until(resumed).state()
    assert again.keys() == whole.keys()
    assert [name for name in whole if not torch.equal(whole[name], again[name])] == []
    if case == "cyclegan":
        assert whole["partner.pool_b.pictures"].shape == (3, 3, SIDE, SIDE)


@pytest.mark.parametrize("case", CASES)
def test_what_is_computed_again_instead_of_kept_changes_no_step(case: str, folder: Path) -> None:
    plain, thrifty = new_training(case, folder), new_training(case, folder, recompute=True)
    assert [float(plain.train_step(1e-3)) for _ in range(2)] == [float(thrifty.train_step(1e-3)) for _ in range(2)]
    expected = plain.state()[0]
    assert all(torch.equal(tensor, expected[name]) for name, tensor in thrifty.state()[0].items())
    assert not any("forward" in vars(module) for module in thrifty.model.modules())


@pytest.mark.parametrize("case", ["pix2pix", "cyclegan"])
def test_what_was_prepared_is_what_the_batch_asks_for(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    views, used = new_training(case, folder).views, settings()
    decoded: list[int] = []
    decode = PictureExamples._decode

    def counted(examples: PictureExamples, index: int) -> PictureExample:
        decoded.append(index)
        return decode(examples, index)

    monkeypatch.setattr(PictureExamples, "_decode", counted)
    drawn = [(1, 4), (2, 0)]
    expected = views.batch(drawn, used.stages[0], used, CPU, 0.5)
    num_decoded = len(decoded)
    views.prepare(drawn, used)
    found = views.batch(drawn, used.stages[0], used, CPU, 0.5)
    assert len(decoded) == 2 * num_decoded
    assert torch.equal(found.image, expected.image)
    assert torch.equal(found.target, expected.target)


@pytest.mark.parametrize("case", ["pix2pix", "cyclegan"])
def test_pictures_that_are_not_in_memory_are_decoded_by_threads(
    case: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    views, used = new_training(case, folder).views, settings()
    names: list[str] = []
    decode = PictureExamples._decode

    def noted(examples: PictureExamples, index: int) -> PictureExample:
        names.append(threading.current_thread().name)
        return decode(examples, index)

    monkeypatch.setattr(PictureExamples, "_decode", noted)
    views.batch([(0, 0)], used.stages[0], used, CPU, 0.5)
    assert names
    assert [name for name in names if not name.startswith("decode")] == []


@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_in_memory_and_what_is_decoded_each_time_teach_the_same(case: str, folder: Path) -> None:
    kept, decoding = new_training(case, folder), new_training(case, folder)
    for examples in vars(kept.views).values():
        if isinstance(examples, PictureExamples):
            assert examples.keep_in_memory()
    expected, found = (train_until(training).state()[0] for training in (kept, decoding))
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []


def test_two_kinds_are_drawn_each_by_itself_and_by_seed_epoch_and_place_alone(folder: Path) -> None:
    views, used = domains(folder), settings(scale=1.0, flip=False)
    assert len(views) == 6
    drawn = [(epoch, index) for epoch in range(3) for index in range(6)]
    batch = views.batch(drawn, used.stages[0], used, CPU, 0.5)
    again = views.batch(drawn[::-1], used.stages[0], used, CPU, 0.0)
    assert torch.equal(batch.image, again.image.flip(0))
    assert torch.equal(batch.target, again.target.flip(0))
    assert views.names([(0, 5)]) == [str(folder / "a" / "0.png")]
    kinds = {kind: [read_image(file) for file in sorted((folder / kind).iterdir())] for kind in ("a", "b")}
    of_a = [which(view, kinds["a"]) for view in batch.image]
    of_b = [which(view, kinds["b"]) for view in batch.target]
    assert of_a == [0, 1, 2, 3, 4, 0] * 3
    assert len(set(of_b)) > 3
    assert of_b[:6] != of_b[6:12]


def which(view: torch.Tensor, pictures: list[np.ndarray]) -> int:
    """The picture that a view was cut out of."""
    pixels = (view.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    for number, picture in enumerate(pictures):
        windows = np.lib.stride_tricks.sliding_window_view(picture, pixels.shape)
        if (windows == pixels).all(axis=(-1, -2, -3)).any():
            return number
    raise AssertionError("a view of none of the pictures")


def test_a_view_of_an_enlarged_picture_is_a_part_of_it(folder: Path) -> None:
    used = settings(scale=1.25, flip=False)
    batch = pairs(folder).batch([(0, 0), (1, 0)], used.stages[0], used, CPU, 0.0)
    assert batch.image.shape == batch.target.shape == (2, 3, SIDE, SIDE)
    assert not torch.equal(batch.image[0], batch.image[1])
    smooth = np.linspace(0, 255, 40, dtype=np.float32)[None, :, None].repeat(30, 0).repeat(3, 2).astype(np.uint8)
    write_png(folder / "smooth" / "0.png", smooth)
    both = [Pair(folder / "smooth" / "0.png", folder / "smooth" / "0.png", BESIDE)]
    view = PictureViews(PictureExamples(both, alone=False)).batch([(0, 0)], used.stages[0], used, CPU, 0.0)
    assert torch.equal(view.image, view.target)
    slope = view.image[0, 0, 8].diff().mean() * 255
    assert slope == pytest.approx(255 / 39 / 1.25, rel=0.05)


def test_translation_is_mirrored_and_never_turned(folder: Path) -> None:
    ramp = np.arange(0, 240, 12, dtype=np.uint8)[:, None, None].repeat(20, 1).repeat(3, 2)  # darker above
    write_png(folder / "ramp" / "0.png", ramp)
    both = [Pair(folder / "ramp" / "0.png", folder / "ramp" / "0.png", BESIDE)]
    used = settings(scale=1.0)
    views = PictureViews(PictureExamples(both, alone=False), is_turned=False)
    batch = views.batch([(epoch, 0) for epoch in range(12)], used.stages[0], used, CPU, 0.0)
    assert (batch.image.diff(dim=2) > 0).all()


def test_pictures_of_a_single_colour_are_said_once() -> None:
    watch = Watch()
    loss = torch.zeros((), requires_grad=True)
    flat = torch.rand(1, 3, 1, 1).expand(1, 3, 8, 8)
    for number in range(1, 21):
        for _ in range(10):
            watch.see(Step(loss, made=flat))
        watch.judge(10 * number)
    (line,) = watch.news()
    assert "at step 100 the network makes pictures of a single colour" in line
    assert watch.news() == []


def test_a_picture_that_varies_now_and_then_has_not_collapsed() -> None:
    watch = Watch()
    for number in range(1, 40):
        made = torch.rand(1, 3, 8, 8) if number % 9 == 0 else torch.zeros(1, 3, 8, 8)
        watch.see(Step(torch.zeros(()), made=made))
        watch.judge(10 * number)
    assert watch.news() == []


def test_a_critic_that_is_never_wrong_is_said_after_long_and_one_that_errs_is_not() -> None:
    watch = Watch()
    for number in range(1, 61):
        for _ in range(10):
            watch.see(Step(torch.tensor(1e-5), "critic_a"))
            watch.see(Step(torch.tensor(0.2), "critic_b"))
            watch.see(Step(torch.tensor(1e-5)))
        watch.judge(10 * number)
    (line,) = watch.news()
    assert "from step 0 to step 500 the loss of the network 'critic_a' was nearly 0" in line


@pytest.mark.parametrize(
    ("case", "networks"),
    [
        ("pix2pix", ["critic", "model"]),
        ("cyclegan", ["critic_a", "critic_b", "model"]),
        ("cut", ["critic_b", "model"]),
    ],
)
def test_the_loss_of_each_network_is_told_by_itself(case: str, networks: list[str], folder: Path) -> None:
    moment = next(new_training(case, folder).moments())
    assert sorted(moment.losses) == networks
    assert sum(moment.losses.values()) == pytest.approx(moment.loss, rel=1e-5)
    row = moment.row()
    assert [row[f"loss_{name}"] for name in networks] == [moment.losses[name] for name in networks]
    assert "losses" not in row


def test_a_single_network_has_one_loss(folder: Path) -> None:
    task = TASKS["paired_translation"].build(adversarial_weight=0.0)
    moment = next(Training(ResNetGenerator(width=4, depth=2), task, pairs(folder), settings()).moments())
    assert moment.losses == {}
    assert [name for name in moment.row() if name.startswith("loss")] == ["loss"]


def test_a_training_looks_at_what_its_task_has_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = new_training("pix2pix", folder)
    for parameter in training.model.get_submodule("head").parameters():
        nn.init.zeros_(parameter)
        parameter.requires_grad_(False)
    monkeypatch.setattr("pixelwise.training.watch._FLAT_STEPS", 5)
    train_until(training)
    assert len(training.watch.news()) == 1
