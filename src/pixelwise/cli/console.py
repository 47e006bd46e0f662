"""How the command line shows what happens: on standard error, so that standard output holds results alone."""

from __future__ import annotations

import math
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pixelwise.reports.evaluate import Evaluation
    from pixelwise.reports.picture_scores import PictureEvaluation
    from pixelwise.reports.set_scores import SetEvaluation
    from pixelwise.training.loop import Moment

__all__ = [
    "ConsoleDisplay",
    "error_console",
    "output_console",
    "print_picture_scores",
    "print_scores",
    "program",
    "wide_where_nobody_watches",
]

error_console = Console(stderr=True, highlight=False)
output_console = Console(highlight=False)

_QUIET_SECONDS = 60.0  # of countable work, after which there is a line where there is no terminal
_PLAIN_LINES = 20  # of progress, where there is no terminal to draw a bar in


class ConsoleDisplay:
    """Progress bars in a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=28),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            _Details(),
            console=error_console,
            disable=not error_console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._lines = 0
        self._said: dict[str, float] = {}  # when the last line of a piece of work was due

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """One finished line."""
        error_console.print(text, markup=False, soft_wrap=True)

    def working(self, what: str, done: int, total: int) -> None:
        """Move the bar of a countable piece of work."""
        task = self._task(what, total)
        self._progress.update(task, completed=done, total=total)
        if error_console.is_terminal:
            return
        now = time.monotonic()
        if done == total:
            self._said.pop(what, None)
            self.say(f"{what}: {total}")
        elif now - self._said.setdefault(what, now) >= _QUIET_SECONDS:
            self._said[what] = now
            self.say(f"{what}: {done} of {total}")

    def counter(self, *names: str) -> Callable[[int, int], None]:
        """What moves a bar for each of several pieces of work, one after the other: when it counts anew, the next."""
        place = last = 0

        def move(done: int, total: int) -> None:
            nonlocal place, last
            place += done <= last
            last = done
            self.working(names[min(place, len(names) - 1)], done, total)

        return move

    def moment(self, moment: Moment, seconds_left: float, score: str | None) -> None:
        """Move the bar of the training."""
        left = "" if math.isnan(seconds_left) else f"{_clock(seconds_left)} left  "
        phase = f"{moment.phase}  " if moment.phase else ""
        details = f"{left}epoch {moment.epoch:.1f}  {phase}loss {moment.loss:.3f}"
        if score is not None:
            details += f"  {score}"
        self._progress.update(self._task("Training", 1), completed=moment.progress, total=1, details=details)
        if moment.progress < (self._lines - 1) / _PLAIN_LINES:  # another training has begun
            self._lines = 0
        if not error_console.is_terminal and moment.progress >= self._lines / _PLAIN_LINES:
            self._lines = int(moment.progress * _PLAIN_LINES) + 1
            self.say(f"Training {moment.progress:4.0%}  {details}")

    def _task(self, what: str, total: float) -> TaskID:
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total, details="")
        return self._tasks[what]


class _Details(ProgressColumn):
    """What the task has to say of itself."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("details", "")))


def print_scores(evaluation: Evaluation) -> None:
    """Print the table, the scores of all classes together, and what they were measured on."""
    low, high = evaluation.interval
    interval = "" if math.isnan(low) else f" (95 % interval {low:.3f} to {high:.3f})"
    scores, error = evaluation.scores, evaluation.calibration_error
    calibration = "" if math.isnan(error) else f", calibration error {error:.3f}"
    output_console.print(_score_table(evaluation))
    output_console.print(
        f"\n[bold]mIoU {scores.miou:.3f}[/bold]{interval}, pixel accuracy {scores.pixel_accuracy:.3f}, "
        f"class accuracy {scores.class_accuracy:.3f}{calibration}",
        soft_wrap=True,
    )
    count = len(evaluation.images)
    measured_on = f"{evaluation.protocol.removeprefix('mIoU').lstrip(', ')}; {count} image{'s' if count != 1 else ''}"
    output_console.print(f"{measured_on[:1].upper()}{measured_on[1:]}", markup=False, soft_wrap=True)


def print_picture_scores(evaluation: PictureEvaluation | SetEvaluation) -> None:
    """Print the scores of what the model made beside those of what it was given."""
    from pixelwise.metrics.sets import is_better_small

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("score")
    for title in ("made", "given", "gain"):
        table.add_column(title, justify="right")
    for name, made in evaluation.values.items():
        given = evaluation.baseline[name]
        gain = given - made if is_better_small(name) else made - given
        table.add_row(
            Text(name), *(f"{value:{form}}" for value, form in zip((made, given, gain), _forms(name), strict=True))
        )
    output_console.print(table)
    first = evaluation.metrics[0]
    output_console.print(f"\n[bold]{first} {evaluation.values[first]:{_forms(first)[0]}}[/bold]", soft_wrap=True)
    measured_on = evaluation.protocol.removeprefix(f"{first}, ")
    output_console.print(f"{measured_on[:1].upper()}{measured_on[1:]}", markup=False, soft_wrap=True)


def _forms(name: str) -> tuple[str, str, str]:
    """How a score of pictures is printed: of what was made, of what was given, and the gain."""
    from pixelwise.metrics.sets import is_better_small

    form = ".2f" if name.startswith("psnr") else ".4g" if is_better_small(name) else ".4f"
    return form, form, f"+{form}"


@contextmanager
def wide_where_nobody_watches(console: Console) -> Iterator[None]:
    """Into a file or a pipe, which have no width, write each row of a table as one line, without spaces at its end."""
    if console.is_terminal:
        yield
        return
    width = console.width
    console.width = 200
    try:
        with console.capture() as table:
            yield
    finally:
        console.width = width
    for line in table.get().splitlines():
        console.print(line.rstrip(), markup=False, soft_wrap=True)


def program() -> str:
    """What to type to run this program again: its name where the shell finds it, else what was typed this time."""
    typed = Path(sys.argv[0])
    if typed.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m pixelwise"
    return "pixelwise" if shutil.which("pixelwise") else shlex.quote(str(typed))


def _score_table(evaluation: Evaluation) -> Table:
    """Per-class IoU, lowest first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("class")
    for title in ("IoU", "found", "share of pixels"):
        table.add_column(title, justify="right")
    for row in sorted(evaluation.table(), key=lambda row: (math.isnan(row.iou), row.iou)):
        if math.isnan(row.iou):
            table.add_row(Text(row.name), "absent", "", "")
        else:
            shares = f"{100 * row.accuracy:.1f} %", f"{100 * row.share:.2f} %"
            table.add_row(Text(row.name), f"{row.iou:.3f}", *shares)
    return table


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
