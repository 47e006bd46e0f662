"""Whether this process is one of several that train together, as torchrun or SLURM say; without torch."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Launch", "launch_of"]

_FIRST_PORT = 15000  # from which on jobs of SLURM take one by their number


@dataclass(frozen=True)
class Launch:
    """Which of several processes this is.

    Attributes:
        rank: Its number among all, from 0.
        world_size: How many there are.
        local_rank: Its number among those of its machine, which is that of its GPU.
        address: Name of the first process's machine, and the port that it listens at.
        restarts: How often torchrun has started them again.
    """

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    address: tuple[str, int] = ("127.0.0.1", 29500)
    restarts: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this process leads."""
        return self.rank == 0


def launch_of(environment: Mapping[str, str] = os.environ) -> Launch:
    """Read what torchrun, or srun of SLURM, says to each process that it starts.

    A batch script of SLURM that starts Python without srun is one process, however many tasks were asked for.

    >>> launch_of({"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "a", "MASTER_PORT": "1"}).rank
    1
    >>> launch_of({}).world_size
    1
    """
    if "WORLD_SIZE" in environment and "RANK" in environment:
        return Launch(
            rank=int(environment["RANK"]),
            world_size=int(environment["WORLD_SIZE"]),
            local_rank=int(environment.get("LOCAL_RANK", environment["RANK"])),
            address=(environment.get("MASTER_ADDR", "127.0.0.1"), int(environment.get("MASTER_PORT", "29500"))),
            restarts=int(environment.get("TORCHELASTIC_RESTART_COUNT", "0")),
        )
    if "SLURM_STEP_ID" in environment and int(environment.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        host = environment.get("MASTER_ADDR", _first_host(environment.get("SLURM_STEP_NODELIST", "127.0.0.1")))
        port = int(environment.get("MASTER_PORT", _FIRST_PORT + int(environment["SLURM_JOB_ID"]) % 10000))
        return Launch(
            rank=int(environment["SLURM_PROCID"]),
            world_size=int(environment["SLURM_STEP_NUM_TASKS"]),
            local_rank=int(environment["SLURM_LOCALID"]),
            address=(host, port),
        )
    return Launch()


def _first_host(nodes: str) -> str:
    """The first of a list of machines as SLURM writes it.

    >>> _first_host("node[007-009,12]"), _first_host("a1,a2")
    ('node007', 'a1')
    """
    match = re.match(r"([^,\[]*)(?:\[([^\],-]*)[^\]]*\])?([^,]*)", nodes)
    return "".join(part or "" for part in match.groups()) if match else nodes
