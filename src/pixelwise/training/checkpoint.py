"""The state of a training on disk: written whole or not at all, and checked before it is used.

A folder holds one file of tensors and a manifest that names it with its SHA-256. The file is written under a new
name first, the manifest is replaced after it, and older files are removed last; at whichever moment the process is
killed, the manifest names a whole file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from pixelwise.errors import RunError
from pixelwise.ops.files import remove, remove_leftovers, write_atomically

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]

Checkpoint = tuple[dict[str, Tensor], dict[str, Any]]
"""Tensors by name, and facts."""

_MANIFEST = "manifest.json"


def save_checkpoint(folder: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and JSON-ready facts (`step` among them) as the newest checkpoint of `folder`.

    Raises:
        OutputError: If the folder cannot be written to or the disk is full; the checkpoint before stays valid.
    """
    content = safetensors.torch.save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    name = f"step-{facts['step']:09d}.safetensors"
    write_atomically(folder / name, content)
    manifest = {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "facts": dict(facts)}
    write_atomically(folder / _MANIFEST, json.dumps(manifest).encode())
    for old in folder.glob("step-*.safetensors"):
        if old.name != name:
            remove(old)
    remove_leftovers(folder)


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Read the newest checkpoint of `folder`: tensors and facts; None if there is none yet.

    Raises:
        RunError: If the file is not the one that was written.
    """
    manifest_path = folder / _MANIFEST
    if not manifest_path.exists():
        return None
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
        content = (folder / manifest["file"]).read_bytes()
    except (OSError, ValueError, KeyError) as error:
        raise RunError(
            f"The checkpoint in {folder} cannot be read ({error}). Restore that folder from a copy, or train anew."
        ) from error
    if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
        raise RunError(
            f"{folder / manifest['file']} has changed since it was written (its SHA-256 differs), so the training "
            f"cannot go on from it. Restore it from a copy, or train anew."
        )
    return safetensors.torch.load(content), manifest["facts"]
