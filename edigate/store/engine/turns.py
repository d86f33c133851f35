"""Processes that write to one SQLite file take turns: who has just written does not overtake who
waits.

SQLite itself lets a waiting process sleep and look again, up to 100 ms at a time; beside a busy
daemon a worker would find the lock free only by luck. Two file locks make a queue: who waits for
the second holds the first. The kernel frees both when a process ends, however it ends; one that is
stopped frees nothing, so nobody waits for ever.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import sqlalchemy as sa

from edigate.store.engine.database import from_os
from edigate.store.engine.files import LOCK_PATIENCE, lock, opened


class Turns:
    """The turns of one database file."""

    def __init__(self, database: Path, patience: float = LOCK_PATIENCE) -> None:
        self._descriptors: list[int] = []
        self._patience = patience
        try:
            for name in ("next", "now"):
                self._descriptors.append(opened(database.with_name(f".{database.name}.{name}")))
        except OSError as error:
            self.close()
            raise from_os(error) from error

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for this process's turn, and hold it. Raises: Unavailable when another does not let
        go."""
        following, writing = self._descriptors
        until = time.monotonic() + self._patience
        lock(following, fcntl.LOCK_EX, until)
        try:
            lock(writing, fcntl.LOCK_EX, until)
        finally:
            fcntl.flock(following, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(writing, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the files."""
        while self._descriptors:
            os.close(self._descriptors.pop())


class NoTurns:
    """For databases that see to this themselves."""

    def turn(self) -> AbstractContextManager[None]:
        """Nothing to wait for."""
        return nullcontext()

    def close(self) -> None:
        """Nothing to let go of."""


def turns_of(url: sa.URL) -> Turns | NoTurns:
    """Turns for a SQLite file, none for anything else. Raises: Unavailable."""
    if url.get_backend_name() == "sqlite" and url.database:
        return Turns(Path(url.database))
    return NoTurns()
