"""The one door of this room: opening and closing a store, and all its chapters in one class."""

import asyncio
import contextlib
import fcntl
import os
import socket
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store.chapters.closing import Closings
from edigate.store.chapters.deliveries import Deliveries, release_all
from edigate.store.chapters.documents import Documents
from edigate.store.chapters.intake import Intake
from edigate.store.chapters.jobs import Jobs
from edigate.store.chapters.journal import Journal
from edigate.store.chapters.mailboxes import Mailboxes
from edigate.store.chapters.naming import Naming
from edigate.store.chapters.purging import Purging
from edigate.store.chapters.retention import Retention
from edigate.store.chapters.waiting_glns import Partners
from edigate.store.engine.base import now
from edigate.store.engine.database import (
    database_errors,
    database_url,
    prepare_file,
    reading_engine,
    writing_engine,
)
from edigate.store.engine.files import opened
from edigate.store.engine.objects import Folder
from edigate.store.engine.sole import Sole, sole
from edigate.store.engine.trial import Trial
from edigate.store.engine.writer import Writer
from edigate.store.migrations import bring_up_to_date
from edigate.store.proof import row_digests
from edigate.store.proof.verify import StoreProof

P = ParamSpec("P")
T = TypeVar("T")


class Store(
    Intake,
    Deliveries,
    Jobs,
    Documents,
    Partners,
    Mailboxes,
    Journal,
    Naming,
    Closings,
    Retention,
    Purging,
    StoreProof,
    Trial,
):
    """Everything that must not be lost. Threads may share one; each process opens its own.

    Its methods block until what they wrote is durable; `accept_async` and `in_thread` are for the
    event loop.
    """

    def __init__(
        self, url: sa.URL, folder: Path, node: str, clock: Callable[[], datetime], lock: int | None
    ) -> None:
        self.node = node
        self._folder = folder
        self._clock = clock
        self._lock = lock
        self._sole: Sole | None = None
        sqlite = url.get_backend_name() == "sqlite"
        self._places = (folder, Path(url.database).parent) if sqlite and url.database else (folder,)
        self._held = {}
        self._objects = Folder(folder / "objects")
        prepare_file(url)
        self._writing = writing_engine(url)
        self._reading = reading_engine(url)
        with database_errors():
            bring_up_to_date(self._writing)
        self._writing.dispose()  # connections from here on note what they write
        row_digests.watch(self._writing)
        self._writer = Writer(self._writing, clock)

    @classmethod
    def open(
        cls,
        url_or_path: str | Path | None,
        data_folder: str | Path,
        *,
        daemon: bool = False,
        node: str | None = None,
        clock: Callable[[], datetime] = now,
        reserve: int = 0,
    ) -> Self:
        """Open (and create, and migrate) the store.

        url_or_path: a SQLite file or `postgresql://...`; None is `edigate.sqlite3` in the data
        folder. daemon: take the data folder and the database for this process alone among daemons,
        and put what an earlier life of this node had leased back into the queues. Workers and the
        command line open without it. node: name of this machine's part of a cluster (default: host
        name and data folder). reserve: octets of the disk that mail from outside and archiving
        leave free (`require_room`). Raises: Misconfigured (another daemon, no rights, a newer
        database), Unavailable (disk, database server).
        """
        folder = Path(data_folder).absolute()
        node = node or f"{socket.gethostname()}:{folder}"
        with contextlib.ExitStack() as undo:
            lock = _folder(folder, daemon=daemon)
            if lock is not None:
                undo.callback(os.close, lock)
            url = database_url(
                url_or_path if url_or_path is not None else folder / "edigate.sqlite3"
            )
            place = sole(url, node) if daemon else None
            if place is not None:
                undo.callback(place.close)
                place.take()
            store = cls(url, folder, node, clock, lock)
            store._sole, store.alone, store._reserve = place, daemon, reserve
            undo.pop_all()
        if daemon:
            with contextlib.ExitStack() as undo:
                undo.callback(store.close)
                store._write(release_all(store.node))
                undo.pop_all()
        return store

    def keep_sole(self) -> None:
        """The daemon's look, every few seconds, whether the database is still its own.

        Raises: Misconfigured when another daemon has taken it after a lost connection, Unavailable
        while it is away.
        """
        if self._sole is not None:
            self._sole.keep()

    def writing_seconds(self) -> float:
        """How long this process's transaction under way has lasted; 0.0 when there is none."""
        return self._writer.seconds()

    def close(self) -> None:
        """Finish what is being written and let go of the data folder; harmless the second time."""
        self._writer.close()
        self._reading.dispose()
        self._writing.dispose()
        if self._sole is not None:
            self._sole.close()
            self._sole = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def in_thread(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a blocking method (of the store or of a Maildrop) without blocking the event
        loop."""
        return await asyncio.to_thread(partial(method, *args, **kwargs))


def _folder(folder: Path, *, daemon: bool) -> int | None:
    """Make the data folder; for a daemon the descriptor that holds its lock. Raises:
    Misconfigured."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _lock(folder / "edigate.lock") if daemon else None
    except OSError as error:
        raise Misconfigured(
            "DATA-FOLDER", f"the data folder cannot be used: {error.strerror}"
        ) from error


def daemon_of(folder: Path) -> int | None:
    """The pid of the edigate that serves a data folder; None when nobody holds its lock.

    Raises: Misconfigured when the lock is held and the pid in it is no edigate's, or cannot be
    read.
    """
    try:
        with (folder / "edigate.lock").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                said = file.read(32).decode("ascii", "replace").strip()
            else:
                return None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Misconfigured(
            "DATA-FOLDER", f"the lock of {folder} cannot be read: {error.strerror}"
        ) from None
    try:
        called = Path(f"/proc/{int(said)}/cmdline").read_bytes()
    except (OSError, ValueError):
        called = b""
    if b"edigate" not in called:
        raise Misconfigured(
            "DATA-FOLDER", f"{folder} is locked, but pid {said or 'unknown'} is no edigate"
        )
    return int(said)


def _lock(path: Path) -> int:
    """Lock the file for this process; the kernel lets go when the process ends, however it ends."""
    descriptor = opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise Misconfigured(
            "DATA-FOLDER-IN-USE", f"another edigate (pid {pid}) uses this folder"
        ) from None
    with contextlib.suppress(OSError):  # a full disk; the lock is what counts
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
