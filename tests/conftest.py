"""What all tests share: one thread each, since they run side by side and waiting threads spin."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # of this process's libraries, and of those that tests start
