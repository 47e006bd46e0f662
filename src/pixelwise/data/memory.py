"""How much memory is free, in the machine and in the container."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["WITHOUT_READING", "free_memory"]

WITHOUT_READING = 2 * 1024**3  # bytes; taken as free where the system tells nothing, as on macOS


def free_memory(root: Path = Path("/")) -> int:
    """Bytes that can be used without swapping: what Linux calls available, within the limits of control groups.

    Args:
        root: Where `/proc` and `/sys` lie.

    Returns:
        The smallest of what the machine and each control group have left; `WITHOUT_READING` where nothing can be read.
    """
    machine = _entries(root / "proc/meminfo").get("MemAvailable:")
    found = [*_left_in_groups(root), *([] if machine is None else [machine * 1024])]
    return max(0, min(found, default=WITHOUT_READING))


def _left_in_groups(root: Path) -> Iterator[int]:
    """What is left of the limit of this process's control group and of each group around it, version 2 and 1.

    File contents that the kernel would drop at once (inactive_file) do not count as used.
    """
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, kinds, path = line.split(":", 2)
        if kinds == "":
            mount, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", "inactive_file")
        elif "memory" in kinds.split(","):
            mount = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        group = mount / path.lstrip("/")
        for folder in (group, *(parent for parent in group.parents if parent.is_relative_to(mount))):
            limit, used = _text(folder / names[0]).strip(), _text(folder / names[1]).strip()
            if limit.isdecimal() and used.isdecimal():  # "max" stands for no limit
                yield int(limit) - int(used) + _entries(folder / "memory.stat").get(names[2], 0)


def _entries(file: Path) -> dict[str, int]:
    """The lines "name number …" of a file."""
    words = [line.split() for line in _text(file).splitlines()]
    return {entry[0]: int(entry[1]) for entry in words if len(entry) > 1 and entry[1].isdecimal()}


def _text(file: Path) -> str:
    """A file of the system, or nothing where it is not there."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
