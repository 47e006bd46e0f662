"""The tasks: the task called `x` is the file `x.py`, which ends in `TASK = TaskCard(...)`."""

from __future__ import annotations

from pixelwise.catalog import Catalog
from pixelwise.tasks._base import Batch, Step, Task, TaskCard
from pixelwise.tasks._nogan import NOGAN_PHASES
from pixelwise.tasks._pictures import PictureTask

__all__ = ["NOGAN_PHASES", "TASKS", "Batch", "PictureTask", "Step", "Task", "TaskCard"]

TASKS: Catalog[TaskCard] = Catalog(__name__, "task")
