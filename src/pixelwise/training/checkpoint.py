"""The state of a training on disk: written whole or not at all, and checked before it is used.

A checkpoint is two files: `step-N.safetensors` with the tensors, and `step-N.json`, its manifest, with the facts, the
SHA-256 of the tensors' file, and that of the rest of the manifest. The tensors are written first and the manifest after
them, so at whichever moment the process is killed, each manifest belongs to a whole file. The last two checkpoints are
kept: where the newest has been changed since, by a torn disk or a flipped bit, the one before serves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from pixelwise.errors import RunError
from pixelwise.ops.files import remove, remove_leftovers, write_atomically

__all__ = ["Checkpoint", "forget_checkpoints_after", "load_checkpoint", "newest_manifest", "save_checkpoint"]

Checkpoint = tuple[dict[str, Tensor], dict[str, Any]]
"""Tensors by name, and facts."""

_KEPT = 2  # checkpoints
_SEAL = "manifest_sha256"


class _ChangedError(Exception):
    """A file is not the one that was written; the message says which and how."""


def save_checkpoint(folder: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and JSON-ready facts (`step` among them) as the newest checkpoint of `folder`.

    The one before it stays; those before that are removed, and so are any of later steps.

    Raises:
        OutputError: If the folder cannot be written to or the disk is full; the checkpoints before stay valid.
    """
    content = safetensors.torch.save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    path = _manifest_path(folder, facts["step"])
    write_atomically(_tensors_path(path), content)
    write_atomically(path, _sealed({"facts": dict(facts), "sha256": hashlib.sha256(content).hexdigest()}))
    kept = [manifest for manifest in _manifests(folder) if manifest.name <= path.name][:_KEPT]
    _remove_all_but(folder, kept)
    remove_leftovers(folder)


def load_checkpoint(folder: Path, say: Callable[[str], None]) -> Checkpoint | None:
    """Read the newest whole checkpoint of `folder`: tensors and facts; None if there is none yet.

    Args:
        folder: Where they are.
        say: Is told, in one line, if the newest has been changed since it was written and the one before is taken.

    Raises:
        RunError: If none of those that are there is whole.
    """
    changes: list[str] = []
    for path in _manifests(folder):
        try:
            checkpoint = _read(path)
        except _ChangedError as change:
            changes.append(str(change))
            continue
        if changes:
            say(
                f"{'; '.join(changes)}. So that checkpoint is not used: going on from the one before it, of step "
                f"{checkpoint[1]['step']}."
            )
        return checkpoint
    if changes:
        raise RunError(
            f"{'; '.join(changes)}. No whole checkpoint is left to go on from: restore {folder} from a copy, or train "
            f"anew."
        )
    return None


def newest_manifest(folder: Path) -> dict[str, Any] | None:
    """What the newest checkpoint says of itself: `facts`, and the `sha256` of its tensors; None if there is none yet.

    Raises:
        RunError: If it has been changed since it was written.
    """
    for path in _manifests(folder):
        try:
            return _read_manifest(path)
        except _ChangedError as change:
            raise RunError(f"{change}.") from change
    return None


def forget_checkpoints_after(folder: Path, step: int) -> None:
    """Remove the checkpoints of later steps, which a training that goes on from `step` will not come from.

    Raises:
        OutputError: If one cannot be removed.
    """
    newest = _manifest_path(folder, step).name
    _remove_all_but(folder, [manifest for manifest in _manifests(folder) if manifest.name <= newest])


def _read(path: Path) -> Checkpoint:
    manifest = _read_manifest(path)
    tensors = _tensors_path(path)
    content = _content(tensors)
    if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
        raise _ChangedError(
            f"{tensors} has changed since it was written at step {manifest['facts']['step']} (its SHA-256 differs)"
        )
    return safetensors.torch.load(content), manifest["facts"]


def _read_manifest(path: Path) -> dict[str, Any]:
    """A manifest, if it is to the byte what was written."""
    content = _content(path)
    try:
        manifest = dict(json.loads(content))
        manifest.pop(_SEAL)
        is_whole = _sealed(manifest) == content
    except (ValueError, KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise _ChangedError(f"{path} has changed since it was written at step {_step_of(path)}")
    return manifest


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise _ChangedError(f"{path}, of step {_step_of(path)}, cannot be read ({reason})") from error


def _sealed(manifest: dict[str, Any]) -> bytes:
    """A manifest as it is written: with the hash of what else it holds."""
    seal = hashlib.sha256(json.dumps(manifest).encode()).hexdigest()
    return json.dumps({**manifest, _SEAL: seal}).encode()


def _manifests(folder: Path) -> list[Path]:
    """All of them, the newest first."""
    return sorted(folder.glob("*.json"), reverse=True)


def _manifest_path(folder: Path, step: int) -> Path:
    return folder / f"step-{step:09d}.json"


def _tensors_path(manifest: Path) -> Path:
    return manifest.with_suffix(".safetensors")


def _step_of(path: Path) -> str:
    return path.stem.removeprefix("step-").lstrip("0") or "0"


def _remove_all_but(folder: Path, manifests: list[Path]) -> None:
    """Remove every other checkpoint: manifests before tensors, so that none is left without."""
    kept = {*manifests, *map(_tensors_path, manifests)}
    for pattern in ("*.json", "step-*.safetensors"):
        for path in folder.glob(pattern):
            if path not in kept:
                remove(path)
