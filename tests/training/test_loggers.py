"""What other programs are told of a training; stand-ins record the calls where a package is not installed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pixelwise.errors import SettingError
from pixelwise.training.loggers import LOGGERS, Logs, make_loggers

SETTINGS = {"model": {"name": "lite_unet"}, "training": {"epochs": 3.0, "flip": True}, "decisions": [["a", "b"]]}
ROW = {"step": 10, "loss": 0.5, "learning_rate": 1e-3}
Calls = list[tuple[str, Any, dict[str, Any]]]


def recorder(calls: Calls, name: str, result: object = None) -> Any:
    def record(*arguments: Any, **named: Any) -> object:
        calls.append((name, arguments, named))
        return result

    return record


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> None:
    module = ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What the three packages are told, in order."""
    told: Calls = []
    writer = SimpleNamespace(**{name: recorder(told, name) for name in ("add_scalar", "add_text", "flush", "close")})
    stand_in(monkeypatch, "torch.utils.tensorboard", SummaryWriter=recorder(told, "SummaryWriter", writer))
    run = SimpleNamespace(info=SimpleNamespace(run_id="abc123"))
    names = ("log_params", "log_metrics", "end_run")
    members = {name: recorder(told, name) for name in names}
    stand_in(monkeypatch, "mlflow", start_run=recorder(told, "start_run", run), **members)
    summary = SimpleNamespace(update=recorder(told, "update"))
    own = SimpleNamespace(log=recorder(told, "log"), finish=recorder(told, "finish"), summary=summary)
    stand_in(monkeypatch, "wandb", init=recorder(told, "init", own))
    return told


def tell(name: str, folder: Path, step: int = 0, scores: dict[str, float] | None = None) -> None:
    logger = LOGGERS[name]()
    logger.start(folder, SETTINGS, step)
    logger.log(ROW)
    logger.finish(scores)


def test_tensorboard_gets_each_value_at_its_step_and_brings_it_to_the_file(tmp_path: Path, calls: Calls) -> None:
    tell("tensorboard", tmp_path, scores={"miou": 0.7})
    assert calls[0] == ("SummaryWriter", (str(tmp_path / "logs" / "tensorboard"),), {"purge_step": None})
    assert calls[1][0] == "add_text"
    assert '    "name": "lite_unet"' in calls[1][1][1]
    assert calls[2:] == [
        ("add_scalar", ("loss", 0.5, 10), {}),
        ("add_scalar", ("learning_rate", 1e-3, 10), {}),
        ("flush", (), {}),
        ("add_scalar", ("final/miou", 0.7, 10), {}),
        ("close", (), {}),
    ]


def test_tensorboard_takes_back_what_came_after_the_step_that_a_resume_goes_on_from(
    tmp_path: Path, calls: Calls
) -> None:
    tell("tensorboard", tmp_path, step=40)
    assert calls[0][2] == {"purge_step": 41}
    assert "add_text" not in [name for name, _, _ in calls]


def test_mlflow_goes_on_in_the_run_that_it_made(tmp_path: Path, calls: Calls) -> None:
    tell("mlflow", tmp_path / "run-1")
    assert calls == [
        ("start_run", (), {"run_name": "run-1"}),
        ("log_params", ({"model.name": "lite_unet", "training.epochs": "3.0", "training.flip": "true"},), {}),
        ("log_metrics", ({"loss": 0.5, "learning_rate": 1e-3},), {"step": 10}),
        ("end_run", ("KILLED",), {}),
    ]
    calls.clear()
    tell("mlflow", tmp_path / "run-1", step=10, scores={"miou": 0.7})
    assert calls[0] == ("start_run", (), {"run_id": "abc123"})
    assert calls[2:] == [("log_metrics", ({"final/miou": 0.7},), {"step": 10}), ("end_run", ("FINISHED",), {})]


def test_wandb_goes_on_in_the_run_that_it_made(tmp_path: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_PROJECT", raising=False)
    tell("wandb", tmp_path)
    first = calls[0][2]
    assert (first["project"], first["name"], first["resume"]) == ("pixelwise", tmp_path.name, "allow")
    assert first["config"] == SETTINGS
    assert calls[1:] == [("log", ({"loss": 0.5, "learning_rate": 1e-3},), {"step": 10}), ("finish", (), {})]
    calls.clear()
    tell("wandb", tmp_path, step=10, scores={"miou": 0.7})
    assert calls[0][2]["id"] == first["id"]
    assert calls[2] == ("update", ({"final/miou": 0.7},), {})


@pytest.mark.parametrize(
    ("name", "module"), [("tensorboard", "torch.utils.tensorboard"), ("mlflow", "mlflow"), ("wandb", "wandb")]
)
def test_a_package_that_is_not_installed_is_named_with_the_command_that_installs_it(
    name: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SettingError, match=rf"--log {name} needs .*run: pip install '\.\[{name}\]'"):
        make_loggers([name])


def test_an_unknown_logger_gets_the_nearest_one() -> None:
    with pytest.raises(SettingError, match=r"no logger called 'tensorbord'\. Did you mean 'tensorboard'"):
        make_loggers(["tensorbord"])


class Failing:
    """A logger whose server goes away."""

    def __init__(self, *, at_start: bool = False) -> None:
        self.at_start = at_start
        self.rows = 0

    def start(self, *_: object) -> None:
        if self.at_start:
            raise ConnectionError("no server at localhost.\nTrace: …")

    def log(self, _: object) -> None:
        self.rows += 1
        if self.rows > 1:
            raise ConnectionError("the server has gone.")

    def finish(self, _: object) -> None:
        raise AssertionError("a logger that has failed is left alone")


def test_a_logger_that_fails_is_left_out_and_the_others_go_on(tmp_path: Path, calls: Calls) -> None:
    said: list[str] = []
    failing = Failing()
    logs = Logs({"mlflow": failing, **make_loggers(["wandb"])}, said.append)
    logs.start(tmp_path, SETTINGS, 0)
    for _ in range(3):
        logs.log(ROW)
    logs.finish(None)
    assert failing.rows == 2
    assert [name for name, _, _ in calls] == ["init", "log", "log", "log", "finish"]
    assert len(said) == 1
    assert "The log in mlflow has failed (the server has gone) and is left out from here" in said[0]


def test_a_logger_that_cannot_begin_stops_the_training_before_it_begins(tmp_path: Path) -> None:
    logs = Logs({"mlflow": Failing(at_start=True)}, print)
    with pytest.raises(SettingError, match=r"The log in mlflow cannot be begun: no server at localhost\. Mend that"):
        logs.start(tmp_path, SETTINGS, 0)


def test_tensorboard_itself_reads_what_was_written(tmp_path: Path) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    for step in (0, 10):
        tell("tensorboard", tmp_path, step=step, scores={"miou": 0.7})
    accumulator = events.EventAccumulator(str(tmp_path / "logs" / "tensorboard"))
    accumulator.Reload()
    assert [(event.step, event.value) for event in accumulator.Scalars("loss")] == [(10, 0.5), (10, 0.5)]
    assert accumulator.Scalars("final/miou")[-1].value == pytest.approx(0.7)
