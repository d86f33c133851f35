"""What every chapter of the store stands on: the writer, readers, objects, the clock.

The chapters (intake, deliveries, jobs, documents, mailboxes, journal, retention) are classes over
this one; `Store` is all of them together. Chapters must not call each other's public methods inside
a transaction: they share the functions that take a `Transaction`.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from edigate.errors import IntegrityViolated, Unavailable
from edigate.store import schema
from edigate.store.engine.database import database_errors, from_os, insert_new
from edigate.store.engine.objects import INLINE, Objects, Stored, digest
from edigate.store.engine.writer import Transaction, Writer
from edigate.store.values import EventKind, NewEvent

T = TypeVar("T")


def now() -> datetime:
    """The moment, aware UTC."""
    return datetime.now(UTC)


def storable(text: str | None) -> str | None:
    """Text as both databases take it: NUL and lone surrogates (wrongly decoded bytes) become
    U+FFFD."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


_INDEXED = 300
"""Characters of a text that is searched for: an index row of PostgreSQL holds 2,704 octets, of two
such texts."""


def indexable(text: str) -> str:
    """Text as a searched column takes it: an absurdly long one ends in its digest, so that it stays
    the same one."""
    text = storable(text) or ""
    return text if len(text) <= _INDEXED else f"{text[:_INDEXED]}#{digest(text.encode())}"


def spellings(text: str) -> tuple[str, ...]:
    """How a searched column may hold what a person typed or copied: as it is, or with its digest
    for its end."""
    return tuple(dict.fromkeys((storable(text) or "", indexable(text))))


def belongs(account: sa.Column[str], among: frozenset[str] | None) -> sa.ColumnElement[bool]:
    """Rows whose account is one of these tenants' main or sub-accounts; None: every row. Rows of
    nobody are the gateway's own."""
    if among is None:
        return sa.true()
    subs = (account.startswith(f"{tenant}.", autoescape=True) for tenant in sorted(among))
    return sa.or_(account.in_(sorted(among)), *subs)


@dataclass(frozen=True, slots=True)
class Staged:
    """Contents hashed, and the larger ones already on disk, before the transaction that names them
    begins."""

    known: Mapping[bytes, Stored]

    def sha256(self, content: bytes) -> str:
        """Digest of a staged content."""
        return self.known[content].sha256

    def record(self, tx: Transaction) -> None:
        """Make rows of them; a content the store has is not stored again."""
        rows = [
            {"sha256": s.sha256, "size": s.size, "created_at": tx.now, "content": s.content}
            for s in sorted(
                self.known.values(), key=lambda s: s.sha256
            )  # one order: no deadlocks between nodes
        ]
        if rows:
            tx.connection.execute(
                insert_new(tx.connection, schema.objects).on_conflict_do_nothing(), rows
            )


_CONTENT = sa.select(schema.objects.c.content).where(
    schema.objects.c.sha256 == sa.bindparam("sha256")
)


class Base:
    """Reading and writing for the chapters."""

    _writer: Writer
    _reading: sa.Engine
    _objects: Objects
    _clock: Callable[[], datetime]
    _places: tuple[Path, ...]
    _reserve: int = 0
    _held: dict[str, tuple[str, datetime]]
    alone: bool = False
    node: str

    def require_room(self, octets: int = 0) -> None:
        """Whether so many octets can be kept without touching the reserve. Raises: Unavailable.

        The reserve is for what makes room again or says that there is none: fetching, deleting,
        alarms, purging.
        """
        free = self.free_octets()
        if free < octets:
            raise Unavailable(
                "DISK-FULL", "no space left for storing; free some, nothing was accepted"
            )
        if free - octets < self._reserve:
            raise Unavailable(
                "DISK-RESERVE",
                f"{free // 2**20} MiB are free, {self._reserve // 2**20} MiB are kept in reserve",
            )

    def free_octets(self) -> int:
        """Room for this user where objects and the database are kept, the lesser of the two.
        Raises: Unavailable."""
        try:
            found = [os.statvfs(place) for place in self._places]
        except OSError as error:
            raise from_os(error) from error
        return min(place.f_bavail * place.f_frsize for place in found)

    def _write(self, work: Callable[[Transaction], T]) -> T:
        return self._writer.run(work)

    def _submit(self, work: Callable[[Transaction], T]) -> "Future[T]":
        return self._writer.submit(work)

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        """A connection in a transaction of its own, for reading. Raises: Unavailable,
        Misconfigured."""
        with database_errors(), self._reading.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _snapshot(self) -> Iterator[sa.Connection]:
        """The same, seeing one state of the database, however long it looks and whoever writes.

        Raises: Unavailable, Misconfigured.
        """
        with database_errors(), self._reading.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def _stage(self, contents: Iterable[bytes]) -> Iterator[Staged]:
        """Hash contents and put the larger ones into the object folder; open until the commit.
        Raises: Unavailable."""
        known: dict[bytes, Stored] = {}
        large: list[bytes] = []
        for content in contents:
            if content in known:
                continue
            inline = len(content) <= INLINE
            known[content] = Stored(digest(content), len(content), content if inline else None)
            if not inline:
                large.append(content)
        if not large:
            yield Staged(known)
            return
        with self._objects.keeping():
            for content in large:
                self._objects.put(known[content].sha256, content)
            yield Staged(known)

    def _object(self, sha256: str) -> bytes:
        """An object's bytes, hashed again on every reading (raises IntegrityViolated when they are
        not the same)."""
        with self._read() as connection:
            content = connection.scalar(_CONTENT, {"sha256": sha256})
        return self._checked(sha256, content)

    def _checked(self, sha256: str, content: bytes | None) -> bytes:
        """An object's bytes, from its row if they are there, else from the folder. Raises like
        `_object`."""
        if content is None:
            content = self._objects.get(sha256)
        if content is None or digest(content) != sha256:
            how = "missing" if content is None else "changed"
            self._alarm(sha256, how)
            raise IntegrityViolated(
                "OBJECT-DAMAGED", f"object {sha256} is {how}: restore it from the backup"
            )
        return bytes(content)

    def _alarm(self, sha256: str, how: str) -> None:
        event = NewEvent(EventKind.INTEGRITY_VIOLATED, detail=(("object", sha256), ("how", how)))
        # not waited for: reading must be refused even when writing fails
        self._submit(lambda tx: tx.event(event))
