"""Two processes that share batches learn what one process learns from whole ones."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from safetensors.torch import load_file
from torch import Tensor

from pixelwise.artifact import load
from pixelwise.cli import main
from pixelwise.ops.launch import launch_of
from pixelwise.training.run import Run
from tests.cli.conftest import TINY, draw_data
from tests.training.rank_worker import CASES, trained

ROOT = Path(__file__).parents[2]


def environment(**more: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    return {**known, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1", **more}


def in_two(*command: str) -> list[subprocess.Popen[str]]:
    """Start a Python command twice, as torchrun would."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return [
        subprocess.Popen(
            [sys.executable, *command],
            env=environment(RANK=rank, LOCAL_RANK=rank, **place),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]


def ends(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    """Exit code and standard error of each."""
    try:
        said = [process.communicate(timeout=240)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, words) for process, words in zip(processes, said, strict=True)]


def differing(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], limit: float) -> list[str]:
    """The names of those that are further apart than the limit."""
    assert tensors
    return [name for name, tensor in tensors.items() if (tensor - expected[name]).abs().max() > limit]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights and losses after 20 steps of each case, in two processes."""
    folder = tmp_path_factory.mktemp("shared")
    for code, words in ends(in_two("-m", "tests.training.rank_worker", str(folder), *CASES)):
        assert code == 0, words
    return folder


@pytest.mark.parametrize("case", ["ce+dice", "binary"])
def test_two_processes_learn_what_one_learns_from_the_whole_batch(shared: Path, case: str) -> None:
    alone, losses, _ = trained(case)
    tensors = {name: tensor for name, tensor in load_file(shared / case).items() if "optimizer." not in name}
    assert differing(tensors, alone.state()[0], 1e-5) == []
    assert [float(line) for line in (shared / f"{case}.txt").read_text().split()] == pytest.approx(losses, rel=1e-5)


def test_a_loss_that_sorts_the_pixels_of_a_part_is_said_to_differ(shared: Path) -> None:
    *_, warning = (shared / "lovasz.txt").read_text().splitlines()
    assert warning.startswith("Warning: this loss is taken of the part of a batch that each of the 2 processes has")


COMMAND = ("-m", "pixelwise", "train")
LENGTH = ("--epochs=2", "--set=training.epsilon=1e-3")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in two processes that torchrun starts."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--master-port=0", "--standalone")
    command = (*torchrun, *COMMAND, str(data), "-o", str(run), *LENGTH, *TINY)
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Report: ") == 1
    assert done.stderr.count("Run folder: ") == 1
    return run


def test_torchrun_leaves_one_run_that_is_the_run_of_one_process(
    whole: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = tmp_path / "alone"
    monkeypatch.setattr(sys, "argv", ["pixelwise", "train", str(data), "-o", str(alone), *LENGTH, *TINY])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    assert (whole / "report.html").is_file()
    rows, expected = Run(whole).history(), Run(alone).history()
    assert [row["step"] for row in rows] == [row["step"] for row in expected]
    assert [row["loss"] for row in rows] == pytest.approx([row["loss"] for row in expected], rel=1e-3)
    scores = [load(run)[1].scores for run in (whole, alone)]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0].values == pytest.approx(scores[1].values, abs=0.02)


def test_what_torchrun_starts_again_goes_on(
    whole: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "1"), ("TORCHELASTIC_RESTART_COUNT", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["pixelwise", "train", str(data), "-o", str(whole), *LENGTH, *TINY])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert f"The training in {whole} is finished." in capfd.readouterr().err


@pytest.mark.slow
def test_two_processes_learn_from_images_without_masks_too(data: Path, tmp_path: Path) -> None:
    images, run = draw_data(tmp_path / "more", seed=1) / "images", tmp_path / "run"
    command = (*COMMAND, str(data), "-o", str(run), "--unlabelled", str(images), *LENGTH, *TINY)
    assert [code for code, _ in ends(in_two(*command))] == [0, 0]
    history = [Run(folder).history() for folder in (run, run / "teacher")]
    assert min(len(rows) for rows in history) > 0
    assert "Unlabelled images: the " in str(Run(run).plan.decisions)
    assert (run / "report.html").is_file()


@pytest.mark.slow
def test_a_batch_that_cannot_be_shared_out_is_refused(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (first, words), (second, silence) = ends(
        in_two(*COMMAND, str(data), "-o", str(run), *LENGTH, *TINY, "--set=training.batch_size=5")
    )
    assert (first, second) == (2, 2)
    assert "training.batch_size is 5, but 2 processes share each batch, evenly" in words
    assert "--set training.batch_size=6" in words
    assert silence == ""
    assert not run.exists()


@pytest.fixture(scope="module")
def unstopped(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of many steps in two processes."""
    run = tmp_path_factory.mktemp("runs") / "unstopped"
    for code, words in ends(in_two(*COMMAND, str(data), "-o", str(run), "--epochs=80", *TINY)):
        assert code == 0, words
    return run


@pytest.mark.slow
@pytest.mark.parametrize(("number", "which"), [(signal.SIGKILL, 0), (signal.SIGKILL, 1), (signal.SIGTERM, 1)])
def test_a_run_of_which_one_process_is_stopped_is_resumed_as_if_it_was_not(
    unstopped: Path, data: Path, tmp_path: Path, number: signal.Signals, which: int
) -> None:
    run = tmp_path / "run"
    often = "--set=training.checkpoint_seconds=0"
    processes = in_two(*COMMAND, str(data), "-o", str(run), "--epochs=80", *TINY, often)
    while not list(run.glob("checkpoints/*.json")) and processes[0].poll() is None:
        time.sleep(0.02)
    processes[which].send_signal(number)
    (ended, words), (other, more) = ends(processes)
    expected = (130, 130) if number == signal.SIGTERM else (-9, 2) if which == 0 else (2, -9)
    assert (ended, other) == expected, words + more
    if number == signal.SIGKILL:
        assert "another one has ended, so that this one cannot go on" in words + more
    assert not (run / "report.html").exists()
    for code, said in ends(in_two("-m", "pixelwise", "resume", str(run))):
        assert code == 0, said
    assert differing(load(run)[0].state_dict(), load(unstopped)[0].state_dict(), 0) == []


def test_the_tasks_of_a_step_of_slurm_are_processes_that_train_together() -> None:
    step = {
        "SLURM_JOB_ID": "123456",
        "SLURM_STEP_ID": "0",
        "SLURM_STEP_NUM_TASKS": "8",
        "SLURM_STEP_NODELIST": "node[03-04]",
        "SLURM_PROCID": "5",
        "SLURM_LOCALID": "1",
    }
    launch = launch_of(step)
    assert (launch.rank, launch.world_size, launch.local_rank) == (5, 8, 1)
    assert launch.address == ("node03", 18456)
    assert launch_of({"SLURM_JOB_ID": "1", "SLURM_NTASKS": "8"}).world_size == 1  # a batch script without srun
