"""Whether a worker is alive: it beats once a second on a pipe, and the daemon ends what has fallen
silent.

A process that is stopped, or that hangs in the middle of writing, holds locks that all others wait
for; it cannot end itself. A worker that is silent because a library computes without a break uses
CPU time, and is left to its job's time limit.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BEAT_SECONDS = 1.0
_SILENT_BEATS = 15
"""So many missing beats without CPU time mean a hang: half of what others wait for a lock."""
_BEATS_BEYOND = 30
"""Missing beats beyond the time limit of a job that not even a busy worker may have."""
_LONGEST_WRITE = 45.0
"""Seconds a healthy worker's transaction can last at most: it waits for a lock no longer than
30."""
_BUSY = 0.2
"""Share of a processor that shows work rather than a hang."""


class Heart:
    """The worker's side: a thread that beats as long as the process runs and does not hang in a
    transaction."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._writing: Callable[[], float] = lambda: 0.0
        threading.Thread(target=self._beat, name="heart", daemon=True).start()

    def watch(self, writing: Callable[[], float]) -> None:
        """writing: seconds that the transaction under way has lasted."""
        self._writing = writing

    def _beat(self) -> None:
        with contextlib.suppress(OSError):  # the daemon is gone; the end of our input says so too
            while True:
                if self._writing() < _LONGEST_WRITE:
                    os.write(self._descriptor, b".")
                time.sleep(BEAT_SECONDS)


@dataclass(frozen=True, slots=True)
class _Process:
    """What the kernel says of a process."""

    stopped: bool
    seconds: float


class Pulse:
    """The daemon's side for one worker. Silence is counted in looks, so that a daemon that was
    itself stopped with its workers, or suspended with the machine, wakes up without a grudge."""

    def __init__(self, pid: int, limit: int) -> None:
        """limit: seconds a job may take."""
        self._pid = pid
        self._longest = limit + _BEATS_BEYOND
        self._silent = 0
        self._used = 0.0
        self.stopped = False

    def heard(self) -> None:
        """A beat has come."""
        self._silent = 0

    def look(self) -> bool:
        """Called once a second: whether the worker has to be ended; `stopped` then says if somebody
        stopped it."""
        self._silent += 1
        if self._silent == 1:
            self._used = self._now().seconds
        if self._silent % _SILENT_BEATS:
            return False
        now = self._now()
        self.stopped = now.stopped
        busy = now.seconds - self._used > _BUSY * _SILENT_BEATS
        self._used = now.seconds
        return now.stopped or not busy or self._silent > self._longest

    def _now(self) -> _Process:
        """State and CPU time of the process (proc(5), /proc/PID/stat)."""
        try:
            text = Path(f"/proc/{self._pid}/stat").read_text("ascii", "replace")
        except OSError:
            return _Process(stopped=False, seconds=0.0)
        fields = text.rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return _Process(fields[0] in "Tt", ticks / os.sysconf("SC_CLK_TCK"))
