"""The folder of one training: what was asked for, what was decided, how it went, and where it stands.

config.yaml         where the data are and every setting, defaults included
plan.json           the settings and the decisions that led to them, for other programs
environment.json    versions and machine
splits.json         which images are trained on and which are held out
metrics.jsonl       one line per moment of the training
samples/            where targets are pictures: held-out ones as they came out by then, by step, and curves.png
logs/               what other programs draw curves from, where that was asked for
checkpoints/        private: for `pixelwise resume`
model.safetensors   public: the artifact
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixelwise.artifact import FILE_NAME
from pixelwise.errors import RunError
from pixelwise.ops.files import append, remove, remove_leftovers, writable_folder, write_atomically
from pixelwise.planning import Plan, readable
from pixelwise.training.environment import environment_now

__all__ = ["PicturesOnDisk", "Run", "Source", "Unlabelled"]

_CONFIG = "config.yaml"
_PLAN = "plan.json"
_ENVIRONMENT = "environment.json"
_SPLITS = "splits.json"
_METRICS = "metrics.jsonl"


class PicturesOnDisk(BaseModel):
    """How pictures lie, for a task whose targets are pictures.

    Attributes:
        layout: `alone`, `pairs`, `halves` or `domains`; see `data.pictures.layouts`.
        scale: How many times larger than its image a target is; for `pairs`.
        image_is_left: Whether the left half goes in, or the first of two folders, or kind A; otherwise the other one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: Literal["alone", "pairs", "halves", "domains"]
    scale: int = Field(default=1, ge=1)
    image_is_left: bool = True


class Unlabelled(BaseModel):
    """Images without masks that are learnt from, too.

    Attributes:
        folder: Where they are, absolute.
        run: The run folder, absolute; the teacher and its pseudo-labels lie in it.
        digest: Of their names and sizes.
        spent: Seconds that the teacher and its labels had taken when the budget was given, to which they do not count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    run: Path
    digest: str
    spent: float = Field(default=0.0, ge=0)


class Source(BaseModel):
    """Where the data are, and what the user said about them.

    Attributes:
        root: The folder, absolute.
        ignore: Mask values to leave out, or None to find out.
        classes: Names of the classes, or None to find out.
        binary: Object against background, or None to find out.
        separate: Whether objects, which masks number, are kept apart where they touch.
        multilabel: Whether pixels may belong to several classes, or None to find out.
        pictures: How pictures lie, where the targets are pictures; None where they are masks.
        unlabelled: Images without masks; None where there are none.
        validation: Share, or prefix of names, that is held out; None takes what is on disk.
        seed: Of the choice of that share; None takes the plan's when the training begins.
        fingerprint: Of the data when the training began.
        found: What was found in them then, so that a resume can say what is different.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Path
    ignore: tuple[int, ...] | None = None
    classes: tuple[str, ...] | None = None
    binary: bool | None = None
    separate: bool = False
    multilabel: bool | None = None
    pictures: PicturesOnDisk | None = None
    unlabelled: Unlabelled | None = None
    validation: str | None = None
    seed: int | None = Field(default=None, ge=0)
    fingerprint: str = ""
    found: dict[str, Any] = Field(default_factory=dict)


class Run:
    """A run folder.

    Args:
        folder: An existing run folder; see `create` for a new one.

    Attributes:
        folder: Where it is.
        source: The data.
        plan: All settings.
        log_to: Names of the loggers that are told of it, beside metrics.jsonl.

    Raises:
        RunError: If the folder is no run, or its config cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: list[Path] = []  # folders, the innermost first
        path = folder / _CONFIG
        if not path.is_file():
            raise RunError(f"{folder} is no run folder: it has no config.yaml. Give the folder that a training left.")
        try:
            config = yaml.safe_load(path.read_text(encoding="utf-8"))
            self.source = Source.model_validate(config["data"])
            self.plan = Plan.model_validate(config["plan"])
            self.log_to = tuple(config.get("log") or ())
            if self.source.unlabelled is not None:  # whose pseudo-labels lie here, even if the folder was moved
                unlabelled = self.source.unlabelled.model_copy(update={"run": folder.resolve()})
                self.source = self.source.model_copy(update={"unlabelled": unlabelled})
        except ValidationError as error:
            raise RunError(f"{path} cannot be used:\n{readable(error)}") from error
        except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
            raise RunError(f"{path} cannot be read: {error}. Restore it, or train anew.") from error

    @classmethod
    def create(cls, folder: Path, source: Source, plan: Plan, log_to: Sequence[str] = ()) -> Run:
        """Make a new run folder.

        Raises:
            RunError: If the folder already holds a run.
            OutputError: If it cannot be written to.
        """
        _refuse_used(folder)
        made = _missing(folder)
        writable_folder(folder)
        write_atomically(folder / _ENVIRONMENT, json.dumps(environment_now(), indent=2).encode())
        _write_config(folder, source, plan, log_to)
        run = cls(folder)
        run._made = made
        return run

    @staticmethod
    def is_at(folder: Path) -> bool:
        """Whether a folder is a run folder; other programs have files called config.yaml, too."""
        return (folder / _CONFIG).is_file() and (folder / _ENVIRONMENT).is_file()

    @staticmethod
    def check_new(folder: Path) -> None:
        """Make sure that `create` will be able to make a run folder, and leave nothing behind.

        Raises:
            RunError: If the folder already holds a run.
            OutputError: If it cannot be written to.
        """
        _refuse_used(folder)
        made = _missing(folder)
        try:
            writable_folder(folder)
        finally:
            _remove_empty(made)

    def discard(self) -> None:
        """Take back what `create` made, while no step has been trained."""
        for name in (_METRICS, _CONFIG, _PLAN, _ENVIRONMENT, _SPLITS):
            remove(self.folder / name)
        _remove_empty(self._made)

    def finished(self) -> RunError:
        """The error for a training that has come to its end."""
        return RunError(
            f"The training in {self.folder} is finished. To train it further, give more epochs or more time: "
            f"pixelwise resume {self.folder} --epochs N, or --budget 10m"
        )

    @property
    def artifact(self) -> Path:
        """The model file."""
        return self.folder / FILE_NAME

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.folder / "checkpoints"

    @property
    def report(self) -> Path:
        """The report, which is there once the training has come to its end."""
        return self.folder / "report.html"

    @property
    def sheets(self) -> Path:
        """The folder of the held-out pictures as they came out during the training."""
        return self.folder / "samples"

    def replan(self, plan: Plan) -> None:
        """Replace the plan, on disk too."""
        self.plan = plan
        _write_config(self.folder, self.source, plan, self.log_to)

    def has_splits(self) -> bool:
        """Whether `keep_splits` came so far."""
        return (self.folder / _SPLITS).exists()

    def keep_splits(self, splits: Mapping[str, Sequence[str]]) -> None:
        """Write down which images are trained on and which are held out, by split."""
        write_atomically(self.folder / _SPLITS, json.dumps(splits, indent=1, ensure_ascii=False).encode())

    def splits(self) -> dict[str, list[str]]:
        """What `keep_splits` wrote down."""
        splits: dict[str, list[str]] = _json_of(self.folder / _SPLITS)
        return splits

    def log(self, row: Mapping[str, Any]) -> None:
        """Append a line to metrics.jsonl."""
        append(self.folder / _METRICS, json.dumps(dict(row)) + "\n")

    def history(self) -> list[dict[str, Any]]:
        """All whole lines of metrics.jsonl."""
        if not (path := self.folder / _METRICS).exists():
            return []
        rows = []
        for line in _text_of(path).splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:  # the line that a kill cut short
                break
        return rows

    def forget_after(self, step: int) -> None:
        """Drop what a killed training left behind: what will be written again, and temporary files."""
        remove_leftovers(self.folder)
        history = self.history()
        rows = [row for row in history if row["step"] <= step]
        for sheet in self.sheets.glob("*.png"):
            is_of_dropped = sheet.stem == "curves" and len(rows) < len(history)
            if is_of_dropped or (sheet.stem.isdigit() and int(sheet.stem) > step):
                remove(sheet)
        write_atomically(self.folder / _METRICS, "".join(json.dumps(row) + "\n" for row in rows).encode())

    def environment(self) -> dict[str, Any]:
        """What the training ran on."""
        environment: dict[str, Any] = _json_of(self.folder / _ENVIRONMENT)
        return environment


def _refuse_used(folder: Path) -> None:
    if (folder / _CONFIG).exists():
        raise RunError(
            f"{folder} already holds a run. Go on with it (pixelwise resume {folder}), "
            f"or name another folder (--output)."
        )


def _missing(folder: Path) -> list[Path]:
    """The folder and those around it that are not there, the innermost first."""
    return [path for path in (folder, *folder.parents) if not path.exists()]


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # never made, or somebody has put something into it
            folder.rmdir()


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path} cannot be read: {error}. Restore it from a copy.") from error


def _json_of(path: Path) -> Any:  # noqa: ANN401 - what is in the file
    try:
        return json.loads(_text_of(path))
    except ValueError as error:
        raise RunError(f"{path} cannot be read: {error}. Restore it from a copy.") from error


def _write_config(folder: Path, source: Source, plan: Plan, log_to: Sequence[str]) -> None:
    config = {"data": source.model_dump(mode="json"), "plan": plan.model_dump(mode="json"), "log": list(log_to)}
    write_atomically(folder / _CONFIG, yaml.safe_dump(config, sort_keys=False, allow_unicode=True).encode())
    write_atomically(folder / _PLAN, plan.model_dump_json(indent=2).encode())  # to be read by others; not by a resume
