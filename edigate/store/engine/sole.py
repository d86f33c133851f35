"""One daemon for each database: a second one is refused, and one that lost its place to another
finds out.

On SQLite a locked file beside the database says so, on PostgreSQL an advisory lock of a session.
Both are let go by the kernel or the server when the process or its connection ends, however it
ends.
"""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store.engine.database import database_errors, session_engine
from edigate.store.engine.files import opened

_KEY = 0x6564696761746501
"""The advisory lock of the daemon; that of the migrations is another."""
_HALF = 2**32
_LINGERING = 10.0
"""Seconds a server may need to notice that the session of a killed daemon has ended."""

_HOLDER = sa.text(
    "SELECT a.application_name, host(a.client_addr) FROM pg_locks l JOIN pg_stat_activity a ON "
    "a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND l.classid::bigint = :high AND l.objid::bigint = :low"
)


class Sole(Protocol):
    """The place of the one daemon."""

    def take(self) -> None:
        """Raises: Misconfigured when another daemon has it, Unavailable while the database is
        away."""

    def keep(self) -> None:
        """Take it again if it was lost with the connection. Raises like `take`."""

    def close(self) -> None:
        """Let go."""


class OnSqlite:
    """A lock file beside the database, for databases that two data folders name."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f".{database.name}.daemon")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Raises: Misconfigured."""
        try:
            self._descriptor = opened(self._path)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise _taken("another process") from None
        except OSError as error:
            raise Misconfigured(
                "DATA-FOLDER", f"{self._path} cannot be used: {error.strerror}"
            ) from error

    def keep(self) -> None:
        """Only the end of the process gives the lock up."""

    def close(self) -> None:
        """Let go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class OnPostgres:
    """A session of its own that holds the lock and does nothing else."""

    def __init__(self, url: sa.URL, node: str) -> None:
        self._engine = session_engine(url, f"edigate {os.getpid()} {node}"[:63])
        self._session: sa.Connection | None = None

    def take(self) -> None:
        """Raises: Misconfigured, Unavailable."""
        self._take(_LINGERING)

    def keep(self) -> None:
        """A lost connection has lost the lock: take it again, unless another daemon came
        meanwhile."""
        if self._session is not None:
            with contextlib.suppress(sa.exc.DBAPIError):
                self._session.execute(sa.select(1))
                return
            self._forget()
        self._take(0.0)

    def _take(self, patience: float) -> None:
        until = time.monotonic() + patience
        with database_errors():
            self._session = self._engine.connect()
            while not self._session.scalar(sa.select(sa.func.pg_try_advisory_lock(_KEY))):
                if time.monotonic() >= until:
                    holder = self._holder(self._session)
                    self._forget()
                    raise _taken(holder)
                time.sleep(0.2)

    def _holder(self, session: sa.Connection) -> str:
        found = session.execute(_HOLDER, {"high": _KEY // _HALF, "low": _KEY % _HALF}).first()
        if found is None or not found[0]:
            return "another session"
        return f"{found[0]!r} at {found[1] or 'this machine'}"

    def _forget(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(sa.exc.DBAPIError):
                session.invalidate()
                session.close()

    def close(self) -> None:
        """Let go."""
        self._forget()
        self._engine.dispose()


def sole(url: sa.URL, node: str) -> Sole:
    """The place of the daemon on this database."""
    if url.get_backend_name() == "sqlite":
        return OnSqlite(Path(str(url.database)))
    return OnPostgres(url, node)


def _taken(holder: str) -> Misconfigured:
    return Misconfigured(
        "DATABASE-IN-USE",
        f"another edigate daemon ({holder}) uses this database; stop it, or give this one its own",
    )
