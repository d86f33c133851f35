"""The folder of objects against the rows that name its files: what is missing there, and what
nobody put there.

A write that was cut off leaves a file that nothing names; it has its content's digest for a name
and the rights we give, and the daily round collects it. Anything else is foreign.
"""

import time
from collections.abc import Callable, Iterator
from itertools import groupby

import sqlalchemy as sa

from edigate.errors import Unavailable
from edigate.store import schema
from edigate.store.engine.objects import SHELVES, FoundObject, Objects, digest
from edigate.store.values import Problem

_LEFT_SECONDS = 2 * 86_400.0
"""Older than this the daily round would have collected it."""


class Foreign:
    """One look at the folder. known_now: whether a row names a digest by now, for the daemon goes
    on meanwhile."""

    def __init__(
        self, objects: Objects, connection: sa.Connection, known_now: Callable[[str], bool]
    ) -> None:
        self._objects = objects
        self._connection = connection
        self._known_now = known_now

    def problems(self) -> Iterator[Problem]:
        """Objects whose file is missing, files that are foreign, and (`leftover`) what an
        interrupted write left."""
        for found in self._objects.found(""):
            yield _foreign(found)
        objects = schema.objects.c
        query = sa.select(objects.sha256).where(objects.content.is_(None)).order_by(objects.sha256)
        rows = self._connection.scalars(query.execution_options(yield_per=1000))
        by_shelf = groupby(rows, key=lambda sha256: sha256[:2])
        shelf, names = next(by_shelf, ("", iter(())))
        for looked_at in SHELVES:
            named: set[str] = set()
            while shelf and shelf <= looked_at:
                named |= set(names)
                shelf, names = next(by_shelf, ("", iter(())))
            yield from self._shelf(looked_at, named)
        yield from self._shelf("", set(names) if shelf else set())

    def _shelf(self, shelf: str, named: set[str]) -> Iterator[Problem]:
        there = list(self._objects.found(shelf)) if shelf else []
        for sha256 in sorted(named - {f.sha256 for f in there}):
            if self._known_now(sha256):
                yield Problem("OBJECT", sha256, "object_missing")
        strangers = [f for f in there if f.sha256 not in named]
        if strangers:
            yield from self._strangers(strangers)

    def _strangers(self, strangers: list[FoundObject]) -> Iterator[Problem]:
        try:
            with self._objects.collecting():  # nobody is between putting a file and naming it
                left = [f for f in strangers if not (f.sha256 and self._known_now(f.sha256))]
        except Unavailable:  # a copy that cannot be written, so nobody does
            left = strangers
        yield from (problem for f in left if (problem := self._judged(f)) is not None)

    def _judged(self, found: FoundObject) -> Problem | None:
        content = self._objects.get(found.sha256) if found.sha256 else None
        if found.sha256 and content is None:  # collected meanwhile
            return None
        genuine = content is not None and found.ours and digest(content) == found.sha256
        if genuine and time.time() - found.at < _LEFT_SECONDS:
            return Problem("FOREIGN", found.name, "leftover")
        return _foreign(found)


def _foreign(found: FoundObject) -> Problem:
    return Problem("FOREIGN", found.name, "foreign")
